"""The web application: who may ask, safe headers, fresh pages, and one sentence for each refusal."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fakes import LetterEmbedder, corpus_of
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from bot.chat.accessrules import AccessKind, AccessRules
from bot.composition.web import Doors, open_desk, web_application
from bot.settings import Settings
from bot.webaccess.securityheaders import content_policy
from bot.webaccess.visitor import Visitor
from bot.webaccess.visitors import Visitors, nobody
from bot.websettings import WebSettings, WebToken
from embeddings import FolderIndex, Generation, Retriever, refresh

STAFF = "a-long-token-of-the-staff"
OTHER = "a-long-token-of-another-person"
LISTED = AccessRules(AccessKind.LISTED)
WEB = WebSettings("127.0.0.1", 8080, questions_per_minute=0)


class Answering:
    """What the application needs of ``Served``: answerers over an index of a test."""

    def __init__(self, store: FolderIndex) -> None:
        refresh(corpus_of("Zebras zigzag once."), index=store, embedder=LetterEmbedder())
        self.store = store
        self.answerers = LiveAnswerer(self._open(store.open_current()), store, self._open)

    def _open(self, generation: Generation) -> Answerer:
        return Answerer(Retriever(generation, LetterEmbedder()))

    def publish(self, text: str) -> None:
        refresh(corpus_of(text), index=self.store, embedder=LetterEmbedder())
        self.answerers.look()


def routes(doors: Doors) -> list[BaseRoute]:
    async def asked(request: Request) -> Response:
        state = request.state
        words = await doors.desk.ask(
            state.visitor, state.address, lambda answerer: answerer.corpus.documents[0].text
        )
        return PlainTextResponse(words)

    async def who(request: Request) -> Response:
        visitor = request.state.visitor
        return Response(
            json.dumps([sorted(visitor.groups), visitor.language, request.state.address]),
            headers={"cache-control": "no-store"},
        )

    async def framed(_: Request) -> Response:
        policy = content_policy(frame_ancestors="https://a.example")
        return HTMLResponse("<p>", headers={"content-security-policy": policy})

    async def broken(request: Request) -> Response:
        raise ValueError(request.query_params["q"])

    async def long(_: Request) -> Response:
        return HTMLResponse("<p>word</p>" * 1000)

    async def missing(_: Request) -> Response:
        return HTMLResponse("<p>", 404)

    async def taken(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    return [
        Route("/", asked),
        Route("/who", who),
        Route("/embed", framed),
        Route("/broken", broken),
        Route("/api/v1/broken", broken),
        Route("/api/v1/ask", asked),
        Route("/long", long),
        Route("/missing", missing),
        Route("/login", who),
        Route("/taken", taken, methods=["POST"]),
    ]


@pytest.fixture
def answering(store: FolderIndex) -> Answering:
    return Answering(store)


Opened = Callable[..., TestClient]


@pytest.fixture
def opened(answering: Answering) -> Iterator[Opened]:
    desks = []

    def client(web: WebSettings = WEB, host: str = "localhost", **more: Any) -> TestClient:
        desks.append(open_desk(answering, web))
        application = web_application(
            answering, Settings.from_environment({}), web, desk=desks[-1], routes=routes
        )
        return TestClient(
            application, base_url=f"http://{host}", raise_server_exceptions=False, **more
        )

    yield client
    for each in desks:
        each.close()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def settings(**more: Any) -> WebSettings:
    tokens = (WebToken("staff", STAFF, frozenset({"staff"})), WebToken("other", OTHER))
    return WebSettings("127.0.0.1", 8080, questions_per_minute=0, tokens=tokens, **more)


def test_a_token_says_whose_groups_count_and_one_that_is_unknown_is_refused_everywhere(
    opened: Opened,
) -> None:
    client = opened(settings())
    assert client.get("/who").json()[0] == []
    assert client.get("/who", headers=bearer(STAFF)).json()[0] == ["staff"]
    assert client.get("/who", headers={"Authorization": f"bearer  {OTHER}"}).json()[0] == []
    assert client.get("/who", headers={"Authorization": "Basic YTpi"}).json()[0] == []
    for wrong in ("", STAFF[:-1], f"{STAFF}x", "é", "x" * 10_000):
        reply = client.get("/who", headers={b"Authorization": f"Bearer {wrong}".encode()})
        assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer")
        assert reply.text == "The token is not known to this server.\n"


def test_with_restricted_access_only_open_paths_answer_a_caller_without_token_or_session(
    opened: Opened,
) -> None:
    client = opened(settings(access=LISTED))
    for path in ("/", "/who", "/nowhere", "/healthz/../who", "/api/v1/ask", "/loginx", "/static"):
        assert client.get(path).status_code == 401, path
    assert client.get("/login").json()[0] == []
    assert client.get("/static/x").status_code == 404
    assert client.get("/", headers=bearer(OTHER)).status_code == 200


def test_with_restricted_access_this_machine_asks_where_nobody_could_say_who_they_are(
    opened: Opened,
) -> None:
    web = WebSettings("127.0.0.1", 8080, access=LISTED)
    assert opened(web).get("/").status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8080", 200),
        ("127.0.0.1", 200),
        ("[::1]:8080", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("", 400),
        ("a b", 400),
    ],
)
def test_a_host_header_of_elsewhere_is_refused_in_one_sentence(
    opened: Opened, host: str, status: int
) -> None:
    reply = opened().get("/", headers={"Host": host})
    assert reply.status_code == (421 if host == "a b" else status)
    if status != 200:
        assert reply.text.count(".") == 1
        assert "evil" not in reply.text


def test_every_response_keeps_browsers_from_scripts_frames_and_referers(opened: Opened) -> None:
    client = opened(settings(access=LISTED))
    known = bearer(STAFF)
    replies = [
        client.get("/", headers=known),
        client.get("/nowhere", headers=known),
        client.get("/broken?q=x", headers=known),
        client.get("/"),
        client.get("/", headers={"Host": "evil.example"}),
        client.post("/", headers=known),
    ]
    assert [reply.status_code for reply in replies] == [200, 404, 500, 401, 421, 405]
    for reply in replies:
        policy = reply.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert reply.headers["x-frame-options"] == "DENY"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in reply.headers
        assert "server" not in reply.headers


def test_a_page_that_may_be_framed_says_so_itself(opened: Opened) -> None:
    reply = opened().get("/embed")
    assert "frame-ancestors https://a.example" in reply.headers["content-security-policy"]
    assert "x-frame-options" not in reply.headers


def test_an_error_is_one_sentence_in_the_form_that_the_caller_reads(opened: Opened) -> None:
    client = opened()
    plain = client.get("/broken?q=my+question")
    assert (plain.status_code, plain.text) == (500, "The server failed at this request.\n")
    page = client.get("/nowhere", headers={"Accept": "text/html,*/*"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>That did not work</h1>" in page.text
    assert "<p>There is no such page.</p>" in page.text
    for path, status in (("/api/v1/broken?q=x", 500), ("/api/v1/none", 404)):
        problem = client.get(path)
        assert problem.headers["content-type"] == "application/problem+json"
        assert problem.json()["status"] == problem.status_code == status
        assert problem.json()["detail"].count(".") == 1


def test_a_refusal_is_in_the_callers_language_and_the_api_in_english(opened: Opened) -> None:
    client = opened(settings(access=LISTED))
    french = {"Accept": "text/html", "Accept-Language": "fr"}
    page = client.get("/", headers=french)
    assert '<html lang="fr">' in page.text
    assert "Ce serveur ne répond qu’aux personnes qu’il connaît" in page.text
    assert client.get("/nowhere?lang=fr", headers=bearer(STAFF)).text == (
        "Cette page n’existe pas.\n"
    )
    problem = client.get("/api/v1/ask", headers=french).json()
    assert problem["detail"].startswith("This server answers only people")
    busy = opened(WebSettings("127.0.0.1", 8080, questions_per_minute=1))
    assert [busy.get("/?lang=fr").status_code for _ in range(2)] == [200, 429]
    assert "Trop de questions sont venues de cette adresse." in busy.get("/?lang=fr").text


def test_the_rate_of_an_address_is_429_with_the_seconds_to_wait(opened: Opened) -> None:
    client = opened(WebSettings("127.0.0.1", 8080, questions_per_minute=2))
    statuses = [client.get("/").status_code for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    reply = client.get("/api/v1/ask")
    assert reply.status_code == 429
    assert 1 <= int(reply.headers["retry-after"]) <= 31
    assert reply.json()["detail"].startswith("Too many questions came from this address.")
    assert client.get("/who").status_code == 200  # reading has no rate


def test_a_forwarded_address_has_a_rate_of_its_own_behind_a_proxy_that_is_named(
    opened: Opened,
) -> None:
    from ipaddress import ip_network

    web = WebSettings("127.0.0.1", 8080, questions_per_minute=1, proxies=(ip_network("127.0.0.1"),))
    client = opened(web, client=("127.0.0.1", 5))
    forwarded = [{"X-Forwarded-For": f"198.51.100.{n}"} for n in (1, 1, 2)]
    assert [client.get("/", headers=each).status_code for each in forwarded] == [200, 429, 200]
    client = opened(WebSettings("127.0.0.1", 8080, questions_per_minute=1))
    assert [client.get("/", headers=each).status_code for each in forwarded] == [200, 429, 429]


def test_more_questions_than_the_queue_holds_are_503_with_the_seconds_to_wait(
    answering: Answering,
) -> None:
    desk = open_desk(answering, WEB)
    desk._asking._most = 0
    application = web_application(
        answering, Settings.from_environment({}), WEB, desk=desk, routes=routes
    )
    reply = TestClient(application, base_url="http://localhost").get("/")
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")
    desk.close()


def test_a_page_that_a_browser_keeps_is_not_sent_again_until_another_generation_answers(
    opened: Opened, answering: Answering
) -> None:
    client = opened()
    first = client.get("/?q=a")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"
    assert "Authorization" in first.headers["vary"]
    again = client.get("/?q=a", headers={"If-None-Match": f'"x", {tag}'})
    assert (again.status_code, again.text, again.headers["etag"]) == (304, "", tag)
    for kept in ([("If-None-Match", tag[2:])], [("If-None-Match", '"x"'), ("If-None-Match", tag)]):
        assert client.get("/?q=a", headers=kept).status_code == 304
    assert client.get("/?q=b", headers={"If-None-Match": tag}).status_code == 200
    french = {"If-None-Match": tag, "Accept-Language": "fr"}
    assert client.get("/?q=a", headers=french).status_code == 200
    answering.publish("Zebras zigzag twice.")
    changed = client.get("/?q=a", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.text) == (200, "Zebras zigzag twice.")
    assert changed.headers["etag"] != tag


def test_what_must_not_be_kept_and_what_failed_has_no_tag(opened: Opened) -> None:
    client = opened()
    for path in ("/who", "/nowhere", "/broken?q=x"):
        assert "etag" not in client.get(path).headers
    assert client.get("/nowhere").headers["cache-control"] == "no-store"


def test_what_one_visitor_does_not_find_is_kept_for_no_other(opened: Opened) -> None:
    reply = opened(settings()).get("/missing", headers=bearer(STAFF))
    assert (reply.status_code, reply.headers["cache-control"]) == (404, "no-store")


def test_a_slash_too_many_leads_to_no_address_behind_the_proxy(opened: Opened) -> None:
    reply = opened().get("/who/?q=hidden+words", follow_redirects=False)
    assert (reply.status_code, reply.text) == (404, "There is no such page.\n")
    assert "location" not in reply.headers


def test_the_page_of_a_known_caller_is_for_nobody_elses_cache(opened: Opened) -> None:
    client = opened(settings())
    assert client.get("/", headers=bearer(STAFF)).headers["cache-control"] == "private, no-cache"
    tags = {client.get("/", headers=each).headers["etag"] for each in ({}, bearer(OTHER))}
    assert len(tags) == 1  # they see the same


def test_pages_are_compressed_for_who_reads_that(opened: Opened) -> None:
    client = opened()
    reply = client.get("/long", headers={"Accept-Encoding": "gzip"})
    assert reply.headers["content-encoding"] == "gzip"
    assert int(reply.headers["content-length"]) < 1000
    assert reply.text == "<p>word</p>" * 1000
    plain = client.get("/long", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == reply.text


def test_the_length_of_a_page_says_nothing_to_who_makes_a_browser_with_a_session_ask() -> None:
    async def person(_: HTTPConnection) -> Visitor:
        return Visitor(frozenset({"staff"}), person=5)

    asked: list[list[tuple[bytes, bytes]]] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["headers"])
        await PlainTextResponse("")(scope, receive, send)

    for session in (nobody, person):
        visitors = Visitors(application, web=WEB, session=session)
        TestClient(visitors).get("/", headers={"Accept-Encoding": "gzip"})
    assert [b"accept-encoding" in dict(headers) for headers in asked] == [True, False]


def test_no_question_and_no_token_stands_in_the_log(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        client = opened(settings())
        for path in ("/?q=hidden+words", "/broken?q=hidden+words", "/hidden?q=hidden"):
            client.get(path, headers=bearer(STAFF))
            client.get(path, headers=bearer("hidden-token"))
    own = [record.getMessage() for record in caplog.records if record.name.startswith("bot")]
    assert not [message for message in own if "hidden" in message or STAFF in message]
