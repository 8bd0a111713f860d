"""Shows the lines of a source as one line, where their ends are mere ends of lines."""

import itertools
import re

_POINT = re.compile(r"\s*(?:[-*•–—◦▪]\s|\(?(?:\d{1,4}|[a-z]|[ivxlc]{1,6})[.)]\s|#{1,6}\s)", re.I)
_CELLS = " | "


def without_line_ends(text: str) -> str:
    """The text with a space for each line end within a paragraph, as long as it was.

    Blank lines stay, and so do the lines of lists, of tables and of headings.
    """
    lines = text.split("\n")
    shown = [lines[0]]
    for before, line in itertools.pairwise(lines):
        row = _CELLS in before and _CELLS in line
        heading = before.startswith("#")
        kept = row or heading or not before.strip() or not line.strip() or _POINT.match(line)
        shown.append(f"{chr(10) if kept else ' '}{line}")
    return "".join(shown)
