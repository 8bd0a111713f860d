"""Finds a document type (DTD) in a part of a zip file, before any part is read.

Entities that a DTD declares would be left out of the text in silence, and it could read otherwise
than its author wrote it. No program for Office files writes a DTD.
"""

import io
import zipfile

from corpus.errors import UnreadableSource
from corpus.extraction.text.markup import has_doctype_anywhere, has_doctype_at_the_head


def check_doctype(data: bytes) -> None:
    """Check that no part of a zip file that is XML has a DTD, in whatever encoding it is.

    The same parser reads the parts later, so that both see the same.

    Raises:
        UnreadableSource: if one has.
        zipfile.BadZipFile: if a part is damaged.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in archive.infolist():
            with archive.open(part) as stream:
                found = has_doctype_at_the_head(stream)
            if found is None:
                found = has_doctype_anywhere(archive.read(part))
            if found:
                raise UnreadableSource(
                    "has a document type definition (DTD) inside, which no document needs. "
                    "Open it in its program and save it anew."
                )
