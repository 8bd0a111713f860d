"""Finds the known names that are most like a name that is not known."""

import difflib
import re
from collections.abc import Iterable

_NEAR = 3
_LOOKED_AT = 500
_LEAST_LIKENESS = 0.4


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return a sentence that offers at most three names most like ``name``; "" if none is like it.

    Names that share a word with it come first.
    """
    words = set(re.findall(r"\w+", name.casefold()))
    shared = {n: len(words & set(re.findall(r"\w+", n.casefold()))) for n in names}
    pool = sorted(shared, key=lambda n: -shared[n])[:_LOOKED_AT]
    near = difflib.get_close_matches(name, pool, n=_NEAR, cutoff=_LEAST_LIKENESS)
    return f"Did you mean {' or '.join(near)}? " if near else ""
