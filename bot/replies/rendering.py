"""Renders an answer as chat messages: text and entities in UTF-16 units, each quote compared.

Nothing here knows a chat library. Statements and questions are plain text under entities, never
markup, so no character in them can open a link or a mention.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.answering.answers import Answer, Outcome, Quote
from bot.chat.messages import Entity, EntityKind, Message, QuotedPart, check_message
from bot.citations.citation import Citation, cite
from bot.citations.copiedcitation import host_of
from bot.citations.origin import publisher_of
from bot.citations.quotelines import shown
from bot.language import texts
from bot.language.bidiisolation import in_line, isolated
from bot.language.translation import Translator, translator
from bot.language.utf16 import MESSAGE_UNITS, shorten, utf16_length, utf16_prefix
from bot.replies.neardifference import near_difference
from bot.verification.shortreference import short_reference_to
from corpus import Corpus, Document, Span

_TITLE_UNITS = 160
_PUBLISHER_UNITS = 80
_ALSO_TITLE_UNITS = 80
_LINK_CHARACTERS = 2_000
_HOST_UNITS = 60
_MOST_ABOVE_FOLDED = 280
_MOST_ENTITIES = 90
_MOST_MARKS = 20
_LEAST_TEXT_UNITS = 1_000
_BETWEEN = " · "
_BULLET = "• "

PASSAGE_START = "p"
"""The beginning of the text after /start if it is to open a passage."""


def render(
    answer: Answer, corpus: Corpus, *, first: int = 1, opens: bool = False
) -> tuple[Message, ...]:
    """Return the messages that carry an answer, in order, every quote compared with its source.

    Of each quote its excerpt is shown with its citation, then the whole paragraph, folded. Several
    quotes are numbered from ``first`` on. With ``opens`` each ¶ number is a deep link that opens
    the paragraph in a chat with the bot.

    Quotes that fit share a message. A quote that is too long for one message is continued in the
    next at the end of a sentence; a sentence too long for a message is broken at white space.

    Raises:
        UnfaithfulQuote: see ``check_message``. Nothing is returned then.
    """
    words = translator(answer.language)
    blocks = [_plain(text) for text in _heading(answer, words, opens=opens)]
    blocks.extend(_listed(answer, words, opens=opens))
    for position, quote in enumerate(answer.quotes, start=first):
        prefix = f"{position}. " if first > 1 or len(answer.quotes) > 1 else ""
        start = start_of(quote, answer.generation) if opens else None
        earlier = [each.text for each in answer.quotes[: position - first]]
        nearly = near_difference(quote.text, earlier, words, first=first) or ""
        blocks.extend(_quote_blocks(quote, prefix, corpus, words, start, nearly))
    messages = joined(blocks)
    for message in messages:
        check_message(message, corpus)
    return messages


def message_with(messages: Sequence[Message], evidence: Span | None) -> Message:
    """Return the first message that shows the evidence, or begins to; else the first of all."""
    for message in messages:
        for part in message.quoted:
            if evidence is not None and part.span.start <= evidence.start < part.span.end:
                return message
    return messages[0]


def start_of(quote: Quote, generation: int) -> str:
    """Return the text after /start in a deep link to a quote; ``start_reference`` reads it."""
    return f"{PASSAGE_START}{short_reference_to(quote.citation, generation).code}"


def notices_in_chat(answer: Answer, words: Translator) -> Iterator[str]:
    """Yield the notices; the one about earlier questions names the command that forgets them."""
    about = words.say(texts.ABOUT, topic=answer.about) if answer.about else None
    for notice in answer.notices:
        yield f"{notice} {words.say(texts.NEW_FORGETS)}" if notice == about else notice


def _heading(answer: Answer, words: Translator, *, opens: bool) -> Iterator[str]:
    yield from notices_in_chat(answer, words)
    if answer.message is not None:
        yield answer.message
    elif answer.outcome is Outcome.NONE:
        yield words.say(texts.NOTHING)
    elif answer.outcome is Outcome.RELATED:
        yield words.say(texts.RELATED)
    if opens and answer.outcome is Outcome.NONE and answer.is_to_question:
        yield words.say(texts.SEE_SOURCES)


def _listed(answer: Answer, words: Translator, *, opens: bool) -> Iterator[Message]:
    """Yield the documents that an answer lists, a line each, in messages as full as can be."""
    if answer.outcome is not Outcome.LIST:
        return
    lines = Message("")
    for document in answer.documents:
        line = _document_line(document, words, answer.generation if opens else None)
        full = utf16_length(lines.text) + 1 + utf16_length(line.text) > MESSAGE_UNITS
        if full or len(lines.entities) >= _MOST_ENTITIES:
            yield lines
            lines = Message("")
        lines = _together(lines, line, between="\n") if lines.text else line
    if lines.text:
        yield lines


def _document_line(document: Document, words: Translator, generation: int | None) -> Message:
    """Return a line that names a document; with a ``generation`` its title opens the document."""
    title = in_line(shorten(document.title, units=_TITLE_UNITS))
    published = document.published.isoformat() if document.published else None
    parts = (title, publisher_of(document, words, units=_PUBLISHER_UNITS), published)
    text = f"{_BULLET}{_BETWEEN.join(part for part in parts if part)}"
    if generation is None or not document.quotable:
        return Message(text)
    reference = short_reference_to(cite(document, document.quotable[0]), generation)
    start = f"{PASSAGE_START}{reference.code}"
    span = utf16_length(_BULLET), utf16_length(title)
    return Message(text, (Entity(EntityKind.OPENS, *span, start),))


def _plain(text: str) -> Message:
    return Message(shorten(text.strip(), units=MESSAGE_UNITS))


def _quote_blocks(
    quote: Quote,
    prefix: str,
    corpus: Corpus,
    words: Translator,
    start: str | None,
    nearly: str,
) -> Iterator[Message]:
    """Yield the parts of a quote: what is shown first, with its citation.

    The whole paragraph follows, folded, where that is more and what is shown first is short: three
    lines of a folded text are visible. Else a button has it. An earlier quote that is nearly the
    same is named if it is not "".
    """
    source = corpus.document(quote.citation.document).text
    also = _also(quote, words)
    if nearly:
        also = _together(Message(nearly), also, between="\n" if also.text else "")
    named = utf16_length("".join(_named(quote.cited, words)))
    footer_units = utf16_length(prefix) + max(_TITLE_UNITS + _PUBLISHER_UNITS, named) + 80
    footer_units += utf16_length(also.text) + utf16_length(_link_words(quote.cited, words))
    footer_units += utf16_length(_BETWEEN + (quote.cited.pages or ""))
    first = Span(quote.cited.start, quote.cited.end)
    sentences = _within(first, quote.sentences)
    parts = _parts(source, sentences, units=MESSAGE_UNITS - footer_units)
    block = Message("")
    for number, part in enumerate(parts, start=1):
        which = words.say(texts.PART, number=str(number), parts=str(len(parts)))
        of_parts = f" {which}" if len(parts) > 1 else ""
        block = _quote_block(quote, part, source, prefix, of_parts, words, start)
        if number < len(parts):
            yield block
    if also.text:
        block = _together(block, also, between="\n")
    if quote.excerpt is not None and utf16_length(block.text) <= _MOST_ABOVE_FOLDED:
        whole = Span(quote.citation.start, quote.citation.end)
        folded = _marked(quote, whole, source, EntityKind.EXPANDABLE_BLOCKQUOTE, [quote.evidence])
        both = _together(block, folded, between="\n")
        block = both if utf16_length(both.text) <= MESSAGE_UNITS else block
    yield block


def _within(first: Span, sentences: Sequence[Span]) -> list[Span]:
    """Return the parts of the sentences in a span, or the span where there is none."""
    found = [
        Span(max(first.start, each.start), min(first.end, each.end))
        for each in sentences
        if each.start < first.end and first.start < each.end
    ]
    return found or [first]


def _marked(
    quote: Quote, part: Span, source: str, kind: EntityKind, marks: Sequence[Span]
) -> Message:
    """Return a part of a quote as a block quote, with some of its words in bold."""
    whole = Span(quote.citation.start, quote.citation.end)
    text = shown(part, quote=whole, source=source)
    entities = [Entity(kind, 0, utf16_length(text))]
    for mark in marks:
        bold = Span(
            max(part.start, mark.start), max(part.start, mark.start, min(part.end, mark.end))
        )
        if len(bold) and bold != part:
            offset = utf16_length(source[part.start : bold.start])
            entities.append(Entity(EntityKind.BOLD, offset, utf16_length(bold.of(source))))
    quoted = QuotedPart(quote.citation.document, part, 0, utf16_length(text), whole)
    return Message(text, tuple(entities), (quoted,))


def _also(quote: Quote, words: Translator) -> Message:
    """Return the line that names the other documents with the quote, each a link; "" if none."""
    if not quote.also:
        return Message("")
    named = ""
    links = []
    for position, citation in enumerate(quote.also[: texts.MOST_ALSO]):
        named += words.say(texts.BETWEEN_PLACES) if position else ""
        title = isolated(shorten(citation.title, units=_ALSO_TITLE_UNITS))
        if citation.link and len(citation.link) <= _LINK_CHARACTERS and title:
            start, length = utf16_length(named), utf16_length(title)
            links.append(Entity(EntityKind.TEXT_LINK, start, length, citation.link))
        named += f"{title} ({citation.when_and_where})"
    rest = max(0, len(quote.also) - texts.MOST_ALSO)
    text = words.say(texts.ALSO_IN, places=texts.and_more(named, rest, words))
    before = utf16_length(text[: text.index(named)])
    return Message(text, tuple(_moved(links, by=before)))


def _parts(source: str, sentences: Sequence[Span], *, units: int) -> list[Span]:
    """Return the quote as the fewest spans of at most ``units``, each of whole sentences.

    Raises:
        ValueError: if ``units`` leaves a message hardly any text, or none: no part would end.
    """
    if units < _LEAST_TEXT_UNITS:
        raise ValueError(f"{units} units of a message are left for the text of a quote")
    pieces = [piece for sentence in sentences for piece in _broken(source, sentence, units)]
    parts: list[Span] = []
    for piece in pieces:
        joined = Span(parts[-1].start, piece.end) if parts else piece
        if parts and utf16_length(joined.of(source)) <= units:
            parts[-1] = joined
        else:
            parts.append(piece)
    return parts


def _broken(source: str, sentence: Span, units: int) -> Iterator[Span]:
    start = sentence.start
    while utf16_length(source[start : sentence.end]) > units:
        fitting = utf16_prefix(source[start : sentence.end], units)
        at_space = max(fitting.rfind(" "), fitting.rfind("\n"), fitting.rfind("\t"))
        length = at_space if at_space > 0 else len(fitting)
        yield Span(start, start + len(source[start : start + length].rstrip()))
        start += length
        start += len(source[start : sentence.end]) - len(source[start : sentence.end].lstrip())
    yield Span(start, sentence.end)


def _quote_block(
    quote: Quote,
    part: Span,
    source: str,
    prefix: str,
    of_parts: str,
    words: Translator,
    start: str | None,
) -> Message:
    """Return a part of what is shown first, with its citation.

    The short answer or the marked words are bold in it, else the evidence.
    """
    marks = quote.marks or (quote.evidence if quote.answer is None else quote.answer,)
    block = _marked(quote, part, source, EntityKind.BLOCKQUOTE, marks[:_MOST_MARKS])
    citation = quote.cited
    footer = [*_named(citation, words)]
    if citation.published:
        footer.append(citation.published.isoformat())
    if citation.pages:
        footer.append(citation.pages)
    text = f"{prefix}{_BETWEEN.join(footer)}{_BETWEEN}"
    entities = []
    if start:
        label = utf16_length(citation.label)
        entities.append(Entity(EntityKind.OPENS, utf16_length(text), label, start))
    text = f"{text}{citation.label}{of_parts}"
    if citation.link and len(citation.link) <= _LINK_CHARACTERS:
        text = f"{text}{_BETWEEN}"
        link = _link_words(citation, words)
        span = utf16_length(text), utf16_length(link)
        entities.append(Entity(EntityKind.TEXT_LINK, *span, citation.link))
        text = f"{text}{link}"
    return _together(block, Message(text, tuple(entities)), between="\n")


def _link_words(citation: Citation, words: Translator) -> str:
    """Return the words of the link to the page, which say where it leads; "" without a link."""
    if not citation.link:
        return ""
    host = host_of(citation.link)
    if host is None:
        return words.say(texts.READ_HERE)
    return words.say(texts.READ_AT, host=shorten(host, units=_HOST_UNITS))


def _named(citation: Citation, words: Translator) -> Iterator[str]:
    """Yield the title and the publisher, if there is one, each shortened."""
    yield in_line(shorten(citation.title, units=_TITLE_UNITS))
    if publisher := publisher_of(citation, words, units=_PUBLISHER_UNITS):
        yield publisher


def joined(blocks: Sequence[Message]) -> tuple[Message, ...]:
    """Return the blocks, joined by a blank line as long as they fit one message."""
    return tuple(_joined(blocks))


def _joined(blocks: Sequence[Message]) -> Iterator[Message]:
    whole: Message | None = None
    for block in blocks:
        if whole is None:
            whole = block
            continue
        shift = utf16_length(whole.text) + 2
        fits = (
            shift + utf16_length(block.text) <= MESSAGE_UNITS
            and len(whole.entities) + len(block.entities) <= _MOST_ENTITIES
        )
        if not fits:
            yield whole
            whole = block
            continue
        whole = _together(whole, block, between="\n\n")
    if whole is not None:
        yield whole


def _together(one: Message, other: Message, *, between: str) -> Message:
    """Return one message of both, with the second one's entities and quotes moved along."""
    shift = utf16_length(one.text) + utf16_length(between)
    return Message(
        f"{one.text}{between}{other.text}",
        one.entities + tuple(_moved(other.entities, by=shift)),
        one.quoted + tuple(replace(part, offset=part.offset + shift) for part in other.quoted),
    )


def _moved(entities: Sequence[Entity], *, by: int) -> Iterator[Entity]:
    return (replace(entity, offset=entity.offset + by) for entity in entities)
