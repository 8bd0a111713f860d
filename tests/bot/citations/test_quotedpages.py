"""Each quote of a PDF has the page on which it begins, at every door, and none with another page
is called intact.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from citeddocuments import Kept, corpus
from corpora import read_corpus, shared_extractor
from fakes import LetterEmbedder, Open
from hypothesis import given, settings
from hypothesis import strategies as st
from pdfs import At, column, pdf
from processes import verbatim

from bot.answering.answers import Answer, Outcome
from bot.citations.citation import cite, link_to
from bot.citations.citationparser import read_citations
from bot.citations.showoutput import shown_passages
from bot.jsonforms.answerfields import citation_fields
from bot.language.translation import translator
from bot.replies.passageview import source_message, whole_quote
from bot.replies.rendering import render
from bot.verification.shortreference import short_reference_to, verify_short_reference
from bot.verification.verification import Verdict, verify
from corpus import Corpus, Document, Snapshots, document_from_bytes, document_from_text
from corpus.directory.corpusdirectory import Added, CorpusDirectory
from corpus.extraction.extract import Extract
from corpus.extraction.pdf.pdftext import read_pdf
from corpus.extraction.process import documentanswer
from corpus.extraction.process.frames import FrameError
from corpus.extraction.storedextract import stored
from corpus.frontmatter.frontmatter import Provenance, with_front_matter
from corpus.pages import MOST_WRITTEN_CHARACTERS, PAGES, PageStart, pages_line, pages_of
from embeddings import refresh
from embeddings.generations.corpusfile import corpus_from_bytes, corpus_writer

FIRST = "1. The Board adopts the targets that follow, which bind all districts of the region."
CROSSING = ("2. The members asked the secretariat of the Board to keep roads and", "bridges open.")
THIRD = "3. The Board will meet again in the spring of the next year and decide on bridges."
LAST = ("4. Each district reports on its work every year and the Board reviews", "the report.")
PLAN = pdf(column(FIRST, "", CROSSING[0]), column(CROSSING[1], "", THIRD), column(*LAST))
URL = "https://example.org/files/plan"


def source(url: str | None = None, *, paged: bool = True) -> Document:
    text = "\n\n".join((FIRST, " ".join(CROSSING), THIRD))
    crossed = len(FIRST) + 2 + len(CROSSING[0]) + 1
    pages = (PageStart(0, 1), PageStart(crossed, 2))
    document = document_from_text(text, document_id="plan", title="Plan", url=url)
    return replace(document, pages=pages if paged else ())


def added(folder: Path, content: bytes = PLAN, *, extract: Extract | None = None) -> Added:
    (folder / "corpus").mkdir(exist_ok=True)
    extractor = shared_extractor()
    directory = CorpusDirectory(
        folder / "corpus", snapshots=Snapshots(folder / "snapshots"), extractor=extractor
    )
    found = extract or extractor.extract(content, name="plan.pdf")
    return directory.add(found, content=content, source="plan.pdf")


def indexed(*documents: Document) -> Corpus:
    """The corpus as it comes out of the file of a generation."""
    stream = BytesIO()
    corpus_writer(Corpus(documents))(stream)
    return corpus_from_bytes(stream.getvalue())


@st.composite
def paged_texts(draw: st.DrawFn) -> list[list[At]]:
    """Pages of paragraphs whose every word ends with the number of its page.

    A paragraph at the end of a page may go on on the next one.
    """
    pages = []
    words = "board harvest mayor river school bridge council ferry".split()
    for page in range(1, draw(st.integers(1, 6)) + 1):
        lines: list[str] = []
        for _ in range(draw(st.integers(0, 4))):
            length = draw(st.integers(1, 3))
            picked = draw(st.lists(st.sampled_from(words), min_size=9, max_size=9))
            line = " ".join(f"{word}x{page}" for word in picked)
            lines += [line.capitalize(), *[line] * (length - 1)]
            lines[-1] += "."
            lines.append("")
        if lines and draw(st.booleans()):
            lines[-2] = lines[-2].removesuffix(".")  # it goes on, if the next page lets it
        pages.append(column(*lines))
    return pages


@settings(max_examples=60, deadline=None)
@given(paged_texts())
def test_a_passage_has_the_page_on_which_its_first_character_stood(pages: list[list[At]]) -> None:
    if not any(pages):
        return
    found = stored(read_pdf(pdf(*pages)))
    digest = document_from_text(found.text, document_id="d").digest
    more = {"format": "text", PAGES: pages_line(found.pages, digest)}
    written = with_front_matter(Provenance(), more, found.text).encode()
    document = document_from_bytes(written, "d.md")
    answer = documentanswer.answer_of(document, with_text=True)
    answer = replace(answer, head=json.loads(json.dumps(dict(answer.head))))
    document = documentanswer.document_of(answer, document_id="d", text=answer.text)
    (document,) = indexed(document).documents
    for passage in document.quotable:
        numbers = [int(number) for number in re.findall(r"x(\d+)", passage.text)]
        assert document.pages_of(passage.span) == (numbers[0], numbers[-1])
        for sentence in passage.sentences:
            inside = [int(number) for number in re.findall(r"x(\d+)", sentence.text)]
            assert document.pages_of(sentence.span) == (inside[0], inside[-1])


def test_adding_a_pdf_writes_its_pages_beside_the_text(tmp_path: Path) -> None:
    document = added(tmp_path).document
    (read,) = read_corpus(tmp_path / "corpus").documents
    assert read.pages == document.pages
    assert [read.pages_of(passage.span) for passage in read.passages] == [
        (1, 1),
        (1, 2),
        (2, 2),
        (3, 3),
    ]
    assert added(tmp_path).state == "unchanged"
    (other,) = [shared_extractor().document((tmp_path / "corpus/plan.md").read_bytes(), "plan.md")]
    assert other.pages == read.pages


def test_pages_of_an_edited_text_do_not_count_and_adding_it_again_says_so(tmp_path: Path) -> None:
    added(tmp_path)
    file = tmp_path / "corpus/plan.md"
    file.write_text(file.read_text().replace("targets that follow", "targets, which follow"))
    (document,) = read_corpus(tmp_path / "corpus").documents
    assert document.pages == ()
    again = added(tmp_path)
    assert "edited" in " ".join(again.notes)
    assert "targets, which follow" in file.read_text()
    file.write_text(file.read_text().replace("targets, which follow", "targets that follow"))
    (document,) = read_corpus(tmp_path / "corpus").documents
    assert document.pages, "the text is as it was read again"


def test_a_file_of_an_earlier_version_gets_its_pages_when_its_source_is_added_again(
    tmp_path: Path,
) -> None:
    added(tmp_path)
    file = tmp_path / "corpus/plan.md"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("pages:")))
    assert read_corpus(tmp_path / "corpus").documents[0].pages == ()
    again = added(tmp_path)
    assert again.state == "updated"
    assert read_corpus(tmp_path / "corpus").documents[0].pages == again.document.pages != ()


def test_more_pages_than_a_front_matter_holds_are_told_and_the_text_is_there(
    tmp_path: Path,
) -> None:
    text = "We met and agreed on it. " * 4_000
    pages = tuple(PageStart(n * 10, n + 1) for n in range(9_000))
    assert len(" ".join(f"{p.number}@{p.position}" for p in pages)) > MOST_WRITTEN_CHARACTERS
    found = added(tmp_path, b"x", extract=Extract(text, pages=pages))
    assert "too many" in " ".join(found.notes)
    assert found.document.pages == ()
    assert read_corpus(tmp_path / "corpus").documents[0].pages == ()


def test_a_markdown_source_names_no_pages_of_itself(tmp_path: Path) -> None:
    text = "We met in Rabat."
    line = pages_line([PageStart(0, 7)], document_from_text(text, document_id="d").digest)
    content = f"---\ntitle: T\npages: '{line}'\n---\n{text}".encode()
    (tmp_path / "corpus").mkdir()
    extractor = shared_extractor()
    directory = CorpusDirectory(
        tmp_path / "corpus", snapshots=Snapshots(tmp_path / "snapshots"), extractor=extractor
    )
    extract = extractor.extract(content, name="a.md")
    assert directory.add(extract, content=content, source="a.md").document.pages == ()
    assert read_corpus(tmp_path / "corpus").documents[0].pages == ()


@pytest.mark.parametrize(
    "line",
    [
        "12-15",
        "",
        "c0ffee012345:",
        "c0ffee012345: 0@0",
        "c0ffee012345: 1@5 2@5",
        "c0ffee012345: 2@9 1@3",
        "c0ffee012345: 1@101",
        "c0ffee012345: 1@-1",
        "c0ffee012345: 1@0 2",
        ["c0ffee012345: 1@0"],
        None,
    ],
)
def test_a_field_of_that_name_that_says_something_else_is_passed_over(line: object) -> None:
    assert pages_of(line, digest="c0ffee012345" + "0" * 52, length=100) == ()
    assert pages_of("c0ffee012345: 1@0", digest="c0ffee012345" + "0" * 52, length=100)


@pytest.mark.parametrize("pages", [None, [[0]], [[5, 1], [5, 2]], [[0, 0]], [["0", 1]], [[999, 1]]])
def test_pages_that_are_none_are_not_taken_over_from_a_fork(pages: object) -> None:
    document = document_from_text("We met.", document_id="d")
    answer = documentanswer.answer_of(document, with_text=True)
    broken = replace(answer, head={**answer.head, "pages": pages})
    with pytest.raises(FrameError):
        documentanswer.document_of(broken, document_id="d", text=document.text)


def test_a_document_without_pages_has_the_digest_and_the_bytes_that_it_had() -> None:
    document = document_from_text("We met.", document_id="d")
    stream = BytesIO()
    corpus_writer(Corpus((document,)))(stream)
    assert b"page" not in stream.getvalue()
    assert Corpus((document,)).digest == (
        "7089c7f43ff5f969cb007404cec0bc722cc62fe8997c2fd56b086641fd4ebfbe"
    )
    assert Corpus((source(),)).digest != Corpus((replace(source(), pages=()),)).digest


def test_pages_come_out_of_an_index_as_they_went_in(opened: Open) -> None:
    refresh(Corpus((source(),)), index=opened(), embedder=LetterEmbedder())
    (document,) = opened().open_current().corpus.documents
    assert document.pages == source().pages


@pytest.mark.parametrize(
    ("url", "end"),
    [
        (f"{URL}.pdf", ".pdf#page=2"),
        (f"{URL}.PDF?download=1", ".PDF?download=1#page=2"),
        (f"{URL}.pdf#nameddest=a", ".pdf#page=2"),
        (URL, "plan#page=2"),
        (f"{URL}.html", "bridges."),
    ],
)
def test_a_link_to_a_pdf_leads_to_the_page_and_has_no_text_fragment(url: str, end: str) -> None:
    document = source(url)
    link = link_to(document, document.passage(3).span)
    assert link.endswith(end)
    assert (":~:text=" in link) is url.endswith(".html")


def test_a_link_to_a_pdf_whose_pages_are_not_known_leads_to_its_beginning() -> None:
    document = source(f"{URL}.pdf", paged=False)
    assert link_to(document, document.passage(3).span) == f"{URL}.pdf"
    document = source(URL, paged=False)
    assert ":~:text=" in link_to(document, document.passage(3).span)


def test_a_citation_names_the_page_and_of_two_both() -> None:
    document = source()
    labels = [cite(document, passage).when_and_where for passage in document.passages]
    assert labels == ["p. 1, ¶ 1", "pp. 1–2, ¶ 2", "p. 2, ¶ 3"]
    assert cite(replace(document, pages=()), document.passage(1)).when_and_where == "¶ 1"


def test_an_answer_in_a_chat_and_its_source_name_the_page() -> None:
    document = source(f"{URL}.pdf")
    served, words = Corpus((document,)), translator("fr")
    quote = whole_quote(document, document.passage(2))
    (message,) = render(
        Answer("", generation=1, outcome=Outcome.ANSWER, quotes=(quote,), language="fr"), served
    )
    assert "Plan · pp. 1–2 · ¶ 2 · " in message.text
    assert message.entities[-1].url == f"{URL}.pdf#page=1"
    found = verify_short_reference(short_reference_to(quote.citation, 1), served, lambda _: None)
    shown = source_message(found, 1, words)
    assert shown is not None
    assert "pp. 1–2, ¶ 2" in shown.text


def verdict_of(value: object, *documents: Document) -> Verdict:
    (cited,) = read_citations(json.dumps(value))
    return verify(cited, corpus(*(documents or (source(f"{URL}.pdf"),))), Kept()).verdict


@given(st.integers(1, 3), st.sampled_from(["page", "last_page"]), st.integers(0, 10**6))
def test_no_citation_with_another_page_is_intact(number: int, field: str, page: int) -> None:
    document = source(f"{URL}.pdf")
    fields = citation_fields(cite(document, document.passage(number)))
    assert verdict_of(fields) is Verdict.INTACT
    expected = Verdict.INTACT if fields[field] == page else Verdict.MISQUOTED
    assert verdict_of({**fields, field: page}) is expected
    assert verdict_of({"reference": fields["reference"], field: page}) is expected


def test_a_page_of_a_source_without_pages_is_misquoted() -> None:
    bare = source(paged=False)
    fields = citation_fields(cite(bare, bare.passage(1)))
    assert verdict_of(fields, bare) is Verdict.INTACT
    assert verdict_of({**fields, "page": 1}, bare) is Verdict.MISQUOTED


def test_a_link_with_another_page_is_described_otherwise() -> None:
    document = source(f"{URL}.pdf")
    fields = citation_fields(cite(document, document.passage(3)))
    other = {**fields, "link": f"{URL}.pdf#page=1"}
    assert verdict_of(other) is Verdict.DESCRIBED_OTHERWISE
    of_earlier_version = {**fields, "link": f"{URL}.pdf#:~:text={'%20'.join(THIRD.split())}"}
    assert verdict_of(of_earlier_version) is Verdict.INTACT


def test_the_pages_of_an_earlier_text_are_kept_with_it(tmp_path: Path) -> None:
    old = source()
    snapshots = Snapshots(tmp_path)
    snapshots.keep_texts([old])
    now = document_from_text(f"New.\n\n{old.text}", document_id="plan", title="Plan")
    for page, expected in ((1, Verdict.MOVED), (2, Verdict.MISQUOTED)):
        fields = {**citation_fields(cite(old, old.passage(2))), "page": page}
        (cited,) = read_citations(json.dumps(fields))
        found = verify(cited, corpus(now), snapshots.text, stored_pages=snapshots.pages)
        assert found.verdict is expected


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("paged")
    (folder / "plan.pdf").write_bytes(PLAN)
    run = verbatim(
        "add", str(folder / "plan.pdf"), "--url", f"{URL}.pdf", "--refresh", home=folder / "home"
    )
    assert run.returncode == 0, run.stderr
    yield folder / "home"


def test_the_command_line_names_the_page_and_refuses_another(home: Path) -> None:
    asked = ("ask", "What must the secretariat keep open?", "--top", "1")
    assert " · pp. 1–2 · ¶ 2\n" in verbatim(*asked, home=home).stdout
    reply = verbatim(*asked, "--json", home=home).stdout
    citation = json.loads(reply)["quotes"][0]["citation"]
    assert (citation["page"], citation["last_page"]) == (1, 2)
    assert citation["link"] == f"{URL}.pdf#page=1"
    assert verbatim("verify", "-", home=home, stdin=reply).returncode == 0
    altered = reply.replace('"page": 1,', '"page": 2,')
    assert altered != reply
    run = verbatim("verify", "-", home=home, stdin=altered)
    assert run.returncode == 6
    assert 'page: the citation has "2", the source has "1"' in run.stdout


def test_what_show_prints_of_a_pdf_verifies_with_its_pages(home: Path) -> None:
    shown = verbatim("show", "plan", home=home).stdout
    assert "\npp. 1–2, ¶ 2 [" in shown
    assert [(cited.page, cited.last_page) for cited in shown_passages(shown)] == [
        (1, 1),
        (1, 2),
        (2, 2),
        (3, 3),
    ]
    assert verbatim("verify", "-", home=home, stdin=shown).returncode == 0
    altered = shown.replace("p. 3, ", "p. 4, ")
    assert verbatim("verify", "-", home=home, stdin=altered).returncode == 6


def test_doctor_names_texts_whose_pages_do_not_count_any_more(tmp_path: Path) -> None:
    added(tmp_path)
    extractor, snapshots = shared_extractor(), Snapshots(tmp_path / "snapshots")

    def lost() -> tuple[str, ...]:
        directory = CorpusDirectory(tmp_path / "corpus", snapshots=snapshots, extractor=extractor)
        return directory.with_lost_pages

    assert lost() == ()
    file = tmp_path / "corpus/plan.md"
    file.write_text(file.read_text().replace("targets that follow", "targets, which follow"))
    assert lost() == ("plan",)
