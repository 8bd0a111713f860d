"""The kind of a source, and the refusal of one that cannot be read."""

import contextlib
import io
import zipfile

import pytest
from growth import TOO_FAST, exponent
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.errors import UnreadableSource
from corpus.extraction.kinds import Kind, kind_of

HTML = b"<!-- made by hand --><!DOCTYPE html><html><body><p>Hello</p></body></html>"
PDF = b"%PDF-1.7\n1 0 obj\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
RTF = b"{\\rtf1\\ansi Hello}"
MAIL = b"MIME-Version: 1.0\r\nMessage-ID: <1@example>\r\nSubject: Hello\r\n\r\nText"


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.text")
    return buffer.getvalue()


DOCX = zipped("[Content_Types].xml", "word/document.xml")


def reason(data: bytes, name: str, media_type: str | None = None) -> str:
    with pytest.raises(UnreadableSource) as caught:
        kind_of(data, name=name, media_type=media_type)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.pdf", b"\n\n" + PDF, Kind.PDF),
        ("a.PDF", PDF, Kind.PDF),
        ("a.docx", DOCX, Kind.DOCX),
        ("a.html", HTML, Kind.HTML),
        ("a.htm", b"<div>no frame around it</div>", Kind.HTML),
        ("a.html", HTML.decode().encode("utf-16"), Kind.HTML),
        ("a.html", b"<?xml version='1.0'?>\n<!-- x -->\n<html></html>", Kind.HTML),
        ("a.txt", b"Hello", Kind.TEXT),
        ("a.md", b"# Hello\n<b>there</b>", Kind.MARKDOWN),
        ("letter.txt", MAIL, Kind.TEXT),
        ("a.eml", MAIL, Kind.MAIL),
        ("letter", MAIL, Kind.MAIL),
        ("a.odt", zipped("mimetype"), Kind.ODT),
        ("a.odt", zipped("content.xml", "META-INF/manifest.xml"), Kind.ODT),
        ("README", b"Hello", Kind.TEXT),
        ("Statement of 12.05", b"Hello", Kind.TEXT),
        ("no suffix", PDF, Kind.PDF),
        ("folder.docx/page", HTML, Kind.HTML),
    ],
)
def test_a_source_is_what_it_says_and_holds(name: str, data: bytes, kind: Kind) -> None:
    assert kind_of(data, name=name) is kind


@pytest.mark.parametrize(
    ("name", "data", "start"),
    [
        ("a.pdf", b"", "empty."),
        ("a.txt", b" \n\t\n", "empty."),
        ("a.pdf", HTML, "not a PDF: it is a web page. Rename it to .html."),
        ("a.docx", PDF, "not a Word file: it is a PDF. Rename it to .pdf."),
        ("a.txt", HTML, "not text: it is a web page."),
        ("a.html", DOCX, "not a web page: it is a Word file."),
        ("a.pdf", b"Hello", "not a PDF, although its name says so."),
        ("a.docx", zipped("xl/workbook.xml"), "not a Word file: it is a spreadsheet."),
        ("a.docx", zipped("photo.jpg"), "not a Word file: it is an archive."),
        ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted: it needs a password."),
        ("a.doc", OLE + "WordDocument".encode("utf-16-le"), "an old Word file (.doc). Save it as"),
        ("a.docx", OLE + "WordDocument".encode("utf-16-le"), "not a Word file: it is an old Word"),
        ("a.doc", DOCX, "a Word file. Rename it to .docx."),
        ("a.rtf", RTF, "a rich text file (.rtf)."),
        ("a.txt", RTF, "not text: it is a rich text file"),
        ("a.odt", zipped("photo.jpg"), "not an OpenDocument text: it is an archive."),
        ("a.ods", zipped("mimetype"), "an OpenDocument text. Rename it to .odt."),
        ("a.html", MAIL, "not a web page: it is an e-mail. Rename it to .eml."),
        ("a.mbox", b"From a@b\n" + MAIL, "a mailbox of several e-mails."),
        ("a.mht", MAIL, "a web archive."),
        ("a.eml", PDF, "not an e-mail: it is a PDF."),
        ("a.png", b"\x89PNG\r\n\x1a\n", "an image."),
        ("a.pdf", b"\xff\xd8\xff\xe0", "not a PDF: it is an image."),
        ("a.svg", b"<?xml version='1.0'?><svg xmlns=''>", "an image."),
        ("a.csv", b"a,b", "a spreadsheet."),
        ("a.exe", b"MZ\x90\x00", "files named .exe are not read."),
    ],
)
def test_what_cannot_be_read_is_refused_by_saying_what_it_is(
    name: str, data: bytes, start: str
) -> None:
    assert reason(data, name).startswith(start)
    assert reason(data, name).endswith(".")


@pytest.mark.parametrize(
    ("media_type", "data", "kind"),
    [
        ("text/html; charset=utf-8", HTML, Kind.HTML),
        ("text/html", PDF, Kind.PDF),
        ("text/plain", b"Hello", Kind.MARKDOWN),
        ("text/plain", HTML, Kind.HTML),
        ("text/plain", MAIL, Kind.MARKDOWN),
        ("message/rfc822", MAIL, Kind.MAIL),
        ("Application/PDF", PDF, Kind.PDF),
        ("application/octet-stream", PDF, Kind.PDF),
        ("application/octet-stream", b"Hello", Kind.MARKDOWN),
        ("application/xhtml+xml", b"<?xml version='1.0'?><html/>", Kind.HTML),
    ],
)
def test_for_a_page_of_the_web_media_type_and_contents_decide(
    media_type: str, data: bytes, kind: Kind
) -> None:
    assert kind_of(data, name="https://example.org/a.md", media_type=media_type) is kind


def test_a_page_served_as_what_it_is_not_is_refused() -> None:
    name = "https://example.org/statement.pdf"
    assert reason(HTML, name, "application/pdf").startswith("not a PDF: it is a web page.")
    assert reason(b"\x89PNG\r\n", name, "image/png").startswith("served as image/png: an image.")
    assert reason(b"{}", name, "application/json").startswith("served as application/json:")


@settings(max_examples=50)
@example(b"PK\x03\x04", ".docx", "")
@given(
    st.binary(max_size=200),
    st.sampled_from(["", ".pdf", ".docx", ".html", ".txt", ".doc"]),
    st.text(max_size=5),
)
def test_any_bytes_are_a_kind_or_refused(data: bytes, suffix: str, name: str) -> None:
    try:
        assert isinstance(kind_of(data, name=name + suffix), Kind)
    except UnreadableSource as refusal:
        assert str(refusal)


PUMPS = [
    b"<!---->", b"<!--", b"-->", b"<?xml?>", b"<?xml", b"<!doctype svg>", b"<!doctype svg", b" ",
    b"\n", b"<!-->", b"<!----><?xml?>", b"x-->", b"received:\n",
]  # fmt: skip


@pytest.mark.parametrize("piece", PUMPS)
@pytest.mark.parametrize("start", [b"", b"<!--", b"<?xml", b"<!doctype svg"])
def test_the_time_to_find_a_kind_grows_with_the_file_and_not_faster(
    start: bytes, piece: bytes
) -> None:
    def find(n: int) -> None:
        with contextlib.suppress(UnreadableSource):
            kind_of(start + piece * (n // len(piece)), name="a")

    assert exponent(find) <= TOO_FAST


def test_a_comment_before_a_page_ends_where_it_ends() -> None:
    assert kind_of(b"<!-- a --> <!-- b --><?xml ?>\n<html>", name="a") is Kind.HTML
    assert kind_of(b"<!-- a --> text --> <html>", name="a") is Kind.TEXT
