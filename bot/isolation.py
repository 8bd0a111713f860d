"""Names from statements in a line of other text, so that none can turn that text round.

Bidirectional control characters and letters that run from right to left act on what stands beside
them (https://www.unicode.org/reports/tr9). Between FSI and PDI they act on the name alone.
"""

import unicodedata

_OPENING = frozenset("\u202a\u202b\u202d\u202e")
_ISOLATING = frozenset("\u2066\u2067\u2068")
_END_OF_EMBEDDING, _END_OF_ISOLATE = "\u202c", "\u2069"
_FIRST_STRONG = "\u2068"
_CONTROLS = _OPENING | _ISOLATING | {_END_OF_EMBEDDING, _END_OF_ISOLATE, *"\u061c\u200e\u200f"}
_FROM_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_MOST_OPENED = 8


def isolated(name: str) -> str:
    """The name with FSI before and PDI after it, and inside as many ends as beginnings.

    An end of something that began outside is left out, and so is a beginning after the first
    eight: the name gets longer by ten characters at most. A name that cannot act on other text is
    returned as it is.
    """
    if not any(c in _CONTROLS or unicodedata.bidirectional(c) in _FROM_RIGHT_TO_LEFT for c in name):
        return name
    return f"{_FIRST_STRONG}{_balanced(name)}{_END_OF_ISOLATE}"


def without_controls(name: str) -> str:
    """The name without bidirectional controls: what two names have in common that look alike."""
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
