"""Writes quotes with their citations alone, to be copied or opened by a reference manager."""

from dataclasses import dataclass, replace

from starlette.responses import Response

from bot.answering.answerer import Answerer
from bot.citations.citation import Citation, cite
from bot.citations.formats.formats import FORMATS, Format
from bot.citations.quotelines import shown
from bot.language import webtexts
from bot.web.asked import Asked, Refused, shortened
from corpus import Document, Span

DEFAULT_FORMAT = "text"


@dataclass(frozen=True, slots=True)
class CopiedText:
    """A quote with its citation in a format, and the name of its file; None for a text to paste."""

    text: str
    media_type: str
    file_name: str | None

    def response(self) -> Response:
        """Return the text as a response; one for a reference manager is a file."""
        headers = {}
        if self.file_name is not None:
            headers["content-disposition"] = f'attachment; filename="{self.file_name}"'
        return Response(f"{self.text}\n", headers=headers, media_type=self.media_type)


def asked_format(asked: Asked) -> Format:
    """Return the format that the address names.

    Raises:
        Refused: if there is none of that name.
    """
    name = asked.text("format") or DEFAULT_FORMAT
    if name not in FORMATS:
        names = ", ".join(FORMATS)
        raise Refused(400, webtexts.UNKNOWN_FORMAT, name=shortened(name), formats=names)
    return FORMATS[name]


def copied_text(asked: Asked, answerer: Answerer, document: Document, span: Span) -> CopiedText:
    """Return the words of a span with their citation, in the format that the address names.

    Raises:
        Refused: if there is no such format, or the words lie in no single paragraph.
        UnfaithfulQuote: if they cannot be written so that they read the same again.
    """
    wanted = asked_format(asked)
    found = copied_quote(document, span, answerer)
    if found is None:
        raise Refused(404, webtexts.NOT_ONE_PARAGRAPH)
    return CopiedText(wanted(*found), wanted.media_type, wanted.file_name(found[0]))


def copied_quote(document: Document, span: Span, answerer: Answerer) -> tuple[Citation, str] | None:
    """Return the citation of a span and its words; None if it lies in no single paragraph, or
    begins or ends with white space.

    An earlier text is described as its document is today.
    """
    holding = next((p for p in document.quotable if p.span.contains(span)), None)
    if holding is None:
        return None
    words = shown(span, quote=holding.span, source=document.text)
    if words != words.strip():
        return None
    now = next((each for each in answerer.corpus.documents if each.id == document.id), None)
    if now is document:
        return answerer.cite(holding, span), words
    if now is not None:
        document = replace(
            document,
            title=now.title,
            publisher=now.publisher,
            published=now.published,
            url=now.url,
            fetched=now.fetched,
            said_by_source=now.said_by_source,
        )
    return cite(document, holding, part=span), words
