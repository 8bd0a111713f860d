"""Recognises messages that are nothing but addresses: they ask nothing."""

import re

_BEGINS = re.compile(r"\W{0,3}(?:[a-z][a-z0-9+]{1,20}://|www\.|mailto:)[^\s]", re.IGNORECASE)
_ENDINGS = (
    "com|org|net|int|gov|edu|mil|info|news|media|eu|un|uk|us|ca|fr|de|it|es|nl|be|ch|ru|ua|jp"
)
_HOST = re.compile(rf"(?:[\w.+-]{{1,64}}@)?[\w-]+(?:\.[\w-]+)*\.(?:{_ENDINGS})", re.IGNORECASE)
_AFTER_HOST = re.compile(r"[/:?#>,;)]")
_LONGEST_HOST = 253


def is_bare_address(text: str) -> bool:
    """Return whether a text is one address or several, of web pages or mail, and nothing else."""
    words = text.split()
    return bool(words) and all(map(_is_address, words))


def _is_address(word: str) -> bool:
    if _BEGINS.match(word):
        return True
    host = _AFTER_HOST.split(word.lstrip("<("), maxsplit=1)[0].rstrip(".!")
    return len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) is not None
