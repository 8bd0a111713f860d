"""The pages show questions, answers and documents as text, whatever is in them."""

import gc
import re
import time
import weakref
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from statistics import median

import pytest
from readpages import Page
from starlette.testclient import TestClient
from websites import Site

from bot.answering.answerer import Answerer
from bot.answering.answers import Answer
from bot.citations.citationparser import read_citations
from bot.citations.formats.formats import FORMATS
from bot.verification.verification import Verdict, verify
from corpus import Corpus, Document, document_from_text
from corpus.pages import PageStart
from embeddings.errors import IndexDamaged

BEFORE = "We met in Rabat. The Coalition has 84 members in all. We thank Morocco.\n\nNothing else."
NOW = "We met in Rabat. The Coalition has 85 members in all. We thank Morocco.\n\nNothing else."
HOSTILE = (
    'A <script>alert("x")</script> and a \u202eright-to-left override.\n\n'
    "Then <img src=x onerror=alert(1)> and &lt;b&gt; of zebras."
)
ARABIC = "اجتمع الوزراء في الرباط اليوم.\n\nG7 ترحب الدول بهذا البيان."


def document(text: str, name: str, **provenance: object) -> Document:
    return document_from_text(text, document_id=name, **{"title": f"Title {name}", **provenance})  # type: ignore[arg-type]


def corpus_with(text: str) -> Corpus:
    hostile = {
        "title": '"><script>alert(2)</script>',
        "publisher": "<b>\u202eEvil</b>",
        "url": "javascript:alert(3)",
    }
    return Corpus(
        (
            document(ARABIC, "arabic", language="ar"),
            document(text, "d1", publisher="The G7", url="https://g7.example/one"),
            document(HOSTILE, "hostile", **hostile),
        )
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("site"))
    site.publish(corpus_with(BEFORE), day="2024-05-01")
    site.publish(corpus_with(NOW), day="2024-06-01")
    return site


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[TestClient]:
    with site.client() as client:
        yield client


def d1(text: str) -> Document:
    return corpus_with(text).document("d1")


def place_of(text: str, words: str, *, evidence: str = "") -> str:
    start = text.index(words)
    address = f"/d/d1@{d1(text).digest[:12]}/{start}-{start + len(words)}"
    if evidence:
        inside = text.index(evidence)
        address += f"?evidence={inside}-{inside + len(evidence)}"
    return address


def shown(client: TestClient, address: str, status: int = 200) -> Page:
    response = client.get(address)
    assert response.status_code == status, response.text
    page = Page(response.text)
    assert page.open == []
    return page


def test_an_answer_shows_the_evidence_first_with_its_citation_and_a_link_to_its_place(
    client: TestClient,
) -> None:
    page = shown(client, "/?q=How+many+members+has+the+Coalition%3F")
    assert page.text_in("strong#evidence") == "The Coalition has 85 members in all."
    assert place_of(
        NOW, NOW.split("\n\n", maxsplit=1)[0], evidence="The Coalition has 85 members in all."
    ) in {link.partition("#")[0] for link in page.links}
    assert "https://g7.example/one#:~:text=We%20met" in " ".join(page.links)


def test_the_marked_words_of_a_place_are_the_quote_and_the_evidence_in_it(
    client: TestClient,
) -> None:
    quote = "We met in Rabat. The Coalition has 85 members in all."
    page = shown(client, place_of(NOW, quote, evidence="The Coalition has 85 members in all."))
    assert page.text_in("mark#quote") == quote
    assert page.text_in("strong#evidence") == "The Coalition has 85 members in all."
    assert page.text_in("section#verdict intact").strip().startswith("Intact")


def test_the_sentence_around_marked_words_is_marked_too(client: TestClient) -> None:
    page = shown(client, place_of(NOW, "85 members"))
    assert page.text_in("mark#quote") == "85 members"
    assert page.text_in("span#sentence") == "The Coalition has  in all."


def test_words_that_changed_are_shown_as_they_were_with_the_difference(client: TestClient) -> None:
    page = shown(client, place_of(BEFORE, "The Coalition has 84 members in all."))
    assert page.text_in("mark#quote") == "The Coalition has 84 members in all."
    assert page.text_in("section#verdict changed").strip().startswith("Changed")
    assert page.text_in("del#") == "removed: 84"
    assert page.text_in("ins#") == "added: 85"


def test_words_of_an_earlier_text_that_stand_today_are_intact(client: TestClient) -> None:
    page = shown(client, place_of(BEFORE, "We met in Rabat."))
    assert page.text_in("section#verdict intact").strip().startswith("Intact")
    assert any(place_of(NOW, "We met in Rabat.") in link for link in page.links)


def test_what_changed_between_two_texts_is_marked_word_by_word(client: TestClient) -> None:
    page = shown(client, "/d/d1/changes")
    assert page.text_in("div#paragraph changed").replace("removed: ", "").replace(
        "added: ", ""
    ) == ("¶ 1We met in Rabat. The Coalition has 84 85 members in all. We thank Morocco.")
    assert page.text_in("details#kept").count("Nothing else.") == 1
    both = f"?from={d1(NOW).digest[:12]}&to={d1(BEFORE).digest[:12]}"
    assert shown(client, f"/d/d1/changes{both}").text_in("del#") == "removed: 85"


def test_a_document_names_its_earlier_texts(client: TestClient) -> None:
    page = shown(client, "/d/d1")
    assert page.text_in("details#versions").split("\n") != []
    assert f"/d/d1@{d1(BEFORE).digest[:12]}" in page.links
    assert any(link.startswith("/d/d1/changes?from=") for link in page.links)
    old = shown(client, f"/d/d1@{d1(BEFORE).digest[:12]}")
    assert "This is not the text of today." in old.text_in("p#refusal")
    assert "84 members" in old.text_in("div#p1")


def test_paragraphs_are_numbered_and_can_be_cited(client: TestClient) -> None:
    page = shown(client, "/d/d1")
    assert page.text_in("div#p2").startswith("2Nothing else.")
    start = NOW.index("Nothing")
    assert f"/d/d1@{d1(NOW).digest[:12]}/{start}-{len(NOW)}#quote" in page.links


def test_hostile_text_is_text(client: TestClient) -> None:
    for address in ("/d/hostile", "/documents", "/?q=zebras", "/said?text=of+zebras", "/compare"):
        html = client.get(address).text
        assert "<script>" not in html
        assert "<img" not in html
        assert "javascript:" not in re.sub(r">[^<]*<", "><", html)
    page = shown(client, "/d/hostile")
    assert 'A <script>alert("x")</script> and a \u202eright-to-left' in page.text_in("div#p1")
    assert "&lt;b&gt;" in page.text_in("div#p2")
    assert "javascript:alert(3)" in page.text_in("section#about")


def test_no_page_has_a_style_or_a_script_within_it_or_asks_another_site(client: TestClient) -> None:
    for address in every_address():
        page = shown(client, address)
        for tag, given in page.elements:
            assert tag != "style"
            assert not [name for name in given if name.startswith("on") or name == "style"]
            for name in ("src", "action"):
                assert (given.get(name) or "/").startswith("/")
            if tag == "link":
                assert (given["href"] or "").startswith("/static/")
        assert not any(
            text.strip() for ids, text in page.texts if any(i.startswith("script#") for i in ids)
        )


def every_address() -> list[str]:
    return [
        "/",
        "/?q=How+many+members%3F",
        "/?q=How+many+members%3F&earlier=Where+did+they+meet%3F",
        "/documents",
        "/d/d1",
        "/d/arabic",
        f"/d/d1@{d1(BEFORE).digest[:12]}",
        place_of(NOW, "85 members"),
        place_of(BEFORE, "84 members"),
        "/d/d1/changes",
        "/compare",
        "/compare?a=d1&b=arabic",
        "/timeline",
        "/timeline?q=Coalition",
        "/said",
        "/said?text=The+Coalition+has+86+members",
    ]


def test_right_to_left_documents_run_from_right_to_left(client: TestClient) -> None:
    page = shown(client, "/d/arabic")
    section = next(g for tag, g in page.elements if tag == "section" and g["class"] == "paragraphs")
    assert (section["lang"], section["dir"]) == ("ar", "rtl")
    texts = [g["dir"] for tag, g in page.elements if tag == "p" and g.get("class") == "text"]
    assert texts == ["rtl", "rtl"]


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/?q=", 400, "There is no word in this question."),
        ("/?q=" + "a" * 10_001, 400, "10,000 characters at most"),
        ("/?q=a&year=20x1", 400, "“20x1” is no year"),
        ("/?q=a&since=yesterday", 400, "“yesterday” is no date"),
        ("/?q=a&publisher=Nobody", 400, "No statement is by “Nobody”."),
        ("/?q=a&document=nothing", 404, "There is no statement called “nothing”."),
        ("/?q=a&top=0", 400, "“top” must be a number"),
        ("/documents?page=2", 404, "The list has pages 1 to 1."),
        ("/documents?page=x", 400, "“page” must be a number"),
        ("/d/nothing", 404, "There is no statement called “nothing”."),
        ("/d/d1@000000000000", 404, "No statement of that name is known"),
        ("/d/d1@00", 404, "No statement of that name is known"),
        ("/d/d1@000000000000/1-2", 404, "No statement of that name is known"),
        ("/d/d1@{now}/5-5", 404, "A place in a text is two numbers"),
        ("/d/d1@{now}/5-x", 404, "A place in a text is two numbers"),
        ("/d/d1@{now}/5-99999", 404, "That text has no words at these places."),
        ("/d/d1@{now}/5-9?evidence=7-12", 404, "A place in a text is two numbers"),
        ("/d/hostile@{now}/5-9", 404, "No statement of that name is known"),
        ("/d/arabic/changes", 404, "No earlier text of this statement is kept."),
        ("/d/d1/changes?from=000000000000", 404, "No statement of that name is known"),
        ("/compare?a=d1&b=nothing", 404, "There is no statement called “nothing”."),
        ("/said?text=...", 400, "There are no words to check."),
        ("/said?text=" + "a+" * 10_001, 400, "too long to check"),
    ],
)
def test_bad_input_gets_its_status_and_one_sentence(
    client: TestClient, address: str, status: int, sentence: str
) -> None:
    page = shown(client, address.format(now=d1(NOW).digest[:12]), status)
    assert sentence in page.text_in("p#refusal")


def test_ten_thousand_characters_are_a_question(client: TestClient) -> None:
    page = shown(client, "/?q=" + "members+" * 1_250)
    assert "only its first 1,000 characters were searched" in page.text_in("p#notice")


def test_a_place_inside_a_character_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path)
    text = "Le cafe\u0301 est ouvert."
    site.publish(Corpus((document(text, "d1"),)))
    digest = document(text, "d1").digest[:12]
    with site.client() as client:
        page = shown(client, f"/d/d1@{digest}/3-7", 404)
        assert "cut a character in two" in page.text_in("p#refusal")
        assert shown(client, f"/d/d1@{digest}/3-8").text_in("mark#quote") == "cafe\u0301"


def test_the_language_of_the_address_stays_in_every_link(client: TestClient) -> None:
    page = shown(client, "/?q=How+many+members%3F&lang=fr")
    assert "Votre question" in page.text_in("label#")
    inside = [link for link in page.links if link.startswith("/")]
    assert inside
    inside = [link for link in inside if not link.startswith("/cite/")]
    switches = {"/?q=How+many+members%3F&lang=en"}
    assert all("lang=fr" in link for link in set(inside) - switches)


def test_a_follow_up_is_read_with_the_earlier_question_in_the_address(client: TestClient) -> None:
    page = shown(client, "/?q=How+many+members+has+the+Coalition%3F")
    kept = [g["value"] for tag, g in page.elements if g.get("name") == "earlier"]
    assert kept == ["How many members has the Coalition?"]


def test_the_documents_come_in_pages_of_fifty(tmp_path: Path) -> None:
    site = Site(tmp_path)
    many = [document(f"Text {n}.", f"d{n:03d}", published=None) for n in range(120)]
    site.publish(Corpus(tuple(many)))
    with site.client() as client:
        first, last = shown(client, "/documents"), shown(client, "/documents?page=3")
        assert sum(link.startswith("/d/") for link in first.links) == 50
        assert "/documents?page=2" in first.links
        assert sum(link.startswith("/d/") for link in last.links) == 20
        found = shown(client, "/documents?words=d007")
        assert [link for link in found.links if link.startswith("/d/")] == ["/d/d007"]


def test_a_timeline_has_one_quote_of_each_statement_by_date(tmp_path: Path) -> None:
    from datetime import date

    site = Site(tmp_path)
    text = "The Coalition met in Rabat. It has members."
    days = {"a": date(2023, 5, 1), "b": date(2021, 5, 1), "c": None}
    found = [
        document(f"{text} Edition {name}.\n\n{text} Again {name}.", name, published=day)
        for name, day in days.items()
    ]
    site.publish(Corpus(tuple(found)))
    with site.client() as client:
        page = shown(client, "/timeline?q=The+Coalition+met+in+Rabat")
        cited = [g["href"] for tag, g in page.elements if tag == "a" and "#p" in (g["href"] or "")]
        assert [(each or "")[:4] for each in cited] == ["/d/b", "/d/a", "/d/c"]


def test_a_restricted_document_is_as_if_absent(tmp_path: Path) -> None:
    site = Site(tmp_path)
    secret = "The quagga sleeps in the secret stable."
    site.publish(
        Corpus((document(NOW, "d1"), document(secret, "hidden", access=frozenset({"staff"}))))
    )
    digest = document(secret, "hidden").digest[:12]
    staff = {"x-test-groups": "staff"}
    with site.client() as client:
        for address in (
            "/d/hidden",
            f"/d/hidden@{digest}",
            f"/d/hidden@{digest}/0-10",
            f"/d/d1@{digest}/0-10",
            "/d/hidden/changes",
            "/compare?a=d1&b=hidden",
            "/?q=a&document=hidden",
        ):
            assert "quagga" not in shown(client, address, 404).text_in("main#content")
        for address in ("/d/hidden", f"/d/hidden@{digest}", f"/d/hidden@{digest}/0-10"):
            assert "quagga" in client.get(address, headers=staff).text
        assert "hidden" not in client.get("/documents").text
        assert "quagga" not in client.get("/?q=Where+sleeps+the+quagga%3F").text.replace(
            "Where sleeps the quagga?", ""
        ).replace("Where+sleeps+the+quagga", "")


def test_a_first_page_is_small(client: TestClient) -> None:
    style = len(client.get("/static/verbatim.css").content)
    script = len(client.get("/static/copy.js").content)
    icon = len(client.get("/static/icon.svg").content)
    page = len(client.get("/?q=How+many+members+has+the+Coalition%3F").content)
    assert style + script + icon + page <= 60_000


def test_a_huge_paragraph_is_on_its_own_page_and_not_under_its_quote(tmp_path: Path) -> None:
    huge = f"The quagga sleeps in the stable. {'and the <b>zebra</b> too ' * 60_000}."
    site = Site(tmp_path)
    site.publish(Corpus((document(huge, "d1"),)))
    with site.client() as client:
        answer = client.get("/?q=Where+does+the+quagga+sleep%3F").text
        assert len(answer) < 60_000
        page = shown(client, "/d/d1")
        assert page.text_in("div#p1").count("<b>zebra</b>") == 60_000


def test_a_page_is_made_within_its_time(tmp_path: Path) -> None:
    text = "The Ministers stressed the importance of addressing underlying causes to insecurity. "

    def of(count: int, name: str, more: str) -> Document:
        paragraphs = (f"{text * 6}This is number {n}.{more}" for n in range(count))
        return document("\n\n".join(paragraphs), name)

    site = Site(tmp_path)
    old, now = (Corpus((of(40, "a", more), of(500, "b", more))) for more in ("", " And more."))
    site.publish(old)
    site.publish(now)
    places = [
        f"/d/b@{each.document('b').digest[:12]}/{span.start}-{span.end}"
        for each in (old, now)
        for span in [each.document("b").passages[250].span]
    ]
    with site.client() as client:
        for address, most_s in [("/d/a", 0.02), ("/d/b", 0.06), *((each, 0.06) for each in places)]:
            assert median(seconds_of(client, address) for _ in range(7)) <= most_s, address


def seconds_of(client: TestClient, address: str) -> float:
    started = time.process_time()
    assert client.get(address, headers={"accept-encoding": "identity"}).status_code == 200
    return time.process_time() - started


def test_a_long_page_is_compressed_where_the_browser_can_read_it(client: TestClient) -> None:
    packed = client.get("/d/d1", headers={"accept-encoding": "gzip"})
    plain = client.get("/d/d1", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text


def test_what_is_copied_verifies_again(client: TestClient) -> None:
    quote = "The Coalition has 85 members in all."
    html = client.get(place_of(NOW, quote)).text
    copied = [unescape(each) for each in re.findall(r"(?s)<textarea[^>]*>\n(.*?)</textarea>", html)]
    assert len(copied) == len(FORMATS)
    for text in copied:
        assert "85 members in all" in text
        (cited,) = read_citations(text)
        verdict = verify(cited, corpus_with(NOW), lambda _: None).verdict
        assert verdict in {Verdict.INTACT, Verdict.DESCRIBED_OTHERWISE}, text


def test_a_quote_that_differs_from_its_source_is_held_back(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.publish(Corpus((document(NOW, "d1"),)))
    application = site.application()
    damaged = site.answerers.public.corpus.document("d1")
    object.__setattr__(damaged, "text", damaged.text.replace("85", "99"))
    with TestClient(application) as client:
        page = shown(client, "/?q=How+many+members+has+the+Coalition%3F", 503)
        assert "it no longer agrees with its source" in page.text_in("p#refusal")
        assert "99" not in page.text_in("main#content")


def test_paragraphs_name_the_pages_of_a_source_that_has_pages(tmp_path: Path) -> None:
    plain = document("One.\n\nTwo.\n\nThree.", "d1")
    starts = (PageStart(0, 3), PageStart(plain.passages[2].span.start, 4))
    site = Site(tmp_path)
    site.publish(Corpus((replace(plain, pages=starts),)))
    with site.client() as client:
        page = shown(client, "/d/d1")
        assert page.text_in("p#page") == "p. 3p. 4"


def test_a_statement_alone_can_be_asked(client: TestClient) -> None:
    page = shown(client, "/d/d1")
    hidden = [g["value"] for tag, g in page.elements if g.get("name") == "document"]
    assert hidden == ["d1"]
    answer = shown(client, "/?q=members&document=d1")
    assert "Searched only “Title d1”." in answer.text_in("p#notice")


def test_the_page_for_a_frame_is_the_answer_alone(client: TestClient) -> None:
    page = shown(client, "/embed?q=How+many+members+has+the+Coalition%3F")
    assert page.text_in("main#content").strip().startswith("Ask the statements")
    assert page.text_in("strong#evidence") == "The Coalition has 85 members in all."
    assert ("base", {"target": "_blank"}) in page.elements
    assert [g["target"] for tag, g in page.elements if tag == "form"] == ["_self"]
    refused = shown(client, "/embed?q=a&year=x", 400)
    assert "“x” is no year" in refused.text_in("p#refusal")


def test_a_new_generation_is_on_the_pages_and_the_old_one_is_forgotten(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.publish(Corpus((document("Text of one.", "d1", publisher="First Ministry"),)))
    with site.client() as client:
        assert "First Ministry" in client.get("/documents").text
        before = weakref.ref(site.answerers.public.corpus.document("d1"))
        site.publish(Corpus((document("Text of two.", "d2", publisher="Second Ministry"),)))
        site.answerers.look()
        listed = client.get("/documents").text
        assert "Second Ministry" in listed
        assert "First Ministry" not in listed
        gc.collect()
        assert before() is None


def test_a_quote_that_no_format_can_hold_is_shown_without_copies(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.publish(Corpus((document(NOW, "d 1"),)))
    with site.client() as client:
        page = shown(client, "/?q=How+many+members+has+the+Coalition%3F")
        assert page.text_in("strong#evidence") == "The Coalition has 85 members in all."
        assert page.text_in("details#copy") == ""


def test_a_huge_quote_is_not_written_in_every_format_under_itself(tmp_path: Path) -> None:
    huge = f"The quagga sleeps in the stable {'and the zebra too ' * 60_000}."
    site = Site(tmp_path)
    site.publish(Corpus((document(huge, "d1"),)))
    with site.client() as client:
        (passage,) = document(huge, "d1").passages
        digest = document(huge, "d1").digest[:12]
        html = client.get(f"/d/d1@{digest}/0-{len(passage.text)}").text
        assert html.count("zebra") == 60_000


def test_a_fault_of_the_index_is_one_sentence_and_the_log_has_no_question(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path)
    site.publish(Corpus((document(NOW, "d1"),)))

    def damaged(_: Answerer, question: str, **__: object) -> Answer:
        raise IndexDamaged(f"nothing to read for {question}")

    monkeypatch.setattr(Answerer, "answer", damaged)
    with site.client() as client:
        page = shown(client, "/?q=secretquestion", 503)
        assert page.text_in("p#refusal") == "Something went wrong on my side. Please ask again."
    assert "IndexDamaged" in caplog.text
    assert "secretquestion" not in caplog.text


def test_the_other_language_of_a_page_with_odd_signs_in_its_path_is_the_same_page(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path)
    site.publish(Corpus((document(NOW, "a?b%c#é"),)))
    with site.client() as client:
        page = shown(client, "/d/a%3Fb%25c%23%C3%A9")
        assert "/d/a%3Fb%25c%23%C3%A9?lang=fr" in page.links
        assert "Title a?b%c#é" in shown(client, "/d/a%3Fb%25c%23%C3%A9?lang=fr").text_in("h1#")
