"""Prints replies and statements on a terminal.

If the output is no terminal, texts do not pass through ``rich``, which would expand tabs.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.answering.answers import Answer, Outcome, Quote
from bot.citations.citation import reference_of, where_it_is
from bot.citations.excerpt import with_neighbours
from bot.citations.origin import origin_lines, publisher_or_host
from bot.citations.quotelines import without_line_ends
from bot.cli.weblinks import linked
from bot.language import texts
from bot.language.bidiisolation import in_line, isolated
from bot.language.translation import Translator, translator
from bot.replies.neardifference import near_difference
from bot.replies.rendering import notices_in_chat
from corpus import Document, Passage, Span
from corpus.extraction.extract import Deviation

_FIELD_UNITS = 1_000


def print_answer(answer: Answer, console: Console, *, full: bool = False) -> None:
    """Print the quotes with their citations; or say that there is none.

    Of each the evidence is printed in bold, with the sentences beside it; with ``full`` the whole
    passage.
    """
    words = translator(answer.language)
    for notice in notices_in_chat(answer, words):
        print_line(Text(notice, style="yellow"), console)
    if answer.message is not None:
        print_line(Text(answer.message), console)
    elif answer.outcome is Outcome.NONE:
        print_line(Text(words.say(texts.NOTHING)), console)
    elif answer.outcome is Outcome.RELATED:
        print_line(Text(words.say(texts.RELATED), style="yellow"), console)
    if answer.outcome is Outcome.LIST:
        for document in answer.documents:
            print_line(Text(_document_line(document, words)), console)
    for position, quote in enumerate(answer.quotes):
        if position:
            console.print()
        _print_quote(quote, words, console, generation=answer.generation, full=full)
        earlier = [each.text for each in answer.quotes[:position]]
        if nearly := near_difference(quote.text, earlier, words):
            print_line(Text(f"  {nearly}", style="cyan"), console)


def _document_line(document: Document, words: Translator) -> str:
    parts = (
        in_line(document.title),
        publisher_or_host(document, words, units=_FIELD_UNITS),
        document.published.isoformat() if document.published else None,
        document.id,
    )
    return f"• {' · '.join(part for part in parts if part)}"


def _print_quote(
    quote: Quote, words: Translator, console: Console, *, generation: int, full: bool
) -> None:
    whole = quote.citation
    citation = whole if full else quote.cited
    printed = Span(whole.start, whole.end)
    if not full:
        printed = with_neighbours(quote.evidence, quote.sentences)
    start = quote.evidence.start - printed.start
    shown = without_line_ends(quote.text)[printed.start - whole.start : printed.end - whole.start]
    text = Text(shown)
    text.stylize("bold", start, start + len(quote.evidence))
    for mark in quote.marks or (quote.answer,):
        if mark is not None:
            text.stylize("underline", mark.start - printed.start, mark.end - printed.start)
    print_indented(text, console)
    if not console.is_terminal:
        sentence = shown[start : start + len(quote.evidence)]
        evidence = words.say(texts.EVIDENCE, sentence=sentence)
        print_line(Text(f"  {evidence}"), console)
    parts = (
        in_line(citation.title),
        publisher_or_host(citation, words, units=_FIELD_UNITS),
        citation.published.isoformat() if citation.published else None,
        citation.pages,
        citation.label,
    )
    print_line(Text("— " + " · ".join(part for part in parts if part), style="cyan"), console)
    if citation.link:
        print_line(Text(f"  {citation.link}", style="dim"), console)
    if quote.also:
        print_line(Text(f"  {_also(quote, words)}", style="cyan"), console)
    score = words.say(texts.SCORE, score=words.number(quote.score, decimals=2))
    facts = f"  {citation.reference} · {score}"
    facts += f" · {words.say(texts.GENERATION, number=str(generation))}"
    print_line(Text(facts, style="dim"), console)


def _also(quote: Quote, words: Translator) -> str:
    named = [f"{isolated(c.title)} ({c.when_and_where})" for c in quote.also[: texts.MOST_ALSO]]
    places = words.say(texts.BETWEEN_PLACES).join(named)
    rest = len(quote.also) - len(named)
    return words.say(texts.ALSO_IN, places=texts.and_more(places, rest, words))


def print_passages(document: Document, passages: tuple[Passage, ...], console: Console) -> None:
    """Print passages of a document under its title and its origin.

    Each has its number, its offsets and its reference.
    """
    print_line(Text(isolated(document.title), style="bold"), console)
    for line in origin_lines(document):
        print_line(Text(line, style="cyan"), console)
    for passage in passages:
        reference = reference_of(document.id, passage.span, document.digest)
        offsets = f"[{passage.span.start}:{passage.span.end}]"
        where = f"{where_it_is(document, passage)} {offsets}  {reference}"
        console.print()
        print_line(Text(where, style="cyan"), console)
        print_indented(Text(without_line_ends(passage.text)), console)


def print_beside(
    document: Document, span: Span, deviations: Sequence[Deviation], console: Console
) -> None:
    """Print a part of a stored text, and beside each block the deviations in it.

    On a terminal they stand in a second column, elsewhere below the block, after a bar.
    """
    print_line(Text(document.title, style="bold"), console)
    noted_in = sorted(deviations, key=lambda each: each.position)
    places = [each.position for each in noted_in]
    table = Table(box=None, padding=(0, 2, 1, 0), show_header=False)
    table.add_column(ratio=3)
    table.add_column(ratio=1, style="yellow")
    for start, end in _blocks(document.text, span):
        behind = bisect_right if end >= span.end else bisect_left
        here = noted_in[bisect_left(places, start) : behind(places, end)]
        block = document.text[start:end].strip()
        noted = [printable(f"{d.name.value} {d.kind.value}: {d.text}".strip()) for d in here]
        if console.is_terminal:
            table.add_row(Text(block), Text("\n".join(noted)))
            continue
        console.file.write(f"\n{block}\n" + "".join(f"| {line}\n" for line in noted))
    if console.is_terminal:
        console.print(table)
    if not deviations:
        print_line(Text("Nothing is noted as left out, guessed or repaired."), console)


def _blocks(text: str, span: Span) -> Iterator[tuple[int, int]]:
    """Yield the ranges of the blocks of a text in a span, each with the blank lines after it."""
    start = span.start
    while start < span.end:
        gap = text.find("\n\n", start, span.end)
        end = span.end if gap < 0 else gap + 2
        yield start, end
        start = end


def printable(text: str) -> str:
    """Return the text without control characters, which a citation from elsewhere may hold."""
    return "".join(
        c if c.isprintable() or c in " \n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def print_line(text: Text, console: Console) -> None:
    """Print one line: styled and not wrapped on a terminal, its addresses as links; elsewhere the
    plain characters.
    """
    if console.is_terminal:
        console.print(linked(text), soft_wrap=True)
    else:
        console.file.write(f"{text.plain}\n")


def print_indented(text: Text, console: Console) -> None:
    """Print a text: indented and wrapped on a terminal, elsewhere the plain words to copy."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, 2)))
    else:
        print_line(text, console)
