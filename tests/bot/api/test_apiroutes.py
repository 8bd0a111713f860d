"""The HTTP API: its answers are those of the command line, and its refusals one sentence."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient
from webapps import client_of
from webcanaries import TOKENS

from bot.answering.answerer import Answerer
from bot.errors import UnfaithfulQuote
from corpus import Corpus, document_from_text
from embeddings.errors import IndexDamaged

RABAT = "The ministers met in Rabat.\n\nThey thanked Morocco. The cafe\u0301 was open."
SECRET = "The quokka of the ministry sleeps in Lisbon."
TOKEN = TOKENS[frozenset({"red"})]


def corpus() -> Corpus:
    return Corpus(
        (
            document_from_text(
                SECRET,
                document_id="closed",
                title="On the quokka",
                publisher="Ministry of quokkas",
                access=frozenset({"blue"}),
            ),
            document_from_text(
                RABAT, document_id="open", title="On Rabat", publisher="Ministry of meetings"
            ),
        )
    )


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("api")
    settings = {"VERBATIM_WEB_RATE": "0", "VERBATIM_WEB_TOKENS": f"red:{TOKEN}:red"}
    with client_of(home, corpus(), **settings) as opened:
        yield opened


def problem(response: Response) -> dict[str, Any]:
    """The problem that a response states, which is one sentence and nothing of what is hidden."""
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert set(found) == {"type", "title", "status", "detail"}
    assert found["status"] == response.status_code
    assert found["detail"].endswith(".")
    assert "Traceback" not in response.text
    assert "quokka" not in response.text
    return found


def test_an_answer_has_the_fields_of_the_command_line(client: TestClient) -> None:
    found = client.get("/api/v1/ask", params={"q": "Where did the ministers meet?", "top": 1})
    assert found.headers["content-type"] == "application/json"
    (quote,) = found.json()["quotes"]
    assert quote["quote"] == "The ministers met in Rabat."
    assert quote["citation"]["document"] == "open"
    posted = client.post("/api/v1/ask", json={"q": "Where did the ministers meet?", "top": 1})
    assert posted.json() == found.json()
    assert posted.headers["cache-control"] == "no-store"


def test_fifty_quotes_may_be_asked_for(client: TestClient) -> None:
    assert len(client.get("/api/v1/ask?q=ministers+met&top=50").json()["quotes"]) == 2


def test_an_answer_as_it_came_is_verified(client: TestClient) -> None:
    answer = client.get("/api/v1/ask?q=ministers+met").json()
    for citation in (answer, answer["quotes"], answer["quotes"][0]["citation"]):
        found = client.post("/api/v1/verify", json={"citation": citation}).json()["citations"]
        assert {each["verdict"] for each in found} == {"intact"}
    reference = answer["quotes"][0]["citation"]["reference"]
    found = client.get("/api/v1/verify", params={"citation": reference}).json()["citations"]
    assert [each["reference"] for each in found] == [reference]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (("[0:27]", "[0:2700]"), "misquoted"),
        (("[0:27]", "[2700:2800]"), "misquoted"),
        (("open", "nothing"), "unknown"),
        (("@", "@000000000000"), "unknown"),
    ],
)
def test_a_citation_that_does_not_hold_has_a_verdict_and_a_sentence(
    client: TestClient, change: tuple[str, str], verdict: str
) -> None:
    passage = client.get("/api/v1/passages/open/1").json()["passage"]
    reference = passage["citation"]["reference"].replace(*change)
    (found,) = client.get("/api/v1/verify", params={"citation": reference}).json()["citations"]
    assert found["verdict"] == verdict
    assert found["explanation"]


def test_a_reference_to_a_hidden_text_is_as_if_there_were_none(client: TestClient) -> None:
    digest = corpus().document("closed").digest[:12]
    for name in ("closed", "open", "nothing"):
        reference = f"{name}[0:10]@{digest}"
        other = f"{name}[0:10]@000000000000"
        answers = [
            client.get("/api/v1/verify", params={"citation": each}).text.replace(each, "")
            for each in (reference, other)
        ]
        assert answers[0] == answers[1]


def test_words_are_said_or_not(client: TestClient) -> None:
    assert client.get("/api/v1/said?text=they+thanked+morocco").json()["outcome"] == "said"
    hidden = client.post("/api/v1/said", json={"text": SECRET}).json()
    assert (hidden["outcome"], hidden["said"]["searched"]["statements"]) == ("none", 1)


def test_documents_are_listed_by_part(client: TestClient) -> None:
    found = client.get("/api/v1/documents").json()
    assert (found["total"], [each["document"] for each in found["documents"]]) == (1, ["open"])
    assert client.get("/api/v1/documents?offset=1").json()["documents"] == []
    assert client.get("/api/v1/documents?words=quokka").json()["total"] == 0
    assert client.get("/api/v1/documents?publisher=ministry+of+meetings").json()["total"] == 1


def test_a_document_is_given_by_its_paragraphs(client: TestClient) -> None:
    found = client.get("/api/v1/documents/open?limit=1").json()
    assert [each["text"] for each in found["passages"]] == ["The ministers met in Rabat."]
    assert found["next"] == 2
    found = client.get("/api/v1/documents/open?first=2").json()
    assert [each["paragraph"] for each in found["passages"]] == [2]
    assert found["next"] is None
    passage = client.get("/api/v1/passages/open/2").json()
    assert (passage["before"], passage["after"]) == (1, None)
    assert passage["passage"]["quote"] == found["passages"][0]["text"]


def test_the_state_of_the_index_counts_what_the_caller_sees(client: TestClient) -> None:
    response = client.get("/api/v1/refresh")
    found = response.json()
    assert (found["generation"], found["documents"], found["passages"]) == (1, 1, 2)
    assert found["running"] is False
    assert "etag" not in response.headers


WRONG: list[tuple[str, int]] = [
    ("ask", 400),
    ("ask?q=", 400),
    ("ask?q=%20%09", 400),
    (f"ask?q={'a' * 10_001}", 400),
    ("ask?q=a&q=b", 400),
    ("ask?q=a&top=0", 400),
    ("ask?q=a&top=51", 400),
    ("ask?q=a&top=x", 400),
    ("ask?q=a&top=%EF%BC%91", 400),
    ("ask?q=a&since=yesterday", 400),
    ("ask?q=a&since=2021-02-30", 422),
    ("ask?q=a&since=2022&until=2021", 422),
    ("ask?q=a&publisher=Ministry+of+quokkas", 404),
    ("ask?q=a&document=closed", 404),
    ("ask?q=a&lang=de", 400),
    ("ask?q=a" + "&earlier=a" * 21, 400),
    ("ask?q=a&unknown=1", 400),
    ("said", 400),
    ("said?text=...", 422),
    ("verify", 400),
    ("verify?citation=nothing", 422),
    ("documents?limit=501", 400),
    ("documents?offset=-1", 400),
    ("documents/closed", 404),
    ("documents/nothing", 404),
    ("documents/%00", 404),
    ("documents/%FF%FE", 404),
    ("documents/a%2Fb", 404),
    ("documents/open?first=x", 400),
    ("passages/open/3", 404),
    ("passages/open/-1", 404),
    ("passages/open/1e1", 404),
    ("passages/closed/1", 404),
    ("refresh?a=1", 400),
    ("nothing", 404),
]


@pytest.mark.parametrize(("address", "status"), WRONG, ids=lambda each: str(each)[:40])
def test_a_wrong_address_is_a_problem_in_one_sentence(
    client: TestClient, address: str, status: int
) -> None:
    response = client.get(f"/api/v1/{address}")
    assert response.status_code == status
    problem(response)


DEEP = b'{"citation": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("address", "body", "status"),
    [
        ("ask", b"", 400),
        ("ask", b"{", 400),
        ("ask", b"[]", 400),
        ("ask", b'{"q": "a", "q": "b"}', 400),
        ("ask", b'{"q": 1}', 400),
        ("ask", b'{"q": null}', 400),
        ("ask", b'{"q": "a", "top": true}', 400),
        ("ask", b'{"q": "a", "top": 1.5}', 400),
        ("ask", b'{"q": "a", "top": NaN}', 400),
        ("ask", b'{"q": "a", "top": ' + b"9" * 5_000 + b"}", 400),
        ("ask", b'{"q": "a", "publisher": "one"}', 400),
        ("ask", b'{"q": "a", "publisher": [1]}', 400),
        ("ask", b'{"q": "\\ud800"}', 400),
        ("ask", b'{"q": "\xff"}', 400),
        ("ask", json.dumps({"q": "é" * 10_001}).encode(), 400),
        ("said", json.dumps({"text": "é" * 100_001}).encode(), 400),
        ("said", b'{"text": "' + b"a" * 1_500_000 + b'"}', 413),
        ("verify", DEEP, 400),
        ("verify", b'{"citation": {}}', 422),
        ("verify", b'{"citation": []}', 422),
        ("verify", json.dumps({"citation": "a[0:1]@000000000000\n" * 101}).encode(), 422),
    ],
    ids=lambda each: str(each)[:40],
)
def test_a_wrong_body_is_a_problem_in_one_sentence(
    client: TestClient, address: str, body: bytes, status: int
) -> None:
    kind = {"content-type": "application/json; charset=utf-8"}
    response = client.post(f"/api/v1/{address}", content=body, headers=kind)
    assert response.status_code == status
    problem(response)


def test_a_body_of_another_kind_is_refused(client: TestClient) -> None:
    response = client.post("/api/v1/ask", content=b"q=a", headers={"content-type": "text/plain"})
    assert problem(response)["status"] == 415
    response = client.post("/api/v1/ask?q=a", json={"q": "b"})
    assert problem(response)["status"] == 400


def test_methods_that_an_address_does_not_take_are_refused(client: TestClient) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        response = client.request(method, "/api/v1/ask")
        assert problem(response)["status"] == 405
        assert "GET" in response.headers["allow"]
    assert problem(client.post("/api/v1/documents"))["status"] == 405


def test_the_longest_question_and_the_longest_text_are_taken(client: TestClient) -> None:
    long = "é" * 10_000
    assert client.get("/api/v1/ask", params={"q": long}).status_code == 200
    assert client.post("/api/v1/ask", json={"q": long}).status_code == 200
    assert client.post("/api/v1/said", json={"text": "é" * 100_000}).status_code == 200


def test_a_token_of_another_group_sees_what_everybody_sees(client: TestClient) -> None:
    for address in ("documents", "ask?q=quokka", "documents/closed", "said?text=quokka"):
        answers = [
            client.get(f"/api/v1/{address}", headers=headers)
            for headers in ({}, {"authorization": f"Bearer {TOKEN}"})
        ]
        assert answers[0].content == answers[1].content
        assert answers[0].status_code == answers[1].status_code


def test_an_unknown_token_and_a_foreign_host_are_problems(client: TestClient) -> None:
    response = client.get("/api/v1/refresh", headers={"authorization": "Bearer wrong"})
    assert problem(response)["status"] == 401
    response = client.get("/api/v1/refresh", headers={"host": "elsewhere.example"})
    assert problem(response)["status"] == 421


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (IndexDamaged("generation 3 of the quokka is damaged"), 503),
        (UnfaithfulQuote("a quote of the quokka differs"), 503),
        (RuntimeError("quokka"), 500),
    ],
    ids=["a damaged index", "a quote that differs", "a mistake"],
)
def test_what_fails_inside_is_a_problem_without_its_cause(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Answerer, "answer", fail)
    assert problem(client.get("/api/v1/ask?q=a"))["status"] == status


def test_a_generation_that_was_removed_goes_on_answering(tmp_path: Path) -> None:
    with client_of(tmp_path, corpus()) as client:
        shutil.rmtree(tmp_path / "index")
        for address in ("ask?q=ministers", "documents/open", "said?text=Rabat", "refresh"):
            assert client.get(f"/api/v1/{address}").status_code == 200
