"""Parses HTML and XML. The only module that imports ``lxml``."""

import re
from typing import IO, Any

from corpus.errors import UnreadableSource

_PIECE_BYTES = 1 << 16
_TOO_DEEP = "nested too deeply to be read whole. Save the text that you see as .txt."
_TOO_LONG = (
    "a piece of over 10 MB in it that nothing divides. Put blank lines between its paragraphs, "
    "or split it."
)
_OPTIONS = {"resolve_entities": False, "load_dtd": False, "no_network": True}

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_MAY_BE_NO_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|&#")
_BREAKS = frozenset("\x0b\x0c")


def html_tree(source: bytes) -> Any:
    """Return the tree of a page in UTF-8, without comments and control characters.

    Control characters are invisible, and elements with one cannot be moved in a tree. Two of them
    become a space.

    Raises:
        UnreadableSource: if it is empty, nested too deeply to be read whole, or has a piece of
            over 10 MB that no markup divides.
    """
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(source, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        _check_limits(parser)
        raise UnreadableSource("no text: the page is empty.") from error
    _check_limits(parser)
    if _MAY_BE_NO_XML.search(source):
        _drop_control_characters(tree)
    return tree


def _drop_control_characters(tree: Any) -> None:
    for element in tree.iter():
        if element.text and _NO_XML.search(element.text):
            element.text = _NO_XML.sub(_space, element.text)
        if element.tail and _NO_XML.search(element.tail):
            element.tail = _NO_XML.sub(_space, element.tail)
        for name, value in element.attrib.items():
            if _NO_XML.search(value):
                element.set(name, _NO_XML.sub(_space, value))


def _space(found: re.Match[str]) -> str:
    return " " if found[0] in _BREAKS else ""


def _check_limits(parser: Any) -> None:
    """Raise ``UnreadableSource`` if a limit of the parser was met, so that the tree is not
    whole.
    """
    for entry in parser.error_log:
        if entry.type_name == "ERR_RESOURCE_LIMIT":
            raise UnreadableSource(_TOO_DEEP if "depth" in entry.message else _TOO_LONG)


def load() -> None:
    """Import the library, so that a fork of this process has it."""
    import lxml.etree  # noqa: F401


def xml_root(part: bytes) -> Any:
    """Return the first element of XML, without comments and processing instructions.

    Raises:
        lxml.etree.XMLSyntaxError: if it is no XML.
    """
    from lxml import etree

    parser = etree.XMLParser(**_OPTIONS, remove_comments=True, remove_pis=True)
    return etree.fromstring(part, parser)


def empty_body() -> Any:
    """Return the body of a page without text."""
    from lxml import etree

    return etree.Element("body")


def has_doctype_at_the_head(stream: IO[bytes]) -> bool | None:
    """Return whether XML has a DTD, from the text before its first element; None if there is no
    element.
    """
    from lxml import etree

    parser = etree.XMLPullParser(events=("start",), **_OPTIONS)
    while piece := stream.read(_PIECE_BYTES):
        damaged = False
        try:
            parser.feed(piece)
        except etree.XMLSyntaxError:
            damaged = True
        for _event, element in parser.read_events():
            return has_doctype(element)
        if damaged:
            return None
    return None


def has_doctype_anywhere(part: bytes) -> bool:
    """Return the same for a whole part: read in pieces, lxml knows fewer encodings."""
    from lxml import etree

    try:
        return has_doctype(etree.fromstring(part, etree.XMLParser(**_OPTIONS)))
    except (etree.XMLSyntaxError, ValueError):
        return False


def has_doctype(element: Any) -> bool:
    """Return whether the XML that an lxml element is of has a DTD."""
    return element.getroottree().docinfo.internalDTD is not None
