"""Gives the British spelling of an American word and the reverse."""

_PAIRS = (
    ("isation", "ization"),
    ("ise", "ize"),
    ("ising", "izing"),
    ("yse", "yze"),
    ("our", "or"),
    ("tre", "ter"),
    ("ence", "ense"),
    ("ogue", "og"),
    ("lled", "led"),
    ("lling", "ling"),
    ("amme", "am"),
    ("ae", "e"),
)
"""Letters of British words, and those of American ones in their place."""


def other_spellings(word: str) -> frozenset[str]:
    """Return the ways in which a case-folded word could be spelt on the other side of the Atlantic,
    words or not.
    """
    found = set()
    for british, american in _PAIRS:
        for one, other in ((british, american), (american, british)):
            place = word.rfind(one)
            if place > 0:
                found.add(word[:place] + other + word[place + len(one) :])
    return frozenset(found)
