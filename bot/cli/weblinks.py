"""Makes the web addresses in a line of text clickable on a terminal, by OSC 8."""

import re
from urllib.parse import quote

from rich.style import Style
from rich.text import Text

_ADDRESS = re.compile(r"https?://[^\s<>\"“”«»\u2066-\u2069]+")
_ENDS_A_SENTENCE = ".,;:!?'’"
_CUT = "…"
_KEPT = "%!#$&'()*+,/:;=?@[]~"


def link_to(address: str) -> Style:
    """Return the style of a text that a click opens at an address; no link for other kinds of
    addresses.
    """
    if not address.startswith(("http://", "https://")):
        return Style()
    # the escape sequence allows printable ASCII alone
    return Style(link=quote(address, safe=_KEPT))


def linked(text: Text) -> Text:
    """Return the text with each whole web address in it as a link to itself."""
    for match in _ADDRESS.finditer(text.plain):
        address = match.group().rstrip(_ENDS_A_SENTENCE)
        if address.endswith(")") and address.count("(") < address.count(")"):
            address = address[:-1]
        if not address.endswith(_CUT):
            text.stylize(link_to(address), match.start(), match.start() + len(address))
    return text
