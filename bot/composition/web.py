"""Puts the web server together: its pages, the HTTP API, and who may ask there."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.api.api import Api
from bot.api.crossorigin import CrossOrigin
from bot.api.embedding import embed_route
from bot.api.routes import api_routes
from bot.composition.mcp import require_mcp
from bot.composition.serving import Served, open_served
from bot.composition.upgrade import begin_upgrade
from bot.language import webtexts
from bot.mcp.http import mcp_route
from bot.monitoring.health import HealthPages
from bot.monitoring.metrics import WebCounts
from bot.monitoring.webhealth import WebHealth
from bot.operations.refresher import ProgressBar
from bot.settings import Settings
from bot.state.pace import TokenBuckets
from bot.state.people import People
from bot.verification.visibletexts import VisibleTexts
from bot.web.login import Login, login_routes
from bot.web.pages import Pages, page_routes
from bot.web.templates import look
from bot.webaccess.desk import Busy, Desk, TooManyRequests
from bot.webaccess.freshness import Freshness
from bot.webaccess.hosts import Hosts, known_hosts
from bot.webaccess.personvisitors import PersonVisitors
from bot.webaccess.refusedresponses import refused
from bot.webaccess.securityheaders import SecurityHeaders
from bot.webaccess.sessions import Sessions
from bot.webaccess.visitor import Visitor
from bot.webaccess.visitors import Visitors, nobody
from bot.webserver.refusals import Refusals
from bot.webserver.webserver import WebServer
from bot.websettings import WebSettings
from corpus import Snapshots

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = logging.getLogger(__name__)

MOST_HEAD_BYTES = 160 * 1024
"""A question of 10,000 characters has up to 120,000 bytes in an address."""
MOST_BODY_BYTES = 1_500_000
"""A text of 100,000 characters has up to 1,200,000 bytes in JSON."""
_BURST = 10
_SWITCH_S = 0.001
"""A thread of the web keeps the interpreter from the bot's for so long at most; usual are 5 ms."""
_LEAST_COMPRESSED_BYTES = 1_000
_COMPRESSION = 5


@dataclass(frozen=True, slots=True)
class Doors:
    """The parts that the routes of every door are made of."""

    served: Served
    settings: Settings
    web: WebSettings
    desk: Desk
    login: Login | None = None


def web_routes(doors: Doors) -> list[BaseRoute]:
    """Return the routes of the web server; each door adds its own."""
    routes: list[BaseRoute] = [Route("/healthz", _healthy)]
    web, desk = doors.web, doors.desk
    snapshots = Snapshots(doors.settings.snapshots_directory)
    visible = VisibleTexts(snapshots, lay_out=doors.served.extractor.stored_document)
    pages = Pages(desk, visible, deviations_of=snapshots.deviations)
    return [
        *routes,
        *login_routes(doors.login),
        *page_routes(pages),
        embed_route(pages.embedded, embedders=web.embedders),
        *api_routes(Api(desk, visible, doors.served.index.is_being_written)),
        mcp_route(desk, visible, hosts=known_hosts(web), require_server=require_mcp),
    ]


def open_desk(served: Served, web: WebSettings, *, stands_back: bool = False) -> Desk:
    """Open the desk that takes the work of visitors; close it at the end."""
    rate = web.questions_per_minute
    paces = TokenBuckets(per_minute=rate, burst=min(rate, _BURST)) if rate else None
    return Desk(served.answerers, paces=paces, stands_back=stands_back)


def open_people(settings: Settings, web: WebSettings) -> PersonVisitors | None:
    """Return what knows the people who log in from Telegram; None if nobody can.

    The state of the bot is opened only to ask who was invited.
    """
    if not web.login:
        return None

    @cache
    def people() -> People:
        from bot.composition.chat import open_state

        return open_state(settings).people(came_from=lambda chat: chat)

    sessions = Sessions(settings.token())
    return PersonVisitors(sessions, web.access, is_let_in=lambda person: people().is_let_in(person))


def open_login(settings: Settings, web: WebSettings, people: PersonVisitors) -> Login:
    """Return the page by which they log in."""
    token = settings.token()
    return Login(token, Sessions(token), people, web.access.kind)


def web_application(
    served: Served,
    settings: Settings,
    web: WebSettings,
    *,
    desk: Desk,
    routes: Callable[[Doors], Sequence[BaseRoute]] = web_routes,
) -> Starlette:
    """Return the ASGI application of the web server."""

    def state_of(visitor: Visitor) -> str:
        answerer = desk.answerer(visitor)
        groups = ",".join(sorted(answerer.groups or ()))
        return f"{look()} {answerer.generation} {answerer.manifest.corpus_digest} {groups}"

    people = open_people(settings, web)
    login = None if people is None else open_login(settings, web, people)
    application = Starlette(
        routes=routes(Doors(served, settings, web, desk, login)),
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Hosts, web=web),
            Middleware(CrossOrigin, origins=web.cors),
            Middleware(Visitors, web=web, session=nobody if people is None else people.find),
            Middleware(
                GZipMiddleware, minimum_size=_LEAST_COMPRESSED_BYTES, compresslevel=_COMPRESSION
            ),
            Middleware(Freshness, state_of=state_of),
        ],
        exception_handlers={
            HTTPException: _refused,
            TooManyRequests: _refused,
            Busy: _refused,
            Exception: _refused,
        },
    )
    # a redirect would lead to plain HTTP behind the proxy, with the question in its address
    application.router.redirect_slashes = False
    return application


@asynccontextmanager
async def web_server(
    served: Served,
    settings: Settings,
    web: WebSettings,
    *,
    counts: WebCounts,
    stands_back: bool = False,
) -> "AsyncIterator[Desk]":
    """Serve the web within the block; with ``stands_back`` the answers of a chat go first.

    Raises:
        SettingsError: if the address cannot be listened on.
    """
    if stands_back:
        sys.setswitchinterval(_SWITCH_S)
    desk = open_desk(served, web, stands_back=stands_back)
    server = WebServer(
        web_application(served, settings, web, desk=desk),
        host=web.host,
        port=web.port,
        most_body_bytes=MOST_BODY_BYTES,
        most_head_bytes=MOST_HEAD_BYTES,
        refusals=Refusals("the web server", on_refused=counts.refused),
        on_response=counts.responded,
    )
    counts.watch(waiting=lambda: desk.waiting, connections=lambda: server.connections)
    try:
        async with server:
            log.info("the web server listens at %s port %d", web.host, web.port)
            log.info("access to the web: %s", web.in_words())
            yield desk
    finally:
        await asyncio.to_thread(served.extractor.close)  # it may keep threads of the desk busy
        await asyncio.to_thread(desk.close)


def run_web(
    settings: Settings,
    web: WebSettings,
    *,
    progress_bar: ProgressBar,
    on_listening: Callable[[], None],
) -> None:
    """Serve the web until the process is stopped.

    Raises:
        BotError: if the server cannot be started.
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the model or the index cannot be used.
    """
    served = open_served(settings, progress_bar=progress_bar, stays=True)
    counts = WebCounts()

    async def run() -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        async with (
            web_server(served, settings, web, counts=counts) as desk,
            _health_server(settings, desk, counts),
        ):
            on_listening()
            await stopped.wait()
        log.info("stopped")

    begin_upgrade(served, settings)
    with served.answerers.watching():
        asyncio.run(run())


def _health_server(
    settings: Settings, desk: Desk, counts: WebCounts
) -> AbstractAsyncContextManager[object]:
    """Serve health and counts to this machine alone, if there is a port for them."""
    if settings.health_port is None:
        return nullcontext()
    pages = HealthPages(WebHealth(is_full=lambda: desk.is_full), counts)
    return WebServer(pages.application, host="127.0.0.1", port=settings.health_port)


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})


async def _refused(request: Request, error: Exception) -> Response:
    """Return the response to a request that ended in an error."""
    match error:
        case TooManyRequests() | Busy():
            status, sentence = 503, webtexts.TOO_MANY_PEOPLE
            if isinstance(error, TooManyRequests):
                status, sentence = 429, webtexts.TOO_MANY_QUESTIONS
            seconds = str(error.retry_after_s)
            headers = {"retry-after": seconds}
            return refused(request.scope, status, sentence, headers, seconds=seconds)
        case HTTPException():
            return refused(request.scope, error.status_code, _sentence(error), error.headers or {})
    return refused(request.scope, 500, webtexts.SERVER_FAILED)


_SENTENCES = {
    404: webtexts.NO_SUCH_ADDRESS,
    405: webtexts.NO_SUCH_METHOD,
    408: webtexts.TOO_SLOW,
    413: webtexts.REQUEST_TOO_LONG,
}


def _sentence(error: HTTPException) -> str:
    """Return the sentence that an error brought, else one for its status."""
    if error.detail and error.detail.endswith("."):
        return error.detail
    return _SENTENCES.get(error.status_code, "The request cannot be answered.")
