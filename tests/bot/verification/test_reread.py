"""Kept originals are read again, dry by default, and old references know that they were."""

import json
import shutil
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from corpora import read_corpus, shared_extractor
from processes import verbatim

from bot.citations.citation import cite
from bot.citations.citationparser import read_citations
from bot.composition.index import find_settings_model, open_index
from bot.jsonforms.answerfields import citation_fields
from bot.operations.refresher import Refresher
from bot.settings import Settings
from bot.verification.changedquotes import MOST_COMPARED, changed_quotes
from bot.verification.explanation import explanation
from bot.verification.verification import Verdict, verify
from bot.verification.worddiff import Change
from corpus import Corpus, Document, ReadFile, Snapshots, document_from_bytes, document_from_text
from corpus.directory.corpusdirectory import CorpusDirectory, ReadAs
from corpus.directory.rereading import Reread, Rereading, RereadState
from corpus.directory.sourcedocument import source_document
from corpus.extraction.extract import Extract
from corpus.frontmatter.frontmatter import Provenance

ONE = "The Board adopts the long-term targets that follow, which bind all districts."
TWO = "Each district reports on its work every year and the Board reviews the report."
THREE = "The Board will meet again in the spring and decide on bridges and roads."
PAGE = (
    "<!doctype html><html lang=en><head><title>Plan</title></head><body><main><h1>Plan</h1>"
    + "".join(f"<p>{text}</p>" for text in (ONE, TWO, THREE))
    + "</main></body></html>"
).encode()
THEN = "\n\n".join((ONE.replace("long-term", "longterm"), "Share this page", TWO, THREE))
"""The text that an earlier extractor read from PAGE."""


def directory(folder: Path) -> CorpusDirectory:
    (folder / "corpus").mkdir(exist_ok=True)
    return CorpusDirectory(
        folder / "corpus",
        snapshots=Snapshots(folder / "snapshots"),
        extractor=shared_extractor(),
    )


def added(
    folder: Path, text: str = THEN, *, content: bytes = PAGE, name: str = "plan.html"
) -> Path:
    given = Provenance(title="Plan", publisher="Board")
    found = directory(folder).add(
        Extract(text), content=content, source=name, given=given, read_as=ReadAs(name)
    )
    return found.path


def reread(folder: Path, *, write: bool = False, even_edited: bool = False) -> Reread:
    rereading = Rereading(
        directory(folder), snapshots=Snapshots(folder / "snapshots"), extractor=shared_extractor()
    )
    return rereading.reread("plan", write=write, even_edited=even_edited)


def stored(folder: Path) -> Document:
    (document,) = read_corpus(folder / "corpus").documents
    return document


def test_a_dry_run_says_what_differs_and_writes_nothing(tmp_path: Path) -> None:
    file = added(tmp_path)
    before = file.read_bytes()
    kept = sorted(path for path in (tmp_path / "snapshots").rglob("*"))
    found = reread(tmp_path)
    assert (found.state, found.written, found.edited) == (RereadState.DIFFERS, False, False)
    assert found.before is not None
    assert found.after is not None
    changes = changed_quotes(found.before, found.after)
    verdicts = [each.verdict for each in changes.compared]
    assert verdicts == [Verdict.CHANGED, Verdict.GONE, Verdict.MOVED, Verdict.MOVED]
    assert (changes.quotes, changes.count, changes.new) == (4, 4, 1)
    assert [p.text for p in changes.compared[0].pieces if p.change is not Change.UNCHANGED] == [
        "longterm",
        "long-term",
    ]
    assert file.read_bytes() == before
    assert sorted(path for path in (tmp_path / "snapshots").rglob("*")) == kept


def test_writing_brings_the_text_and_leaves_what_a_person_wrote_above_it(tmp_path: Path) -> None:
    file = added(tmp_path)
    lines = file.read_text().replace(
        "publisher: Board\n", "publisher: The Board # by Ann\nnote: a\n"
    )
    file.write_text(lines)
    found = reread(tmp_path, write=True)
    assert found.written
    front, _, text = file.read_text().removeprefix("---\n").partition("---\n")
    assert "publisher: The Board # by Ann\nnote: a\n" in front
    assert text.strip() == found.after.text.strip() if found.after else False
    assert ONE in text
    assert "Share this page" not in text
    assert stored(tmp_path).publisher == "The Board"
    again = reread(tmp_path, write=True)
    assert (again.state, again.written) == (RereadState.UNCHANGED, False)


def test_old_references_are_verified_as_changed_because_the_source_was_read_anew(
    tmp_path: Path,
) -> None:
    added(tmp_path)
    old, snapshots = stored(tmp_path), Snapshots(tmp_path / "snapshots")
    assert reread(tmp_path, write=True).written
    now = Corpus((stored(tmp_path),))
    for number, verdict in ((1, Verdict.CHANGED), (2, Verdict.GONE), (3, Verdict.MOVED)):
        (cited,) = read_citations(json.dumps(citation_fields(cite(old, old.passage(number)))))
        found = verify(cited, now, snapshots.text, read_anew=snapshots.read_anew)
        assert found.verdict is verdict
        assert found.read_anew
        assert explanation(found).endswith("its source was read again, and has not changed itself")
    other = Corpus((document_from_text(f"{TWO}\n\nMore.", document_id="plan", title="Plan"),))
    found = verify(cited, other, snapshots.text, read_anew=snapshots.read_anew)
    assert not found.read_anew, "the source has changed since, too"


def test_a_text_that_was_edited_is_replaced_only_where_its_document_is_named(
    tmp_path: Path,
) -> None:
    file = added(tmp_path)
    file.write_text(file.read_text().replace("Share this page", "Shared by Ann"))
    found = reread(tmp_path, write=True)
    assert (found.edited, found.written) == (True, False)
    assert "Shared by Ann" in file.read_text()
    edited = stored(tmp_path)
    assert reread(tmp_path, write=True, even_edited=True).written
    assert "Shared by Ann" not in file.read_text()
    assert Snapshots(tmp_path / "snapshots").text(edited.digest) == edited.text


def test_a_file_of_an_earlier_version_may_be_edited_and_is_read_by_its_sources_name(
    tmp_path: Path,
) -> None:
    file = added(tmp_path)
    file.write_text(file.read_text().replace("format: text\n", ""))
    for kind in ("origins", "deviations"):
        shutil.rmtree(tmp_path / "snapshots" / kind, ignore_errors=True)
    found = reread(tmp_path)
    assert (found.state, found.edited) == (RereadState.DIFFERS, None)
    assert found.after is not None
    assert ONE in found.after.text


def test_an_original_that_is_not_kept_or_not_readable_is_said_to_be_so(tmp_path: Path) -> None:
    file = added(tmp_path)
    shutil.rmtree(tmp_path / "snapshots" / "originals")
    found = reread(tmp_path, write=True)
    assert found.state is RereadState.NOT_KEPT
    assert "VERBATIM_KEEP_ORIGINALS_MB" in str(found.reason)
    file.unlink()
    added(tmp_path, content=b"%PDF-1.4 nothing", name="plan.pdf")
    found = reread(tmp_path, write=True)
    assert found.state is RereadState.REFUSED
    assert found.reason
    file.write_text("We met in Rabat.")
    assert reread(tmp_path).state is RereadState.NOT_ADDED


def test_a_source_that_would_name_its_readers_today_is_refused_and_not_opened(
    tmp_path: Path,
) -> None:
    content = f"---\nclassification: staff only\n---\n{ONE}".encode()
    added(tmp_path, content=content, name="plan.md")
    found = reread(tmp_path, write=True)
    assert found.state is RereadState.REFUSED
    assert stored(tmp_path).text.strip() == THEN


def test_the_same_text_with_pages_that_were_not_known_is_written(tmp_path: Path) -> None:
    from pdfs import column, pdf

    content = pdf(column(ONE), column(TWO))
    text = shared_extractor().extract(content, name="plan.pdf").text
    added(tmp_path, text, content=content, name="plan.pdf")
    assert stored(tmp_path).pages == ()
    found = reread(tmp_path)
    assert found.state is RereadState.UNCHANGED
    assert reread(tmp_path, write=True).written
    assert [page.number for page in stored(tmp_path).pages] == [1, 2]


def test_many_quotes_that_change_are_counted_and_the_first_compared() -> None:
    def document(word: str) -> Document:
        texts = [
            f"Paragraph {n} says {word} of the {n} bridges." for n in range(MOST_COMPARED + 50)
        ]
        return document_from_text("\n\n".join(texts), document_id="d")

    changes = changed_quotes(document("all"), document("most"))
    assert (len(changes.compared), changes.more) == (MOST_COMPARED, 50)
    assert changes.count == changes.quotes == MOST_COMPARED + 50
    assert not changed_quotes(document("all"), document("all")).count


def test_a_change_outside_of_every_quote_is_shown_as_such() -> None:
    before = document_from_text(f"# The plan\n\n{ONE}", document_id="d", title="The plan")
    after = document_from_text(f"# A plan!\n\n{ONE}", document_id="d", title="The plan")
    changes = changed_quotes(before, replace(after, title=before.title))
    if not changes.count:
        assert [piece.text for piece in changes.elsewhere]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a page whose stored text an earlier extractor made, and its index."""
    folder = tmp_path_factory.mktemp("reread")
    added(folder)
    home = folder / "home"
    home.mkdir()
    shutil.move(folder / "corpus", home / "corpus")
    shutil.move(folder / "snapshots", home / "snapshots")
    assert verbatim("refresh", home=home).returncode == 0
    return home


def test_the_command_is_dry_until_it_is_to_write(home: Path) -> None:
    reply = verbatim("ask", "What binds all districts?", "--json", "--top", "1", home=home).stdout
    assert json.loads(reply)["quotes"], reply
    run = verbatim("reread", home=home)
    assert run.returncode == 8, run.stderr
    assert "differs    plan  4 of 4 quotes would change: 2 moved, 1 changed, 1 gone" in run.stdout
    assert "[-longterm-]{+long-term+}" in run.stdout
    assert "Nothing was written" in run.stdout
    (fields,) = json.loads(verbatim("reread", "pl", "--json", home=home).stdout)
    assert (fields["state"], fields["quotes_changed"]) == ("differs", 4)
    assert fields["changed"][0]["verdict"] == "changed"
    run = verbatim("reread", "--write", "--refresh", home=home)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("written    plan")
    assert verbatim("reread", home=home).returncode == 0
    run = verbatim("verify", "-", "--json", home=home, stdin=reply)
    assert run.returncode == 6
    (verdict,) = json.loads(run.stdout)
    assert (verdict["verdict"], verdict["reason"]) == ("changed", "read anew")
    assert verdict["original_kept"] is True


def test_what_cannot_be_done_without_an_original_is_said(home: Path, tmp_path: Path) -> None:
    bare = tmp_path / "home"
    shutil.copytree(home, bare)
    shutil.rmtree(bare / "snapshots" / "originals")
    run = verbatim("reread", home=bare)
    assert run.returncode == 5
    assert "not kept   plan" in run.stdout
    reference = verbatim("show", "plan", "1", home=bare).stdout.split("  ")[1].split("\n")[0]
    run = verbatim("verify", reference, home=bare)
    assert run.returncode == 0
    assert "the bytes of its source are not kept (VERBATIM_KEEP_ORIGINALS_MB)" in run.stdout
    run = verbatim("check", "--citations", home=bare)
    assert "1 document without the bytes of the source" in run.stdout
    assert json.loads(verbatim("check", "--citations", "--json", home=bare).stdout)[
        "originals_not_kept"
    ] == ["plan"]


def test_a_text_that_an_upgrade_reads_otherwise_is_noted_as_read_anew(
    tmp_path: Path, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "plan.md").write_text(f"**{ONE}**\n\n{TWO}\n")
    (tmp_path / "corpus" / "note.txt").write_text(THREE)
    chosen = Settings.from_environment(
        {"VERBATIM_HOME": str(tmp_path), "VERBATIM_EXPORTS": str(exports)}
    )

    def raw(data: bytes, name: str) -> Document:
        return document_from_text(data.decode(), document_id=name.partition(".")[0])

    def refreshed(read: ReadFile) -> Document:
        Refresher(
            chosen,
            index=open_index(chosen),
            model=find_settings_model(chosen),
            read=read,
            read_source=partial(source_document, extractor=shared_extractor()),
            progress_bar=lambda _: nullcontext(lambda _done, _all: None),
        ).refresh()
        return open_index(chosen).open_current().corpus.document("plan")

    with monkeypatch.context() as earlier:
        earlier.setattr("corpus.provenance.sourcedigests._READ_AS", 1)
        then = refreshed(raw)
    now = refreshed(document_from_bytes)
    assert now.digest != then.digest
    snapshots = Snapshots(tmp_path / "snapshots")
    assert snapshots.read_anew(then.digest) == now.digest
    assert len(list((tmp_path / "snapshots" / "anew").rglob("*/*"))) == 1
    (tmp_path / "corpus" / "plan.md").write_text("Another plan.")
    last = refreshed(document_from_bytes)
    assert snapshots.read_anew(now.digest) is None, "its file is another one"
    assert last.digest != now.digest


def test_quotes_whose_words_change_come_before_those_that_only_move() -> None:
    many = [f"Paragraph {n} says all of the {n} bridges." for n in range(MOST_COMPARED + 50)]
    before = document_from_text("\n\n".join(many), document_id="d")
    many[-1] = many[-1].replace("all", "most")
    after = document_from_text("\n\n".join(["New.", *many]), document_id="d")
    changes = changed_quotes(before, after)
    assert changes.compared[0].cited.paragraph == MOST_COMPARED + 50
    assert [each.verdict for each in changes.compared[:2]] == [Verdict.CHANGED, Verdict.MOVED]
