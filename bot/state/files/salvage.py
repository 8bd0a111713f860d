"""Finds what can still be read in a damaged SQLite file of updates, page by page.

SQLite itself reads nothing of a file whose first page is gone. The rows lie in the leaves of a
tree, and each leaf can be read alone: https://www.sqlite.org/fileformat.html
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 128 * 1024 * 1024
"""Bytes beyond these are not read: a real file is far smaller."""

_MAGIC = b"SQLite format 3\0"
_WAL_MAGICS = (0x377F0682, 0x377F0683)
_LEAF = 0x0D
_DEFAULT_PAGE = 4096
_LEAST_PAGE, _MOST_PAGE = 512, 65_536
_FIRST_HEADER = 100
_WAL_HEADER, _FRAME_HEADER = 32, 24
_MOST_ROW = 16 * 1024 * 1024
_COLUMNS = 6

_NULL = 0
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_CONSTANTS = {8: 0, 9: 1}
_FIRST_TEXT = 13
_GOES_ON = 0x80

Value = int | str | None


@dataclass(frozen=True, slots=True)
class SavedUpdate:
    """A row that could be read; ``payload`` is None for an update that is done."""

    number: int
    update_id: int
    lane: str | None
    payload: str | None
    attempts: int
    delivered: str
    blamed: int = 0


class _Unreadable(Exception):
    """A page or a row is not what it should be."""


def saved_updates(file: Path) -> list[SavedUpdate]:
    """Return the updates that the file and its log of writes still show, in the order they came in.

    Empty where nothing can be read. The file is not changed.
    """
    wal = file.with_name(f"{file.name}-wal")
    pages, size = _pages(memoryview(_content(file)), memoryview(_content(wal)))
    rows: dict[int, SavedUpdate] = {}
    for number in sorted(pages):
        for row in _rows_of_leaf(number, pages, size):
            other = rows.get(row.number)
            # of two copies the later one: what is done never waits again, and marks are but added
            if other is None or _progress(row) > _progress(other):
                rows[row.number] = row
    return [rows[number] for number in sorted(rows)]


def _progress(row: SavedUpdate) -> tuple[bool, int]:
    return row.payload is None, len(row.delivered)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES)
    except OSError:
        return b""


def _pages(file: memoryview, wal: memoryview) -> tuple[Mapping[int, memoryview], int]:
    """Each page by its number, as it was written last, and the size of a page."""
    log_size, frames = _frames(wal)
    size = _page_size(file) or log_size or _DEFAULT_PAGE
    pages = {
        1 + at // size: file[at : at + size] for at in range(0, len(file) - len(file) % size, size)
    }
    if log_size == size:
        pages.update(frames)
    return pages, size


def _page_size(file: memoryview) -> int | None:
    if file[: len(_MAGIC)] != _MAGIC or len(file) < _FIRST_HEADER:
        return None
    (size,) = struct.unpack(">H", file[16:18])
    size = _MOST_PAGE if size == 1 else size
    return size if _is_page_size(size) else None


def _is_page_size(size: int) -> bool:
    return _LEAST_PAGE <= size <= _MOST_PAGE and size & (size - 1) == 0


def _frames(wal: memoryview) -> tuple[int | None, dict[int, memoryview]]:
    """Return the pages in the log of writes up to its last whole transaction, and their size."""
    pages: dict[int, memoryview] = {}
    if len(wal) < _WAL_HEADER:
        return None, pages
    magic, _version, size, _sequence, salt = struct.unpack(">IIIIQ", wal[:24])
    if magic not in _WAL_MAGICS or not _is_page_size(size):
        return None, pages
    open_pages: dict[int, memoryview] = {}
    step = _FRAME_HEADER + size
    for at in range(_WAL_HEADER, len(wal) - step + 1, step):
        number, ends_with, frame_salt = struct.unpack(">IIQ", wal[at : at + 16])
        if frame_salt != salt:
            break
        open_pages[number] = wal[at + _FRAME_HEADER : at + step]
        if ends_with:
            pages.update(open_pages)
            open_pages.clear()
    return size, pages


def _rows_of_leaf(number: int, pages: Mapping[int, memoryview], size: int) -> Iterator[SavedUpdate]:
    page = pages[number]
    start = _FIRST_HEADER if number == 1 else 0
    if len(page) < size or page[start] != _LEAF:
        return
    (count,) = struct.unpack(">H", page[start + 3 : start + 5])
    for index in range(min(count, size // 4)):
        at = start + 8 + 2 * index
        try:
            (cell,) = struct.unpack(">H", page[at : at + 2])
            rowid, record = _cell(page, cell, pages, size)
            row = _row(rowid, _values(memoryview(record)))
        except (_Unreadable, struct.error, IndexError, UnicodeDecodeError):
            continue
        if row is not None:
            yield row


def _cell(
    page: memoryview, at: int, pages: Mapping[int, memoryview], size: int
) -> tuple[int, bytes]:
    """Return the number of a row and its record, the part on other pages included."""
    length, at = _varint(page, at)
    rowid, at = _varint(page, at)
    if length > _MOST_ROW:
        raise _Unreadable
    most = size - 35
    if length <= most:
        return rowid, bytes(_slice(page, at, length))
    least = (size - 12) * 32 // 255 - 23
    local = least + (length - least) % (size - 4)
    if local > most:
        local = least
    record = bytearray(_slice(page, at, local))
    (following,) = struct.unpack(">I", _slice(page, at + local, 4))
    while len(record) < length:
        overflow = pages.get(following)
        if overflow is None or len(overflow) < size:
            raise _Unreadable
        record += overflow[4 : 4 + length - len(record)]
        (following,) = struct.unpack(">I", overflow[:4])
    return rowid, bytes(record)


def _values(record: memoryview) -> list[Value]:
    header, at = _varint(record, 0)
    kinds: list[int] = []
    while at < header:
        kind, at = _varint(record, at)
        kinds.append(kind)
    values: list[Value] = []
    at = header
    for kind in kinds:
        value, at = _value(record, at, kind)
        values.append(value)
    return values


def _value(record: memoryview, at: int, kind: int) -> tuple[Value, int]:
    """Return a value of a kind that occurs in a row of updates, and where it ends."""
    if kind == _NULL:
        return None, at
    if kind in _CONSTANTS:
        return _CONSTANTS[kind], at
    if kind in _INTEGERS:
        length = _INTEGERS[kind]
        return int.from_bytes(_slice(record, at, length), "big", signed=True), at + length
    if kind < _FIRST_TEXT or kind % 2 == 0:
        raise _Unreadable
    length = (kind - _FIRST_TEXT) // 2
    return bytes(_slice(record, at, length)).decode("utf-8"), at + length


def _row(number: int, values: list[Value]) -> SavedUpdate | None:
    """Return the update of a row's values; None for a row of another table."""
    if len(values) < _COLUMNS or values[0] is not None:
        return None
    update_id, lane, payload, attempts, delivered = values[1:_COLUMNS]
    # a file of an earlier version has fewer columns, and so have its rows
    blamed = values[_COLUMNS] if len(values) > _COLUMNS else 0
    if not isinstance(update_id, int) or not isinstance(attempts, int) or update_id < 0:
        return None
    if not isinstance(lane, str | None) or not isinstance(payload, str | None):
        return None
    if not isinstance(delivered, str) or (payload is not None and lane is None):
        return None
    if not isinstance(blamed, int):
        return None
    return SavedUpdate(number, update_id, lane, payload, attempts, delivered, blamed)


def _slice(content: memoryview, at: int, length: int) -> memoryview:
    part = content[at : at + length]
    if at < 0 or len(part) < length:
        raise _Unreadable
    return part


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    """Return a number of up to nine bytes, and where it ends."""
    number = 0
    for index in range(8):
        byte = content[at + index]
        number = number << 7 | byte & 0x7F
        if byte < _GOES_ON:
            return number, at + index + 1
    number = number << 8 | content[at + 8]
    return number, at + 9
