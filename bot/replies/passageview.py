"""Shows a passage by itself, as after ◀ or ▶ or a deep link, and a citation in full."""

from dataclasses import replace

from bot.answering.answerer import Answerer
from bot.answering.answers import Answer, Outcome, Quote, check_quote
from bot.answering.linkstyle import LinkStyle, in_link_style
from bot.chat.messages import Entity, EntityKind, Message
from bot.citations.citation import Citation, cite
from bot.citations.origin import address_of, fetched_from, only_for, publisher_of
from bot.language import texts
from bot.language.bidiisolation import in_line, isolated
from bot.language.deviationtexts import DeviationsOf, deviation_lines
from bot.language.translation import Translator
from bot.language.utf16 import shorten, utf16_length
from bot.replies.rendering import PASSAGE_START, render, start_of
from bot.verification.shortreference import (
    ShortReference,
    parse_short_reference,
    verify_short_reference,
)
from bot.verification.verification import (
    LayOut,
    SourceText,
    Verdict,
    Verification,
    laid_out_here,
)
from corpus import Document, Passage, Span

_TITLE_UNITS = 300
_PUBLISHER_UNITS = 200
_PLACE_UNITS = 200
_URL_UNITS = 1_000


def start_reference(start: str) -> ShortReference | None:
    """Return the passage that the text after /start is to open; None for any other text."""
    if not start.startswith(PASSAGE_START):
        return None
    return parse_short_reference(start.removeprefix(PASSAGE_START))


def whole_quote(document: Document, passage: Passage, *, citation: Citation | None = None) -> Quote:
    """Return the passage as a quote, all of it evidence; with its own citation if none is given."""
    return Quote(
        text=passage.text,
        evidence_text=passage.text,
        evidence=passage.span,
        sentences=tuple(sentence.span for sentence in passage.sentences),
        score=1.0,
        citation=citation or cite(document, passage),
    )


def quote_at(
    reference: ShortReference,
    answerer: Answerer,
    source_text: SourceText,
    *,
    lay_out: LayOut = laid_out_here,
) -> Quote | None:
    """Return the quote of the words of a reference as they stand now; None if they do not.

    It is of whole sentences: a reference that anybody wrote cuts no "not" off.

    Raises:
        UnfaithfulQuote: if it differs from its source.
    """
    found = verify_short_reference(reference, answerer.corpus, source_text, lay_out=lay_out)
    now = found.now
    if not found.verdict.as_cited or now is None or now.passage is None:
        return None
    sentences = [each.span for each in now.passage.sentences]
    touched = [s for s in sentences if s.start < now.span.end and now.span.start < s.end]
    if not touched or now.span.contains(now.passage.span):
        touched = [now.passage.span]
    return answerer.quote(now.passage, Span(touched[0].start, touched[-1].end))


def passage_message(
    document: Document, passage: Passage, answerer: Answerer, words: Translator, *, links: LinkStyle
) -> Message:
    """Return the passage with its citation; the first part of one longer than a message, which says
    so.

    Raises:
        UnfaithfulQuote: if it differs from its source.
    """
    quote = whole_quote(document, passage, citation=answerer.cite(passage))
    check_quote(quote, answerer.corpus)
    answer = Answer(
        "",
        generation=answerer.generation,
        outcome=Outcome.ANSWER,
        quotes=(quote,),
        language=words.language,
    )
    return render(in_link_style(answer, links), answerer.corpus, opens=True)[0]


def source_message(
    found: Verification,
    generation: int,
    words: Translator,
    *,
    part: Span | None = None,
    model: str | None = None,
    deviations_of: DeviationsOf = lambda _: None,
) -> Message | None:
    """Return the citation in full, with the result of verifying it against the corpus.

    ``part`` is where the quoted words stand in the passage; None for all of it. ``model`` is the
    name of the model that the generation was made with.

    The message names deviations of the text from its source. It is None if the words are gone, or
    not known any more.
    """
    now = found.now
    if now is None or now.passage is None:
        return None
    document, passage = now.document, now.passage
    verdict = _verdict(found, now.where, document.title, words)
    citation = citation_now(found, part=part)
    if citation is None:
        cited = words.say(texts.REFERENCE, reference=found.cited.reference)
        title = isolated(shorten(document.title, units=_TITLE_UNITS))
        return Message(f"{title}\n{cited}\n\n{verdict}".strip())
    deviations = deviation_lines(deviations_of(document.digest) or (), words)
    about = _lines(citation, document, generation, model, words)
    text = "\n".join([*about, *deviations, "", verdict, ""])
    link = words.say(texts.OPEN_HERE)
    start = start_of(whole_quote(document, passage), generation)
    opens = Entity(EntityKind.OPENS, utf16_length(text), utf16_length(link), start)
    return Message(f"{text}{link}", (opens,))


def citation_now(found: Verification, *, part: Span | None = None) -> Citation | None:
    """Return the citation of the words as they stand now; None if they are not as cited.

    ``part`` is where the quoted words stand in the passage; None for all of it.
    """
    now = found.now
    if now is None or now.passage is None or not found.verdict.as_cited:
        return None
    document, passage = now.document, now.passage
    if part is not None and len(passage.span) == len(found.cited.span):
        start = passage.span.start
        return cite(document, passage, part=Span(start + part.start, start + part.end))
    return whole_quote(document, passage).citation


def numbered(message: Message, number: int) -> Message:
    """Return the message with its number before it."""
    prefix = f"{number}. "
    moved = (replace(each, offset=each.offset + utf16_length(prefix)) for each in message.entities)
    return Message(prefix + message.text, tuple(moved))


def _lines(
    citation: Citation, document: Document, generation: int, model: str | None, words: Translator
) -> list[str]:
    parts = (
        publisher_of(document, words, units=_PUBLISHER_UNITS),
        citation.published and citation.published.isoformat(),
        document.place and in_line(shorten(document.place, units=_PLACE_UNITS)),
    )
    where = words.say(
        texts.CHARACTERS,
        label=citation.where,
        start=str(citation.start),
        end=str(citation.end),
    )
    about = (
        isolated(shorten(citation.title.strip(), units=_TITLE_UNITS)),
        " · ".join(part for part in parts if part),
        where,
        address_of(document, words, units=_URL_UNITS),
        fetched_from(document.fetched, words, units=_URL_UNITS)
        if document.fetched and document.fetched != document.url
        else None,
        only_for(document, words),
    )
    return [
        *(line for line in about if line),
        "",
        words.say(texts.REFERENCE, reference=citation.reference),
        words.say(texts.TEXT_DIGEST, digest=citation.digest),
        words.say(texts.OF_GENERATION, number=str(generation)),
        *([words.say(texts.OF_MODEL, name=shorten(model, units=_PLACE_UNITS))] if model else []),
    ]


def _verdict(found: Verification, label: str, title: str, words: Translator) -> str:
    match found.verdict:
        case Verdict.INTACT:
            return words.say(texts.VERIFIED_INTACT)
        case Verdict.MOVED:
            title = isolated(shorten(title, units=_TITLE_UNITS))
            return words.say(texts.VERIFIED_MOVED, label=label, title=title)
        case _:
            return words.say(texts.VERIFIED_CHANGED, label=label)
