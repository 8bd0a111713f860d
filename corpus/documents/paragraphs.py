"""Finds the paragraphs of a text, by offset, and the page furniture around them.

A press release has lines that are about the statement and not part of it: its title again, its
address, "From: …", a dateline, "Contacts". They stay in the stored text, so that offsets can be
checked, but they are not passages. The rules look only at a line's shape and position.
"""

import re
from dataclasses import dataclass
from datetime import date

from corpus import months
from corpus.documents.sentences import split_sentences, trim
from corpus.model import Span

LONGEST_PARAGRAPH = 2_500
"""The number of characters above which a paragraph is cut."""

_LINE_START = re.compile(r"(?<=\n)")


def cut_long(text: str, paragraph: Span, *, language: str) -> tuple[Span, ...]:
    """Return the paragraph in pieces of about equal length if it is very long, otherwise as it is.

    A piece begins at a sentence, or at a line that ends no sentence, as in a table. A single
    sentence is never cut. Every character but white space between pieces is in one piece.
    """
    if len(paragraph) <= LONGEST_PARAGRAPH:
        return (paragraph,)
    piece = paragraph.of(text)
    sentences = split_sentences(piece, language=language)
    starts = {span.start for span in sentences}
    if max(map(len, sentences)) > LONGEST_PARAGRAPH:
        starts |= {match.start() for match in _LINE_START.finditer(piece)}
    count = -(-len(piece) // LONGEST_PARAGRAPH)
    cuts = [0]
    for start in sorted(starts):
        if start >= len(cuts) * len(piece) / count and len(cuts) < count:
            cuts.append(start)
    ends = [*cuts[1:], len(piece)]
    spans = (
        trim(text, Span(paragraph.start + a, paragraph.start + b))
        for a, b in zip(cuts, ends, strict=True)
    )
    return tuple(span for span in spans if span is not None)


_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_HEADING = re.compile(
    r"(?P<marks>#{1,6})[^\S\n]++(?P<words>\S++(?:[^\S\n]++\S++)*?)"
    r"(?:[^\S\n]++#++)?[^\S\n]*+$",
    re.M,
)
_SENTENCE_END = re.compile(r"[.,!?:;…。！？؟।、，][\"'”’»)\]]*$")
_LABEL = re.compile(r"(?P<label>from|to|contacts?|source|date|de|à)\s*:\s*(?P<value>.*)$", re.I)
_ADDRESS = re.compile(r"(?:\w\s+)?(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:/\S*)?$")
_CLOSING = re.compile(
    r"(?:(?:(?:media|press|public)\s+)?contacts?(?:\s+(?:information|details|us|persons?|points?))?"
    r"|(?:for\s+)?(?:media|press)\s+(?:inquiries|enquiries|relations|office|service)"
    r"|for\s+(?:more|further|additional)\s+information(?:\s*+,?\s*+(?:please\s+)?contact)?"
    r"|personnes?[-\s]ressources?|renseignements|relations\s+(?:avec\s+les\s+)?médias"
    r"|contacts?\s+(?:de\s+)?(?:la\s+)?(?:presse|médias?)|service\s+de\s+presse"
    r"|pour\s+(?:plus|de\s+plus\s+amples)\s+(?:d['’]informations?|(?:de\s+)?renseignements?)"
    r"|(?:presse)?kontakte?|contactos?(?:\s+de\s+prensa)?|liens?\s+connexes?|associated\s+links?"
    r"|notes?\s+to\s+editors?|related\s+(?:links|products)"
    r"|-\s*30\s*-|#\s*#\s*#|\\?###)\s*:?$",
    re.I,
)
_DATE = (
    rf"(?:(?P<month_1>{months.PATTERN})\.?\s+(?P<day_1>\d{{1,2}})(?:\s*+,)?\s++(?P<year_1>\d{{4}})"
    rf"|(?P<day_2>\d{{1,2}})(?:er|st|nd|rd|th)?\s+(?P<month_2>{months.PATTERN})\.?,?\s+(?P<year_2>\d{{4}})"
    r"|(?P<year_3>\d{4})-(?P<month_3>\d{2})-(?P<day_3>\d{2}))"
)
_DATELINE = re.compile(
    rf"{_DATE}\s*+[–—-]\s++(?P<place>[^–—\s]++(?:\s++[^–—\s]++)*?)"
    r"(?:\s++[–—-]\s*+(?P<publisher>\S(?s:.*)))?$",
    re.I,
)
_HEAD_BLOCKS = 12
_SHORT_LABEL_WORDS = 4
_TITLE_CHARACTERS = 250
_CLOSING_BLOCKS = 12
_CLOSING_CHARACTERS = 400
_SENTENCE = re.compile(r"\w\W?[.!?][\"'”’»)\]]*\s+\S+\s+\S+\s+\S+|^(?:\S+\s+){9,}\S+[.!?]$", re.S)


@dataclass(frozen=True, slots=True)
class Layout:
    """The positions of a text's parts, and the facts in its furniture.

    ``paragraphs`` are the passages' spans in order. ``dateline`` is the span of a line such as "May
    12 2022 – Marrakesh, Morocco - Global Affairs Canada". The other fields are the statements of
    the furniture, None if it says nothing.
    """

    paragraphs: tuple[Span, ...]
    dateline: Span | None = None
    title: str | None = None
    publisher: str | None = None
    published: date | None = None
    place: str | None = None


def lay_out(text: str, *, title: str | None = None) -> Layout:
    """Return the layout of ``text``; blank lines separate its paragraphs.

    Blocks without a letter or digit are dropped, and so are headings ("## …"): they stay in the
    text, but nobody counts them as paragraphs. ``title`` is the known title, to recognise a line
    that repeats it. A text with nothing but white space has no paragraphs.
    """
    blocks = [span for span in _blocks(text) if any(c.isalnum() for c in span.of(text))]
    head = _head_length(text, blocks, title)
    tail = _tail_start(text, blocks, head, title)
    dateline, published, place, publisher = None, None, None, None
    heading = None
    for position, span in enumerate(blocks[:head]):
        line = span.of(text)
        if dateline is None and (match := _DATELINE.fullmatch(line)):
            dateline, published = span, _date_of(match)
            place, publisher = match["place"].strip(), match["publisher"] or publisher
        elif (label := _LABEL.fullmatch(line)) and label["label"].lower() in {"from", "de"}:
            publisher = publisher or label["value"].strip() or None
        elif position == 0 and not _ADDRESS.fullmatch(line) and not label:
            heading = _plain(line)
    paragraphs = blocks[head:tail]
    below = (_below_headings(text, block) for block in paragraphs)
    without_headings = [span for span in below if span is not None]
    return Layout(
        paragraphs=tuple(without_headings or paragraphs),
        dateline=dateline,
        title=heading,
        publisher=publisher,
        published=published,
        place=place,
    )


def _blocks(text: str) -> list[Span]:
    spans = []
    start = 0
    for gap in _BLANK_LINES.finditer(text):
        spans.append(trim(text, Span(start, gap.start())))
        start = gap.end()
    spans.append(trim(text, Span(start, len(text))))
    return [span for span in spans if span is not None]


def _below_headings(text: str, block: Span) -> Span | None:
    """Return the block without the headings at its beginning; None if nothing else is in it."""
    start = block.start
    while match := _HEADING.match(text, start, block.end):
        start = min(match.end() + 1, block.end)
    return trim(text, Span(start, block.end))


def _plain(line: str) -> str:
    """Return a line in single spaces, without the marks of a heading."""
    match = _HEADING.fullmatch(line)
    return " ".join((match["words"] if match else line).split())


def _is_about_document(line: str, title: str | None) -> bool:
    """Return whether a line is about the statement: its title, an address, "From:", a dateline."""
    if "\n" in line or len(line) > _TITLE_CHARACTERS:
        return False
    if title is not None and _plain(line).casefold() == title.casefold():
        return True
    return bool(_LABEL.fullmatch(line) or _ADDRESS.fullmatch(line) or _DATELINE.fullmatch(line))


def _is_label(line: str) -> bool:
    """Return whether a line has the shape of a label such as "Statement"."""
    short = "\n" not in line and len(line.split()) <= _SHORT_LABEL_WORDS
    return short and not _SENTENCE_END.search(line)


def _opens_as_title(line: str) -> bool:
    plain = "\n" not in line and len(line) <= _TITLE_CHARACTERS
    return plain and not _SENTENCE_END.search(line)


def _head_length(text: str, blocks: list[Span], title: str | None) -> int:
    """Return the number of leading blocks that are furniture.

    A first line without an end mark is the title if no title is known. Labels count only beside
    lines that are plainly about the document.
    """
    lines = [span.of(text) for span in blocks[:_HEAD_BLOCKS]]
    plainly = 0
    for number, line in enumerate(lines, start=1):
        is_title = number == 1 and title is None and len(blocks) > 1 and _opens_as_title(line)
        if _is_about_document(line, title):
            plainly = number
        elif not (is_title or _is_label(line)):
            break
    if plainly == len(blocks):
        return plainly
    if plainly == 0 and title is None and len(blocks) > 1 and _opens_as_title(lines[0]):
        rest_is_labels = all(_is_label(span.of(text)) for span in blocks)
        return 0 if rest_is_labels else 1
    return plainly


def _tail_start(text: str, blocks: list[Span], head: int, title: str | None) -> int:
    """Return the position of the first closing block: "Contacts" and the lines after it."""
    for position in range(head + 1, len(blocks)):
        if _closes(text, blocks[position]) and _all_short(text, blocks[position + 1 :]):
            return position
    last = len(blocks) - 1
    if last > head and title is not None:
        line = _plain(blocks[last].of(text))
        if line.casefold() == title.casefold():
            return last
    return len(blocks)


def _closes(text: str, block: Span) -> bool:
    """Return whether a block is the line above contacts, with nothing or short lines under it."""
    first, _, rest = block.of(text).partition("\n")
    return _CLOSING.fullmatch(_plain(first)) is not None and (
        len(rest) <= _CLOSING_CHARACTERS and not _SENTENCE.search(rest)
    )


def _all_short(text: str, blocks: list[Span]) -> bool:
    """Return whether blocks look like names, numbers and links, not like a text that goes on."""
    return len(blocks) <= _CLOSING_BLOCKS and all(
        len(span) <= _CLOSING_CHARACTERS and not _SENTENCE.search(span.of(text)) for span in blocks
    )


def _date_of(match: re.Match[str]) -> date | None:
    for form in "123":
        if (year := match[f"year_{form}"]) is not None:
            month = match[f"month_{form}"]
            # "Auguſt" has the letters of a month to a pattern that ignores case
            number = int(month) if month.isdigit() else months.NUMBERS.get(month.lower(), 0)
            try:
                return date(int(year), number, int(match[f"day_{form}"]))
            except ValueError:
                return None
    return None
