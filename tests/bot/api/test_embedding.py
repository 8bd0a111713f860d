"""The box for questions that other sites may show in a frame."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from webapps import client_of

from bot.answering.liveanswerer import LiveAnswerer
from bot.state.pace import TokenBuckets
from bot.webaccess.desk import Desk
from corpus import Corpus, document_from_text

CORPUS = Corpus((document_from_text("We met in Rabat.", document_id="d", title="T"),))
SITES = "https://a.example https://b.example:8443"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("embed")
    with client_of(home, CORPUS, VERBATIM_EMBED_HOSTS=SITES, VERBATIM_WEB_RATE="0") as opened:
        yield opened


def policy(client: TestClient, address: str) -> dict[str, str]:
    """The directives of the Content-Security-Policy of a page."""
    header = client.get(address).headers["content-security-policy"]
    return dict(each.strip().partition(" ")[::2] for each in header.split(";"))


def test_only_the_named_sites_may_frame_the_box(client: TestClient) -> None:
    for address in ("/embed", "/embed?q=met", "/embed?q=" + "a" * 10_001, "/embed?since=x&q=a"):
        assert policy(client, address)["frame-ancestors"] == SITES
        assert "x-frame-options" not in client.get(address).headers
    for address in ("/", "/documents", "/api/v1/documents", "/d/d"):
        assert policy(client, address)["frame-ancestors"] == "'none'"
        assert client.get(address).headers["x-frame-options"] == "DENY"


def test_the_box_is_as_strict_as_every_page(client: TestClient) -> None:
    own, other = policy(client, "/embed"), policy(client, "/")
    assert {**own, "frame-ancestors": ""} == {**other, "frame-ancestors": ""}
    assert "set-cookie" not in client.get("/embed?q=met").headers


def test_the_box_answers_with_a_quote(client: TestClient) -> None:
    assert "<form" in client.get("/embed").text
    answer = client.get("/embed?q=met").text
    assert "We met in Rabat." in answer
    assert "<form" in answer


def test_without_the_setting_nobody_may_frame_it(tmp_path: Path) -> None:
    with client_of(tmp_path / "none", CORPUS) as client:
        assert policy(client, "/embed")["frame-ancestors"] == "'none'"
    with client_of(tmp_path / "all", CORPUS, VERBATIM_EMBED_HOSTS="*") as client:
        assert policy(client, "/embed")["frame-ancestors"] == "*"


def test_an_embedded_question_counts_as_one(tmp_path: Path) -> None:
    def slow(answerers: LiveAnswerer) -> Desk:
        return Desk(answerers, paces=TokenBuckets(per_minute=1, burst=1))

    with client_of(tmp_path, CORPUS, desk=slow) as client:
        assert client.get("/embed").status_code == 200
        assert client.get("/embed?q=met").status_code == 200
        assert client.get("/embed?q=we").status_code == 429
        assert client.get("/embed").status_code == 200
