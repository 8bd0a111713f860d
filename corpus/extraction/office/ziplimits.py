"""Checks the size that a zip file claims for its contents, before anything is unpacked."""

import io
import zipfile

from corpus.errors import UnreadableSource

_PARTS = 5_000
_PART_BYTES = 100_000_000
_TOTAL_BYTES = 250_000_000
_RATIO = 250  # XML is seldom packed to less than a fiftieth
_RATIO_FROM_BYTES = 5_000_000
_ENCRYPTED = 0x1
_END_OF_DIRECTORY = b"PK\x05\x06"
_END_WITHIN = 66_000  # a comment of up to 64 KB may follow


def check_zip(data: bytes) -> None:
    """Check that the parts of a zip file have sizes that a document may have.

    A part that is longer than it claims is no danger: ``zipfile`` stops reading at the claimed
    size.

    Raises:
        UnreadableSource: if it is truncated, damaged or encrypted, or unpacks to too much.
    """
    if _END_OF_DIRECTORY not in data[-_END_WITHIN:]:
        raise UnreadableSource("truncated: its end is missing. Get a whole copy of it.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableSource("damaged: it cannot be unpacked. Get a good copy of it.") from error
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise UnreadableSource("encrypted: it needs a password. Save it without one.")
    total = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if (
        len(parts) > _PARTS
        or total > _TOTAL_BYTES
        or any(part.file_size > _PART_BYTES for part in parts)
        or (total > _RATIO_FROM_BYTES and total > _RATIO * min(packed, len(data)))
    ):
        raise UnreadableSource(
            f"unpacks to {total // 1_000_000} MB, far more than a text needs. "
            "Save it as text (.txt) and add that."
        )
