"""Whether a part of a zip file declares a document type (DTD), found before any part is read.

Entities that a DTD declares would be left out of the text without a word: it could read otherwise
than its author wrote it. No program for Office files writes a DTD.
"""

import io
import zipfile
from typing import IO, Any

from corpus.errors import UnreadableSource

_PIECE_BYTES = 1 << 16
_OPTIONS = {"resolve_entities": False, "load_dtd": False, "no_network": True}


def check_doctype(data: bytes) -> None:
    """Returns if no part of a zip file that is XML has a DTD, in whatever encoding it is.

    The parser is the one that reads the parts later, so that both see the same.

    Raises:
        UnreadableSource: if one has.
        zipfile.BadZipFile: if a part is damaged.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in archive.infolist():
            with archive.open(part) as stream:
                found = _doctype_at_the_head(stream)
            if found is None:
                found = _doctype_in(archive.read(part))
            if found:
                raise UnreadableSource(
                    "has a document type definition (DTD) inside, which no Word file needs. "
                    "Open it in Word and save it anew."
                )


def has_doctype(element: Any) -> bool:
    """Whether the XML that an lxml element is of has a DTD."""
    return element.getroottree().docinfo.internalDTD is not None


def _doctype_at_the_head(stream: IO[bytes]) -> bool | None:
    """Whether XML has a DTD, from what comes before its first element; None where none comes."""
    from lxml import etree

    parser = etree.XMLPullParser(events=("start",), **_OPTIONS)
    while piece := stream.read(_PIECE_BYTES):
        damaged = False
        try:
            parser.feed(piece)
        except etree.XMLSyntaxError:
            damaged = True
        for _event, element in parser.read_events():
            return has_doctype(element)
        if damaged:
            return None
    return None


def _doctype_in(part: bytes) -> bool:
    """The same for a whole part: read in pieces, lxml knows fewer encodings."""
    from lxml import etree

    try:
        return has_doctype(etree.fromstring(part, etree.XMLParser(**_OPTIONS)))
    except (etree.XMLSyntaxError, ValueError):
        return False
