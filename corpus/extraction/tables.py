"""A table as one block of text."""

from collections.abc import Sequence


def table_block(rows: Sequence[Sequence[str]]) -> str:
    """A line for each row of a table, its cells parted by " | ".

    Columns that are empty in every row, which only set others apart, are left out, as are rows
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
