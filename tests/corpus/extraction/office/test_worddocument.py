"""A Word file becomes text in paragraphs, with all changes accepted."""

import io
import re
import zipfile
from collections.abc import Callable

import docx
import pytest
from docx.oxml.ns import nsdecls
from wordfiles import blocks, changed, saved, with_body

from corpus.errors import UnreadableSource
from corpus.extraction.office import ziplimits
from corpus.extraction.office.worddocument import read_word_document

NOTES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"


def test_paragraphs_headings_lists_and_tables_are_blocks_in_order() -> None:
    def build(document: docx.document.Document) -> None:
        document.add_heading("Joint statement", 0)
        document.add_paragraph("We met  in\tMarrakesh.\nAll of us.")
        document.add_heading("Next steps", 2)
        document.add_paragraph("Meet again", style="List Bullet")
        document.add_paragraph("In Africa", style="List Bullet 2")
        table = document.add_table(2, 2)
        for cell, text in zip(
            (c for row in table.rows for c in row.cells),
            ["State", "Pledge", "A", "3 m"],
            strict=True,
        ):
            cell.text = text
        document.add_paragraph("After the table.")
        document.sections[0].header.paragraphs[0].text = "A running head"

    assert blocks(saved(build)) == [
        "# Joint statement",
        "We met in Marrakesh.\nAll of us.",
        "## Next steps",
        "- Meet again\n- In Africa",
        "State | Pledge\nA | 3 m",
        "After the table.",
    ]


def test_merged_cells_are_read_once() -> None:
    def build(document: docx.document.Document) -> None:
        table = document.add_table(2, 3)
        for number, cell in enumerate(c for row in table.rows for c in row.cells):
            cell.text = "abcdef"[number]
        table.cell(0, 0).merge(table.cell(0, 1)).text = "ab"
        table.cell(0, 2).merge(table.cell(1, 2)).text = "cf"

    assert blocks(saved(build)) == ["ab |  | cf\nd | e"]


def test_insertions_are_in_and_deletions_hidden_text_and_field_codes_are_not() -> None:
    data = with_body(
        """<w:p><w:r><w:t xml:space="preserve">We </w:t></w:r>
        <w:del w:id="1"><w:r><w:delText>did </w:delText></w:r></w:del>
        <w:ins w:id="2"><w:r><w:t xml:space="preserve">do </w:t></w:r></w:ins>
        <w:moveFrom w:id="3"><w:r><w:t>away</w:t></w:r></w:moveFrom>
        <w:r><w:rPr><w:vanish/></w:rPr><w:t>secretly</w:t></w:r>
        <w:r><w:instrText>HYPERLINK</w:instrText></w:r>
        <w:hyperlink w:anchor="x"><w:r><w:t>agree</w:t></w:r></w:hyperlink>
        <w:r><w:t>.</w:t></w:r></w:p>
        <w:sdt><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"""
    )
    assert blocks(data) == ["We do agree.", "In a control."]


def test_a_text_box_follows_the_paragraph_that_it_hangs_on_once() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent>"
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    data = with_body(
        f"""<w:p><w:r><w:t>Around it.</w:t></w:r><w:r><mc:AlternateContent xmlns:mc="{mc}">
        <mc:Choice Requires="wps"><w:drawing>{box}</w:drawing></mc:Choice>
        <mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"""
    )
    assert blocks(data) == ["Around it.", "In a box."]


def test_footnotes_stand_behind_the_text_in_the_order_of_their_signs() -> None:
    def note(number: int, text: str, kind: str = "normal") -> str:
        return f'<w:footnote w:id="{number}" w:type="{kind}"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:footnote>'

    data = with_body(
        '<w:p><w:r><w:t>First</w:t></w:r><w:r><w:footnoteReference w:id="7"/></w:r>'
        '<w:r><w:t xml:space="preserve"> and second</w:t></w:r>'
        '<w:r><w:footnoteReference w:id="3"/></w:r><w:r><w:t>.</w:t></w:r></w:p>'
    )
    data = changed(
        data,
        {
            "word/footnotes.xml": lambda _: (
                f"<w:footnotes {nsdecls('w')}>{note(0, '', 'separator')}{note(3, 'See B.')}"
                f"{note(7, 'See A.')}</w:footnotes>"
            ),
            "word/_rels/document.xml.rels": lambda rels: rels.replace(
                "</Relationships>",
                f'<Relationship Id="rId99" Type="{NOTES}" Target="footnotes.xml"/></Relationships>',
            ),
        },
    )
    assert blocks(data) == ["First and second.", "[1] See A.", "[2] See B."]


def test_title_and_language_come_from_the_properties_and_no_date_does() -> None:
    def build(document: docx.document.Document) -> None:
        document.add_heading("A heading", 1)
        document.core_properties.title = "Statement  on security"
        document.core_properties.language = "fr-CA"

    extract = read_word_document(saved(build))
    assert (extract.title, extract.language) == ("Statement on security", "fr-CA")
    assert extract.published is None


def test_properties_that_the_file_does_not_have_are_not_made_up() -> None:
    data = saved(lambda document: document.add_heading("A heading", 1))
    bare = changed(
        data,
        {
            "_rels/.rels": lambda rels: re.sub(
                r"<Relationship [^>]*core-properties[^>]*/>", "", rels
            )
        },
    )
    assert read_word_document(bare).title == "A heading"


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableSource) as caught:
        read_word_document(data)
    return str(caught.value)


def test_what_cannot_be_read_says_why() -> None:
    whole = saved(lambda document: document.add_paragraph("Hello."))
    assert refusal(whole[: len(whole) // 2]).startswith("truncated:")
    assert refusal(saved(lambda _: None)).startswith("no text:")
    assert refusal(changed(whole, {"word/document.xml": lambda xml: xml[:-20]})).startswith(
        "damaged:"
    )
    broken = bytearray(whole)
    broken[whole.index(b"PK\x01\x02") + 10] = 99  # a way of packing that there is not
    assert refusal(bytes(broken)).startswith("damaged:")


def test_a_file_that_unpacks_to_far_more_than_it_is_is_refused_before_it_is_unpacked() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(120_000_000))
    assert refusal(buffer.getvalue()).startswith("unpacks to 120 MB")


def test_a_part_that_is_longer_than_it_says_is_not_read_to_its_end() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(50_000_000))
        archive.writestr("[Content_Types].xml", bytes(50_000_000))
    data = buffer.getvalue().replace(
        (50_000_000).to_bytes(4, "little"), (900).to_bytes(4, "little")
    )
    assert refusal(data).startswith("damaged:")


@pytest.mark.parametrize(
    ("sizes", "refused"),
    [
        ([99_000_000] * 2, False),
        ([101_000_000], True),
        ([90_000_000] * 3, True),
        ([1] * 5001, True),
    ],
)
def test_parts_are_bounded_alone_together_and_in_number(
    sizes: list[int], refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ziplimits, "_RATIO", 10**9)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(len(sizes)):
            archive.writestr(f"{number}.xml", b"x")
        for part, size in zip(archive.filelist, sizes, strict=True):
            part.file_size = size  # what its directory will say
    if refused:
        with pytest.raises(UnreadableSource, match="far more than a text needs"):
            ziplimits.check_zip(buffer.getvalue())
    else:
        ziplimits.check_zip(buffer.getvalue())


def with_doctype(encoding: str) -> Callable[[bytes], bytes]:
    """A part with a DTD that declares a word of it, in an encoding."""

    def changed(part: bytes) -> bytes:
        text = re.sub(r"^(\ufeff)?<\?xml[^>]*\?>", "", part.decode("utf-8"))
        text = text.replace("MARRAKESH", "&place;")
        head = f'<?xml version="1.0" encoding="{encoding}"?>'
        return f'{head}<!DOCTYPE any [<!ENTITY place "Rabat">]>{text}'.encode(encoding)

    return changed


PARTS = [
    "word/document.xml",
    "word/styles.xml",
    "word/footnotes.xml",
    "docProps/core.xml",
    "[Content_Types].xml",
    "_rels/.rels",
    "word/_rels/document.xml.rels",
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32", "iso-8859-1"])
@pytest.mark.parametrize("part", PARTS)
def test_a_word_file_with_a_dtd_in_any_part_is_refused_and_not_cut(
    part: str, encoding: str
) -> None:
    data = saved(lambda document: document.add_paragraph("We met in MARRAKESH, all of us."))
    data = rewritten(data, "word/footnotes.xml", lambda _: b"<w:footnotes xmlns:w='w'/>")
    assert read_word_document(data).text == "We met in MARRAKESH, all of us.\n"
    with pytest.raises(UnreadableSource, match="has a document type definition") as caught:
        read_word_document(rewritten(data, part, with_doctype(encoding)))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE any>",
        b"<!DOCTYPE any SYSTEM 'http://a.example/any.dtd'>",
        b"<!-- x --><?x y?>\n<!DOCTYPE any PUBLIC '-//a//b' 'any.dtd' [ <!ELEMENT any ANY> ]>",
    ],
)
def test_a_dtd_without_entities_is_refused_too(doctype: bytes) -> None:
    data = saved(lambda document: document.add_paragraph("We met."))

    def changed(part: bytes) -> bytes:
        head, end, rest = part.partition(b"?>")
        return head + end + doctype + rest

    with pytest.raises(UnreadableSource, match="has a document type definition"):
        read_word_document(rewritten(data, "word/document.xml", changed))


def test_words_about_a_doctype_are_no_dtd() -> None:
    words = "A page begins with <!DOCTYPE html>."
    data = saved(lambda document: document.add_paragraph(words))
    data = rewritten(data, "word/media/note.txt", lambda _: b"<!DOCTYPE html")
    assert read_word_document(data).text == f"{words}\n"


def rewritten(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """A Word file in which a part is changed, or new."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for each in old.namelist():
            part = old.read(each)
            new.writestr(each, change(part) if each == name else part)
        if name not in old.namelist():
            new.writestr(name, change(b""))
    return buffer.getvalue()
