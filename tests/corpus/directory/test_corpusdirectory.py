"""Statements in the corpus directory can be read, edited, added again and removed."""

import hashlib
import os
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from corpora import read_corpus, read_document, shared_extractor
from hypothesis import given
from hypothesis import strategies as st

from corpus import (
    CorpusNotWritable,
    Snapshots,
    Sources,
    UnknownDocument,
    UnreadableSource,
    document_from_text,
    read_sources,
)
from corpus.directory.corpusdirectory import CorpusDirectory
from corpus.extraction.extract import Extract
from corpus.frontmatter.frontmatter import (
    Provenance,
    provenance_of,
    split_front_matter,
    with_front_matter,
)
from corpus.normalisation import normalise

TEXT = "We met in Rabat.\n\nWe will meet again."


@pytest.fixture
def directory(tmp_path: Path) -> CorpusDirectory:
    (tmp_path / "corpus").mkdir()
    return opened(tmp_path)


def opened(tmp_path: Path) -> CorpusDirectory:
    return CorpusDirectory(
        tmp_path / "corpus",
        snapshots=Snapshots(tmp_path / "snapshots"),
        extractor=shared_extractor(),
    )


def add(
    directory: CorpusDirectory,
    text: str = TEXT,
    *,
    content: bytes | None = None,
    source: str = "statement.txt",
    given: Provenance | None = None,
) -> tuple[str, str]:
    extract = Extract(text)
    added = directory.add(
        extract, content=text.encode() if content is None else content, source=source, given=given
    )
    return added.document.id, added.state


def test_what_is_added_is_a_file_that_says_where_it_is_from(
    directory: CorpusDirectory, tmp_path: Path
) -> None:
    given = Provenance(title="A Title", publisher="Ministry", published=date(2022, 5, 12))
    assert add(directory, given=given) == ("statement", "added")
    document = read_document(tmp_path / "corpus" / "statement.md")
    assert (document.title, document.publisher) == ("A Title", "Ministry")
    assert document.published == date(2022, 5, 12)
    assert document.text == TEXT
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    assert f"original: {digest}" in (tmp_path / "corpus" / "statement.md").read_text()
    assert Snapshots(tmp_path / "snapshots").original(digest) == TEXT.encode()


def test_the_same_bytes_are_the_same_document_whatever_the_file_is_called(
    directory: CorpusDirectory, tmp_path: Path
) -> None:
    add(directory)
    assert add(opened(tmp_path)) == ("statement", "unchanged")
    assert add(opened(tmp_path), source="copy.txt") == ("statement", "unchanged")
    assert opened(tmp_path).ids == ("statement",)


def test_another_text_from_the_same_source_updates_its_document(
    directory: CorpusDirectory, tmp_path: Path
) -> None:
    source = "https://example.org/a/statement.html"
    add(directory, source=source)
    assert add(opened(tmp_path), "We met twice.", source=source) == ("statement", "updated")
    assert read_document(tmp_path / "corpus" / "statement.md").text == "We met twice."


def test_another_text_from_the_same_source_stays_for_who_it_was_for(
    directory: CorpusDirectory, tmp_path: Path
) -> None:
    file = tmp_path / "corpus" / "statement.md"
    add(directory, given=Provenance(access=frozenset({"legal", "staff"})))
    assert read_document(file).access == {"legal", "staff"}
    assert add(opened(tmp_path), "We met twice.") == ("statement", "updated")
    assert read_document(file).access == {"legal", "staff"}
    assert add(opened(tmp_path), "---\naccess: board\n---\nWe met.") == ("statement", "updated")
    assert read_document(file).access == {"board"}
    given = Provenance(access=frozenset({"staff"}))
    assert add(opened(tmp_path), "We met again.", given=given) == ("statement", "updated")
    assert read_document(file).access == {"staff"}


def test_two_sources_of_one_name_are_two_documents(
    directory: CorpusDirectory, tmp_path: Path
) -> None:
    assert add(directory, "One text.", source="statement.txt")[0] == "statement"
    assert add(directory, "Other text.", source="statement.pdf")[0] == "statement-2"
    assert add(directory, "Third text.", source="sub/STATEMENT.txt")[0] == "STATEMENT-3"
    again = opened(tmp_path)
    assert [add(again, "One text.", source="statement.txt")[1]] == ["unchanged"]
    assert add(again, "Changed text.", source="statement.pdf") == ("statement-2", "updated")


def test_two_files_of_one_label_added_together_are_two_documents(
    directory: CorpusDirectory, tmp_path: Path
) -> None:
    assert add(directory, "One text.")[0] == "statement"
    assert add(directory, "Other text.")[0] == "statement-2"
    again = opened(tmp_path)
    assert add(again, "One text, edited.") == ("statement", "updated")
    assert add(again, "Other text, edited.") == ("statement-2", "updated")


def test_very_long_names_are_told_apart_and_found_again(
    directory: CorpusDirectory, tmp_path: Path
) -> None:
    names = [f"{'a' * 300}{n}.txt" for n in range(12)]
    ids = [add(directory, f"Text {n} is here.", source=name)[0] for n, name in enumerate(names)]
    assert len(set(ids)) == 12
    again = opened(tmp_path)
    assert again.ids == tuple(sorted(ids))
    for n, name in enumerate(names):
        assert add(again, f"Text {n} is here.", source=name) == (ids[n], "unchanged")


@pytest.mark.parametrize(
    "source",
    [
        "../../etc/passwd",
        "a\0b.txt",
        "CON.txt",
        "nul",
        "..",
        ".",
        "/",
        "x" * 300,
        "a/../../b",
        "é\u202e.md",
    ],
)
def test_a_name_is_a_label_and_leads_nowhere(
    directory: CorpusDirectory, tmp_path: Path, source: str
) -> None:
    document_id, _ = add(directory, source=source)
    files = [p for p in tmp_path.rglob("*") if p.is_file() and "snapshots" not in p.parts]
    assert files == [tmp_path / "corpus" / f"{document_id}.md"]
    assert document_id.lower() not in {"con", "nul"}
    assert [d.id for d in read_corpus(tmp_path / "corpus").documents] == [document_id]


def test_what_a_person_corrects_in_the_file_stays_and_options_correct_it_again(
    directory: CorpusDirectory, tmp_path: Path
) -> None:
    add(directory)
    file = tmp_path / "corpus" / "statement.md"
    file.write_text(file.read_text().replace("---\nsource", "---\npublisher: Ministry\nsource", 1))
    assert "publisher" in file.read_text()
    assert add(opened(tmp_path))[1] == "unchanged"
    assert add(opened(tmp_path), given=Provenance(place="Rabat"))[1] == "updated"
    document = read_document(file)
    assert (document.publisher, document.place, document.text) == ("Ministry", "Rabat", TEXT)


def test_front_matter_of_a_text_is_understood_and_other_fields_stay(
    directory: CorpusDirectory, tmp_path: Path
) -> None:
    text = (
        "---\ntitle: T\nsource_url: https://example.org/a\npublished_time: 2021-01-21 17:12:47-05:00"
        "\ntags: [a, b]\n---\nWe met."
    )
    add(directory, text, source="a.md")
    document = read_document(tmp_path / "corpus" / "a.md")
    assert (document.title, document.url) == ("T", "https://example.org/a")
    assert document.published == date(2021, 1, 21)
    fields, body = split_front_matter((tmp_path / "corpus" / "a.md").read_text())
    assert (fields["tags"], body) == (["a", "b"], "We met.")


def test_a_source_without_a_paragraph_is_refused_and_leaves_nothing(
    directory: CorpusDirectory, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableSource, match="no paragraph"):
        add(directory, " \n\n* * *")
    assert not any((tmp_path / "corpus").iterdir())


def test_a_removed_document_is_gone_and_its_snapshot_stays(
    directory: CorpusDirectory, tmp_path: Path
) -> None:
    add(directory)
    add(directory, "Other text.", source="other.txt")
    with pytest.raises(UnknownDocument, match="Did you mean statement"):
        directory.remove("statment")
    assert directory.remove("stat") == tmp_path / "corpus" / "statement.md"
    assert [d.id for d in read_corpus(tmp_path / "corpus").documents] == ["other"]
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    assert Snapshots(tmp_path / "snapshots").original(digest) == TEXT.encode()


def test_a_start_that_fits_several_documents_removes_none(directory: CorpusDirectory) -> None:
    add(directory, "One text.", source="s1.txt")
    add(directory, "Other text.", source="s2.txt")
    with pytest.raises(UnknownDocument, match="fits 2 documents"):
        directory.remove("s")
    assert directory.ids == ("s1", "s2")


def test_a_directory_that_cannot_be_written_is_one_clear_error(
    directory: CorpusDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("corpus.directory.corpusdirectory.replace_file", full)
    with pytest.raises(CorpusNotWritable, match=r"statement\.md cannot be written \(No space"):
        add(directory)
    assert not any((tmp_path / "corpus").iterdir())


ONE_LINE = st.text(st.characters(codec="utf-8"), max_size=40).map(
    lambda text: " ".join(normalise(text).split()) or None
)


@given(st.text(max_size=200), ONE_LINE, ONE_LINE, st.none() | st.dates())
def test_front_matter_gives_back_every_character_of_the_text_and_what_is_known(
    text: str, title: str | None, place: str | None, published: date | None
) -> None:
    body = normalise(text)
    known = Provenance(title=title, place=place, published=published)
    written = with_front_matter(known, {"tags": ["a"], "original": "0" * 64}, body)
    fields, read = split_front_matter(normalise(written), decided=True)
    assert read == body
    with suppress(UnreadableSource):  # its first lines could tell who may read it
        assert split_front_matter(normalise(written)) == (fields, body)
    assert provenance_of(fields) == known
    assert (fields["tags"], fields["original"]) == (["a"], "0" * 64)


@given(st.text(max_size=200))
def test_what_is_added_reads_back_with_the_same_text_and_paragraphs(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "corpus").mkdir()
        directory = opened(Path(folder))
        try:
            extract = Extract(text)
            added = directory.add(extract, content=text.encode("utf-8", "replace"), source="a.txt")
        except UnreadableSource:
            return
        document = read_document(added.path)
        assert document.outline == added.document


def test_the_sources_tell_every_change_of_name_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Text.")
    found = [read_sources(tmp_path)]
    (tmp_path / "notes.json").write_text("{}")
    assert read_sources(tmp_path) == found[0]
    (tmp_path / "a.txt").write_text("Text!")
    found.append(read_sources(tmp_path))
    (tmp_path / "a.txt").rename(tmp_path / "b.txt")
    found.append(read_sources(tmp_path))
    (tmp_path / "c.txt").write_text("Text!")
    found.append(read_sources(tmp_path))
    assert len({sources.digest for sources in found}) == 4
    assert [found[-1].same_as(sources) for sources in found] == [
        set(),
        set(),
        {"b.txt"},
        {"b.txt", "c.txt"},
    ]


def test_sources_survive_their_bytes_and_others_are_refused(tmp_path: Path) -> None:
    (tmp_path / "Erklärung\n2.txt").write_text("Text.")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt")).write_text("More.")
    sources = read_sources(tmp_path)
    written = sources.to_bytes()
    assert Sources.from_bytes(written) == sources
    for at in range(len(written) - 1):
        damaged = written[:at] + bytes([written[at] ^ 1]) + written[at + 1 :]
        with pytest.raises(ValueError):
            Sources.from_bytes(damaged)


def test_a_file_that_is_known_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for name in ("a.txt", "inner/b.txt"):
        (tmp_path / name).write_text(f"Text of {name}.")
    known = {"inner/b.txt": document_from_text("Another.", document_id="b")}
    corpus = read_corpus(tmp_path, known=known)
    assert [document.text for document in corpus.documents] == ["Text of a.txt.", "Another."]
