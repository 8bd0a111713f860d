"""Every file in the corpus directory is read or reported."""

import io
import json
import os
from pathlib import Path

import pytest
from corpora import shared_extractor
from houses import House, files_of
from hypothesis import given
from hypothesis import strategies as st
from pdfs import column, pdf
from processes import verbatim

from bot.language.translation import translator
from bot.operations.doctor import _corpus
from bot.responders import admintexts
from corpus import corpus_files
from corpus.directory.corpusdirectory import CorpusDirectory
from corpus.directory.corpuslisting import is_scrap
from corpus.documents.documentids import document_ids, plain_id
from corpus.provenance.sourcedigests import LeftOut, Sources

PAGE = (
    "<html lang=en><title>Salt marshes</title><body><main><h1>Salt marshes</h1><p>The two "
    "governments will restore the salt marshes of the estuary.<sup><a href=#n1>1</a></sup></p>"
    "<p style='display:none'>The hidden line is not shown.</p></main></body></html>"
)


PATHS = [
    f"{folder}{stem}.{suffix}"
    for folder in ("", "a/", "a/b/", "a-b/", "b/")
    for stem in ("x", "a-x", "b-x", "a-b-x", "x-pdf", "x" * 120)
    for suffix in ("md", "txt", "pdf")
]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def word_file(*paragraphs: str) -> bytes:
    import docx

    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def pdf_file(text: str) -> bytes:
    return pdf(column(text))


def texts_of(house: House) -> dict[str, str]:
    documents = house.store.open_current().corpus.documents
    return {d.id: " ".join(p.text for p in d.passages) for d in documents}


def passed_over(house: House) -> list[str]:
    return [each.file for each in house.refresh().passed_over]


def test_files_of_every_kind_that_add_reads_are_read_where_they_lie(house: House) -> None:
    house.write("a.markdown", "# Rivers\n\nThe *river* is shared.")
    house.write("b.TEXT", "The *lake* is shared.")
    house.write("c.pdf", pdf_file("The bridge is closed to lorries until spring."))
    house.write("d.docx", word_file("The tunnel opens in May."))
    house.write("sub/e.HTML", PAGE)
    assert files_of(house.refresh()) == []
    assert texts_of(house) == {
        "a": "The river is shared.",
        "b": "The *lake* is shared.",
        "c": "The bridge is closed to lorries until spring.",
        "d": "The tunnel opens in May.",
        "e": "The two governments will restore the salt marshes of the estuary.",
    }
    page = house.store.open_current().corpus.document("e")
    assert page.title == "Salt marshes"
    found = house.snapshots.deviations(page.digest)
    assert found is not None
    assert {each.name.value for each in found} == {"note", "hidden text"}
    assert (house.folder / "sub/e.HTML").read_text() == PAGE  # no file is written


def test_a_file_that_has_not_changed_is_not_read_again(house: House) -> None:
    house.write("a.pdf", pdf_file("The bridge is closed to lorries."))
    house.write("b.docx", b"PK\x03\x04 no Word file")
    first = house.refresh()
    assert files_of(first) == ["b.docx"]
    assert sorted(house.parsed) == ["a.pdf", "b.docx"]
    house.write("c.md", "A new text.")
    assert house.refresh().left_out == first.left_out
    assert house.parsed == ["c.md"]
    assert house.refresh().published is False
    house.write("a.pdf", pdf_file("The bridge is open to lorries."))
    house.refresh()
    assert house.parsed == ["a.pdf"]
    assert "open to lorries" in texts_of(house)["a"]


def test_a_source_file_cannot_open_itself_and_can_close_itself(tmp_path: Path) -> None:
    house = House(tmp_path, VERBATIM_DEFAULT_ACCESS="staff")
    house.write("a.docx", word_file("---\naccess: public\n---", "The text of a Word file."))
    house.write("b.docx", word_file("---\naccess: legal\n---", "The text of a legal file."))
    house.write("c.docx", word_file("readers: legal", "The text of an unclear file."))
    house.write("d.docx", word_file("The text of a silent file."))
    house.write("e.md", "---\naccess: public\n---\nThe text of an open file.")
    report = house.refresh()
    assert files_of(report) == ["c.docx"]
    assert "verbatim add FILE" in report.left_out[0].reason
    assert house.served() == {"e"}
    assert house.served("staff") == {"a", "d", "e"}
    assert house.served("legal") == {"b", "e"}
    document = house.store.open_current().corpus.document("b")
    assert document.said_by_source == {"access"}


def test_what_a_page_says_of_its_publisher_is_marked_as_said_by_the_page(house: House) -> None:
    head = '<meta property="og:site_name" content="The White House">'
    house.write("a.html", PAGE.replace("<title>", head + "<title>"))
    house.refresh()
    document = house.store.open_current().corpus.document("a")
    assert document.publisher == "The White House"
    assert "publisher" in document.said_by_source


def test_what_is_of_no_kind_that_is_read_is_named_and_is_no_failure(house: House) -> None:
    house.write("a.md", "Good text is here.")
    for name in ("README", "budget.xlsx", "photo.png", "sub/old.doc", "data.qqq"):
        house.write(name, "x")
    names = ["README", "budget.xlsx", "data.qqq", "photo.png", "sub/old.doc"]
    report = house.refresh()
    assert report.left_out == ()
    assert [each.file for each in report.passed_over] == names
    assert all(each.reason.endswith(".") for each in report.passed_over)
    again = house.refresh()
    assert (again.published, again.passed_over) == (False, report.passed_over)
    assert [each.file for each in house.plan().passed_over] == names
    found = [f for f in _corpus(house.settings, shared_extractor()) if "passed over" in f.text]
    assert len(found) == len(names)
    assert all(each.well for each in found)
    assert "a spreadsheet" in found[1].text


def test_doctor_names_some_of_very_many_files_and_counts_the_rest(house: House) -> None:
    house.write("a.md", "Good text is here.")
    for number in range(50):
        house.write(f"{number:02}.png", "x")
    found = [f.text for f in _corpus(house.settings, shared_extractor()) if "passed over" in f.text]
    assert len(found) == 21
    assert "30 more" in found[-1]


def test_a_chat_is_told_of_files_of_other_kinds() -> None:
    files = [LeftOut(f"{n}.png", "an image.") for n in range(10)]
    assert admintexts.passed_over(files[:1], translator("en")) == (
        "1 file is of a kind that is not read: 0.png"
    )
    line = admintexts.passed_over(files, translator("fr"))
    assert line.startswith("10 fichiers sont de types qui ne sont pas lus\u00a0: 0.png, 1.png")
    assert line.endswith("… + 2")


@pytest.mark.parametrize(
    "name",
    [
        "~$report.docx",
        "~$a.md",
        ".#a.md",
        ".~lock.report.odt#",
        "#a.md#",
        "a.md~",
        ".a.md.swp",
        "a.swp",
        "a.txt.bak",
        "~WRL0001.tmp",
        "Thumbs.db",
        "desktop.ini",
        ".DS_Store",
        "._a.docx",
        "a.pdf.crdownload",
        "__MACOSX/a.md",
        ".git/a.md",
        "@eaDir/a.md",
    ],
)
def test_lock_files_and_the_like_are_passed_over_in_silence(house: House, name: str) -> None:
    house.write("good.md", "Good text is here.")
    house.write(name, "A lock of somebody.")
    report = house.refresh()
    assert (report.left_out, report.passed_over) == ((), ())
    assert house.served() == {"good"}


@pytest.mark.parametrize("name", ["a.md", "a~b.md", "$a.md", "a#.md", "bak.md", "desktop.ini.md"])
def test_a_name_that_only_looks_a_little_like_a_lock_is_one_of_a_file(name: str) -> None:
    assert not is_scrap(name)


# --- links ----------------------------------------------------------------------------------------


def test_a_folder_is_read_once_however_many_links_lead_to_it(house: House) -> None:
    house.write("real/a.md", "Text of the real folder.")
    house.write(".kept/b.md", "Text of the kept folder.")
    (house.folder / "again").symlink_to("real", target_is_directory=True)
    (house.folder / "real" / "up").symlink_to("..", target_is_directory=True)
    (house.folder / "kept").symlink_to(".kept", target_is_directory=True)
    (house.folder / "kept-too").symlink_to(".kept", target_is_directory=True)
    (house.folder / ".kept" / "round").symlink_to("../kept", target_is_directory=True)
    found = corpus_files(house.folder)
    assert [each.relative_to(house.folder).as_posix() for each in found.files] == [
        "kept/b.md",
        "real/a.md",
    ]
    assert found.refused == ()
    assert files_of(house.refresh()) == []
    assert house.served() == {"a", "b"}


def test_a_link_out_of_the_directory_or_to_nothing_is_reported(house: House) -> None:
    far = house.folder.parent / "far"
    far.mkdir()
    (far / "secret.md").write_text("A secret of this machine.")
    house.write("a.md", "Good text is here.")
    (house.folder / "far").symlink_to(far, target_is_directory=True)
    (house.folder / "gone").symlink_to("nothing")
    (house.folder / "round").symlink_to("round")
    report = house.refresh()
    assert files_of(report) == ["far", "gone", "round"]
    assert "leads out" in report.left_out[0].reason
    assert house.served() == {"a"}


def test_what_lay_in_a_folder_that_is_a_link_out_now_is_hidden(house: House) -> None:
    house.write("a.md", "Good text is here.")
    house.write("sub/b.md", "It was public.")
    house.refresh()
    (house.folder / "sub").rename(house.folder.parent / "far")
    (house.folder / "sub").symlink_to(house.folder.parent / "far", target_is_directory=True)
    assert files_of(house.refresh()) == ["sub"]
    house.store.rollback()
    assert house.served() == {"a"}


# --- ids ------------------------------------------------------------------------------------------


def test_two_files_of_one_name_in_two_folders_have_two_ids(house: House) -> None:
    house.write("2023/statement.md", "The text of 2023.")
    house.write("2024/statement.md", "The text of 2024.")
    house.write("2024/statement.pdf", pdf_file("The text of the file of 2024."))
    assert files_of(house.refresh()) == []
    assert texts_of(house) == {
        "statement": "The text of 2023.",
        "2024-statement": "The text of 2024.",
        "2024-statement-pdf": "The text of the file of 2024.",
    }


@given(st.lists(st.sampled_from(PATHS), unique=True), st.lists(st.sampled_from(PATHS), unique=True))
def test_ids_are_unique_and_stay_when_files_come_and_go(
    first: list[str], second: list[str]
) -> None:
    before = document_ids(first)
    after = document_ids(second, remembered=before)
    for names, ids in ((first, before), (second, after)):
        assert set(ids) == set(names)
        assert len(set(ids.values())) == len(names)
        assert all(plain_id(f"{document_id}.txt") == document_id for document_id in ids.values())
    assert all(after[name] == before[name] for name in set(first) & set(second))
    assert document_ids(reversed(second), remembered=before) == after


def test_an_id_stays_whatever_file_comes_beside_it_and_is_read_anew(house: House) -> None:
    file = house.write("2023/statement.md", "The text of 2023.")
    house.refresh()
    before = {"statement": "The text of 2023."}
    assert texts_of(house) == before
    house.write("2022/statement.md", "The text of 2022.")
    house.write("statement.md", "The text above all.")
    house.refresh()
    assert before.items() <= texts_of(house).items()
    assert len(texts_of(house)) == 3
    ids = texts_of(house)
    house.refresh(full=True)
    assert texts_of(house) == ids
    house.store.rollback()
    house.write("2021/statement.md", "The text of 2021.")
    house.refresh()
    assert ids.items() <= texts_of(house).items()
    file.write_text("The new text of 2023.")
    house.refresh()
    assert texts_of(house)["statement"] == "The new text of 2023."


def test_what_adds_and_removes_has_the_same_ids(house: House) -> None:
    house.write("2023/statement.md", "The text of 2023.")
    house.refresh()
    house.write("statement.md", "The text above all.")
    house.refresh()
    directory = CorpusDirectory(
        house.folder,
        snapshots=house.snapshots,
        extractor=shared_extractor(),
        remembered=house.store.remembered_ids(),
    )
    assert set(directory.ids) == set(texts_of(house))
    assert directory.remove("statement").parent.name == "2023"


def test_the_ids_of_a_tree_before_this_one_are_remembered() -> None:
    noted = {
        "files": {"2023/statement.md": "1", "statement.md": "2", "b.md": "3", "c.md": "4"},
        "unread": {},
        "default_access": [],
        "refused": {"b.md": "empty."},
        "doubled": {"statement.md": "a second document"},
    }
    data = f"digest\n{json.dumps(noted)}\n".encode()
    assert Sources.ids_in(data) == {"2023/statement.md": "statement", "c.md": "c"}
    for other in (b"", b"x\n[]", b"x\n{}", b"\xff", b'x\n{"ids": 3}', b'x\n{"files": 1}'):
        assert Sources.ids_in(other) == {}


def test_a_file_in_a_folder_that_cannot_be_read_keeps_its_id_from_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = house.write("sub/a.md", "---\naccess: staff\n---\nThe text for staff.")
    house.write("b.md", "Good text is here.")
    house.refresh()
    scandir = os.scandir

    def denied(path: str) -> object:
        if Path(path) == file.parent:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    house.write("other/a.md", "A public text.")
    house.refresh()
    assert house.served() == {"b", "other-a"}
    monkeypatch.undo()
    house.refresh()
    assert house.served() == {"b", "other-a"}
    assert house.served("staff") == {"a", "b", "other-a"}


# --- the commands ---------------------------------------------------------------------------------


def test_the_commands_read_name_and_count_what_lies_in_the_directory(tmp_path: Path) -> None:
    home = tmp_path / "home"
    corpus = home / "corpus"
    corpus.mkdir(parents=True)
    (corpus / "marsh.html").write_text(PAGE)
    (corpus / "README").write_text("About this folder.")
    (corpus / "~$report.docx").write_text("Anna")
    run = verbatim("refresh", home=home)
    assert run.returncode == 0
    assert run.stderr.count("\n") == 1
    assert "passed over 1 file of a kind that is not read: README" in run.stderr
    asked = verbatim("ask", "What will the governments restore?", home=home)
    assert "restore the salt marshes of the estuary" in asked.stdout
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    run = verbatim("refresh", "--json", home=home)
    assert run.returncode == 5
    report = json.loads(run.stdout)
    assert [each["file"] for each in report["left_out"]] == ["broken.pdf"]
    assert [each["file"] for each in report["passed_over"]] == ["README"]
    run = verbatim("doctor", home=home)
    assert "passed over" in run.stdout
    assert "README" in run.stdout
    assert "broken.pdf" in run.stdout
    assert "report.docx" not in run.stdout
