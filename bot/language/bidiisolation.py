"""Isolates names from statements, so that none can reverse the text beside it.

Bidirectional control characters and letters that run from right to left act on what stands beside
them (https://www.unicode.org/reports/tr9). Between FSI and PDI they act on the name alone.
"""

import re
import unicodedata

_OPENING = frozenset("\u202a\u202b\u202d\u202e")
_ISOLATING = frozenset("\u2066\u2067\u2068")
_END_OF_EMBEDDING, _END_OF_ISOLATE = "\u202c", "\u2069"
_FIRST_STRONG = "\u2068"
_CONTROLS = _OPENING | _ISOLATING | {_END_OF_EMBEDDING, _END_OF_ISOLATE, *"\u061c\u200e\u200f"}
_FROM_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_MOST_OPENED = 8
_DOTS = "\u00b7\u0387\u2022\u2219\u22c5\u2027\u30fb\uff65\u16eb\u2e31\ua78f"
_LETTER = r"[^\W\u115f\u1160\u3164\uffa0]"  # but those that nobody sees
_PARTING = re.compile(rf"(?<!{_LETTER})[{_DOTS}]|[{_DOTS}](?!{_LETTER})")


def isolated(name: str) -> str:
    """Return the name between FSI and PDI, with as many ends inside as beginnings.

    An end of something that began outside is left out, and so is a beginning after the first
    eight: the name gets longer by ten characters at most. A name that cannot act on other text is
    returned as it is.
    """
    if not any(c in _CONTROLS or unicodedata.bidirectional(c) in _FROM_RIGHT_TO_LEFT for c in name):
        return name
    return f"{_FIRST_STRONG}{_balanced(name)}{_END_OF_ISOLATE}"


def in_line(name: str) -> str:
    """Return the isolated name for a line whose parts a " · " divides, without such dots in it.

    A title such as "A statement · A ministry" would name a publisher in its place.
    """
    return isolated(_PARTING.sub("–", name))


def without_controls(name: str) -> str:
    """Return the name without bidirectional controls, as names compare that look alike."""
    return "".join(c for c in name if c not in _CONTROLS)


def _balanced(name: str) -> str:
    kept: list[str] = []
    ends: list[str] = []  # of what is open, the innermost last
    opened = 0
    for c in name:
        if c in _OPENING or c in _ISOLATING:
            opened += 1
            end = _END_OF_ISOLATE if c in _ISOLATING else _END_OF_EMBEDDING
            if opened > _MOST_OPENED:
                continue
            ends.append(end)
            kept.append(c)
        elif c == _END_OF_ISOLATE:
            if c in ends:  # which ends the embeddings inside, too
                while (end := ends.pop()) != c:
                    kept.append(end)
                kept.append(c)
        elif c == _END_OF_EMBEDDING:
            if ends and ends[-1] == c:
                kept.append(ends.pop())
        else:
            kept.append(c)
    return "".join([*kept, *reversed(ends)])
