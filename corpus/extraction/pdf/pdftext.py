"""Reads a PDF into paragraphs; pdfium gives the characters and their positions."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from corpus.errors import UnreadableSource
from corpus.extraction.extract import DeviationName, Extract
from corpus.extraction.pdf import pdffile
from corpus.extraction.pdf.pdfdocument import text_of
from corpus.extraction.pdf.pdffile import Characters, FilePage, PdfFile
from corpus.extraction.pdf.pdflines import Line, Page, join_pieces
from corpus.extraction.pdf.pdfpieces import pieces_of, turned_heights
from corpus.extraction.text.hyphenation import english_words

_FILE_NAME = re.compile(r"\S+\.\w{2,4}|[^\s_]*+_\S*+|untitled.*|document\d*|title|slide \d+", re.I)
_MADE_BY = re.compile(r"^Microsoft (?:Word|PowerPoint)\s*-\s*", re.I)
_FILE_SUFFIX = re.compile(r"\.(?:docx?|pdf|pptx?|rtf|odt|indd)$", re.I)
_STRAIGHT = range(4)  # quarter turns
_MUCH_TEXT = 150  # characters
_OCR = "Run a text recognition (OCR) over it first."


def load() -> None:
    """Import the library and the list of words, so that a fork of this process has them."""
    pdffile.load()
    english_words()


def read_pdf(data: bytes) -> Extract:
    """Return the text of a PDF and its facts about itself.

    Its date is not taken: it is the day on which the file was made. A statement of 2009 that was
    scanned in 2022 would be cited with the wrong year.

    Raises:
        UnreadableSource: if it is encrypted, damaged or truncated, or holds no text.
    """
    file = PdfFile(data)
    pages, missing = _pages(file)
    if len(missing) >= len(pages):
        raise UnreadableSource("damaged: no page of it can be read. Get a good copy of it.")
    if not any(c.isalnum() for page in pages for line in page.lines for c in line.text):
        raise UnreadableSource(f"no text: it looks scanned. {_OCR}")
    notes = []
    if missing:
        numbers = ", ".join(map(str, missing[:5])) + (" …" if len(missing) > 5 else "")  # noqa: PLR2004
        notes.append(f"damaged: text that cannot be read is left out, page {numbers}")
    found = text_of(pages)
    return Extract(
        text=found.text,
        title=_title(file.title) or found.heading,
        language=file.language,
        notes=tuple(notes),
        deviations=found.deviations,
        pages=found.pages,
    )


def _title(stated: str) -> str | None:
    """Return the title in the file's information, unless it is a file's name."""
    stated = _MADE_BY.sub("", stated).strip("\x00 \t\n")
    stated = _FILE_SUFFIX.sub("", stated) if " " in stated else stated
    return None if not stated or _FILE_NAME.fullmatch(stated) else stated


def _pages(file: PdfFile) -> tuple[list[Page], list[int]]:
    """Return all pages, and the numbers of those that cannot be read: they have no line."""
    pages, missing = [], []
    for page in file.pages():
        if page.characters is None:
            missing.append(page.number)
            unread = ((DeviationName.PAGE, f"page {page.number}"),)
            pages.append(Page((), 0.0, 0.0, page.number, unread))
        else:
            pages.extend(_page(page, page.characters))
    return pages, missing


def _page(page: FilePage, characters: Characters) -> list[Page]:
    """Return the page, and once more for each other direction in which much of its text runs.

    A line along an edge, or a stamp across the page, is left out.
    """
    pieces: dict[int, list[Line]] = defaultdict(list)
    for turn, piece in pieces_of(characters, page=page.number):
        pieces[turn].append(piece)
    if not pieces:
        return [Page((), page.box[1], page.box[3], page.number)]
    main = max(pieces, key=lambda turn: sum(len(piece.text) for piece in pieces[turn]))
    found = []
    aside: list[tuple[DeviationName, str]] = []
    for turn in (main, *(turn for turn in pieces if turn != main)):
        lines = join_pieces(pieces[turn])
        if turn == main or (turn in _STRAIGHT and _is_much(lines)):
            bottom, top = turned_heights(page.box, turn)
            found.append(Page(lines, bottom, top, page.number))
        else:
            aside += [(DeviationName.TURNED_TEXT, line.text) for line in lines]
    return [replace(found[0], left_out=tuple(aside)), *found[1:]]


def _is_much(lines: Sequence[Line]) -> bool:
    return len(lines) > 1 and sum(len(line.text) for line in lines) >= _MUCH_TEXT
