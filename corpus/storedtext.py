"""The stored form of a text: what offsets count in."""

import re

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_DROPPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""The control characters (Cc) but tab and line feed, and the surrogates (Cs), of Unicode."""


def normalise(text: str) -> str:
    """The stored form of a text: line feeds end lines, no other control character but tab.

    Surrogates are dropped too. Everything a reader sees stays as it is: there is no Unicode
    normalisation and no change of white space.
    """
    return _DROPPED.sub("", _LINE_ENDS.sub("\n", text)).lstrip("\ufeff")
