"""Requests that would show what is hidden, sent to the web application and to twins of it.

The application has statements of everybody and of two groups, each with a word of its own, and
earlier texts of all of them. A twin never had what the members of one group may not see. Both must
answer each request with the same bytes.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from canaries import CANARIES, TENANTS, WORDS, adversarial, documents
from httpx import Response
from starlette.testclient import TestClient
from webapps import client_of, opened

from corpus import Corpus, Document, digest_of, document_from_text

TOKENS: Mapping[frozenset[str], str] = {
    frozenset({"red"}): "red-reader-of-statements",
    frozenset({"blue"}): "blue-reader-of-statements",
}
SETTINGS = {
    "VERBATIM_WEB_RATE": "0",
    "VERBATIM_WEB_TOKENS": " ".join(
        f"{name}:{token}:{name}" for (name,), token in ((sorted(g), t) for g, t in TOKENS.items())
    ),
}
_COMPARED_HEADERS = ("etag", "content-type", "cache-control", "vary", "retry-after", "location")
_MADE_AT = re.compile(rb'"created": "[^"]*"')


@dataclass(frozen=True, slots=True)
class Call:
    """A request: method, address and JSON to post."""

    method: str
    address: str
    posted: Any = None

    def send(self, client: TestClient, groups: frozenset[str]) -> Response:
        token = TOKENS.get(groups)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if self.address == "/mcp":
            headers |= {
                "Accept": "application/json, text/event-stream",
                "MCP-Protocol-Version": "2025-06-18",
            }
        return client.request(
            self.method, self.address, json=self.posted, headers=headers, follow_redirects=False
        )

    @property
    def written(self) -> str:
        return f"{self.address} {json.dumps(self.posted)}".casefold()


def now() -> list[Document]:
    """The statements of today, with days and addresses.

    Some have the text of another, which is for others; one was opened and one closed meanwhile.
    """
    found = [
        replace(
            each,
            published=date(2020 + number % 3, 1 + number % 12, 1 + number % 28),
            url=f"https://{'-'.join(sorted(each.access)) or 'public'}.example/{each.id}",
        )
        for number, each in enumerate(documents())
    ]
    public, red, blue = found[:3]
    plain, other = (
        document_from_text(text, document_id="p", title="P", publisher="public ministry")
        for text in ("Amber of the plain birch.\n\nJetty larch.", "Knoll of another marsh. Fjord.")
    )
    return [
        _called("c00", public, red.access),
        _called("c01", found[3]),
        *found,
        _called("t00", public, red.access),
        _called("t01", plain, blue.access),
        _called("t02", other, red.access | blue.access),
        _called("t03", found[6]),
        _called("t04", plain, red.access),
    ]


def _called(document_id: str, of: Document, access: frozenset[str] = frozenset()) -> Document:
    """Another statement with the text of one."""
    title = f"Copy {document_id}"
    url = f"https://copies.example/{document_id}"
    return document_from_text(
        of.text,
        document_id=document_id,
        title=title,
        publisher=of.publisher,
        published=of.published,
        url=url,
        access=access,
    )


def before() -> list[Document]:
    """The statements as they were: every other one had another paragraph, and some are gone now."""
    found = []
    for number, each in enumerate(_unless_moved(now())):
        word = " ".join(CANARIES[group] for group in sorted(each.access))
        text = (
            f"{each.text}\n\nIn those days {word} jetty {number} stood in the {WORDS[number % 13]}."
        )
        if number % 2:
            found.append(each)
        else:
            found.append(_anew(each, text, each.id))
        if number % 6 < 3:
            found.append(
                _anew(
                    each,
                    f"Gone is {word} the {WORDS[number % 13]} heath {number}.",
                    f"x{number:02d}",
                )
            )
    return sorted(found, key=lambda each: each.id)


def _unless_moved(found: list[Document]) -> list[Document]:
    """The statements with the access that the opened and the closed one had before."""
    opened, closed = frozenset({"red"}), frozenset[str]()
    access = {"c00": closed, "c01": opened}
    return [replace(each, access=access.get(each.id, each.access)) for each in found]


def _anew(of: Document, text: str, document_id: str) -> Document:
    return document_from_text(
        text,
        document_id=document_id,
        title=of.title,
        publisher=of.publisher,
        published=of.published,
        url=of.url,
        access=of.access,
    )


def seen(found: Sequence[Document], groups: frozenset[str]) -> Corpus:
    """The statements that members of the groups may know of, now that some are closed."""
    hidden = {d.id for d in now() if d.access and not d.access & groups}
    known = (d for d in found if not d.access or d.access & groups)
    return Corpus(tuple(d for d in known if d.id not in hidden))


class Requests:
    """Makes requests to the routes of the application, each at random from the same start."""

    def __init__(self, start: int = 5) -> None:
        self._chance = random.Random(start)
        self._questions = adversarial(500)
        self._then, self._now = before(), now()
        self._makers: Mapping[str, Callable[[], Call]] = {
            "/": lambda: self._get("/", self._asking("q")),
            "/healthz": lambda: self._get("/healthz", []),
            "/documents": lambda: self._get("/documents", self._listing("page")),
            "/d/{document}": lambda: self._get(f"/d/{self._chosen(self._id, self._cited)()}", []),
            "/d/{document}/changes": lambda: self._get(
                f"/d/{self._id()}/changes", [("from", self._digest()), ("to", self._digest())]
            ),
            "/d/{cited}/{place}": lambda: self._get(f"/d/{self._cited()}/{self._place()}", []),
            "/compare": lambda: self._get("/compare", [("a", self._id()), ("b", self._id())]),
            "/timeline": lambda: self._get("/timeline", self._asking("q")),
            "/said": lambda: self._get("/said", [("text", self._words())]),
            "/login": lambda: self._get("/login", [("next", f"/d/{self._id()}")]),
            "/mcp": self._tool_call,
            "/static/{name}": lambda: self._get("/static/verbatim.css", []),
            "/cite/{cited}/{place}": lambda: self._get(
                f"/cite/{self._cited()}/{self._place()}",
                [("format", self._chance.choice(("plain", "bibtex", "ris", "html")))],
            ),
            "/embed": lambda: self._get("/embed", self._asking("q")),
            "/api/v1/openapi.json": lambda: self._get("/api/v1/openapi.json", []),
            "/api/v1/ask": lambda: self._api("/api/v1/ask", self._asking("q")),
            "/api/v1/said": lambda: self._api("/api/v1/said", [("text", self._words())]),
            "/api/v1/verify": lambda: self._api(
                "/api/v1/verify", [("citation", self._reference())]
            ),
            "/api/v1/documents": lambda: self._get("/api/v1/documents", self._listing("offset")),
            "/api/v1/documents/{document}": lambda: self._get(
                f"/api/v1/documents/{self._id()}", []
            ),
            "/api/v1/passages/{document}/{number}": lambda: self._get(
                f"/api/v1/passages/{self._id()}/{self._chance.randrange(6)}", []
            ),
            "/api/v1/refresh": lambda: self._get("/api/v1/refresh", []),
        }

    def to(self, path: str) -> Call:
        """A request to a route; a KeyError for one that nobody thought of."""
        return self._makers[path]()

    def _get(self, path: str, pairs: Sequence[tuple[str, str]]) -> Call:
        query = f"?{urlencode(pairs)}" if pairs else ""
        return Call("GET", f"{quote(path, safe='/@-')}{query}")

    def _api(self, path: str, pairs: Sequence[tuple[str, str]]) -> Call:
        if self._chance.random() < 0.5:
            return self._get(path, pairs)
        lists = {"publisher", "document", "earlier"}
        return Call("POST", path, {n: [v] if n in lists else v for n, v in pairs})

    def _tool_call(self) -> Call:
        name, arguments = self._chance.choice(
            (
                ("ask", {"question": self._question()}),
                ("said", {"text": self._words()}),
                ("verify", {"citation": self._reference()}),
                ("show", {"document": self._id()}),
                ("list", {"words": self._chance.choice([*WORDS, *CANARIES.values(), "ministry"])}),
            )
        )
        called = {"name": name, "arguments": arguments}
        return Call(
            "POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": called}
        )

    def _chosen(self, *makers: Callable[[], str]) -> Callable[[], str]:
        return self._chance.choice(makers)

    def _asking(self, name: str) -> list[tuple[str, str]]:
        pairs = [(name, self._chosen(self._question, self._words)()), *self._filters()]
        if name == "q" and self._chance.random() < 0.2:
            pairs.append(("lang", self._chance.choice(("en", "fr"))))
        return pairs

    def _listing(self, number: str) -> list[tuple[str, str]]:
        pairs = self._filters()
        if self._chance.random() < 0.5:
            pairs.append(("words", self._chance.choice([*WORDS, *CANARIES.values(), "ministry"])))
        if self._chance.random() < 0.3:
            pairs.append((number, str(self._chance.randrange(1, 40))))
        return pairs

    def _filters(self) -> list[tuple[str, str]]:
        pairs = []
        if self._chance.random() < 0.2:
            pairs.append(("publisher", str(self._any().publisher)))
        if self._chance.random() < 0.1:
            pairs.append(("since", str(2019 + self._chance.randrange(5))))
        return pairs

    def _question(self) -> str:
        return self._chance.choice(self._questions)

    def _any(self) -> Document:
        return self._chance.choice([*self._now, *self._then])

    def _id(self) -> str:
        return self._any().id

    def _digest(self) -> str:
        return self._any().digest[: self._chance.choice((12, 64))]

    def _cited(self) -> str:
        found = self._any()
        return f"{self._chance.choice((found.id, self._id()))}@{found.digest[:12]}"

    def _place(self) -> str:
        start = self._chance.randrange(60)
        return f"{start}-{start + self._chance.randrange(1, 60)}"

    def _reference(self) -> str:
        found = self._any()
        passage = self._chance.choice(found.quotable)
        start = passage.span.start + self._chance.choice((0, 0, 0, 3))
        digest = self._chance.choice((found.digest, digest_of("nothing")))[:12]
        document = self._chance.choice((found.id, found.id, self._id()))
        return f"{document}[{start}:{passage.span.end}]@{digest}"

    def _words(self) -> str:
        text = self._any().text.replace("\n\n", " ")
        start = self._chance.randrange(max(1, len(text) - 30))
        return text[start : start + self._chance.randrange(20, 90)]


def paths_of(client: TestClient) -> list[str]:
    """The paths of the routes of the application."""
    return [route.path for route in client.app.routes]  # type: ignore[attr-defined]


def compared(
    folder: Path, count: int, *, paths: Sequence[str] | None = None
) -> tuple[Mapping[int, int], list[str]]:
    """The number of answers by status, and which differ from those of a twin or say a hidden word.

    Each of three kinds of callers sends ``count`` requests, to each route in turn.
    """
    wrong: list[str] = []
    statuses: Counter[int] = Counter()
    with ExitStack() as stack:
        whole = stack.enter_context(_application(folder / "whole", frozenset({"red", "blue"})))
        for groups in TENANTS:
            alone = stack.enter_context(_application(folder / "-".join(["alone", *groups]), groups))
            hidden = [word for group, word in CANARIES.items() if group not in groups]
            requests = Requests()
            routes = paths or paths_of(whole)
            for number in range(count):
                call = requests.to(routes[number % len(routes)])
                answers = [call.send(client, groups) for client in (whole, alone)]
                statuses[answers[0].status_code] += 1
                said = answers[0].text.casefold()
                words = [word for word in hidden if word in said and word not in call.written]
                if words or _compared(answers[0]) != _compared(answers[1]):
                    wrong.append(f"{sorted(groups)} {call}: {words or 'another answer'}")
    return statuses, wrong


def _application(home: Path, groups: frozenset[str]) -> Any:
    from fakes import LetterEmbedder
    from webapps import settings_of

    from corpus import Snapshots
    from embeddings import FolderIndex, refresh

    settings, _ = settings_of(home)
    earlier, today = seen(before(), groups), seen(now(), groups)
    snapshots = Snapshots(settings.snapshots_directory)
    snapshots.keep_texts(earlier.documents)
    refresh(earlier, index=FolderIndex(home / "index"), embedder=LetterEmbedder())
    texts = {document.digest for document in today.documents}
    gone = {document.digest for document in earlier.documents} - texts
    snapshots.keep_texts(today.documents)
    snapshots.note_until(gone, date(2026, 1, 2))
    access = {document.id: document.access for document in earlier.documents}
    closed = {d.id: d.access for d in today.documents if d.access and access.get(d.id) != d.access}
    snapshots.close(closed, but=today.documents)
    return client_of(home, today, answerers=opened(home, today), **SETTINGS)


def _compared(response: Response) -> Iterator[Any] | tuple[Any, ...]:
    headers = tuple(response.headers.get(name) for name in _COMPARED_HEADERS)
    return response.status_code, headers, _MADE_AT.sub(b"", response.content)
