"""OpenDocument texts are read as their program shows them, changes accepted."""

import io
import random
import time
import zipfile
from contextlib import suppress

import pytest
from corpora import shared_extractor
from fuzztargets import _changed_xml

from corpus import UnreadableSource
from corpus.extraction.extract import Extract, counted
from corpus.extraction.office.opendocument import read_open_document

SPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
    for short, long in {
        "office": "office",
        "text": "text",
        "style": "style",
        "table": "table",
        "draw": "drawing",
        "meta": "meta",
    }.items()
)
MIME = "application/vnd.oasis.opendocument.text"


def odt(body: str, *, styles: str = "", master: str = "", meta: str = "", **parts: str) -> bytes:
    content = (
        f"<office:document-content {SPACES}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
        "</office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", MIME)
        archive.writestr("content.xml", content)
        archive.writestr(
            "styles.xml", f"<office:document-styles {SPACES}>{master}</office:document-styles>"
        )
        archive.writestr(
            "meta.xml",
            f'<office:document-meta {SPACES} xmlns:dc="http://purl.org/dc/elements/1.1/">{meta}'
            "</office:document-meta>",
        )
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def read(body: str, **more: str) -> Extract:
    return shared_extractor().extract(odt(body, **more), name="a.odt")


def blocks(extract: Extract) -> list[str]:
    return extract.text.rstrip("\n").split("\n\n")


def p(text: str, style: str = "") -> str:
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def list_style(name: str, *levels: str) -> str:
    return f'<text:list-style style:name="{name}">{"".join(levels)}</text:list-style>'


def level(n: int, form: str, *, prefix: str = "", suffix: str = ".", more: str = "") -> str:
    return (
        f'<text:list-level-style-number text:level="{n}" style:num-format="{form}" '
        f'style:num-prefix="{prefix}" style:num-suffix="{suffix}" {more}/>'
    )


BULLETS = list_style("B", '<text:list-level-style-bullet text:level="1" text:bullet-char="•"/>')
NUMBERS = list_style(
    "N", level(1, "1"), level(2, "a", prefix="(", suffix=")"), level(3, "i"),
)  # fmt: skip


def listed(*items: str, style: str = "N", more: str = "") -> str:
    inner = "".join(f"<text:list-item>{each}</text:list-item>" for each in items)
    return f'<text:list text:style-name="{style}" {more}>{inner}</text:list>'


def test_paragraphs_headings_spaces_and_what_the_file_says() -> None:
    found = read(
        '<text:h text:outline-level="1">The marshes</text:h>'
        + p('We<text:s text:c="3"/>meet<text:tab/>in\n <text:span>May</text:span>.<text:line-break/>Here.')
        + '<text:section text:name="a">' + p("A <text:a>link</text:a> in a section.") + "</text:section>",
        meta="<dc:title>On marshes</dc:title><dc:language>en-GB</dc:language>",
    )  # fmt: skip
    assert blocks(found) == ["# The marshes", "We meet in May.\nHere.", "A link in a section."]
    assert (found.title, found.language, found.published) == ("On marshes", "en-GB", None)
    assert (
        read('<text:h text:outline-level="1">The marshes</text:h>' + p("A.")).title == "The marshes"
    )


def test_numbered_paragraphs_keep_their_numbers_and_signs_are_points() -> None:
    found = read(
        listed(p("First."), p("Second.") + listed(p("Inner."), p("Other."), style=""), p("Third.")) + p("Between.")
        + listed(p("Fourth."), more='text:continue-numbering="true"')
        + listed(p("New."), p("Goes on.") + p("Same point."))
        + listed(p("One"), p("Two"), style="B"),
        styles=NUMBERS + BULLETS,
    )  # fmt: skip
    assert blocks(found) == [
        "1. First.",
        "2. Second.",
        "(a) Inner.",
        "(b) Other.",
        "3. Third.",
        "Between.",
        "4. Fourth.",
        "1. New.",
        "2. Goes on.",
        "Same point.",
        "- One\n- Two",
    ]


def test_lists_begin_where_they_say_and_go_on_where_they_say() -> None:
    style = list_style(
        "N", level(1, "1", more='text:start-value="12"'), level(2, "1", more='text:display-levels="2"')
    )  # fmt: skip
    first = listed(p("Twelve."), listed(p("Inner."), style=""), more='xml:id="l1"')
    other = listed(p("Twelve again."))
    again = (
        '<text:list text:style-name="N" text:continue-list="l1">'
        "<text:list-header>" + p("No number.") + "</text:list-header>"
        "<text:list-item>" + p("Thirteen.") + "</text:list-item>"
        '<text:list-item text:start-value="20">' + p("Twenty.") + "</text:list-item></text:list>"
    )
    assert blocks(read(first + other + again, styles=style)) == [
        "12. Twelve.",
        "12.1. Inner.",
        "12. Twelve again.",
        "No number.",
        "13. Thirteen.",
        "20. Twenty.",
    ]


def test_notes_leave_the_sentence_and_stand_behind_the_text() -> None:
    note = (
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        "<text:note-body>" + p("As of May.") + "</text:note-body></text:note>"
    )
    up = '<style:style style:name="S" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>'
    found = read(
        p(f"The 85{note} members pledge 10<text:span text:style-name='S'>6</text:span> dollars.")
        + p("In 2023<text:span text:style-name='S'>2</text:span> we met."),
        styles=up,
    )
    assert blocks(found) == [
        "The 85 members pledge 10⁶ dollars.",
        "In 2023 we met.",
        "[1] As of May.",
    ]
    assert counted(found.deviations) == "2 notes"


def test_what_is_not_shown_is_left_out_and_counted() -> None:
    styles = (
        '<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style>'
        '<style:style style:name="HH" style:family="text" style:parent-style-name="H"/>'
        '<style:style style:name="X" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style>'
        '<style:style style:name="P" style:family="paragraph"><style:text-properties text:display="none"/></style:style>'
    )
    tracked = (
        '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion>'
        + p("500 or") + "</text:deletion></text:changed-region></text:tracked-changes>"
    )  # fmt: skip
    found = read(
        tracked
        + p("A levy of <text:span text:style-name='X'>4</text:span> 3 units.")
        + p("Seen<text:span text:style-name='HH'> and hidden</text:span>.")
        + p("A hidden paragraph.", "P")
        + p("They give <text:change text:change-id='c1'/>700 visas.")
        + '<text:section text:display="none">' + p("A hidden section.") + "</text:section>"
        + p('Noted.<office:annotation>' + p("A remark.") + "</office:annotation>"),
        styles=styles,
    )  # fmt: skip
    assert blocks(found) == ["A levy of 3 units.", "Seen.", "They give 700 visas.", "Noted."]
    assert counted(found.deviations) == "1 struck-out text, 3 hidden texts, 1 deleted text"


def test_tables_text_boxes_and_margins() -> None:
    cell = "<table:table-cell>{}</table:table-cell>".format
    row = "<table:table-row>{}</table:table-row>".format
    found = read(
        "<table:table><table:table-header-rows>" + row(cell(p("Country")) + cell(p("Sum")))
        + "</table:table-header-rows>" + row(cell(p("Norway")) + cell(p("5"))) + "</table:table>"
        + p("Text.<draw:frame><draw:text-box>" + p("In a box.") + "</draw:text-box></draw:frame>"),
        master="<office:master-styles><style:master-page><style:header>" + p("Press office")
        + "</style:header><style:footer>" + p("Page 1") + "</style:footer></style:master-page></office:master-styles>",
    )  # fmt: skip
    assert blocks(found) == ["Country | Sum\nNorway | 5", "Text.", "In a box."]
    assert counted(found.deviations) == "1 running head, 1 foot line"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (odt(p("x"))[:-30], "truncated"),
        (odt(p("")), "no text"),
        (odt(p("<text:nonsense")), "damaged"),
        (odt(p("A."), **{"META-INF/more.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}), "DTD"),
        (odt(p("A.")).replace(b"<manifest/>", b"<encryption"), "damaged"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableSource, match=reason):
        shared_extractor().extract(data, name="a.odt")


def test_encrypted_and_swollen_files_and_spreadsheets_are_refused() -> None:
    def packed(**parts: bytes) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("mimetype"), MIME)
            for name, content in parts.items():
                archive.writestr(name.replace("__", "/").replace("_", "."), content)
            archive.writestr("META-INF/manifest.xml", parts.get("m", b"<manifest/>"))
        return buffer.getvalue()

    for data, reason in (
        (packed(content_xml=b"\x01\x02", m=b"<encryption-data/>"), "encrypted"),
        (packed(content_xml=b" " * 60_000_000), "unpacks to"),
        (packed(content_xml=f"<a {SPACES}><office:body><office:spreadsheet/></office:body></a>".encode()), "no text"),
        (packed(other=b"x"), "its text is missing"),
    ):  # fmt: skip
        with pytest.raises(UnreadableSource, match=reason):
            shared_extractor().extract(data, name="a.odt")


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        ("<text:span>", "</text:span>"),
        ("<text:p>a</text:p>", ""),
        ("<text:span>a1</text:span>", ""),
        ("<text:list><text:list-item><text:p>a</text:p>", "</text:list-item></text:list>"),
        ("<text:list><text:list-item><text:p>a</text:p></text:list-item></text:list>", ""),
        ("<text:change text:change-id='c'/>", ""),
        ("<text:note><text:note-body><text:p>a</text:p></text:note-body></text:note>", ""),
        ("<table:table><table:table-row><table:table-cell><text:p>a b</text:p>", "</table:table-cell></table:table-row></table:table>"),
    ],
)  # fmt: skip
def test_time_grows_with_the_file_and_not_faster(opened: str, closed: str) -> None:
    def seconds(count: int) -> float:
        times = count if not closed else min(count, 60)
        data = odt(
            "<text:p>a"
            + opened * times
            + closed * times
            + "</text:p>"
            + (opened * 60 + closed * 60) * (count // 60)
        )
        begin = time.process_time()
        with suppress(UnreadableSource, RecursionError):
            read_open_document(data)
        return time.process_time() - begin

    small, large = min(seconds(600) for _ in range(2)), seconds(4_800)
    assert large < 24 * small + 0.5


def test_changed_files_are_read_or_refused_within_the_limits() -> None:
    draw = random.Random(11)
    body = (
        listed(p("First."), p("Second.") + listed(p("Inner."), style=""))
        + p("They give <text:change text:change-id='c1'/>700 <text:span text:style-name='S'>1</text:span> visas.")
        + "<table:table><table:table-row><table:table-cell>" + p("a") + "</table:table-cell></table:table-row></table:table>"
    )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(odt(body, styles=NUMBERS))) as archive:
        whole = archive.read("content.xml")
    for _ in range(60):
        changed = _changed_xml(whole, draw)
        if len(changed) > 300_000:
            continue
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("mimetype", MIME)
            archive.writestr("content.xml", changed)
        begin = time.monotonic()
        try:
            found = read_open_document(buffer.getvalue())
        except (UnreadableSource, RecursionError):
            continue
        assert all(0 <= each.position <= len(found.text) for each in found.deviations)
        assert time.monotonic() - begin < 10
