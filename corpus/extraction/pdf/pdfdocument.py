"""Joins the lines of a PDF's pages into its text, with its deviations and page starts.

Footnotes stand behind the text. Running lines and note marks are left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from corpus.extraction.extract import Deviation, DeviationKind, DeviationName
from corpus.extraction.pdf.margins.pdfnotes import NOTE, parted, single_notes, without_note_marks
from corpus.extraction.pdf.margins.pdfrunninglines import without_running_lines
from corpus.extraction.pdf.pdflines import Line, Mark, Page, body_height, marked, usual_pitch
from corpus.extraction.pdf.pdfparagraphs import LEADER, Paragraph, goes_on, split
from corpus.extraction.text.hyphenation import Hyphenation
from corpus.pages import PageStart

_EXACT_SHARE = 0.6
_HEADING_SIZE = 1.15
_HEADING_CHARACTERS = 200
_TITLE_SIZE = 1.3


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The text of a document, with blank lines between paragraphs and headings as "## …" lines.

    ``heading`` is the text in the largest type on the first page with text, if that is a heading.
    """

    text: str
    heading: str | None
    deviations: tuple[Deviation, ...]
    pages: tuple[PageStart, ...]


@dataclass(slots=True)
class _Written:
    """The text of one paragraph with its marks, and the offsets at which it changes the page."""

    text: str = ""
    marks: list[Mark] = field(default_factory=list)
    starts: list[PageStart] = field(default_factory=list)

    def with_opening(self, opening: str, *, instead_of: int = 0) -> "_Written":
        """Return the paragraph with another beginning in place of its first characters."""
        shift = len(opening) - instead_of
        return _Written(
            opening + self.text[instead_of:],
            [
                replace(mark, offset=mark.offset + shift) if mark.offset > instead_of else mark
                for mark in self.marks
            ],
            [
                PageStart(start.position + shift, start.number) if start.position else start
                for start in self.starts
            ],
        )


def text_of(pages: Sequence[Page]) -> DocumentText:
    """Return the text of the pages; none of it if no page has a letter or figure."""
    pages, rest = _with_left_out(without_running_lines(pages))
    body = body_height(pages)
    exact = _sizes_are_exact(pages, body)
    parts = [parted(page, body=body, exact=exact) for page in pages]
    above = [lines for lines, _ in parts]
    notes = [single_notes(lines) for _, lines in parts]
    if exact:
        above = without_note_marks(above, notes)
        notes = [[without_note_marks([note], [[]])[0] for note in on_page] for on_page in notes]
    hyphenation = Hyphenation.of((line.text, line.hyphen) for page in pages for line in page.lines)
    text = _paragraphs(above, pages=pages, exact=exact)
    written = []
    for paragraph in text:
        found = _written(paragraph, hyphenation)
        stands_out = exact and _is_heading(found.text, paragraph, body=body)
        written.append(found.with_opening("## ") if stands_out else found)
    for note in (note for on_page in notes for note in on_page):
        found = _written(Paragraph(note), hyphenation)
        match = NOTE.match(found.text)
        if match:
            found = found.with_opening(f"[{match['mark']}] ", instead_of=match.end())
        written.append(found)
    shown = [[*page.edges, *lines] for page, lines in zip(pages, above, strict=True)]
    heading = _heading(shown, body=body) if exact else None
    return _put_together(written, rest=rest, heading=heading)


def _with_left_out(pages: Iterable[Page]) -> tuple[list[Page], list[Mark]]:
    """Return the pages with their omissions at the first lines, and with those that no line
    follows.
    """
    waiting: list[Mark] = []
    found = []
    for page in pages:
        waiting += [Mark(0, DeviationKind.LEFT_OUT, name, text) for name, text in page.left_out]
        if page.lines:
            first = marked(page.lines[0], waiting)
            page = replace(page, lines=(first, *page.lines[1:]))  # noqa: PLW2901
            waiting = []
        found.append(page)
    return found, waiting


def _paragraphs(
    lines: Sequence[Sequence[Line]], *, pages: Sequence[Page], exact: bool
) -> list[Paragraph]:
    pitches: dict[float, float] = {}

    def pitch(height: float) -> float:
        key = round(height * 2) / 2
        if key not in pitches:
            pitches[key] = usual_pitch(pages, height=height)
        return pitches[key]

    text: list[Paragraph] = []
    alone: list[Paragraph] = []
    for page, on_page in zip(pages, lines, strict=True):
        found = split(on_page, pitch=pitch, exact=exact)
        heads, feet = _edges_of(page)
        alone += heads
        if found:
            if text and goes_on(text[-1], found[0]):
                text[-1].lines.extend(found.pop(0).lines)
            text += alone + found
            alone = []
        alone += feet
    return text + alone


def _edges_of(page: Page) -> tuple[list[Paragraph], list[Paragraph]]:
    """Return the lines alone in the margins of a page, above and below its text."""
    middle = (page.top + page.bottom) / 2
    heads = [Paragraph([line]) for line in page.edges if line.middle > middle]
    feet = [Paragraph([line]) for line in page.edges if line.middle <= middle]
    return heads, feet


def _sizes_are_exact(pages: Sequence[Page], body: float) -> bool:
    """Return whether most text is of one size, which no text recognition has guessed."""
    lines = [line for page in pages for line in page.lines]
    same = sum(len(line.text) for line in lines if abs(line.height - body) <= 0.5)  # noqa: PLR2004
    return same >= _EXACT_SHARE * max(1, sum(len(line.text) for line in lines))


def _heading(pages: Sequence[Sequence[Line]], *, body: float) -> str | None:
    """Return the words in the largest type on the first page with text, if they are a heading."""
    for lines in pages:
        if not lines:
            continue
        largest = max(line.height for line in lines)
        if largest < _TITLE_SIZE * body:
            return None
        title = " ".join(line.text for line in lines if line.height > 0.95 * largest)
        words = len(title.split())
        return title if words > 1 and len(title) <= _HEADING_CHARACTERS else None
    return None


def _is_heading(text: str, paragraph: Paragraph, *, body: float) -> bool:
    """Return whether a paragraph is a heading: short, and in larger or bold type."""
    stands_out = paragraph.height >= _HEADING_SIZE * body or paragraph.bold
    short = len(text) <= _HEADING_CHARACTERS and "\n" not in text
    return stands_out and short and not text.endswith((".", ",", ";")) and not text[:1].islower()


def _written(paragraph: Paragraph, hyphenation: Hyphenation) -> _Written:
    """Return the lines of a paragraph as one; words that a line's end divided are whole again."""
    written = _Written()
    pieces: list[str] = []
    length = 0
    for number, line in enumerate(paragraph.lines):
        if not written.starts or written.starts[-1].number != line.page:
            written.starts.append(PageStart(length, line.page))
        written.marks += [replace(mark, offset=length + mark.offset) for mark in line.marks]
        following = paragraph.lines[number + 1] if number + 1 < len(paragraph.lines) else None
        end = ""
        if following is None:
            end = "-" if line.hyphen else ""
        elif LEADER.search(line.text):
            end = "\n"
        elif not line.hyphen:
            end = " "
        else:
            decision = hyphenation.at(line.text, following.text)
            end = "-" if decision.stays else ""
            if decision.guessed:
                word = f"{line.text.split()[-1]}-{following.text.split()[0]}"
                place = length + len(line.text)
                written.marks.append(Mark(place, DeviationKind.GUESSED, DeviationName.HYPHEN, word))
        pieces += [line.text, end]
        length += len(line.text) + len(end)
    written.text = "".join(pieces)
    return written


def _put_together(
    written: Iterable[_Written], *, rest: Sequence[Mark], heading: str | None
) -> DocumentText:
    pieces: list[str] = []
    marks: list[Mark] = []
    starts: list[PageStart] = []
    length = 0
    for paragraph in written:
        if not any(character.isalnum() for character in paragraph.text):
            marks += [replace(mark, offset=length) for mark in paragraph.marks]
            if paragraph.text.strip():
                marks.append(
                    Mark(length, DeviationKind.LEFT_OUT, DeviationName.SIGN_LINE, paragraph.text)
                )
            continue
        if pieces:
            pieces.append("\n\n")
            length += 2
        marks += [replace(mark, offset=length + mark.offset) for mark in paragraph.marks]
        for start in paragraph.starts:
            if not starts or starts[-1].number != start.number:
                starts.append(PageStart(length + start.position, start.number))
        pieces.append(paragraph.text)
        length += len(paragraph.text)
    marks += [replace(mark, offset=length) for mark in rest]
    marks.sort(key=lambda mark: mark.offset)
    return DocumentText(
        text="".join(pieces) + "\n",
        heading=heading,
        deviations=tuple(Deviation(m.kind, m.name, m.text, m.offset) for m in marks),
        pages=tuple(starts),
    )
