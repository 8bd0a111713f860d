"""A PDF → its text in paragraphs; pdfium reads the characters and where they stand."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from corpus.errors import UnreadableSource
from corpus.extraction.extract import DeviationName, Extract
from corpus.extraction.hyphenation import english_words
from corpus.extraction.pdfdocument import text_of
from corpus.extraction.pdflines import Line, Page, join_pieces
from corpus.extraction.pdfpieces import pieces_of, turned_heights

_END_MARK = b"%%EOF"
_END_WITHIN = 4096
_FILE_NAME = re.compile(r"\S+\.\w{2,4}|\S*_\S*|untitled.*|document\d*|title|slide \d+", re.I)
_MADE_BY = re.compile(r"^Microsoft (?:Word|PowerPoint)\s*-\s*", re.I)
_FILE_SUFFIX = re.compile(r"\.(?:docx?|pdf|pptx?|rtf|odt|indd)$", re.I)
_STRAIGHT = range(4)  # quarter turns
_MUCH_TEXT = 150  # characters
_OCR = "Run a text recognition (OCR) over it first."
_UNLOCK = "Save it without one."


def load() -> None:
    """Imports the library and the list of words, so that a fork of this process has them."""
    import pypdfium2  # noqa: F401

    english_words()


def read_pdf(data: bytes) -> Extract:
    """The text of a PDF and what it says of itself.

    Its date is not taken: a PDF tells when the file was made, and a statement of 2009 that was
    scanned in 2022 would be cited with the wrong year.

    Raises:
        UnreadableSource: if it is encrypted, damaged or truncated, or holds no text.
    """
    import pypdfium2
    from pypdfium2 import raw

    ended = _END_MARK in data[-_END_WITHIN:]
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        code = raw.FPDF_GetLastError()
        if "password" in str(error).lower():
            reason = f"encrypted: it needs a password. {_UNLOCK}"
        elif "security" in str(error).lower():
            reason = f"encrypted in a way that is not known ({code}). {_UNLOCK}"
        elif ended:
            reason = "damaged: it cannot be read as a PDF. Get a good copy of it."
        else:
            reason = "truncated: its end is missing. Get a whole copy of it."
        raise UnreadableSource(reason) from error
    pages, missing = _pages(document)
    if missing and not ended:
        raise UnreadableSource("truncated: its end is missing. Get a whole copy of it.")
    if len(missing) >= len(pages):
        raise UnreadableSource("damaged: no page of it can be read. Get a good copy of it.")
    if not any(c.isalnum() for page in pages for line in page.lines for c in line.text):
        raise UnreadableSource(f"no text: it looks scanned. {_OCR}")
    notes = []
    if missing:
        numbers = ", ".join(map(str, missing[:5])) + (" …" if len(missing) > 5 else "")  # noqa: PLR2004
        notes.append(f"damaged: left out what cannot be read, page {numbers}")
    found = text_of(pages)
    return Extract(
        text=found.text,
        title=_title(document) or found.heading,
        language=_language(document),
        notes=tuple(notes),
        deviations=found.deviations,
        pages=found.pages,
    )


def _title(document: Any) -> str | None:
    """The title in the document's information, unless it is a file's name."""
    stated = _MADE_BY.sub("", document.get_metadata_value("Title")).strip("\x00 \t\n")
    stated = _FILE_SUFFIX.sub("", stated) if " " in stated else stated
    return None if not stated or _FILE_NAME.fullmatch(stated) else stated


def _language(document: Any) -> str | None:
    """The language in the document's catalogue, where this pdfium can tell it."""
    import ctypes

    from pypdfium2 import raw

    tell = getattr(raw, "FPDFCatalog_GetLanguage", None)
    if tell is None:
        return None
    length = tell(document, None, 0)
    if not 2 < length < 200:  # noqa: PLR2004 (UTF-16 with its closing zero)
        return None
    buffer = (ctypes.c_ushort * (length // 2))()
    tell(document, buffer, length)
    return bytes(buffer).decode("utf-16-le", errors="replace").strip("\x00 ") or None


def _pages(document: Any) -> tuple[list[Page], list[int]]:
    """All pages, and the numbers of those that cannot be read: they have no line."""
    import pypdfium2

    pages, missing = [], []
    for number in range(len(document)):
        try:
            page = document[number]
            characters = page.get_textpage()
        except pypdfium2.PdfiumError:
            missing.append(number + 1)
            unread = ((DeviationName.PAGE, f"page {number + 1}"),)
            pages.append(Page((), 0.0, 0.0, number + 1, unread))
            continue
        pages.extend(_page(page, characters, number=number + 1))
        characters.close()
        page.close()
    return pages, missing


def _page(page: Any, characters: Any, *, number: int) -> list[Page]:
    """The page, and once more for each other direction in which much of its text runs.

    A line along an edge, or a stamp across the page, is left out.
    """
    pieces: dict[int, list[Line]] = defaultdict(list)
    for turn, piece in pieces_of(characters, page=number):
        pieces[turn].append(piece)
    if not pieces:
        return [Page((), 0.0, page.get_height(), number)]
    main = max(pieces, key=lambda turn: sum(len(piece.text) for piece in pieces[turn]))
    found = []
    aside: list[tuple[DeviationName, str]] = []
    for turn in (main, *(turn for turn in pieces if turn != main)):
        lines = join_pieces(pieces[turn])
        if turn == main or (turn in _STRAIGHT and _is_much(lines)):
            bottom, top = turned_heights(page.get_mediabox(), turn)
            found.append(Page(lines, bottom, top, number))
        else:
            aside += [(DeviationName.TURNED_TEXT, line.text) for line in lines]
    return [replace(found[0], left_out=tuple(aside)), *found[1:]]


def _is_much(lines: Sequence[Line]) -> bool:
    return len(lines) > 1 and sum(len(line.text) for line in lines) >= _MUCH_TEXT
