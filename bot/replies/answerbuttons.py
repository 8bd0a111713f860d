"""Makes the buttons under answers and paragraphs, and reads the data that a pressed one sends.

The data names a passage by its short reference, or a question by its ``ref``, which is remembered
for a while. Data from anywhere else reads as None.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.answering.answers import Answer, Quote
from bot.chat.actions import Button, Buttons
from bot.chat.messages import Message
from bot.language import texts
from bot.language.translation import Translator
from bot.verification.shortreference import (
    ShortReference,
    parse_short_reference,
    short_reference_to,
)
from corpus import Corpus, Document, Passage, Span, digest_of

_IN_A_ROW = 5
_EXAMPLE_DIGITS = 12
_REF = r"[0-9]{1,10}(?:\.[0-9])?"
_MORE = re.compile(rf"m:(?P<ref>{_REF}):(?P<shown>[0-9]{{1,2}})", re.ASCII)
_BACK = re.compile(rf"b:(?P<ref>{_REF})", re.ASCII)
_VOTE = re.compile(rf"v:(?P<generation>[0-9]{{1,9}}):(?P<ref>{_REF}):(?P<sign>[+-])", re.ASCII)
_EXAMPLE = re.compile(rf"e:(?P<digest>[0-9a-f]{{{_EXAMPLE_DIGITS}}})", re.ASCII)
_POINTED = re.compile(rf"(?P<kind>[<=>]):(?P<code>[0-9a-f-]+)(?::(?P<ref>{_REF}))?", re.ASCII)
_SOURCE = re.compile(
    r"s:(?P<code>[0-9a-f-]+)(?::(?P<start>[0-9]{1,6})-(?P<end>[0-9]{1,6}))?", re.ASCII
)
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


Press = Browse | ShowSource | More | Back | VoteFor | AskExample


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
    if match["start"] is None:
        return ShowSource(reference)
    start, end = int(match["start"]), int(match["end"])
    inside = start < end <= len(reference.span)
    return ShowSource(reference, Span(start, end)) if inside else None


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Press | None]], ...] = (
    (_POINTED, _pointed),
    (_SOURCE, _source),
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
) -> Buttons:
    """Return the buttons under the last message of an answer to the question ``ref``.

    ◀ and ▶ lead from the first quote in that message, between them a button opens its whole
    paragraph, a Source is there for each quote of the
    answer, numbered from ``first`` on as they are, and More where there is ``more``.
    """
    rows: list[tuple[Button, ...]] = []
    if answer.quotes:
        quote = _first_in(messages[-1], answer.quotes)
        document = corpus.document(quote.citation.document)
        reference = short_reference_to(quote.citation, answer.generation)
        passage = document.passage(quote.citation.paragraph)
        walk = _steps(document, passage, reference, ref, whole=quote.excerpt is not None)
        if more:
            shown = first + len(answer.quotes) - 1
            walk = (*walk, Button(words.say(texts.MORE), f"m:{ref}:{shown}"))
        if walk:
            rows.append(walk)
        rows.extend(_sources(answer, words, first))
    if first == 1:
        votes = tuple(
            Button(face, f"v:{answer.generation}:{ref}:{sign}")
            for face, sign in (("👍", "+"), ("👎", "-"))
        )
        if rows and len(answer.quotes) == 1:
            rows[-1] = (*rows[-1], *votes)
        else:
            rows.append(votes)
    return tuple(rows)


def paragraph_buttons(
    document: Document,
    passage: Passage,
    reference: ShortReference,
    words: Translator,
    *,
    ref: str | None,
) -> Buttons:
    """Return the buttons under a single paragraph; with ``ref`` one leads back to the answer."""
    walk = _steps(document, passage, reference, ref)
    source = Button(words.say(texts.SOURCE), f"s:{reference.code}")
    back = (Button(words.say(texts.BACK), f"b:{ref}"),) if ref else ()
    return ((*walk,), (*back, source)) if walk else ((*back, source),)


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
) -> tuple[Button, ...]:
    """Return ◀ and ▶, and with ``whole`` the paragraph itself between them."""
    answer = f":{ref}" if ref else ""
    buttons = []
    if (before := neighbour(document, passage, -1)) is not None:
        buttons.append(Button(f"◀ {before.label}", f"<:{reference.code}{answer}"))
    if whole:
        buttons.append(Button(passage.label, f"=:{reference.code}{answer}"))
    if (after := neighbour(document, passage, 1)) is not None:
        buttons.append(Button(f"{after.label} ▶", f">:{reference.code}{answer}"))
    return tuple(buttons)


def _sources(answer: Answer, words: Translator, first: int) -> list[tuple[Button, ...]]:
    source = words.say(texts.SOURCE)
    numbered = first > 1 or len(answer.quotes) > 1
    buttons = tuple(
        Button(
            f"{source} {number}" if numbered else source,
            f"s:{short_reference_to(quote.citation, answer.generation).code}{_part_of(quote)}",
        )
        for number, quote in enumerate(answer.quotes, start=first)
    )
    return [buttons[start : start + _IN_A_ROW] for start in range(0, len(buttons), _IN_A_ROW)]


def _part_of(quote: Quote) -> str:
    """Return where the excerpt stands in the quote, for the data of a button; "" for all of it."""
    if quote.excerpt is None:
        return ""
    start = quote.excerpt.start - quote.citation.start
    end = quote.excerpt.end - quote.citation.start
    return f":{start}-{end}" if end < _MOST_OFFSET else ""


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
