"""Routes requests to the pages of the web site, and writes them."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.answering.answerer import Answerer
from bot.errors import BotError, UnfaithfulQuote
from bot.language import texts
from bot.language.deviationtexts import DeviationsOf, nothing_noted
from bot.language.translation import LANGUAGES
from bot.verification.visibletexts import VisibleTexts
from bot.web.answerpages import AnswerPages
from bot.web.asked import Asked, Refused
from bot.web.catalogue import Catalogue
from bot.web.citations import CopiedText, copied_text
from bot.web.comparisonpages import ComparisonPages
from bot.web.documentpages import DocumentPages
from bot.web.staticfiles import static_address, static_file
from bot.web.templates import Shown, written
from bot.webaccess.desk import Desk
from bot.webaccess.refusedresponses import refused
from bot.webaccess.visitor import Visitor
from bot.webserver.packing import packed, packing_headers, takes_packed
from corpus import CorpusError
from embeddings import EmbeddingsError

log = logging.getLogger(__name__)

MakePage = Callable[[Asked, Answerer], Shown]
"""Makes the values of a page of what is asked, from what the visitor may see."""

_METHODS = ("GET",)  # Starlette answers HEAD with it


class Pages:
    """Answers requests for pages. The work is done at the desk, outside the event loop."""

    def __init__(
        self, desk: Desk, visible: VisibleTexts, *, deviations_of: DeviationsOf = nothing_noted
    ) -> None:
        """``visible`` reads the texts that documents once had."""
        catalogue = Catalogue()
        self._desk = desk
        self.answers = AnswerPages(catalogue)
        self.catalogue = catalogue
        self.documents = DocumentPages(visible, deviations_of)
        self.comparisons = ComparisonPages(self.documents, catalogue)

    async def ask(self, request: Request) -> Response:
        """Answer with the page of a question; only one that asks counts against the rate."""
        return await self._shown(request, self.answers.ask, asks=_is_given(request, "q"))

    async def embedded(self, request: Request) -> Response:
        """Answer with the page of a question for a frame on another site."""
        asks = _is_given(request, "q")
        return await self._shown(request, self.answers.ask, asks=asks, layout="frame.html")

    async def timeline(self, request: Request) -> Response:
        """Answer with the quotes on a topic by date."""
        return await self._shown(request, self.answers.timeline, asks=_is_given(request, "q"))

    async def said(self, request: Request) -> Response:
        """Answer whether words were said."""
        return await self._shown(request, self.answers.said, asks=_is_given(request, "text"))

    async def list_documents(self, request: Request) -> Response:
        """Answer with the documents."""
        return await self._shown(request, self.catalogue.page)

    async def document(self, request: Request) -> Response:
        """Answer with a document, or with a text that it had."""
        if "@" in request.path_params["document"]:
            request.path_params["cited"] = request.path_params["document"]
            return await self._shown(request, self.documents.version)
        return await self._shown(request, self.documents.document)

    async def place(self, request: Request) -> Response:
        """Answer with cited words in their text."""
        return await self._shown(request, self.documents.place)

    async def citation(self, request: Request) -> Response:
        """Answer with cited words and their citation alone, in the format that is asked for."""
        visitor, asked = _asked(request)

        def write(answerer: Answerer) -> CopiedText:
            found, then = self.documents.cited(asked, answerer)
            return copied_text(asked, answerer, then, found.cited.span)

        try:
            copied = await self._desk.read(visitor, write)
        except Refused as error:
            sentence = asked.words.say(error.text, **error.values)
            return refused(request.scope, error.status, sentence)
        except UnfaithfulQuote:
            log.exception("a quote was held back")
            return refused(request.scope, 503, asked.words.say(texts.HELD_BACK))
        return copied.response()

    async def changes(self, request: Request) -> Response:
        """Answer with what changed between two texts of a document."""
        return await self._shown(request, self.comparisons.changes)

    async def compare(self, request: Request) -> Response:
        """Answer with two statements side by side."""
        return await self._shown(request, self.comparisons.compare)

    async def _shown(
        self,
        request: Request,
        make: MakePage,
        *,
        asks: bool = False,
        layout: str = "base.html",
    ) -> Response:
        """Answer with a page; ``layout`` is the template of what stands around it."""
        visitor, asked = _asked(request)
        packs = takes_packed(request)
        write = partial(
            _written, make, asked, quote(request.scope["path"], safe="/@"), layout, packs
        )
        if asks:
            status, content = await self._desk.ask(visitor, request.state.address, write)
        else:
            status, content = await self._desk.read(visitor, write)
        headers = {"content-language": visitor.language, **packing_headers(content)}
        return HTMLResponse(content, status, headers)


def page_routes(pages: Pages) -> list[BaseRoute]:
    """Return the routes of the pages."""
    listed = {
        "/": pages.ask,
        "/documents": pages.list_documents,
        "/d/{document}": pages.document,
        "/d/{document}/changes": pages.changes,
        "/d/{cited}/{place}": pages.place,
        "/cite/{cited}/{place}": pages.citation,
        "/compare": pages.compare,
        "/timeline": pages.timeline,
        "/said": pages.said,
        "/static/{name}": static_file,
    }
    return [Route(path, answer, methods=[*_METHODS]) for path, answer in listed.items()]


def _asked(request: Request) -> tuple[Visitor, Asked]:
    visitor: Visitor = request.state.visitor
    parts, parameters = request.path_params, request.query_params
    return visitor, Asked(parts, parameters, visitor.groups, visitor.language)


def _is_given(request: Request, name: str) -> bool:
    return bool(request.query_params.get(name, "").strip())


def _written(
    make: MakePage, asked: Asked, path: str, layout: str, packs: bool, answerer: Answerer
) -> tuple[int, bytes]:
    """Return the status and the page, or a page with one sentence where it is refused.

    With ``packs`` a long page is compressed here: the event loop would wait for it.
    """
    try:
        shown = make(asked, answerer)
    except Refused as error:
        shown = _error(error.status, asked.words.say(error.text, **error.values))
    except UnfaithfulQuote:
        log.exception("a quote was held back")
        shown = _error(503, asked.words.say(texts.HELD_BACK))
    except (BotError, CorpusError, EmbeddingsError) as error:
        # without its words, in which a question may stand
        log.error("a page could not be made: %s", type(error).__name__)  # noqa: TRY400
        shown = _error(503, asked.words.say(texts.FAILED))
    values = {**_frame(asked, path), "layout": layout, **shown.values}
    page = written(shown.template, values, asked.words).encode("utf-8", "replace")
    return shown.status, packed(page) if packs else page


def _error(status: int, sentence: str) -> Shown:
    return Shown("error.html", {"sentence": sentence}, status)


def _frame(asked: Asked, path: str) -> Mapping[str, Any]:
    """Return the values that every page has."""
    pairs = [(name, value) for name, value in asked.query.multi_items() if name != "lang"]
    others = [
        (code, f"{path}?{urlencode([*pairs, ('lang', code)], errors='replace')}")
        for code in LANGUAGES
        if code != asked.language
    ]
    return {
        "language": asked.language,
        "lang_parameter": asked.links.language or "",
        "links": asked.links,
        "path": path,
        "other_languages": others,
        "static": static_address,
        "refusal": None,
        "answer": None,
    }
