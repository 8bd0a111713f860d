"""Answers the calls of tools: each takes checked arguments and gives text and JSON."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.answering.answerer import DEFAULT_QUOTES, Answerer
from bot.citations.citationparser import read_citations
from bot.errors import BotError
from bot.jsonforms.answerfields import answer_fields, citation_fields
from bot.jsonforms.documentfields import document_fields
from bot.jsonforms.verificationfields import verification_fields
from bot.language.translation import translator
from bot.mcp import arguments as given
from bot.mcp import outputschemas
from bot.mcp.arguments import Argument, BadArgument, shortened
from bot.mcp.clerks import Caller
from bot.mcp.documentlists import UnknownCursor, page_of
from bot.mcp.resulttexts import (
    answer_text,
    beginning_of,
    document_text,
    list_text,
    verification_text,
)
from bot.replies.sourcelist import fitting_documents
from bot.verification.visibletexts import VisibleTexts
from corpus import (
    Corpus,
    CorpusError,
    Document,
    Passage,
    Span,
    UnknownDocument,
    UnknownPublisher,
    did_you_mean,
)
from corpus.provenance.publishernames import publisher_name
from embeddings import EmbeddingsError, Filter, known_filter

MOST_CITATIONS = 50
MOST_SHOWN_CHARACTERS = 30_000
"""The characters of a document that one call shows."""

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a call: a text for the reader, and the same as JSON."""

    text: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: how it is described, its arguments, and the function that answers a call.

    ``asks`` says that a call counts as a question.
    """

    name: str
    title: str
    says: str
    arguments: tuple[Argument, ...]
    output: Mapping[str, Any]
    answer: Callable[[Answerer, Values, Caller], ToolResult]
    asks: bool = True


class CallRefused(Exception):
    """A call gets no result. The message is for the caller."""


def tools(visible: VisibleTexts) -> tuple[Tool, ...]:
    """Return the tools; ``visible`` are the texts that citations are compared with."""

    def verified(answerer: Answerer, values: Values, caller: Caller) -> ToolResult:
        cited = read_citations(values["citation"])
        if len(cited) > MOST_CITATIONS:
            raise BadArgument(f'"citation" has more than {MOST_CITATIONS} citations.')
        found = [visible.verify(each, answerer, caller.groups)[0] for each in cited]
        text = verification_text(found, cite=answerer.cite, words=translator(caller.language))
        return ToolResult(text, {"verifications": [verification_fields(each) for each in found]})

    return (_ASK, _SHOW, _verify_tool(verified), _SAID, _LIST)


def call(tool: Tool, answerer: Answerer, values: Values, caller: Caller) -> ToolResult:
    """Return the result of a call.

    Raises:
        CallRefused: if there is none, with the reason.
    """
    try:
        return tool.answer(answerer, values, caller)
    except (BadArgument, UnknownCursor, BotError, CorpusError, EmbeddingsError) as error:
        raise CallRefused(str(error)) from error


def _ask(answerer: Answerer, values: Values, caller: Caller) -> ToolResult:
    answer = answerer.answer(
        values["question"],
        top=values.get("top", DEFAULT_QUOTES),
        only=_filter(answerer.corpus, values),
        language=caller.language,
        earlier=values.get("earlier", ()),
    )
    return ToolResult(answer_text(answer), answer_fields(answer))


def _said(answerer: Answerer, values: Values, caller: Caller) -> ToolResult:
    if not any(character.isalnum() for character in values["text"]):
        raise BadArgument('"text" has no word.')
    answer = answerer.said(values["text"], language=caller.language)
    return ToolResult(answer_text(answer), answer_fields(answer))


def _list(answerer: Answerer, values: Values, caller: Caller) -> ToolResult:
    only, wanted = _filter(answerer.corpus, values), " ".join(values.get("words", "").split())
    fitting = fitting_documents(answerer.corpus, wanted)
    found = [each for each in fitting if only is None or only.matches(each)]
    page = page_of(found, values.get("cursor"))
    text = list_text(
        page.documents, total=page.total, cursor=page.cursor, words=translator(caller.language)
    )
    return ToolResult(
        text,
        {
            "documents": [document_fields(each) for each in page.documents],
            "total": page.total,
            "next_cursor": page.cursor,
        },
    )


def _show(answerer: Answerer, values: Values, caller: Caller) -> ToolResult:
    document = _document(answerer.corpus, values["document"])
    if "paragraph" in values:
        wanted = values["paragraph"]
        passages = [each for each in document.quotable if each.number == wanted]
    else:
        wanted = values.get("from_paragraph", 0)
        passages = [each for each in document.quotable if each.number >= wanted]
    if not passages:
        raise BadArgument(
            f"{document.id} has no paragraph {wanted}: the last one is {document.passage_count}."
        )
    parts = list(_that_fit(passages, document.text))
    rest = passages[len(parts) :]
    next_number = rest[0].number if rest else None
    return ToolResult(
        document_text(
            document,
            parts,
            cite=answerer.cite,
            next_number=next_number,
            words=translator(caller.language),
        ),
        {
            "document": document_fields(document),
            "paragraphs": [_paragraph_fields(document, *each, answerer) for each in parts],
            "next_paragraph": next_number,
        },
    )


def _that_fit(passages: Sequence[Passage], text: str) -> Iterator[tuple[Passage, Span]]:
    """Yield passages, the first at least, until there are enough; a long one with its beginning."""
    left = MOST_SHOWN_CHARACTERS
    for passage in passages:
        part = beginning_of(passage.span, text)
        if left < len(part):
            return
        left -= len(part)
        yield passage, part


def _paragraph_fields(
    document: Document, passage: Passage, part: Span, answerer: Answerer
) -> dict[str, Any]:
    citation = answerer.cite(passage, None if part == passage.span else part)
    return {"quote": part.of(document.text), "citation": citation_fields(citation)}


def _document(corpus: Corpus, name: str) -> Document:
    try:
        return corpus.find(name)
    except UnknownDocument as error:
        near = did_you_mean(name, [each.id for each in corpus.documents])
        raise BadArgument(
            f'No document, or more than one, is called "{shortened(name)}". {near}'
            'The tool "list" has the ids.'
        ) from error


def _filter(corpus: Corpus, values: Values) -> Filter | None:
    since, until = values.get("since"), values.get("until")
    if since and until and since > until:
        raise BadArgument(f'Nothing lies between "since" {since} and "until" {until}.')
    publisher = values.get("publisher")
    try:
        return known_filter(
            corpus, publishers=[publisher] if publisher else [], since=since, until=until
        )
    except UnknownPublisher as error:
        names = filter(None, map(publisher_name, corpus.documents))
        near = did_you_mean(str(publisher), names)
        raise BadArgument(
            f'No statement is by "{shortened(str(publisher))}". {near}'
            'The tool "list" shows who published them.'
        ) from error


_ASK = Tool(
    "ask",
    "Ask the statements",
    "Answers a question only with words of official statements, each quote with its citation and "
    "reference. If no passage answers, it says so. Use it for any question about what the "
    "statements say, and quote what it returns unchanged.",
    (given.QUESTION, given.EARLIER, given.PUBLISHER, given.SINCE, given.UNTIL, given.TOP),
    outputschemas.ANSWER,
    _ask,
)
_SHOW = Tool(
    "show",
    "Show a statement",
    "Shows the paragraphs of a statement, or one of them, as they are stored, each with its "
    "citation and reference.",
    (
        given.text(
            "document",
            "The id of the document, or the beginning of it.",
            most=given.MOST_NAME_CHARACTERS,
            required=True,
        ),
        given.number(
            "paragraph",
            "The number of the only paragraph to show; 0 is the dateline.",
            least=0,
            most=given.MOST_NUMBER,
        ),
        given.number(
            "from_paragraph",
            "The number of the first paragraph to show.",
            least=0,
            most=given.MOST_NUMBER,
        ),
    ),
    outputschemas.PARAGRAPHS,
    _show,
    asks=False,
)


def _verify_tool(verified: Callable[[Answerer, Values, Caller], ToolResult]) -> Tool:
    return Tool(
        "verify",
        "Verify a citation",
        "Checks a citation against its source: intact, moved, changed, gone, misquoted or unknown, "
        "with the words as they stand now. Check a quote before you rely on it again.",
        (
            given.json_or_text(
                "citation",
                'A reference such as "DOC[4000:5203]@c0ffee012345", or the JSON of a citation, a '
                "quote or an answer.",
                most=given.MOST_TEXT_CHARACTERS,
            ),
        ),
        outputschemas.VERIFICATIONS,
        verified,
    )


_SAID = Tool(
    "said",
    "Check whether words were said",
    "Says whether words stand in the statements: exactly, until a day, almost, or not at all, with "
    "the places. Use it for a quotation, or a text with quotations, before it is repeated.",
    (
        given.text(
            "text",
            "The words, or a text of several sentences.",
            most=given.MOST_TEXT_CHARACTERS,
            required=True,
        ),
    ),
    outputschemas.ANSWER,
    _said,
)
_LIST = Tool(
    "list",
    "List the statements",
    "Lists the statements that answers quote, the newest first: title, publisher, day and id.",
    (
        given.PUBLISHER,
        given.SINCE,
        given.UNTIL,
        given.text(
            "words",
            "Only statements that have all these words in title, publisher, place, date or id.",
            most=given.MOST_NAME_CHARACTERS,
        ),
        given.text("cursor", "The cursor of the next page.", most=given.MOST_NAME_CHARACTERS * 2),
    ),
    outputschemas.DOCUMENTS,
    _list,
    asks=False,
)
