"""A quote with its citation has an address of its own, in each format, and verifies."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from websites import Site

from bot.citations.citationparser import read_citations
from bot.citations.formats.formats import FORMATS
from bot.verification.verification import Verdict, verify
from corpus import Corpus, Document, document_from_text

BEFORE = "We met in Rabat. The Coalition has 84 members in all.\n\nNothing else."
NOW = "We met in Rabat. The Coalition has 85 members in all.\n\nNothing else."
HOSTILE = 'A <script>alert("x")</script> and a \u202eright-to-left override.'


def document(text: str, name: str, **more: object) -> Document:
    facts = {"title": f"Title {name}", "publisher": "The G7", **more}
    return document_from_text(text, document_id=name, **facts)  # type: ignore[arg-type]


def corpus_with(text: str) -> Corpus:
    return Corpus(
        (
            document(text, "d1", url="https://g7.example/one"),
            document(HOSTILE, "hostile", title="<b>{x}\\", url="javascript:alert(3)"),
            document("A secret of zebras.", "secret", access=frozenset({"staff"})),
        )
    )


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    site = Site(tmp_path_factory.mktemp("site"))
    site.publish(corpus_with(BEFORE), day="2024-05-01")
    site.publish(corpus_with(NOW), day="2024-06-01")
    with site.client() as client:
        yield client


def address(of: Document, words: str, form: str | None = None) -> str:
    start = of.text.index(words)
    path = f"/cite/{of.id}@{of.digest[:12]}/{start}-{start + len(words)}"
    return path if form is None else f"{path}?format={form}"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["d1", "hostile"])
def test_the_quote_is_served_alone_in_each_format_and_verifies(
    client: TestClient, form: str, name: str
) -> None:
    corpus = corpus_with(NOW)
    source = corpus.document(name)
    words = source.passages[0].text
    response = client.get(address(source, words, form))
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(FORMATS[form].media_type)
    assert "text/html" not in response.headers["content-type"]
    assert "javascript" not in response.text
    (cited,) = read_citations(response.text)
    found = verify(cited, corpus, lambda _: None)
    assert (found.verdict, found.mismatches) == (Verdict.INTACT, ())


def test_entries_for_reference_managers_are_files(client: TestClient) -> None:
    source = corpus_with(NOW).document("d1")
    at = address(source, "We met in Rabat.")
    for form, suffix in (("bibtex", "bib"), ("ris", "ris"), ("csl", "json")):
        told = client.get(f"{at}?format={form}").headers["content-disposition"]
        assert told == f'attachment; filename="d1-0-16.{suffix}"'
    for plain in (client.get(at), client.get(f"{at}?format=chicago")):
        assert "content-disposition" not in plain.headers


def test_an_earlier_text_is_cited_as_it_was_and_described_as_today(client: TestClient) -> None:
    before = corpus_with(BEFORE).document("d1")
    words = "The Coalition has 84 members in all."
    response = client.get(address(before, words))
    assert response.text.startswith(f"“{words}”\n\nTitle d1, The G7, n.d., ¶ 1\n")
    (cited,) = read_citations(response.text)
    kept = {before.digest: before.text}
    found = verify(
        cited,
        corpus_with(NOW),
        lambda d: next((t for k, t in kept.items() if k.startswith(d)), None),
    )
    assert (found.verdict, found.mismatches) == (Verdict.CHANGED, ())


def test_bad_addresses_get_a_status_and_one_sentence(client: TestClient) -> None:
    source = corpus_with(NOW).document("d1")
    secret = corpus_with(NOW).document("secret")
    known, digest = address(source, "We met in Rabat."), source.digest[:12]
    unknown = client.get("/cite/nothing@c0ffee012345/0-4")
    for at, status in (
        (f"{known}?format=endnote", 400),
        (f"{known}?format=%3Cscript%3E", 400),
        (f"/cite/d1@{digest}/0-99999", 404),
        (f"/cite/d1@{digest}/9-4", 404),
        (f"/cite/d1@{digest}/x", 404),
        ("/cite/d1@c0ffee012345/0-4", 404),
        ("/cite/d1/0-4", 404),
        (f"/cite/d1@{digest}/0-{len(source.text)}", 404),
        (f"/cite/d1@{digest}/15-17", 404),
    ):
        response = client.get(at)
        assert response.status_code == status, at
        assert response.headers["content-type"].startswith("text/plain")
        assert response.text.count("\n") == 1
        assert "Traceback" not in response.text
    restricted = client.get(address(secret, "A secret"))
    assert (restricted.status_code, restricted.text) == (unknown.status_code, unknown.text)
