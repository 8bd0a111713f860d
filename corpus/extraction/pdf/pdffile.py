"""Opens a PDF with pdfium: its pages, their characters and its information.

The only module that imports ``pypdfium2``.
"""

import ctypes
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from corpus.errors import UnreadableSource

_END_MARK = b"%%EOF"
_END_WITHIN = 4096
_FONT_NAME_BYTES = 128
_MOST_LANGUAGE_BYTES = 200
_UNLOCK = "Save it without one."
_TRUNCATED = "truncated: its end is missing. Get a whole copy of it."

Corners = tuple[float, float, float, float]
"""Left, bottom, right and top in points."""


def load() -> None:
    """Import the library, so that a fork of this process has it."""
    import pypdfium2  # noqa: F401


class Characters:
    """The characters of a page in pdfium's order; all places count from 0 in ``text``."""

    def __init__(self, page: Any) -> None:
        from pypdfium2 import raw

        self._raw = raw
        self._page = page
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self.text = self._read_text()

    def _read_text(self) -> str:
        """Return the text of the page, one code unit for each of pdfium's characters."""
        count = self._raw.FPDFText_CountChars(self._page)
        text: str = self._page.get_text_range() if count > 0 else ""
        if len(text) == count:
            return text
        units = (self._raw.FPDFText_GetUnicode(self._page, index) for index in range(count))
        return "".join(chr(unit) if unit <= sys.maxunicode else "\ufffd" for unit in units)

    def room(self, place: int) -> Corners:
        """Return the room that a character takes on its line."""
        corners: Corners = self._page.get_charbox(place, loose=True)
        return corners

    def ink(self, place: int) -> Corners:
        """Return the box around the drawing of a character."""
        corners: Corners = self._page.get_charbox(place, loose=False)
        return corners

    def origin(self, place: int) -> tuple[float, float]:
        """Return the point on its baseline where the character begins."""
        self._raw.FPDFText_GetCharOrigin(self._page, place, self._x, self._y)
        return self._x.value, self._y.value

    def angle(self, place: int) -> float:
        """Return the direction of the character's line in radians; negative if it is not known."""
        angle: float = self._raw.FPDFText_GetCharAngle(self._page, place)
        return angle

    def size(self, place: int) -> float:
        """Return the size of the character's font, before the page scales it."""
        size: float = self._raw.FPDFText_GetFontSize(self._page, place)
        return size

    def weight(self, place: int) -> int:
        """Return the weight of the character's font, as 400 or 700."""
        weight: int = self._raw.FPDFText_GetFontWeight(self._page, place)
        return weight

    def font(self, place: int) -> bytes:
        """Return the name of the character's font, empty if it is long or unknown."""
        name = ctypes.create_string_buffer(_FONT_NAME_BYTES)
        flags = ctypes.c_int()
        length = self._raw.FPDFText_GetFontInfo(self._page, place, name, _FONT_NAME_BYTES, flags)
        return name.value if 0 < length <= _FONT_NAME_BYTES else b""


@dataclass(frozen=True, slots=True)
class FilePage:
    """A page: its number from 1, its box and its characters; None for those that cannot be read."""

    number: int
    box: Corners
    characters: Characters | None


class PdfFile:
    """An open PDF."""

    def __init__(self, data: bytes) -> None:
        """Open a PDF.

        Raises:
            UnreadableSource: if it is encrypted, damaged or truncated.
        """
        import pypdfium2
        from pypdfium2 import raw

        self.ended = _END_MARK in data[-_END_WITHIN:]
        self._raw = raw
        try:
            self._document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            code = raw.FPDF_GetLastError()
            if "password" in str(error).lower():
                reason = f"encrypted: it needs a password. {_UNLOCK}"
            elif "security" in str(error).lower():
                reason = f"encrypted in a way that is not known ({code}). {_UNLOCK}"
            elif self.ended:
                reason = "damaged: it cannot be read as a PDF. Get a good copy of it."
            else:
                reason = _TRUNCATED
            raise UnreadableSource(reason) from error

    @property
    def title(self) -> str:
        """The title in the file's information, "" if there is none or it is damaged."""
        try:
            title: str = self._document.get_metadata_value("Title")
        except UnicodeDecodeError:
            return ""
        return title

    @property
    def language(self) -> str | None:
        """The language in the file's catalogue, if this pdfium can tell it."""
        tell = getattr(self._raw, "FPDFCatalog_GetLanguage", None)
        if tell is None:
            return None
        length = tell(self._document, None, 0)
        if not 2 < length < _MOST_LANGUAGE_BYTES:  # noqa: PLR2004 (UTF-16 with its closing zero)
            return None
        buffer = (ctypes.c_ushort * (length // 2))()
        tell(self._document, buffer, length)
        return bytes(buffer).decode("utf-16-le", errors="replace").strip("\x00 ") or None

    def pages(self) -> Iterator[FilePage]:
        """All pages; the characters of one can be read until the next is asked for.

        Raises:
            UnreadableSource: at the end, if a page cannot be read and the file's end is missing.
        """
        import pypdfium2

        missing = False
        for place in range(len(self._document)):
            try:
                page = self._document[place]
                characters = page.get_textpage()
            except pypdfium2.PdfiumError:
                missing = True
                yield FilePage(place + 1, (0.0, 0.0, 0.0, 0.0), None)
                continue
            yield FilePage(place + 1, page.get_mediabox(), Characters(characters))
            characters.close()
            page.close()
        if missing and not self.ended:
            raise UnreadableSource(_TRUNCATED)
