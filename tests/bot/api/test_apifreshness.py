"""Answers of the HTTP API that are still the same, and callers of other sites."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from canaries import documents
from fakes import LetterEmbedder
from starlette.testclient import TestClient
from webapps import client_of, opened
from webcanaries import SETTINGS, TOKENS

from bot.answering.liveanswerer import LiveAnswerer
from bot.state.pace import TokenBuckets
from bot.webaccess.desk import Desk
from corpus import Corpus, document_from_text
from embeddings import FolderIndex, refresh

RED = {"authorization": f"Bearer {TOKENS[frozenset({'red'})]}"}
ADDRESSES = [
    "/api/v1/ask?q=amber",
    "/api/v1/said?text=amber",
    "/api/v1/documents",
    "/api/v1/documents/s00",
    "/api/v1/passages/s00/1",
    "/api/v1/openapi.json",
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("fresh")
    corpus = Corpus(tuple(documents()))
    with client_of(home, corpus, VERBATIM_CORS="https://a.example", **SETTINGS) as opened:
        yield opened


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_answer_that_is_still_the_same_is_not_sent_again(
    client: TestClient, address: str
) -> None:
    first = client.get(address)
    tag = first.headers["etag"]
    again = client.get(address, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert "Authorization" in again.headers["vary"]
    other = client.get(address, headers={"if-none-match": tag, **RED})
    assert other.status_code == 200
    assert other.headers["etag"] != tag
    assert other.headers["cache-control"] == "private, no-cache"


def test_what_is_posted_or_of_this_moment_has_no_tag(client: TestClient) -> None:
    for response in (
        client.get("/api/v1/refresh"),
        client.post("/api/v1/ask", json={"q": "amber"}),
        client.get("/api/v1/documents/nothing"),
    ):
        assert "etag" not in response.headers
        assert response.headers["cache-control"] == "no-store"


def test_a_new_generation_has_new_tags(tmp_path: Path) -> None:
    one = document_from_text("We met in Rabat.", document_id="d1", title="One")
    two = document_from_text("We met in Lisbon.", document_id="d2", title="Two")
    answerers = opened(tmp_path, Corpus((one,)))
    with client_of(tmp_path, Corpus((one,)), answerers=answerers) as client:
        tag = client.get("/api/v1/documents").headers["etag"]
        index = FolderIndex(tmp_path / "index")
        refresh(Corpus((one, two)), index=index, embedder=LetterEmbedder())
        answerers.look()
        response = client.get("/api/v1/documents", headers={"if-none-match": tag})
        assert response.status_code == 200
        assert (response.json()["generation"], response.json()["total"]) == (2, 2)


def test_too_many_questions_are_refused_with_the_time_to_wait(tmp_path: Path) -> None:
    def slow(answerers: LiveAnswerer) -> Desk:
        return Desk(answerers, paces=TokenBuckets(per_minute=1, burst=1))

    corpus = Corpus((document_from_text("We met.", document_id="d", title="T"),))
    with client_of(tmp_path, corpus, desk=slow) as client:
        tag = client.get("/api/v1/ask?q=met").headers["etag"]
        for address in ("ask?q=we", "said?text=met", "verify?citation=d[0:7]@000000000000"):
            response = client.get(f"/api/v1/{address}")
            assert response.status_code == 429
            assert int(response.headers["retry-after"]) > 0
            assert response.json()["detail"].startswith("Too many questions")
        assert client.get("/api/v1/documents").status_code == 200
        again = client.get("/api/v1/ask?q=met", headers={"if-none-match": tag})
        assert again.status_code == 304


def test_a_full_desk_is_busy(tmp_path: Path) -> None:
    def full(answerers: LiveAnswerer) -> Desk:
        return Desk(answerers, most_asked=0, most_read=0)

    corpus = Corpus((document_from_text("We met.", document_id="d", title="T"),))
    with client_of(tmp_path, corpus, desk=full) as client:
        for address in ("ask?q=we", "documents", "refresh"):
            response = client.get(f"/api/v1/{address}")
            assert response.status_code == 503
            assert int(response.headers["retry-after"]) > 0
            assert response.headers["content-type"] == "application/problem+json"


def test_a_long_answer_is_compressed_and_a_short_one_is_not(client: TestClient) -> None:
    address = "/api/v1/documents?limit=50"
    long, plain = client.get(address), client.get(address, headers={"accept-encoding": "identity"})
    assert long.headers["content-encoding"] == "gzip"
    assert int(long.headers["content-length"]) < len(plain.content) / 2
    assert "content-encoding" not in plain.headers
    assert long.json() == plain.json()
    assert "content-encoding" not in client.get("/api/v1/refresh").headers


# ------------------------------------------------------------------ other sites


def test_a_page_of_a_named_site_may_call_and_no_other(client: TestClient) -> None:
    for address in ("/api/v1/ask?q=amber", "/api/v1/ask?q=", "/api/v1/nothing"):
        named = client.get(address, headers={"origin": "https://a.example"})
        assert named.headers["access-control-allow-origin"] == "https://a.example"
        assert "access-control-allow-credentials" not in named.headers
        assert "Origin" in named.headers["vary"]
        other = client.get(address, headers={"origin": "https://b.example"})
        assert "access-control-allow-origin" not in other.headers


def test_a_browser_may_ask_before_it_sends_a_token(tmp_path: Path) -> None:
    settings = {**SETTINGS, "VERBATIM_ACCESS": "listed", "VERBATIM_CORS": "https://a.example"}
    corpus = Corpus((document_from_text("We met.", document_id="d", title="T"),))
    with client_of(tmp_path, corpus, **settings) as client:
        asks = {
            "origin": "https://a.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
        response = client.options("/api/v1/ask", headers=asks)
        assert response.status_code == 200
        assert "POST" in response.headers["access-control-allow-methods"]
        refused = client.get("/api/v1/ask?q=met", headers={"origin": "https://a.example"})
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "https://a.example"
        asks["access-control-request-method"] = "DELETE"
        assert client.options("/api/v1/ask", headers=asks).status_code == 400
        assert client.options("/documents", headers=asks).status_code in {401, 404}


def test_without_the_setting_no_site_may_call(tmp_path: Path) -> None:
    corpus = Corpus((document_from_text("We met.", document_id="d", title="T"),))
    with client_of(tmp_path, corpus) as client:
        response = client.get("/api/v1/documents", headers={"origin": "https://a.example"})
        assert not [name for name in response.headers if name.startswith("access-control")]
