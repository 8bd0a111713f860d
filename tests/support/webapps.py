"""The web application over a small index, called without a network."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from fakes import LetterEmbedder
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from bot.composition.serving import Served
from bot.composition.web import Doors, web_application, web_routes
from bot.said.archive import Archive
from bot.said.saidanswers import SaidAnswers
from bot.settings import Settings
from bot.webaccess.desk import Desk
from bot.websettings import WebSettings, web_settings
from corpus import Corpus, Snapshots
from embeddings import FolderIndex, Generation, Retriever, refresh

Routes = Callable[[Doors], Sequence[BaseRoute]]


def settings_of(home: Path, **variables: str) -> tuple[Settings, WebSettings]:
    """The settings of a web server on this machine."""
    settings = Settings.from_environment({"VERBATIM_HOME": str(home), **variables})
    return settings, web_settings(settings, listen="127.0.0.1:8080", source="--port")


def opened(home: Path, corpus: Corpus) -> LiveAnswerer:
    """Answerers of an index of the corpus that lies in a data directory; texts are kept."""
    settings, _ = settings_of(home)
    index, snapshots = FolderIndex(home / "index"), Snapshots(settings.snapshots_directory)
    snapshots.keep_texts(corpus.documents)
    refresh(corpus, index=index, embedder=LetterEmbedder())

    def answerer(of: Generation) -> Answerer:
        archive = Archive(of.corpus, snapshots, known_access=of.known_access)
        retriever = Retriever(of, LetterEmbedder())
        return Answerer(retriever, whether_said=SaidAnswers(archive))

    return LiveAnswerer(answerer(index.open_current()), index, answerer)


class _Extractor:
    """Lays out trusted texts in this process."""

    def stored_document(self, text: str, document_id: str, title: str | None) -> Any:
        from bot.verification.verification import laid_out_here

        return laid_out_here(text, document_id, title)


@contextmanager
def application_with(
    home: Path,
    corpus: Corpus,
    *,
    routes: Routes = web_routes,
    desk: Callable[[LiveAnswerer], Desk] = Desk,
    answerers: LiveAnswerer | None = None,
    **variables: str,
) -> Iterator[Starlette]:
    """The application with all routes, over an index of the corpus."""
    settings, web = settings_of(home, **variables)
    answerers = answerers or opened(home, corpus)
    at = desk(answerers)
    index = FolderIndex(home / "index")
    served = Served(answerers, cast(Any, None), cast(Any, _Extractor()), cast(Any, None), index)
    yield web_application(served, settings, web, desk=at, routes=routes)
    at.close()


@contextmanager
def client_of(
    home: Path,
    corpus: Corpus,
    *,
    routes: Routes = web_routes,
    desk: Callable[[LiveAnswerer], Desk] = Desk,
    answerers: LiveAnswerer | None = None,
    **variables: str,
) -> Iterator[TestClient]:
    """A client of that application."""
    with (
        application_with(
            home, corpus, routes=routes, desk=desk, answerers=answerers, **variables
        ) as application,
        TestClient(
            application, base_url="http://127.0.0.1:8080", raise_server_exceptions=False
        ) as client,
    ):
        yield client
