"""Writes lists and tables as blocks of text."""

from collections.abc import Iterator, Sequence

LONG_POINT = 300
"""A point of more characters is a paragraph of its own, as the numbered ones of a communiqué."""


def list_blocks(points: Sequence[str]) -> Iterator[str]:
    """Yield a list as one block, with a line "- …" for each point and nested points indented.

    ``points`` are these lines. A list that holds a long point gives a block for each of them.
    """
    if any(len(point) > LONG_POINT for point in points):
        yield from (point.strip() for point in points)
    elif points:
        yield "\n".join(points)


def table_block(rows: Sequence[Sequence[str]]) -> str:
    """Return a line for each row of a table, its cells parted by " | ".

    Columns that are empty in every row, which only set others apart, are left out. So are rows
    without text and empty cells at the end of a row. A table without text gives "".
    """
    width = max((len(row) for row in rows), default=0)
    used = [c for c in range(width) if any(c < len(row) and row[c] for row in rows)]
    lines = []
    for row in rows:
        cells = [row[column] if column < len(row) else "" for column in used]
        while cells and not cells[-1]:
            cells.pop()
        lines.append(" | ".join(cells))
    return "\n".join(line for line in lines if line)
