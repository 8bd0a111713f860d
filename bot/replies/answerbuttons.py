"""Makes the buttons under answers and paragraphs, and reads the data that a pressed one sends.

The data names a passage by its short reference, or a question by its ``ref``, which is remembered
for a while. Data from anywhere else reads as None.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.answering.answers import Answer, Quote
from bot.chat.actions import Button, Buttons
from bot.chat.messages import EntityKind, Message
from bot.citations.citation import Citation, cite
from bot.citations.copiedcitation import MOST_COPIED_UNITS, copied_citation
from bot.language import texts
from bot.language.translation import Translator, nearest_language, translator
from bot.replies.pagebuttons import PageButtons, sharing
from bot.verification.shortreference import (
    ShortReference,
    parse_short_reference,
    short_reference_to,
)
from corpus import Corpus, Document, Passage, Span, digest_of

_COPIES = "📋"
_MOST_DATA_BYTES = 64
_MOST_IN_ROW = 8
_EXAMPLE_DIGITS = 12
_REF = r"[0-9]{1,10}(?:\.[0-9])?"
_MORE = re.compile(rf"m:(?P<ref>{_REF}):(?P<shown>[0-9]{{1,2}})", re.ASCII)
_BACK = re.compile(rf"b:(?P<ref>{_REF})", re.ASCII)
_VOTE = re.compile(rf"v:(?P<generation>[0-9]{{1,9}}):(?P<ref>{_REF}):(?P<sign>[+-])", re.ASCII)
_EXAMPLE = re.compile(rf"e:(?P<digest>[0-9a-f]{{{_EXAMPLE_DIGITS}}})", re.ASCII)
_POINTED = re.compile(rf"(?P<kind>[<=>]):(?P<code>[0-9a-f-]+)(?::(?P<ref>{_REF}))?", re.ASCII)
_SOURCE = re.compile(
    r"(?P<kind>[sf]):(?P<code>[0-9a-f-]+)(?::(?P<start>[0-9]{1,6})-(?P<end>[0-9]{1,6}))?", re.ASCII
)
_SOURCES = re.compile(r"S:(?P<first>[0-9]{1,2}):(?P<parts>[0-9;-]{0,60})", re.ASCII)
_PART = re.compile(r"(?P<start>[0-9]{1,6})-(?P<end>[0-9]{1,6})", re.ASCII)
_ALONE = re.compile(rf"a:(?P<ref>{_REF})", re.ASCII)
_TOPIC = re.compile(r"t:(?P<topic>.{1,62})")
_STEPS = {"<": -1, "=": 0, ">": 1}
_MOST_OFFSET = 10**6


@dataclass(frozen=True, slots=True)
class Browse:
    """◀ or ▶: opens the paragraph before (``by`` -1) or after (1), or itself (0).

    ``ref`` leads back to the answer.
    """

    reference: ShortReference
    by: int
    ref: str | None


@dataclass(frozen=True, slots=True)
class ShowSource:
    """Shows the citation in full, of a passage or of the ``part`` of it that was quoted."""

    reference: ShortReference
    part: Span | None = None


@dataclass(frozen=True, slots=True)
class ShowFormats:
    """Shows the quote with its citation in each format, of a passage or of a ``part`` of it."""

    reference: ShortReference
    part: Span | None = None


@dataclass(frozen=True, slots=True)
class ShowSources:
    """Shows the citations of all quotes in the message, numbered from ``first`` on.

    ``parts`` are those of the passages that were quoted, None for a whole one; () if not known.
    """

    first: int
    parts: tuple[Span | None, ...]


@dataclass(frozen=True, slots=True)
class AskAlone:
    """Asks the question without those before it."""

    ref: str


@dataclass(frozen=True, slots=True)
class AskTopic:
    """Asks about a topic."""

    topic: str


@dataclass(frozen=True, slots=True)
class More:
    """Shows more quotes than the ``shown`` first ones."""

    ref: str
    shown: int


@dataclass(frozen=True, slots=True)
class Back:
    """Shows the answer in place of the paragraph."""

    ref: str


@dataclass(frozen=True, slots=True)
class VoteFor:
    """👍 or 👎 for an answer from a generation."""

    generation: int
    ref: str
    good: bool


@dataclass(frozen=True, slots=True)
class AskExample:
    """Asks an example question; ``digest`` is the beginning of its SHA-256."""

    digest: str


Press = (
    Browse
    | ShowSource
    | ShowFormats
    | ShowSources
    | AskAlone
    | AskTopic
    | More
    | Back
    | VoteFor
    | AskExample
)


def read_press(data: str) -> Press | None:
    """Return the meaning of the data of a button; None for data of no such button."""
    for pattern, press in _READERS:
        if (match := pattern.fullmatch(data)) is not None:
            return press(match)
    return None


def _pointed(match: re.Match[str]) -> Press | None:
    reference = parse_short_reference(match["code"])
    if reference is None:
        return None
    return Browse(reference, _STEPS[match["kind"]], match["ref"])


def _source(match: re.Match[str]) -> Press | None:
    reference = parse_short_reference(match["code"])
    if reference is None:
        return None
    shows = ShowSource if match["kind"] == "s" else ShowFormats
    if match["start"] is None:
        return shows(reference)
    start, end = int(match["start"]), int(match["end"])
    inside = start < end <= len(reference.span)
    return shows(reference, Span(start, end)) if inside else None


def _source_list(match: re.Match[str]) -> Press | None:
    parts: list[Span | None] = []
    for written in match["parts"].split(";") if match["parts"] else ():
        part = _PART.fullmatch(written)
        if part is not None and int(part["start"]) < int(part["end"]):
            parts.append(Span(int(part["start"]), int(part["end"])))
        else:
            parts.append(None)
    return ShowSources(int(match["first"]), tuple(parts))


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Press | None]], ...] = (
    (_POINTED, _pointed),
    (_SOURCE, _source),
    (_SOURCES, _source_list),
    (_ALONE, lambda match: AskAlone(match["ref"])),
    (_TOPIC, lambda match: AskTopic(match["topic"])),
    (_MORE, lambda match: More(match["ref"], int(match["shown"]))),
    (_BACK, lambda match: Back(match["ref"])),
    (_VOTE, lambda m: VoteFor(int(m["generation"]), m["ref"], m["sign"] == "+")),
    (_EXAMPLE, lambda match: AskExample(match["digest"])),
)


def answer_buttons(
    answer: Answer,
    messages: Sequence[Message],
    corpus: Corpus,
    words: Translator,
    *,
    ref: str,
    first: int = 1,
    more: bool,
    pages: PageButtons | None = None,
) -> Buttons:
    """Return the buttons under the last message of an answer to the question ``ref``: one row.

    ◀ and ▶ lead from the first quote in that message. Between them a button opens its whole
    paragraph, if that is not folded below it. Source shows the citations of the quotes in the
    message, 📋 copies the first one's, and More is there where there is ``more``. With ``pages``
    the Source of a single quote is its page, and ↗ shares the quote if the row has room.

    Where nothing answers, a row each asks about the nearest topics; a question that was read
    together with earlier ones can be asked alone.
    """
    row: list[Button] = []
    page: Button | None = None
    last = messages[-1]
    if answer.quotes and last.quoted:
        quote = _first_in(last, answer.quotes)
        document = corpus.document(quote.citation.document)
        reference = short_reference_to(quote.citation, answer.generation)
        passage = document.passage(quote.citation.paragraph)
        whole = quote.excerpt is not None and not _has_folded(last)
        row += _steps(document, passage, reference, ref, whole=whole, short=whole or more)
        source = Button(words.say(texts.SOURCE), _source_data(answer, last, first))
        if pages is not None and source.data is not None and source.data.startswith("s:"):
            page = pages.opening(source.label, quote.cited, corpus)
        row += [page or source, _copy(quote.cited)]
        if more:
            shown = first + len(answer.quotes) - 1
            row.append(Button(words.say(texts.MORE), f"m:{ref}:{shown}"))
    if first == 1:
        row += [
            Button(face, f"v:{answer.generation}:{ref}:{sign}")
            for face, sign in (("👍", "+"), ("👎", "-"))
        ]
    if page is not None and len(row) < _MOST_IN_ROW:
        # it opens from Source, where that is no page
        at = 1 + next(i for i, each in enumerate(row) if each.copies is not None)
        row[at:at] = sharing(quote.cited, answer.generation, corpus, words, short=True)
    rows = [(each,) for each in _topics(answer, corpus)]
    if answer.about is not None and first == 1:
        rows.append((Button(words.say(texts.ASK_ALONE), f"a:{ref}"),))
    return (*rows, tuple(row)) if row else tuple(rows)


def paragraph_buttons(
    document: Document,
    passage: Passage,
    reference: ShortReference,
    words: Translator,
    *,
    ref: str | None,
    corpus: Corpus,
    pages: PageButtons | None = None,
) -> Buttons:
    """Return the buttons under a single paragraph; with ``ref`` one leads back to the answer.

    With ``pages`` Source opens the page of the paragraph.
    """
    walk = _steps(document, passage, reference, ref)
    back = (Button(words.say(texts.BACK), f"b:{ref}"),) if ref else ()
    citation = cite(document, passage)
    source = Button(words.say(texts.SOURCE), f"s:{reference.code}")
    page = None if pages is None else pages.opening(source.label, citation, corpus)
    shares = sharing(citation, reference.generation, corpus, words, short=True)
    return ((*walk, *back, page or source, _copy(citation), *shares),)


def source_buttons(
    citation: Citation,
    words: Translator,
    reference: ShortReference,
    part: Span | None = None,
    *,
    corpus: Corpus,
) -> Buttons:
    """Return the buttons under a citation in full: they copy it, and its reference.

    Others show it in other formats, of the passage of ``reference`` or of the ``part`` of it, and
    share the quote.
    """
    within = f":{part.start}-{part.end}" if part is not None else ""
    return (
        (
            Button(words.say(texts.COPY_CITATION), copies=copied_citation(citation)),
            *(
                (Button(words.say(texts.COPY_REFERENCE), copies=citation.reference),)
                if len(citation.reference) <= MOST_COPIED_UNITS
                else ()
            ),
        ),
        (
            Button(words.say(texts.OTHER_FORMATS), f"f:{reference.code}{within}"),
            *sharing(citation, reference.generation, corpus, words),
        ),
    )


def topic_question(topic: str, corpus: Corpus) -> str:
    """Return the question about a topic, in the language of most of the statements."""
    languages = Counter(document.language for document in corpus.documents)
    most = languages.most_common(1)[0][0] if languages else None
    return translator(nearest_language(most)).say(texts.ABOUT_TOPIC, name=topic)


def example_buttons(questions: Sequence[str]) -> Buttons:
    """Return a row for each question, with a button that asks it."""
    return tuple((Button(q, f"e:{example_digest(q)}"),) for q in questions)


def example_digest(question: str) -> str:
    """Return the name of an example question in the data of its button."""
    return digest_of(question)[:_EXAMPLE_DIGITS]


def neighbour(document: Document, passage: Passage, by: int) -> Passage | None:
    """Return the paragraph before (``by`` -1) or after (1) another; None at the ends of the
    document.
    """
    position = document.quotable.index(passage) + by
    return document.quotable[position] if 0 <= position < len(document.quotable) else None


def _steps(
    document: Document,
    passage: Passage,
    reference: ShortReference,
    ref: str | None,
    *,
    whole: bool = False,
    short: bool = False,
) -> tuple[Button, ...]:
    """Return ◀ and ▶, and with ``whole`` the paragraph itself between them.

    ``short`` ones have no numbers, so that a row of many buttons can be read on a telephone.
    """
    answer = f":{ref}" if ref else ""
    buttons = []
    if (before := neighbour(document, passage, -1)) is not None:
        label = "◀" if short else f"◀ {before.label}"
        buttons.append(Button(label, f"<:{reference.code}{answer}"))
    if whole:
        buttons.append(Button(passage.label, f"=:{reference.code}{answer}"))
    if (after := neighbour(document, passage, 1)) is not None:
        label = "▶" if short else f"{after.label} ▶"
        buttons.append(Button(label, f">:{reference.code}{answer}"))
    return tuple(buttons)


def _topics(answer: Answer, corpus: Corpus) -> Iterator[Button]:
    """Yield a button for each topic near to a question that nothing answers."""
    for topic in answer.topics:
        data = f"t:{topic}"
        if len(data.encode()) <= _MOST_DATA_BYTES:
            yield Button(topic_question(topic, corpus), data)


def _copy(citation: Citation) -> Button:
    return Button(_COPIES, copies=copied_citation(citation))


def _has_folded(message: Message) -> bool:
    return any(each.kind is EntityKind.EXPANDABLE_BLOCKQUOTE for each in message.entities)


def _source_data(answer: Answer, message: Message, first: int) -> str:
    """Return the data of the button that shows the citations of the quotes in a message.

    A single one is named. Of several the message has the links, and the data the parts.
    """
    shown = list(dict.fromkeys((part.document, part.quote) for part in message.quoted))
    quotes = [
        (number, quote)
        for number, quote in enumerate(answer.quotes, start=first)
        if (quote.citation.document, Span(quote.citation.start, quote.citation.end)) in shown
    ]
    if len(quotes) == 1:
        ((_, quote),) = quotes
        code = short_reference_to(quote.citation, answer.generation).code
        part = _part_of(quote)
        return f"s:{code}:{part}" if part else f"s:{code}"
    start = quotes[0][0] if quotes else first
    data = f"S:{start}:{';'.join(_part_of(quote) for _, quote in quotes)}"
    return data if len(data) <= _MOST_DATA_BYTES else f"S:{start}:"


def _part_of(quote: Quote) -> str:
    """Return where the excerpt stands in the quote, for the data of a button; "" for all of it."""
    if quote.excerpt is None:
        return ""
    start = quote.excerpt.start - quote.citation.start
    end = quote.excerpt.end - quote.citation.start
    return f"{start}-{end}" if end < _MOST_OFFSET else ""


def _first_in(message: Message, quotes: Sequence[Quote]) -> Quote:
    """Return the quote that the message shows first."""
    part = message.quoted[0]
    for quote in quotes:
        citation = quote.citation
        if citation.document == part.document and Span(citation.start, citation.end).contains(
            part.span
        ):
            return quote
    return quotes[0]
