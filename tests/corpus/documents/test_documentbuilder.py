"""Files in, documents out."""

import os
from datetime import date
from pathlib import Path

import pytest
from corpora import read_corpus, read_document
from hypothesis import example, given, settings
from strategies import awkward_texts

from corpus import (
    CorpusNotFound,
    EmptyCorpus,
    UnreadableSource,
    document_from_text,
    normalise,
)
from corpus.documents.documentbuilder import id_from_name

FRONT = """---
title: "A Title: with a colon"
publisher: Ministry
date: 2022-05-12
place: Rabat
url: https://example.org/a
language: fr
---
"""


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


@settings(max_examples=10_000)
@example("")
@example("From: X\n\nContacts")
@given(awkward_texts)
def test_every_span_of_every_text_round_trips(text: str) -> None:
    document = document_from_text(text, document_id="d")
    assert normalise(document.text) == document.text
    previous = 0
    for passage in document.passages:
        assert document.text[passage.span.start : passage.span.end] == passage.text
        assert passage.text == passage.text.strip() != ""
        assert passage.span.start >= previous
        previous = passage.span.end
        assert passage.sentences
        for sentence in passage.sentences:
            assert document.text[sentence.span.start : sentence.span.end] == sentence.text
            assert passage.span.contains(sentence.span)
    assert [p.number for p in document.passages] == list(range(1, len(document.passages) + 1))


def test_front_matter_gives_the_provenance(tmp_path: Path) -> None:
    document = read_document(write(tmp_path / "a.txt", FRONT + "Un texte. Un autre.\r\n\r\nDeux."))
    assert document.id == "a"
    assert document.title == "A Title: with a colon"
    assert document.publisher == "Ministry"
    assert document.published == date(2022, 5, 12)
    assert document.place == "Rabat"
    assert document.url == "https://example.org/a"
    assert document.language == "fr"
    assert [p.text for p in document.passages] == ["Un texte. Un autre.", "Deux."]
    assert document.text == "Un texte. Un autre.\n\nDeux."


def test_a_file_without_front_matter_is_named_by_its_first_line_or_its_file_name(
    tmp_path: Path,
) -> None:
    titled = read_document(write(tmp_path / "a.txt", "A Good Title\n\nSome text is here."))
    plain = read_document(write(tmp_path / "b.txt", "Some text is here."))
    assert (titled.title, plain.title) == ("A Good Title", "b")


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    document = read_document(write(tmp_path / "a.txt", b"\xef\xbb\xbfText is here."))
    assert document.text == "Text is here."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\n ", "empty"),
        (b"\xff\xfeT\x00", "not UTF-8"),
        (b"---\ntitle: [\n---\nText.", "not valid YAML"),
        (b"---\n- a\n---\nText.", "key: value"),
        (b"---\ntitle: {a: b}\n---\nText.", "title must be text"),
        (b"---\ndate: soon\n---\nText.", "date must be like"),
        (b"---\nurl: javascript:alert(1)\n---\nText.", r"http\(s\)"),
        (b"---\nurl: 'https://[bad'\n---\nText.", r"http\(s\)"),
        (b"---\nlanguage: English!\n---\nText.", "language must be a code"),
        (b"---\ntitle: " + b"a" * 70_000 + b"\n---\nText.", "front matter of over"),
        (b"---\ndate: 2022-05-12junk\n---\nText.", "date must be like"),
        (b"---\ndate: 2022-02-31\n---\nText.", "date must be like"),
    ],
)
def test_a_bad_file_is_named_with_its_fault(tmp_path: Path, content: bytes, message: str) -> None:
    path = write(tmp_path / "bad.txt", content)
    with pytest.raises(UnreadableSource, match=message) as caught:
        read_document(path)
    assert "bad.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads every file")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "Text.")
    path.chmod(0)
    with pytest.raises(UnreadableSource, match="permissions"):
        read_document(path)


@pytest.mark.parametrize(
    ("written", "groups"),
    [
        ("access: staff", {"staff"}),
        ("access: [Legal, staff, legal]", {"legal", "staff"}),
        ("access:\n- a.b-c_1", {"a.b-c_1"}),
        ("title: Public", set()),
    ],
)
def test_front_matter_tells_for_whom_a_document_is(
    tmp_path: Path, written: str, groups: set[str]
) -> None:
    (tmp_path / "a.md").write_text(f"---\n{written}\n---\nText.")
    assert read_document(tmp_path / "a.md").access == groups


@pytest.mark.parametrize(
    "written",
    [
        "access:",
        'access: ""',
        "access: []",
        "access: {staff: yes}",
        "access: [staff, a b]",
        "access: [[staff]]",
    ],
)
def test_a_document_never_becomes_public_by_a_slip(tmp_path: Path, written: str) -> None:
    (tmp_path / "a.md").write_text(f"---\n{written}\n---\nText.")
    with pytest.raises(UnreadableSource, match="group"):
        read_document(tmp_path / "a.md")


@pytest.mark.parametrize(
    "written",
    [
        "---\naccess:staff\n---\nText.",
        "---\nAccess: staff\n---\nText.",
        '---\n"access ": staff\n---\nText.',
        "---\ntitle: A\naccess: staff\n...\nText.",
        "---\n# who\naccess: staff\n----\nText.\n\nMore.",
        "---\naccess: staff\nText.\n\nMore.",
        "---\ntitle: A\n\naccess:\n- staff\nText.",
        "A title\n---\naccess: staff\n---\nText.",
        " ---\n access: staff\n ---\nText.",
        "title: A\naccess: staff\n---\nText.",
        "---\ntitle: A\n  long title\naccess: staff\n\nText.",
        "---\ntitle (en): A\naccess: staff\n\nText.",
        "---\nmeta:\n  access: staff\n---\nText.",
        "---\nlist:\n- Access: staff\n---\nText.",
        "<!-- c -->\n\n---\naccess: staff\n---\nText.",
        "A title\n---\nWe met, all of us\naccess: open.",
    ],
)
def test_misspelt_front_matter_that_names_access_is_refused(tmp_path: Path, written: str) -> None:
    with pytest.raises(UnreadableSource, match=r'groups that may read.*write "access: name"'):
        read_document(write(tmp_path / "a.md", written))


@pytest.mark.parametrize(
    "written",
    [
        "We met.\n\nAccess: open to all.",
        "---\n\nWe met. Access: open to all.",
        "Statement\n---------\n\nAccess: the envoy said so.",
        "---\n\nAccess: open to all.",
        "---\naccess: public\n---\nAccess: open to all.",
    ],
)
def test_a_text_that_speaks_of_access_is_a_text(tmp_path: Path, written: str) -> None:
    assert read_document(write(tmp_path / "a.md", written)).access == frozenset()


def test_a_control_character_hidden_in_front_matter_reaches_no_terminal(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", '---\ntitle: "A\\e[31mB\\u0000C"\n---\nText is here.')
    assert read_document(path).title == "A[31mBC"


def test_a_folder_is_read_in_order_of_id_and_hidden_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    write(tmp_path / "sub" / "a.md", "First text.")
    write(tmp_path / "b.txt", "Second text.")
    write(tmp_path / ".git" / "c.txt", "Hidden text.")
    write(tmp_path / "notes.json", "{}")
    told: list[tuple[int, int]] = []
    corpus = read_corpus(tmp_path, progress=lambda *counts: told.append(counts))
    assert [document.id for document in corpus.documents] == ["a", "b"]
    assert told == [(1, 2), (2, 2)]


def test_two_files_of_one_name_are_two_documents(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "First text.")
    write(tmp_path / "a.md", "Second text.")
    assert [document.id for document in read_corpus(tmp_path).documents] == ["a", "a-txt"]


def test_a_missing_or_empty_directory_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CorpusNotFound, match="VERBATIM_CORPUS"):
        read_corpus(tmp_path / "nowhere")
    with pytest.raises(EmptyCorpus, match="verbatim refresh"):
        read_corpus(tmp_path)


def test_a_file_name_is_only_a_label(tmp_path: Path) -> None:
    document = read_document(write(tmp_path / "a b;$(x) é.txt", "Text is here."))
    assert document.id == "a-b-x-é"


def test_front_matter_is_text_whatever_it_looks_like(tmp_path: Path) -> None:
    front = "title: 12:30\npublisher: ON\nplace: NO\nlanguage: no\ndate: 2021-02-03T10:00:00Z"
    document = read_document(write(tmp_path / "a.txt", f"---\n{front}\n---\nText is here."))
    assert (document.title, document.publisher, document.place) == ("12:30", "ON", "NO")
    assert (document.language, document.published) == ("no", date(2021, 2, 3))


@pytest.mark.parametrize(
    "title", ["!!python/object:os.system x", "!!bool x", "!!int ''", "0x" + "f" * 6_000, "1e999"]
)
def test_front_matter_makes_no_object_and_never_fails_oddly(tmp_path: Path, title: str) -> None:
    path = write(tmp_path / "a.txt", f"---\ntitle: {title}\n---\nText is here.")
    assert isinstance(read_document(path).title, str)


def test_front_matter_may_be_empty_or_stand_after_a_blank_line(tmp_path: Path) -> None:
    empty = read_document(write(tmp_path / "a.txt", "---\n---\nText is here."))
    late = read_document(write(tmp_path / "b.txt", "\n---\ntitle: T\n---\nText is here."))
    assert (empty.text, late.text, late.title) == ("Text is here.", "Text is here.", "T")


def test_a_text_that_begins_with_a_rule_is_all_text(tmp_path: Path) -> None:
    document = read_document(write(tmp_path / "a.md", "---\nSome text is here.\n---\nMore of it."))
    assert "Some text is here." in document.passages[0].text


def test_a_page_break_ends_a_line_and_joins_no_words() -> None:
    assert normalise("Page one ends\x0cPage two\x0bgoes on") == "Page one ends\nPage two\ngoes on"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads every folder")
def test_a_folder_without_permission_is_named_and_not_taken_for_empty(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path / "a.txt", "Text is here.")
    (tmp_path / "sub").chmod(0)
    with pytest.raises(UnreadableSource, match="sub: cannot be read"):
        read_corpus(tmp_path)


def test_a_folder_that_fails_while_it_is_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.txt", "Text is here.")

    def failing(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(os, "scandir", failing)
    with pytest.raises(UnreadableSource, match="Permission denied"):
        read_corpus(tmp_path)


def test_a_path_that_is_too_long_is_one_error_of_the_corpus(tmp_path: Path) -> None:
    with pytest.raises((UnreadableSource, CorpusNotFound)):
        read_corpus(tmp_path / ("a" * 300))


def test_a_link_that_leads_out_of_the_directory_is_an_error_and_one_within_is_read(
    tmp_path: Path,
) -> None:
    (tmp_path / "secret.txt").write_text("A secret.")
    corpus = tmp_path / "corpus"
    (corpus / ".data").mkdir(parents=True)
    (corpus / ".data" / "a.txt").write_text("A text.")
    (corpus / "a.txt").symlink_to(Path(".data", "a.txt"))
    (tmp_path / "alias").symlink_to(corpus)
    assert [document.id for document in read_corpus(tmp_path / "alias").documents] == ["a"]
    (corpus / "b.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(UnreadableSource, match=r"b\.txt: a link that leads out"):
        read_corpus(corpus)


def test_long_names_that_begin_alike_are_ids_of_their_own_that_stay(tmp_path: Path) -> None:
    for end in "ab":
        (tmp_path / f"{'statement-' * 12}{end}.txt").write_text(f"Text {end}.")
    ids = [document.id for document in read_corpus(tmp_path).documents]
    assert len(set(ids)) == 2
    assert all(len(each) == 100 and each.startswith("statement-") for each in ids)
    assert [id_from_name(f"{each}.txt") for each in ids] == ids
