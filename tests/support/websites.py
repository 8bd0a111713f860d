"""Web sites of tests: the pages over a small corpus, asked inside the tests' own process."""

import os
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

import uvicorn
from fakes import LetterEmbedder
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from bot.api.embedding import embed_route
from bot.said.archive import Archive
from bot.said.saidanswers import SaidAnswers
from bot.verification.visibletexts import VisibleTexts
from bot.web.pages import Pages, page_routes
from bot.webaccess.desk import Desk
from bot.webaccess.securityheaders import SecurityHeaders
from bot.webaccess.visitor import Visitor, language_of
from corpus import Corpus, Snapshots
from embeddings import FolderIndex, Generation, Retriever, refresh

GROUPS_HEADER = "x-test-groups"


class KnownVisitors:
    """Believes a header that names the groups of a visitor."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            connection = HTTPConnection(scope)
            groups = frozenset(connection.headers.get(GROUPS_HEADER, "").split())
            state = scope.setdefault("state", {})
            state["visitor"] = Visitor(groups, language=language_of(connection))
            state["address"] = "127.0.0.1"
        await self._application(scope, receive, send)


class Site:
    """The pages over an index and snapshots in a folder."""

    def __init__(self, folder: Path) -> None:
        self.index = FolderIndex(folder / "index")
        self.snapshots = Snapshots(folder / "snapshots")
        self.answerers: LiveAnswerer

    def publish(self, corpus: Corpus, *, day: str = "") -> None:
        """Make a generation of a corpus answer, and keep its texts, since a day if one is given."""
        kept = {digest for digest, _ in self.snapshots.kept()}
        self.snapshots.keep_texts(corpus.documents)
        for path in (self.snapshots.directory / "texts").glob("*/*") if day else ():
            if path.name not in kept:
                seconds = datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()
                os.utime(path, (seconds, seconds))
        refresh(corpus, index=self.index, embedder=LetterEmbedder())

    def application(self, *, embedders: tuple[str, ...] = ()) -> Starlette:
        self.answerers = LiveAnswerer(self._open(self.index.open_current()), self.index, self._open)
        visible = VisibleTexts(self.snapshots)
        return application_of(self.answerers, visible, embedders=embedders)

    def client(self) -> TestClient:
        return TestClient(self.application(), raise_server_exceptions=True)

    def _open(self, generation: Generation) -> Answerer:
        archive = Archive(generation.corpus, self.snapshots, known_access=generation.known_access)
        return Answerer(Retriever(generation, LetterEmbedder()), whether_said=SaidAnswers(archive))


def application_of(
    answerers: LiveAnswerer, visible: VisibleTexts, *, embedders: tuple[str, ...] = ()
) -> Starlette:
    """The pages alone, over answerers; pages of the ``embedders`` may frame them."""
    desk = Desk(answerers)

    @asynccontextmanager
    async def until_the_end(_: Starlette) -> AsyncIterator[None]:
        yield
        desk.close()

    pages = Pages(desk, visible)
    return Starlette(
        routes=[*page_routes(pages), embed_route(pages.embedded, embedders=embedders)],
        middleware=[Middleware(SecurityHeaders), Middleware(KnownVisitors)],
        lifespan=until_the_end,
    )


class Serving:
    """Serves an application on loopback, in a thread, from ``with`` to the end of the block."""

    def __init__(self, application: Starlette) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            application, log_config=None, ws="none", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def __enter__(self) -> Self:
        self._thread.start()
        for _ in range(500):
            if self._server.started:
                return self
            time.sleep(0.01)
        raise AssertionError("the application does not start")

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()
