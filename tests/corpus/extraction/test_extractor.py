"""Sources of any kind become Extracts, in the real extractor process."""

import io
import sys
import zlib
from collections.abc import Iterator

import docx
import pytest
from evaluationdata import EVALUATION
from hypothesis import given, settings
from hypothesis import strategies as st
from pdfs import column, pdf

from corpus.errors import UnreadableSource
from corpus.extraction.extract import Extract
from corpus.extraction.extractor import Extractor
from corpus.extraction.limits import Limits

MESSY = EVALUATION / "messy-files"
ENCRYPTED = "encrypted: it needs a password"
SCANNED = "no text: it looks scanned"
REFUSED = {
    "zz_made_pdf_named.docx": "not a Word file: it is a PDF",
    "zz_made_truncated.docx": "truncated",
    "un_eng_spa_mult.rtf": "a rich text file",
    "un_fake-doc.rtf": "a rich text file",
    "un_simple.doc": "an old Word file (.doc)",
    "hs_non_text_searchable.pdf": SCANNED,
    "pypdf_git.pdf": SCANNED,
    "un_loremipsum-flat.pdf": SCANNED,
    "pypdf_encrypted-file.pdf": ENCRYPTED,
    "pypdf_libreoffice-writer-password.pdf": ENCRYPTED,
    "pypdf_r6-both-passwords.pdf": ENCRYPTED,
    "un_password.pdf": ENCRYPTED,
    "zz_made_empty.pdf": "empty",
    "zz_made_html_named.pdf": "not a PDF: it is a web page",
    "zz_made_truncated.pdf": "truncated",
}
HELD = {
    "un_fake.odt": "Lorem ipsum dolor sit amet.\n\nHeader row | Mon | Wed | Fri",
    "un_fake-email.eml": "This is a test email to use for unit tests.\n\nImportant points:",
    "un_fake-email-malformed-encoding.eml": "This is a test email to use for unit tests.",
    "un_fake-html-cp1252.html": "L'été était très chaud cette année. J'ai acheté un café",
    "un_example-steelJIS-datasheet-utf-16.html": "Grade : | SNB22-3",
    "francais.radio.cz-ministre.html": "« Je n'ai pas l'intention de démissionner. Evidemment,",
    "auswaertiges-amt.de-Italien.html": "\n\n## Aktuelles\n\nDie Ausbreitung von COVID-19 kann",
    "bundeskanzleramt.gv.at-bundesminsterin.html": 'Frau", betonte Bundesministerin Susanne Raab',
    "wbf.admin.ch.14093.html": '\n\n„Städtegipfel". Ist das nicht ein kleiner Widerspruch in sich?',
    "un_fake-html-with-footer-and-header.html": "# My First Heading\n\nMy first paragraph.",
    "un_multi-column-2p.pdf": (
        "Open-domain question answering relies on efficient passage retrieval to select candidate "
        "contexts, where traditional sparse vector space models, such as TF-IDF or BM25, are the "
        "de facto method."
    ),
    "un_fr_olap.pdf": "l’exploitation et la fouille de fichiers logs de requêtes OLAP.",
    "un_invalid-pdf-structure-pdfminer-one-page.pdf": (
        "\n\nThe fiscal year 2021 national defense authorization act established the Office of "
        "the National Cyber Director (ONCD) within the Executive Office of the President."
    ),
    "un_list-item-example.pdf": "\n\n● What are product types?\n\n",
    "un_korean-text-with-tables.pdf": "빅포인트의 유효기간은 5년으로",
    "un_copy-protected.pdf": "LayoutParser, an open-source library for",
    "hs_sample_docx.docx": "\n\nThis | Is | Just a\n2020 | Random | Table\n\n",
    "un_category-level.docx": "- A top level list item\n  - Next level\n  - Same\n- Second",
    "un_tables-with-incomplete-rows.docx": "\n\na | b\nc | d\n\n",
}
FURNITURE = (
    "Datenübertragung an YouTube",
    "Cookie",
    "Navigation und Service",
    "Zum Inhalt springen",
    "Newsletter",
)


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    with Extractor() as extractor:
        yield extractor


def refusal(extractor: Extractor, data: bytes, name: str) -> str:
    with pytest.raises(UnreadableSource) as caught:
        extractor.extract(data, name=name)
    return str(caught.value)


def word_file() -> bytes:
    document = docx.Document()
    document.add_paragraph("We met in Marrakesh.")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", "We met in Marrakesh.\r\n".encode("utf-16")),
        ("a.md", b"We met in Marrakesh.\r\n"),
        ("a.html", b"<html><body><p>We met in Marrakesh.</p></body></html>"),
        ("a.pdf", pdf(column("We met in Marrakesh."))),
        ("a.docx", word_file()),
    ],
)
def test_each_kind_gives_its_text_in_the_stored_form(
    extractor: Extractor, name: str, data: bytes
) -> None:
    assert extractor.extract(data, name=name).text == "We met in Marrakesh.\n"


@pytest.mark.parametrize("name", ["a.docx", "a.pdf", "a.html", "a.txt", "latin.txt", "a"])
def test_each_kind_is_read_by_a_process_that_has_read_nothing_else(name: str) -> None:
    data = {
        "a.docx": word_file(),
        "a.pdf": WHOLE["a.pdf"],
        "a.html": b"<html><meta charset=iso-8859-2><body><p>We met in Marrakesh.</p></body></html>",
        "latin.txt": "We met in Marrakesh, où l’été était sec.".encode("cp1252"),
    }.get(name, b"We met in Marrakesh.")
    with Extractor() as extractor:
        assert "We met in Marrakesh" in extractor.extract(data, name=name).text


@pytest.mark.skipif(not MESSY.is_dir(), reason="the evaluation files are not here")
@pytest.mark.parametrize("kind", ["docx", "html", "other", "pdf"])
def test_no_parser_misses_what_those_of_other_kinds_load(kind: str) -> None:
    reasons = {}
    with Extractor() as extractor:
        for path in sorted((MESSY / kind).iterdir()):
            try:
                extractor.extract(path.read_bytes(), name=path.name)
            except UnreadableSource as error:
                reasons[path.name] = str(error)
    assert {name for name, reason in reasons.items() if "its parser failed" in reason} == set()
    assert set(reasons) <= set(REFUSED)


def test_fields_that_are_not_what_they_should_be_are_left_out(extractor: Extractor) -> None:
    page = (
        b"<html lang='x!'><head><title>  \x01A\n title </title><meta property='og:url' "
        b"content='javascript:alert(1)'><meta name='date' content='0001-01-01'></head>"
        b"<body><p>Hello.</p></body></html>"
    )
    extract = extractor.extract(page, name="a.html")
    assert extract == Extract(text="Hello.\n", title="A title")


def test_a_source_that_is_too_large_or_gives_too_much_is_refused() -> None:
    with Extractor(limits=Limits(source_mb=1, text_mb=0)) as extractor:
        assert refusal(extractor, bytes(1_000_001), "a.txt").startswith("larger than 1 MB")
        assert refusal(extractor, b"Hello", "a.txt").startswith("over 0 MB of text")


def test_a_source_without_a_word_is_refused(extractor: Extractor) -> None:
    assert refusal(extractor, b"--- ...", "a.txt").startswith("no letter or digit in its text, no")


@pytest.mark.skipif(sys.platform != "linux", reason="macOS has no limit on address space")
def test_a_deflate_bomb_in_a_pdf_ends_at_the_limit_of_memory() -> None:
    packer = zlib.compressobj(9)
    megabyte = b"BT (x) Tj ET\n" * 80_000
    bomb = b"".join(packer.compress(megabyte) for _ in range(400)) + packer.flush()
    with Extractor(limits=Limits(memory_mb=256, cpu_s=10)) as extractor:
        reason = refusal(extractor, pdf([], stream=bomb), "a.pdf")
        assert extractor.extract(pdf(column("Still here.")), name="a.pdf").text == "Still here.\n"
    assert reason.startswith("needed more than 256 MB of memory")


@pytest.mark.parametrize("tag", ["div", "ul><li", "table><tr><td", "b", "blockquote"])
def test_a_page_nested_a_hundred_thousand_deep_is_refused(extractor: Extractor, tag: str) -> None:
    page = f"<html><body><p>Hello there.</p>{f'<{tag}>' * 100_000}deep".encode()
    assert refusal(extractor, page, "a.html").startswith("nested too deeply")


@settings(max_examples=50)
@given(
    st.sampled_from([b"%PDF-1.4\n", b"PK\x03\x04word/", b"<html>", b""]),
    st.binary(max_size=300),
    st.sampled_from(["a.pdf", "a.docx", "a.html", "a.txt", "a"]),
)
def test_any_bytes_are_read_or_refused(
    extractor: Extractor, head: bytes, rest: bytes, name: str
) -> None:
    try:
        assert extractor.extract(head + rest, name=name).text.strip()
    except UnreadableSource as error:
        assert str(error).endswith(".")


@settings(max_examples=50)
@given(st.integers(0, 2000), st.integers(0, 255), st.sampled_from(["a.pdf", "a.docx"]))
def test_a_file_with_a_wrong_byte_is_read_or_refused(
    extractor: Extractor, place: int, byte: int, name: str
) -> None:
    data = bytearray(WHOLE[name])
    data[place % len(data)] = byte
    try:
        assert extractor.extract(bytes(data), name=name).text.strip()
    except UnreadableSource as error:
        assert str(error).endswith(".")


WHOLE = {"a.pdf": pdf(column("We met in Marrakesh.")), "a.docx": word_file()}


@pytest.mark.skipif(not MESSY.is_dir(), reason="the evaluation files are not here")
def test_each_of_ninety_messy_files_is_read_or_refused_for_its_reason(
    extractor: Extractor,
) -> None:
    paths = sorted(path for path in MESSY.glob("*/*") if path.is_file())
    assert len(paths) == 90
    texts, reasons = {}, {}
    for path in paths:
        try:
            texts[path.name] = extractor.extract(path.read_bytes(), name=path.name).text
        except UnreadableSource as error:
            reasons[path.name] = str(error)
    assert reasons.keys() == REFUSED.keys()
    wrong = {
        name: reasons[name]
        for name, start in REFUSED.items()
        if not reasons[name].startswith(start)
    }
    assert not wrong
    shown = {name: text.replace("\u00a0", " ") for name, text in texts.items()}
    missing = {name: held for name, held in HELD.items() if held not in f"\n\n{shown[name]}"}
    assert not missing
    quoted = {
        (name, word)
        for name, text in texts.items()
        for word in FURNITURE
        if name.endswith((".html", ".htm")) and word in text
    }
    assert not quoted
    assert not [name for name, text in texts.items() if "\ufffd" in text or "Ã©" in text]
