"""Owns the names of the months, whole and short, in English and French, and their numbers."""

ENGLISH = tuple(
    "January February March April May June July August September October November December".split()
)
"""January first."""
FRENCH = tuple(
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
)
"""January first."""

_SHORT_FRENCH = {"janv": 1, "févr": 2, "avr": 4, "juil": 7, "déc": 12}

NUMBERS = {
    **{name[:3].lower(): number for number, name in enumerate(ENGLISH, start=1)},
    "sept": 9,
    **_SHORT_FRENCH,
    **{name: number for number, name in enumerate(FRENCH, start=1)},
    **{name.lower(): number for number, name in enumerate(ENGLISH, start=1)},
}
"""The number, 1 to 12, of each name and short name, in lower case, without a full stop."""

PATTERN = "(?:" + "|".join(sorted(NUMBERS, key=len, reverse=True)) + ")"
"""A regular expression, for ``re.I``, for a key of ``NUMBERS``; a full stop may follow."""
