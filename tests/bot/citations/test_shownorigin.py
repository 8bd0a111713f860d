"""Where a document comes from is said wherever it is shown, and what nobody but it says is marked."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from corpora import shared_extractor
from gestures import buttons_of, pressed, texts_of, uploaded, written
from hypothesis import given
from hypothesis import strategies as st
from offices import Office
from rich.console import Console

from bot.answering.answers import Answer, Outcome
from bot.answering.linkstyle import LinkStyle
from bot.chat.messages import Message
from bot.citations.citation import cite
from bot.citations.citationparser import read_citations
from bot.citations.origin import origin_lines
from bot.cli.documentlist import print_documents
from bot.cli.jsonoutput import outcome_fields
from bot.cli.reports import print_outcome
from bot.cli.terminal import print_answer, print_passages
from bot.jsonforms.answerfields import answer_fields
from bot.jsonforms.documentfields import document_fields
from bot.language.translation import translator
from bot.language.utf16 import MESSAGE_UNITS, utf16_length
from bot.replies.passageview import source_message, whole_quote
from bot.replies.rendering import render
from bot.replies.sourcelist import source_page
from bot.verification.verification import Verdict, verify
from corpus import Corpus, Document, Snapshots, document_from_text
from corpus.directory.additions import SourceOutcome, add_sources, find_sources
from corpus.directory.corpusdirectory import CorpusDirectory
from corpus.extraction.extractor import Extractor
from corpus.extraction.textfile import document_from_bytes
from corpus.web.fetching import Fetched

WORDS = translator("en")
MINISTRY = "Global Affairs Canada"
HERE = "http://evil.example/page"
NOT_ENCRYPTED = "(not encrypted: could have been altered on the way)"
PAGE = document_from_text(
    "We met in Rabat.\n\nWe agreed.",
    document_id="page",
    title="A statement",
    publisher=MINISTRY,
    published=date(2022, 5, 12),
    place="Rabat",
    url="https://evil.example/own",
    fetched=HERE,
    access=frozenset({"staff", "board"}),
    said_by_source=frozenset({"publisher", "access"}),
)
FILE = replace(
    PAGE,
    url="http://www.canada.ca/x",
    fetched=None,
    access=frozenset(),
    said_by_source=frozenset({"publisher", "url"}),
)
PLAIN = replace(PAGE, fetched=None, access=frozenset(), said_by_source=frozenset())
RLO, FSI, PDI, PDF = "\u202e", "\u2068", "\u2069", "\u202c"


def source(document: Document, language: str = "en") -> list[str]:
    """The lines that the button Source shows."""
    reference = cite(document, document.passage(1)).reference
    (cited,) = read_citations(reference)
    found = verify(cited, Corpus((document,)), lambda _: None)
    message = source_message(found, 1, translator(language))
    assert message is not None
    return message.text.splitlines()


def answered(document: Document, language: str = "en") -> Sequence[Message]:
    quote = whole_quote(document, document.passage(1))
    return render(
        Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=(quote,), language=language),
        Corpus((document,)),
    )


def listed(document: Document) -> str:
    """The list of statements in a chat."""
    page = source_page(Corpus((document,)), "", translator("en"), links=LinkStyle.WORDS)
    return page.message.text


def printed(show: object, *given: object) -> str:
    out = Console(file=io.StringIO(), width=200)
    show(*given, out)  # type: ignore[operator]
    return out.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def printed_outcome(outcome: SourceOutcome) -> str:
    out = io.StringIO()
    print_outcome(outcome, Console(file=out, width=200), Console(file=io.StringIO()))
    return out.getvalue()


def test_source_shows_the_address_really_fetched_and_marks_what_the_page_says() -> None:
    lines = source(PAGE)
    assert lines[1] == f"{MINISTRY} (as the page says) · 2022-05-12 · Rabat"
    assert lines[3:6] == [
        "https://evil.example/own",
        f"Fetched from {HERE} {NOT_ENCRYPTED}",
        "Only for: board, staff (as the page says)",
    ]


def test_source_marks_the_address_that_a_file_says() -> None:
    lines = source(FILE)
    assert lines[1] == f"{MINISTRY} (as the file says) · 2022-05-12 · Rabat"
    assert lines[3:5] == ["http://www.canada.ca/x (as the file says)", ""]


def test_source_of_what_a_person_says_is_as_before() -> None:
    lines = source(PLAIN)
    assert lines[1] == f"{MINISTRY} · 2022-05-12 · Rabat"
    assert lines[3:5] == ["https://evil.example/own", ""]
    assert (
        source(replace(PLAIN, url="http://a.example/"))[3] == f"http://a.example/ {NOT_ENCRYPTED}"
    )


def test_marks_are_said_in_the_person_s_language() -> None:
    assert source(PAGE, "fr")[1].startswith(f"{MINISTRY} (selon la page) · ")
    assert "Téléchargé depuis http://evil.example/page (sans chiffrement" in source(PAGE, "fr")[4]
    assert "(selon le fichier)" in answered(FILE, "fr")[0].text


def test_answers_mark_a_publisher_that_its_own_page_names() -> None:
    assert f" · {MINISTRY} (as the page says) · 2022" in answered(PAGE)[0].text
    assert f" · {MINISTRY} (as the file says) · 2022" in answered(FILE)[0].text
    assert f" · {MINISTRY} · 2022" in answered(PLAIN)[0].text
    reply = Answer(
        "q",
        generation=1,
        outcome=Outcome.ANSWER,
        quotes=(whole_quote(PAGE, PAGE.passage(1)),),
        language="en",
    )
    assert f" · {MINISTRY} (as the page says) · 2022" in printed(print_answer, reply)


def test_a_document_that_is_public_by_its_own_word_is_shown_so() -> None:
    document = replace(PAGE, access=frozenset())
    assert source(document)[5] == "For everybody (as the page says)"


def test_json_says_it_in_fields_of_their_own() -> None:
    of_page, of_file, plain = map(document_fields, (PAGE, FILE, PLAIN))
    assert (of_page["fetched"], of_page["encrypted"]) == (HERE, False)
    assert (of_page["publisher_said_by"], of_page["url_said_by"]) == ("page", None)
    assert (of_page["access"], of_page["access_said_by"]) == (["board", "staff"], "page")
    assert (of_file["fetched"], of_file["encrypted"]) == (None, None)
    assert (of_file["publisher_said_by"], of_file["url_said_by"]) == ("file", "file")
    assert (plain["publisher_said_by"], plain["url_said_by"]) == (None, None)
    assert document_fields(replace(PAGE, fetched="https://a.example/"))["encrypted"] is True
    reply = Answer(
        "q",
        generation=1,
        outcome=Outcome.ANSWER,
        quotes=(whole_quote(PAGE, PAGE.passage(1)),),
        language="en",
    )
    citation = answer_fields(reply)["quotes"][0]["citation"]
    assert (citation["fetched"], citation["publisher_said_by"]) == (HERE, "page")


@pytest.mark.parametrize("document", [PAGE, FILE, PLAIN], ids=["page", "file", "plain"])
def test_json_of_a_citation_is_verified_with_those_fields(document: Document) -> None:
    reply = answer_fields(
        Answer(
            "q",
            generation=1,
            outcome=Outcome.ANSWER,
            quotes=(whole_quote(document, document.passage(1)),),
            language="en",
        )
    )
    (cited,) = read_citations(json.dumps(reply))
    assert verify(cited, Corpus((document,)), lambda _: None).verdict is Verdict.INTACT
    for field, value in (("fetched", "https://b.example/"), ("publisher_said_by", "nobody")):
        altered = json.loads(json.dumps(reply))
        altered["quotes"][0]["citation"][field] = value
        (cited,) = read_citations(json.dumps(altered))
        found = verify(cited, Corpus((document,)), lambda _: None)
        assert found.verdict is Verdict.DESCRIBED_OTHERWISE


@pytest.mark.parametrize("document", [PAGE, FILE, PLAIN], ids=["page", "file", "plain"])
def test_show_says_it_under_the_title_and_what_it_prints_can_be_verified(
    document: Document,
) -> None:
    shown = printed(print_passages, document, document.quotable)
    lines = shown.splitlines()
    assert lines[0] == "A statement"
    assert tuple(lines[1 : lines.index("")]) == origin_lines(document)
    corpus = Corpus((document,))
    for cited in read_citations(shown):
        assert verify(cited, corpus, lambda _: None).verdict is Verdict.INTACT
    for cited in read_citations(shown.replace(MINISTRY, "Another Ministry")):
        verdict = verify(cited, corpus, lambda _: None).verdict
        assert verdict is Verdict.DESCRIBED_OTHERWISE


def test_a_title_cannot_name_a_publisher_beside_the_real_parts_of_a_footer() -> None:
    title = f"A statement · {MINISTRY} · 2021-01-01 · ¶ 3"
    document = replace(PAGE, title=title, publisher=None)
    footer = answered(document)[0].text.splitlines()[-1]
    parts = footer.split(" · ")
    assert parts[:3] == [f"A statement – {MINISTRY} – 2021-01-01 – ¶ 3", "2022-05-12", "¶ 1"]
    line = listed(document)
    assert line.split(" · ")[1:3] == ["Rabat", "2022-05-12"]
    # alone in its line it stays as it is
    assert source(document)[0] == title


# --- the chat


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def web_page(head: str) -> bytes:
    body = "<p>Zoos buzz and hum and whirr, and so do many other things of this world.</p>"
    return f"<html lang=en><head><title>On zoos</title>{head}</head><body><main>{body}".encode()


class Web(Office):
    """An office whose pages come from where a redirect led."""

    redirects: dict[str, str] = {}  # noqa: RUF012 (set by each test)

    def _fetched(self, url: str) -> Fetched:
        return Fetched(self.pages[url], self.redirects.get(url, url), "text/html", "page")


def test_the_preview_of_a_page_shows_where_it_was_fetched_and_what_it_says(tmp_path: Path) -> None:
    web = Web(tmp_path)
    typed = "https://www.canada.ca/short"
    web.redirects = {typed: HERE}
    web.pages[typed] = web_page(f"<meta property=og:site_name content='{MINISTRY}'>")
    acts = web.acts(written(f"/add {typed}"))
    (preview,) = texts_of(acts)
    assert preview.startswith(
        f"On zoos\n{MINISTRY} (as the page says) · en\nFetched from {HERE} {NOT_ENCRYPTED}\nNew, as "
    )
    web.acts(pressed(buttons_of(acts)["Publish"]))
    (added,) = (d for d in web.live.public.corpus.documents if d.fetched)
    assert (added.url, added.fetched, added.publisher) == (HERE, HERE, MINISTRY)


def test_the_preview_of_a_forged_page_shows_neither_address_nor_publisher(tmp_path: Path) -> None:
    web = Web(tmp_path)
    web.redirects = {}
    web.pages["https://evil.example/a"] = web_page(
        f"<meta property=og:site_name content='{MINISTRY}'>"
        "<link rel=canonical href=https://www.canada.ca/x>"
    )
    acts = web.acts(written("/add https://evil.example/a"))
    (preview,) = texts_of(acts)
    assert preview.startswith("On zoos\nen\nFetched from https://evil.example/a\nNew, as ")
    assert MINISTRY not in preview
    assert (
        "it says that it is https://www.canada.ca/x, which does not count: it was fetched from "
        "evil.example." in preview
    )
    web.acts(pressed(buttons_of(acts)["Publish"]))
    (added,) = (d for d in web.live.public.corpus.documents if d.fetched)
    assert (added.url, added.publisher) == ("https://evil.example/a", None)


def test_the_same_bytes_from_elsewhere_are_shown_with_where_they_came_from_now(
    tmp_path: Path,
) -> None:
    web = Web(tmp_path)
    web.redirects = {}
    for url in ("https://www.canada.ca/x", "https://evil.example/a"):
        web.pages[url] = web_page("")
    acts = web.acts(written("/add https://www.canada.ca/x"))
    web.acts(pressed(buttons_of(acts)["Publish"]))
    (preview,) = texts_of(web.acts(written("/add https://evil.example/a")))
    assert "https://www.canada.ca/x" in preview
    assert "Fetched from https://evil.example/a" in preview
    assert "already has this text" in preview


def test_the_preview_of_a_file_marks_all_that_it_says_of_itself(office: Office) -> None:
    office.files["file-id"] = (
        f"---\ntitle: On zoos\npublisher: {MINISTRY}\nurl: http://www.canada.ca/x\naccess: staff\n"
        "---\nZoos buzz."
    ).encode()
    acts = office.acts(uploaded("/add", name="zoos.md"))
    assert texts_of(acts)[0].startswith(
        f"On zoos (as the file says)\n{MINISTRY} (as the file says) · en · "
        "http://www.canada.ca/x (as the file says)\nOnly for: staff (as the file says)\nNew, as zoos"
    )
    office.acts(pressed(buttons_of(acts)["Publish"]))
    (added,) = (d for d in office.directory().ids if d == "zoos")
    assert "said_by_source:\n- access\n- publisher\n- url" in (
        office.statements / f"{added}.md"
    ).read_text("utf-8")


# --- the terminal


def test_the_report_of_add_says_where_each_came_from(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    directory = CorpusDirectory(
        tmp_path / "corpus",
        snapshots=Snapshots(tmp_path / "snapshots"),
        extractor=shared_extractor(),
    )
    (tmp_path / "b.md").write_text(
        f"---\npublisher: {MINISTRY}\nurl: https://www.canada.ca/x\naccess: staff\n---\nWe met."
    )
    head = f"<meta name=dc.publisher content='{MINISTRY}'><link rel=canonical href=/own>"
    fetched = Fetched(web_page(head), HERE, "text/html", "page")
    with Extractor() as extractor:
        outcomes = list(
            add_sources(
                find_sources(["https://a.example/typed", str(tmp_path / "b.md")]),
                into=directory,
                extractor=extractor,
                fetch=lambda _: fetched,
            )
        )
    shown = [line.strip() for line in printed_outcome(outcomes[0]).splitlines()[1:]]
    assert shown == [
        f"Fetched from {HERE} {NOT_ENCRYPTED}",
        f"{MINISTRY} (as the page says)",
        f"http://evil.example/own {NOT_ENCRYPTED}",
    ]
    shown = [line.strip() for line in printed_outcome(outcomes[1]).splitlines()[1:]]
    assert shown == [
        f"{MINISTRY} (as the file says)",
        "https://www.canada.ca/x (as the file says)",
        "Only for: staff (as the file says)",
    ]
    fields = outcome_fields(outcomes[0])
    assert fields["fetched"] == HERE
    assert fields["document"]["publisher_said_by"] == "page"
    assert outcome_fields(outcomes[1])["fetched"] is None


# --- names that steer


STEERING = replace(
    PAGE,
    title=f"A {RLO}title",
    publisher=f"A {PDI}ministry \u2067",
    place="\u202bRabat",
    said_by_source=frozenset(),
)
TITLE = f"{FSI}A {RLO}title{PDF}{PDI}"
PUBLISHER = f"{FSI}A ministry \u2067{PDI}{PDI}"


def test_names_that_steer_other_text_are_isolated_wherever_they_are_shown() -> None:
    lines = source(STEERING)
    assert lines[0] == TITLE
    assert lines[1] == f"{PUBLISHER} · 2022-05-12 · {FSI}\u202bRabat{PDF}{PDI}"
    assert f"{TITLE} · {PUBLISHER} · 2022" in answered(STEERING)[0].text
    reply = Answer(
        "q",
        generation=1,
        outcome=Outcome.ANSWER,
        quotes=(whole_quote(STEERING, STEERING.passage(1)),),
        language="en",
    )
    assert f"— {TITLE} · {PUBLISHER} · 2022" in printed(print_answer, reply)
    assert listed(STEERING).startswith(f"• {TITLE} · {PUBLISHER} · ")
    table = printed(print_documents, (STEERING,))
    assert f"{PUBLISHER}\t{TITLE}\n" in table
    shown = printed(print_passages, STEERING, STEERING.quotable)
    assert shown.splitlines()[0] == TITLE
    for cited in read_citations(shown):
        found = verify(cited, Corpus((STEERING,)), lambda _: None)
        assert found.verdict is Verdict.INTACT


def test_the_quote_and_what_is_stored_stay_as_they_are(office: Office) -> None:
    quote = f"We {RLO}met {PDI} in Rabat."
    document = document_from_text(quote, document_id="d", title=f"A{RLO}")
    assert answered(document)[0].text.startswith(quote)
    office.files["file-id"] = f"---\ntitle: A {RLO}title\n---\n{quote}".encode()
    acts = office.acts(uploaded("/add", name=f"z{RLO}oos.md"))
    (preview,) = texts_of(acts)
    assert preview.startswith(f"{TITLE} (as the file says)\n")
    assert f"¶ 1: {quote}" in preview
    office.acts(pressed(buttons_of(acts)["Publish"]))
    (path,) = office.statements.glob("*.md")
    read = document_from_bytes(path.read_bytes(), path.name)
    assert (read.title, read.text.strip()) == (f"A {RLO}title", quote)
    assert RLO not in path.name
    (asked,) = texts_of(office.acts(written(f"/remove {path.stem}")))
    assert asked == f"Remove {path.stem}?\n\n{TITLE}"


@given(st.text(st.sampled_from(f"{RLO}{PDI}{PDF}{FSI}\u2067א a"), min_size=1, max_size=400))
def test_long_names_that_steer_leave_room_in_a_message(name: str) -> None:
    long = " ".join(["We met in Rabat."] * 600)
    document = document_from_text(long, document_id="d", title=name, publisher=name[::-1])
    document = replace(document, said_by_source=frozenset({"publisher"}))
    for message in answered(document):
        assert utf16_length(message.text) <= MESSAGE_UNITS
