"""The stored form of a text: what offsets count in."""

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def normalise(text: str) -> str:
    """The stored form of a text: line feeds end lines, no other control character but tab.

    Surrogates are dropped too. Everything a reader sees stays as it is: there is no Unicode
    normalisation and no change of white space.
    """
    kept = (
        c
        for c in _LINE_ENDS.sub("\n", text)
        if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"}
    )
    return "".join(kept).lstrip("\ufeff")
