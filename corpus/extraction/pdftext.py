"""A PDF → its text in paragraphs; pdfium reads the characters and where they stand."""

import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from corpus.errors import UnreadableSource
from corpus.extraction.extract import Extract
from corpus.extraction.pdflines import Line, Page, join_pieces
from corpus.extraction.pdfparagraphs import heading_of_first_page, paragraphs_of

_END_MARK = b"%%EOF"
_END_WITHIN = 4096
_HYPHEN_MARKS = "\x02\ufffe\uffff"  # how pdfium marks a hyphen at which it joined two lines
_PIECE = re.compile(rf"([^\r\n{_HYPHEN_MARKS}]*)(\r\n|[\r\n{_HYPHEN_MARKS}]|$)")
_LINE_HYPHEN = re.compile(r"(?<=\w)[-\u2010\u00ad]$")
_FILE_NAME = re.compile(r"\S+\.\w{2,4}|\S*_\S*|untitled.*|document\d*|title|slide \d+", re.I)
_MADE_BY = re.compile(r"^Microsoft (?:Word|PowerPoint)\s*-\s*", re.I)
_FILE_SUFFIX = re.compile(r"\.(?:docx?|pdf|pptx?|rtf|odt|indd)$", re.I)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BOLD_WEIGHT = 600
_BOLD_NAME = re.compile(rb"bold|black|heavy|[-,]medi(?:ital)?$|CMBX", re.I)
_FONT_NAME_BYTES = 128
_QUARTER = math.pi / 2
_OCR = "Run a text recognition (OCR) over it first."
_UNLOCK = "Save it without one."


def load() -> None:
    """Imports the library, so that a fork of this process has it."""
    import pypdfium2  # noqa: F401


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
    if not pages:
        raise UnreadableSource("damaged: no page of it can be read. Get a good copy of it.")
    if not any(c.isalnum() for page in pages for line in page.lines for c in line.text):
        raise UnreadableSource(f"no text: it looks scanned. {_OCR}")
    notes = []
    if missing:
        numbers = ", ".join(map(str, missing[:5])) + (" …" if len(missing) > 5 else "")  # noqa: PLR2004
        notes.append(f"damaged: left out what cannot be read, page {numbers}")
    return Extract(
        text="\n\n".join(paragraphs_of(pages)) + "\n",
        title=_title(document) or heading_of_first_page(pages),
        language=_language(document),
        notes=tuple(notes),
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
    """The pages that can be read, and the numbers of those that cannot."""
    import pypdfium2

    pages, missing = [], []
    for number in range(len(document)):
        try:
            page = document[number]
            characters = page.get_textpage()
        except pypdfium2.PdfiumError:
            missing.append(number + 1)
            continue
        pages.append(_page(page, characters))
        characters.close()
        page.close()
    return pages, missing


def _page(page: Any, characters: Any) -> Page:
    pieces = list(_pieces(characters))
    weights: Counter[int] = Counter()
    for turn, piece in pieces:
        weights[turn] += len(piece.text)
    if not pieces:
        return Page((), 0.0, page.get_height())
    main = max(weights, key=lambda turn: weights[turn])
    left, bottom, right, top = page.get_mediabox()
    corners = [_turned(left, bottom, main), _turned(right, top, main)]
    ys = [y for _, y in corners]
    upright = [piece for turn, piece in pieces if turn == main]
    return Page(join_pieces(upright), min(ys), max(ys))


def _pieces(characters: Any) -> Iterator[tuple[int, Line]]:
    """Runs of characters without a line end, each with the quarter turns of its direction."""
    text = _characters(characters)
    for match in _PIECE.finditer(text):
        run = match[1]
        stripped = run.strip()
        if not stripped:
            continue
        start = match.start() + len(run) - len(run.lstrip())
        hyphen = match[2] != "" and match[2] in _HYPHEN_MARKS
        if not hyphen:
            stripped, hyphen = _without_hyphen(stripped)
        for offset, part in _by_height(characters, start, stripped):
            ends = offset + len(part) == len(stripped)
            cut_part, broken = (part, hyphen) if ends else _without_hyphen(part)
            if cut_part.strip():
                yield _piece(characters, start + offset, cut_part.strip(), hyphen=broken)


def _without_hyphen(text: str) -> tuple[str, bool]:
    """A line without the hyphen at its end, and whether it had one."""
    cut = _LINE_HYPHEN.search(text)
    return (text[: cut.start()], True) if cut else (text, False)


def _by_height(characters: Any, start: int, text: str) -> Iterator[tuple[int, str]]:
    """The lines that pdfium ran together in one, as it does at a hyphen, with their offsets."""
    first = characters.get_charbox(start, loose=True)
    last = characters.get_charbox(start + len(text) - 1, loose=True)
    if last[3] > first[1] or not first[1] < first[3]:  # the last stands no line lower
        yield 0, text
        return
    begin = 0
    bottom = first[1]
    for offset, character in enumerate(text):
        if character.isspace():
            continue
        box = characters.get_charbox(start + offset, loose=True)
        if box[3] <= bottom and offset > begin:
            yield begin, text[begin:offset]
            begin = offset
        bottom = box[1] if offset == begin else min(bottom, box[1])
    yield begin, text[begin:]


def _characters(characters: Any) -> str:
    """The text of a page, one code unit for each of pdfium's characters."""
    from pypdfium2 import raw

    count = raw.FPDFText_CountChars(characters)
    text: str = characters.get_text_range() if count > 0 else ""
    if len(text) == count:
        return text
    units = (raw.FPDFText_GetUnicode(characters, index) for index in range(max(0, count)))
    return "".join(chr(unit) if unit <= sys.maxunicode else "\ufffd" for unit in units)


def _piece(characters: Any, start: int, text: str, *, hyphen: bool) -> tuple[int, Line]:
    """A piece of a line, its box told from its first, its middle and its last character."""
    from pypdfium2 import raw

    angle = raw.FPDFText_GetCharAngle(characters, start)
    turn = round(angle / _QUARTER) % 4 if angle >= 0 else 0
    if abs(angle / _QUARTER - round(angle / _QUARTER)) > 0.05:  # noqa: PLR2004 (a slanted stamp)
        turn = 4
    end = start + len(text) - 1
    places = {start, (start + end) // 2, end}
    boxes = [_box(characters, place, turn) for place in sorted(places)]
    heights = sorted(top - bottom for _, bottom, _, top in boxes)
    height = heights[len(heights) // 2]
    typical = next(box for box in boxes if box[3] - box[1] == height)
    line = Line(
        text=_whole_code_points(text).replace("\u00ad", ""),
        left=boxes[0][0],
        right=max(box[2] for box in boxes),
        bottom=typical[1],
        top=typical[3],
        height=height,
        hyphen=hyphen,
        bold=_is_bold(characters, start) and _is_bold(characters, end),
    )
    return turn, line


def _is_bold(characters: Any, index: int) -> bool:
    """Whether a character is in bold type, by the weight of its font or else by the font's name."""
    import ctypes

    from pypdfium2 import raw

    if raw.FPDFText_GetFontWeight(characters, index) >= _BOLD_WEIGHT:
        return True
    name = ctypes.create_string_buffer(_FONT_NAME_BYTES)
    flags = ctypes.c_int()
    length = raw.FPDFText_GetFontInfo(characters, index, name, _FONT_NAME_BYTES, flags)
    return 0 < length <= _FONT_NAME_BYTES and bool(_BOLD_NAME.search(name.value))


def _box(characters: Any, index: int, turn: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of the room that a character takes."""
    left, bottom, right, top = characters.get_charbox(index, loose=True)
    (x0, y0), (x1, y1) = _turned(left, bottom, turn), _turned(right, top, turn)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _turned(x: float, y: float, turn: int) -> tuple[float, float]:
    """A point turned so that text in a direction of ``turn`` quarters runs to the right."""
    return {1: (-y, x), 2: (-x, -y), 3: (y, -x)}.get(turn, (x, y))


def _whole_code_points(text: str) -> str:
    """Surrogate halves, as UTF-16 has them, put together."""
    if _SURROGATE.search(text):
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
