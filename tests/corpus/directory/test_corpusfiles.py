"""One bad file stops nothing but itself, and nothing is quoted from what it was before."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from corpora import shared_extractor
from fakes import LetterEmbedder
from houses import House, files_of
from processes import verbatim

from bot.language.translation import translator
from bot.operations.doctor import _corpus
from bot.responders import admintexts
from corpus import EmptyCorpus, LeftOut, Sources, document_from_bytes, read_corpus, read_sources
from corpus.directory import corpusfiles
from embeddings import FolderIndex, refresh
from embeddings.generations.groupaccess import NOBODY, Withheld


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def far_link(house: House) -> None:
    secret = house.folder.parent / "secret.txt"
    secret.write_text("A secret of this machine.")
    (house.folder / "bad.md").symlink_to(secret)


BAD: dict[str, Callable[[House], object]] = {
    "a right that is not understood": lambda h: h.write("bad.md", "---\nacess: staff\n---\nBad."),
    "no UTF-8": lambda h: h.write("bad.md", b"\xff\xfe"),
    "empty": lambda h: h.write("bad.md", ""),
    "no YAML": lambda h: h.write("bad.md", "---\ntitle: [\n---\nBad."),
    "an alias bomb": lambda h: h.write("bad.md", "---\na: &a [x]\nb: *a\n---\nBad."),
    "a link that leads out": far_link,
    "a link to nothing": lambda h: (h.folder / "bad.md").symlink_to("nothing"),
    "a link to itself": lambda h: (h.folder / "bad.md").symlink_to("bad.md"),
    "a pipe": lambda h: os.mkfifo(h.folder / "bad.md"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_what_is_good_is_published_and_the_bad_file_is_named_with_its_reason(
    house: House, bad: Callable[[House], object]
) -> None:
    house.write("good.md", "Good text is here.")
    bad(house)
    assert files_of(house.plan()) == ["bad.md"]
    report = house.refresh()
    assert (report.published, report.documents) == (True, 1)
    assert files_of(report) == ["bad.md"]
    assert report.left_out[0].reason
    assert house.served() == {"good"}
    # again nothing is to be done, and what is left out is said again
    again = house.refresh()
    assert (again.published, again.left_out) == (False, report.left_out)


def test_every_bad_file_is_reported_in_one_run(house: House) -> None:
    house.write("good.md", "Good text is here.")
    for number in range(20):
        house.write(f"bad{number:02}.md", f"---\nreaders: staff\n---\nBad {number}.")
    assert files_of(house.refresh()) == [f"bad{number:02}.md" for number in range(20)]


def test_an_oversized_file_is_left_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.write("good.md", "Good text is here.")
    house.write("bad.md", "Bad. " * 40_000)
    monkeypatch.setattr(corpusfiles, "MAX_FILE_BYTES", 100_000)
    assert files_of(house.refresh()) == ["bad.md"]
    assert house.served() == {"good"}


def test_a_refused_file_is_not_parsed_again_until_it_changes(house: House) -> None:
    house.write("good.md", "Good text is here.")
    file = house.write("bad.md", "---\nacess: staff\n---\nBad.")
    first = house.refresh()
    assert sorted(house.parsed) == ["bad.md", "good.md"]
    house.refresh()
    assert house.parsed == []
    house.write("new.md", "New text is here.")
    assert house.refresh().left_out == first.left_out
    assert house.parsed == ["new.md"]
    assert house.refresh(full=True).left_out == first.left_out
    assert sorted(house.parsed) == ["bad.md", "good.md", "new.md"]
    file.write_text("---\naccess: staff\n---\nNot bad.")
    assert house.refresh().left_out == ()
    assert house.parsed == ["bad.md"]
    assert house.served("staff") - house.served() == {"bad"}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_what_may_have_become_restricted_is_never_served_from_an_older_public_version(
    house: House, bad: Callable[[House], object]
) -> None:
    house.write("good.md", "Good text is here.")
    file = house.write("bad.md", "It was public.")
    house.refresh()
    assert house.served() == {"good", "bad"}
    assert house.public_text("It was public.") == "It was public."
    file.unlink()
    bad(house)
    house.refresh()
    assert house.served() == {"good"}
    assert house.public_text("It was public.") is None
    assert house.public_text("Good text is here.") is not None
    # neither after a rollback, nor where the newer index is damaged
    house.store.rollback()
    assert house.store.published_number() == 1
    assert house.served() == house.served("staff", "bad") == {"good"}
    (house.folder / "bad.md").unlink()
    house.write("bad.md", "It was public.")
    assert house.refresh().left_out == ()
    assert house.served() == {"good", "bad"}
    assert house.public_text("It was public.") == "It was public."


def test_it_is_hidden_where_a_damaged_index_falls_back_to_the_one_before(house: House) -> None:
    house.write("good.md", "Good text is here.")
    house.write("bad.md", "It was public.")
    house.refresh()
    house.write("bad.md", "---\nreaders: staff\n---\nIt was public.")
    house.refresh()
    (house.store.folder(2) / "corpus.jsonl").write_bytes(b"")
    assert house.store.open_serving().generation.number == 1
    assert house.served() == {"good"}


def test_it_is_hidden_in_every_earlier_generation_also_when_nothing_new_is_published(
    house: House,
) -> None:
    house.write("good.md", "Good text is here.")
    file = house.write("bad.md", "It was public.")
    house.refresh()
    file.unlink()
    house.refresh()
    house.write("bad.md", "---\nreaders: staff\n---\nIt was public.")
    assert not house.refresh().published
    house.store.rollback()
    assert house.served() == {"good"}


def test_an_earlier_text_of_a_document_that_is_restricted_now_opens_for_nobody_else(
    house: House,
) -> None:
    house.write("one.md", "It was public at first.")
    house.write("two.md", "It was public at first.")
    house.refresh()
    house.write("one.md", "---\naccess: staff\n---\nIt says more now.")
    house.refresh()
    assert house.public_text("It was public at first.") is not None  # the other has it still
    house.write("two.md", "---\naccess: legal\n---\nIt says more now, too.")
    house.refresh()
    assert house.public_text("It was public at first.") is None


def test_where_all_files_are_bad_nothing_is_quoted_any_more(house: House) -> None:
    house.write("bad.md", "It was public.")
    house.refresh()
    house.write("bad.md", "---\nreaders: staff\n---\nIt was public.")
    report = house.refresh()
    assert (report.published, report.documents, files_of(report)) == (True, 0, ["bad.md"])
    assert house.served("staff") == set()
    house.write("bad.md", "---\naccess: staff\n---\nIt was public.")
    house.refresh()
    assert (house.served("staff"), house.served()) == ({"bad"}, set())


def test_where_nothing_was_ever_quoted_bad_files_alone_are_an_error(house: House) -> None:
    house.write("bad.md", "---\nreaders: staff\n---\nBad.")
    with pytest.raises(EmptyCorpus):
        house.refresh()
    assert house.store.is_empty()


def test_a_corpus_that_was_emptied_on_purpose_leaves_the_index_as_before(house: House) -> None:
    file = house.write("a.md", "It was public.")
    house.refresh()
    file.unlink()
    with pytest.raises(EmptyCorpus):
        house.refresh()
    assert house.served() == {"a"}


@pytest.mark.parametrize("second", ["a.txt", "2024/a.md"])
def test_of_two_files_with_one_name_each_keeps_its_own_document(house: House, second: str) -> None:
    house.write("a.md", "The first text.")
    house.write(second, "The second text.")
    assert files_of(house.refresh()) == []
    corpus = house.store.open_current().corpus
    assert corpus.document("a").text == "The first text.\n"
    (other,) = {document.id for document in corpus.documents} - {"a"}
    assert corpus.document(other).text.strip() == "The second text."
    (house.folder / "a.md").unlink()
    assert house.refresh().left_out == ()
    assert house.served() == {other}


@pytest.mark.parametrize("second", ["a.txt", "2024/a.md"])
@pytest.mark.parametrize("head", ["access: staff", "readers: staff"])
def test_of_two_files_with_one_name_the_restricted_one_is_never_served_in_place_of_the_other(
    house: House, head: str, second: str
) -> None:
    house.write("a.md", "The first text.")
    file = house.write(second, "The second text.")
    house.refresh()
    assert len(house.served()) == 2
    file.write_text(f"---\n{head}\n---\nThe second text.")
    assert files_of(house.refresh()) == ([] if "access" in head else [second])
    assert house.served() == {"a"}
    assert house.public_text("The second text.") is None
    house.store.rollback()
    assert house.served() == {"a"}


def test_a_file_that_may_not_be_read_is_as_one_that_is_bad(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.write("good.md", "Good text is here.")
    file = house.write("bad.md", "It was public.")
    house.refresh()
    digest = corpusfiles.file_sha256

    def denied(path: Path) -> str:
        if path == file:
            raise PermissionError(13, "Permission denied", str(path))
        return digest(path)

    monkeypatch.setattr(corpusfiles, "file_sha256", denied)
    read_bytes = Path.read_bytes
    monkeypatch.setattr(
        Path, "read_bytes", lambda p: denied(p).encode() if p == file else read_bytes(p)
    )
    report = house.refresh()
    assert files_of(report) == ["bad.md"]
    assert "Permission denied" in report.left_out[0].reason
    assert house.served() == {"good"}
    assert house.refresh().left_out == report.left_out
    house.store.rollback()
    assert house.served() == {"good"}


def test_what_lies_in_a_folder_that_may_not_be_read_is_hidden(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.write("good.md", "Good text is here.")
    house.write("gone.md", "It is in an old generation alone.")
    file = house.write("sub/inner.md", "It was public.")
    house.refresh()
    (house.folder / "gone.md").unlink()
    house.refresh()
    scandir = os.scandir

    def denied(path: str) -> object:
        if Path(path) == file.parent:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    assert files_of(house.refresh()) == ["sub"]
    assert house.served() == {"good"}
    assert house.public_text("It was public.") is None
    house.store.rollback()
    assert house.served() == {"good"}
    monkeypatch.undo()
    house.refresh()
    assert house.served() == {"good", "inner"}


def test_documents_that_are_withheld_are_hidden_in_what_is_built_without_files(
    tmp_path: Path,
) -> None:
    store = FolderIndex(tmp_path)
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.md").write_text("Good text is here.")
    corpus = read_corpus(folder, read=document_from_bytes).corpus
    refresh(corpus, index=store, embedder=LetterEmbedder(), withheld=Withheld(frozenset({"b"})))
    assert store.open_current().known_access == {"b": NOBODY}


# --- the setting of who may read what says nothing of it --------------------------------------------


def test_a_default_restricts_every_document_that_does_not_say_public(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.write("silent.md", "Silent text is here.")
    house.write("public.md", "---\naccess: public\n---\nPublic text is here.")
    house.write("legal.md", "---\naccess: legal\n---\nLegal text is here.")
    house.refresh()
    assert house.served() == {"silent", "public"}
    restricted = House(tmp_path, VERBATIM_DEFAULT_ACCESS="staff, board")
    assert restricted.refresh().published
    assert restricted.served() == {"public"}
    assert restricted.served("staff") == restricted.served("board") == {"silent", "public"}
    assert restricted.public_text("Silent text is here.") is None
    assert not restricted.refresh().published
    assert restricted.parsed == []
    house.store.rollback()
    assert house.served() == {"public"}
    assert house.refresh().left_out == ()
    assert house.served() == {"silent", "public"}


# --- where it is said -----------------------------------------------------------------------------


def test_doctor_lists_what_would_not_open(house: House) -> None:
    house.write("good.md", "Good text is here.")
    house.write("bad.md", "---\nreaders: staff\n---\nBad.")
    found = list(_corpus(house.settings, shared_extractor()))
    assert [(each.name, each.well) for each in found] == [("corpus", False)]
    assert "1 documents, 1 passages" in found[0].text
    assert "bad.md" in found[0].text
    assert '"readers" seems to name groups' in found[0].text
    house.write("worse.md", "")
    *_, last = _corpus(house.settings, shared_extractor())
    assert "worse.md: empty" in last.text


def test_a_chat_is_told_what_is_not_read_a_few_by_name() -> None:
    words = translator("fr")
    left_out = [LeftOut(f"{n}.md", "empty.") for n in range(11)]
    lines = admintexts.not_read(left_out, words).split("\n")
    assert lines[:2] == ["11 fichiers ne sont pas lus :", "0.md: empty."]
    assert lines[-1] == "… + 3"
    assert admintexts.not_read(left_out[:1], words).startswith("1 fichier n’est pas lu :")


def test_sources_keep_what_was_left_out_and_why(house: House) -> None:
    house.write("a.md", "A text.")
    sources = read_sources(house.folder, default_access=frozenset({"staff"}))
    noted = sources.with_outcome(refused={"a.md": "bad.", "gone.md": "x"}, ids={"a.md": "a"})
    assert Sources.from_bytes(noted.to_bytes()) == noted
    assert noted.digest == sources.digest != read_sources(house.folder).digest
    assert noted.left_out == (LeftOut("a.md", "bad."),)
    for other in (b"", b"\n{}", b"x\n[]", noted.to_bytes()[1:]):
        with pytest.raises(ValueError, match=r".*"):
            Sources.from_bytes(other)


def test_the_command_says_all_and_ends_with_5(tmp_path: Path) -> None:
    home = tmp_path / "home"
    corpus = home / "corpus"
    corpus.mkdir(parents=True)
    (corpus / "good.md").write_text("The ministers met in Bergen.")
    (corpus / "bad.md").write_text("---\nreaders: staff\n---\nThe budget is secret.")
    asked = verbatim("ask", "Where did the ministers meet?", home=home)
    assert asked.returncode == 0
    assert "not read: bad.md" in asked.stderr
    (corpus / "worse.md").write_bytes(b"\xff\xfe")
    for _ in range(2):
        run = verbatim("refresh", home=home)
        assert run.returncode == 5
        assert "2 files not read" in run.stdout
        assert [line.split(":")[0] for line in run.stderr.splitlines()] == [
            "not read bad.md",
            "not read worse.md",
        ]
    for more in ((), ("--dry-run",)):
        run = verbatim("refresh", "--json", *more, home=home)
        assert run.returncode == 5
        left_out = json.loads(run.stdout)["left_out"]
        assert [each["file"] for each in left_out] == ["bad.md", "worse.md"]
        assert all(each["reason"] for each in left_out)
    run = verbatim("doctor", "--json", home=home)
    assert run.returncode == 1
    found = json.loads(run.stdout)["findings"]
    assert sum(each["name"] == "corpus" and not each["well"] for each in found) == 2
    (corpus / "bad.md").unlink()
    (corpus / "worse.md").unlink()
    assert verbatim("refresh", home=home).returncode == 0
