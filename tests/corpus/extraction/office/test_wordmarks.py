"""A Word file's stored text is the one that Word shows; what leaves it is noted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from wordfiles import blocks, changed, with_body

from corpus.extraction.extract import DeviationName
from corpus.extraction.office.symbolfonts import sign_of
from corpus.extraction.office.worddocument import read_word_document
from corpus.extraction.office.wordnumbering import WordNumbering

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def noted(data: bytes, name: DeviationName) -> list[str]:
    return [each.text for each in read_word_document(data).deviations if each.name is name]


RAISED = '<w:vertAlign w:val="superscript"/>'


@pytest.mark.parametrize(
    ("before", "raised", "after", "shown", "notes"),
    [
        ("The mission counts 85", "1", " observers.", "The mission counts 85 observers.", ["1"]),
        ("By 2023", "3", " it grew.", "By 2023 it grew.", ["3"]),
        ("A zone of 120 km", "2", " is open.", "A zone of 120 km² is open.", []),
        ("About 10", "6", " fish.", "About 10⁶ fish.", []),
        ("On the 1", "st", " day.", "On the 1st day.", []),
        ("The fund", "*", " grew.", "The fund grew.", ["*"]),
    ],
)
def test_raised_signs_are_note_marks_or_stay_apart(
    before: str, raised: str, after: str, shown: str, notes: list[str]
) -> None:
    data = with_body(paragraph(run(before), run(raised, RAISED), run(after)))
    assert blocks(data) == [shown]
    assert noted(data, DeviationName.NOTE) == notes


def test_a_mark_in_several_runs_is_one_mark() -> None:
    marks = [run("1", RAISED), run(", ", RAISED), run("2", RAISED)]
    data = with_body(paragraph(run("It counts 85"), *marks, run(" observers.")))
    assert blocks(data) == ["It counts 85 observers."]
    assert noted(data, DeviationName.NOTE) == ["1, 2"]


@pytest.mark.parametrize("properties", ["<w:strike/>", '<w:dstrike w:val="1"/>'])
def test_struck_out_text_is_left_out(properties: str) -> None:
    data = with_body(paragraph(run("The quota is "), run("500", properties), run(" 700 visas.")))
    assert blocks(data) == ["The quota is 700 visas."]
    assert noted(data, DeviationName.STRUCK_OUT_TEXT) == ["500"]
    off = with_body(paragraph(run("The quota is "), run("500", '<w:strike w:val="0"/>')))
    assert blocks(off) == ["The quota is 500"]


def test_hidden_and_deleted_text_is_noted() -> None:
    deleted = "<w:del w:id='1'><w:r><w:delText>never </w:delText></w:r></w:del>"
    data = with_body(
        paragraph(run("We "), deleted, run("will "), run("DRAFT ", "<w:vanish/>"), run("go."))
    )
    assert blocks(data) == ["We will go."]
    assert noted(data, DeviationName.DELETED_TEXT) == ["never"]
    assert noted(data, DeviationName.HIDDEN_TEXT) == ["DRAFT"]


def test_a_deleted_paragraph_mark_makes_one_paragraph_of_two() -> None:
    mark = "<w:rPr><w:del w:id='3'/></w:rPr>"
    data = with_body(
        paragraph(run("The conditions are not met, and we will "), properties=mark)
        + paragraph(run("review them."))
        + paragraph(run("Last "), properties=mark)
        + paragraph(run("words."))
    )
    assert blocks(data) == ["The conditions are not met, and we will review them.", "Last words."]


@pytest.mark.parametrize(
    ("font", "code", "shown"),
    [
        ("Symbol", "F0B3", "≥"),
        ("Symbol", "B3", "≥"),
        ("Symbol", "F061", "α"),
        ("Symbol", "F0E5", "∑"),
        ("Wingdings", "F0FE", "☑"),
        ("Arial", "00A7", "§"),
        ("Webdings", "F021", "�"),
        ("Symbol", "zz", "�"),
        ("", "110000", "�"),
        ("", "D800", "�"),
    ],
)
def test_signs_are_mapped_or_marked(font: str, code: str, shown: str) -> None:
    sign = f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>'
    data = with_body(paragraph(run("The levy is 4 "), sign, run(" 3 units.")))
    assert blocks(data) == [f"The levy is 4 {shown} 3 units."]
    assert bool(noted(data, DeviationName.SYMBOL)) == (shown == "�")


@given(st.integers(0, 0x110000), st.sampled_from(["Symbol", "Wingdings", "Arial", ""]))
def test_any_code_of_any_font_gives_one_printable_character_or_none(code: int, font: str) -> None:
    sign = sign_of(font, code)
    assert sign is None or (len(sign) == 1 and sign.isprintable())


def level(number: int, form: str, text: str, start: int = 1, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{number}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


NUMBERING = (
    f'<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="0">'
    + level(0, "decimal", "%1.")
    + level(1, "lowerLetter", "(%2)")
    + level(2, "lowerRoman", "%1.%2.%3")
    + level(3, "bullet", "·")
    + '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">'
    '<w:startOverride w:val="7"/></w:lvlOverride></w:num></w:numbering>'
)


def numbered(text: str, deep: int = 0, name: int = 1) -> str:
    place = f'<w:numPr><w:ilvl w:val="{deep}"/><w:numId w:val="{name}"/></w:numPr>'
    return paragraph(run(text), properties=place)


def with_numbering(body: str) -> bytes:
    return changed(with_body(body), {"word/numbering.xml": lambda _: NUMBERING})


def test_each_numbered_paragraph_is_a_paragraph_with_its_number() -> None:
    data = with_numbering(
        numbered("We met.")
        + numbered("We agreed:")
        + numbered("on peace;", 1)
        + numbered("on trade;", 1)
        + numbered("on fish.", 2)
        + paragraph(run("In between."))
        + numbered("We part.")
        + numbered("Once more:", 1)
        + numbered("A point.", 3)
        + numbered("Anew.", 0, 2)
        + numbered("And on.", 0, 2)
    )
    assert blocks(data) == [
        "1. We met.",
        "2. We agreed:",
        "(a) on peace;",
        "(b) on trade;",
        "2.b.i on fish.",
        "In between.",
        "3. We part.",
        "(a) Once more:",
        "      - A point.",
        "7. Anew.",
        "8. And on.",
    ]


@pytest.mark.parametrize(
    ("form", "count", "shown"),
    [
        ("decimal", 12, "12"),
        ("decimalZero", 3, "03"),
        ("upperRoman", 4, "IV"),
        ("upperLetter", 2, "B"),
        ("lowerLetter", 28, "bb"),
        ("ordinal", 3, "3"),
    ],
)
def test_numbers_have_the_form_of_their_list(form: str, count: int, shown: str) -> None:
    xml = (
        f'<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="0">'
        f"{level(0, form, '%1', start=count)}</w:abstractNum>"
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    assert WordNumbering(etree.fromstring(xml)).next("1", 0) == shown


def test_a_list_that_is_nowhere_defined_has_no_numbers() -> None:
    assert WordNumbering(None).next("1", 0) == ""
    assert WordNumbering(etree.fromstring(NUMBERING)).next("9", 0) == ""
    assert WordNumbering(etree.fromstring(NUMBERING)).next("1", 8) == ""


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=15))
def test_levels_count_from_one_under_each_number_above(points: list[tuple[int, bool]]) -> None:
    numbering = WordNumbering(etree.fromstring(NUMBERING))
    counts = [0, 0, 0]
    for deep, _ in points:
        counts[deep] += 1
        counts[deep + 1 :] = [0] * (2 - deep)
        shown = numbering.next("1", deep)
        if deep == 0:
            assert shown == f"{counts[0]}."
        elif deep == 1:
            assert shown == f"({chr(96 + counts[1])})"


def test_lines_of_headers_and_footers_are_noted() -> None:
    import docx
    from wordfiles import saved

    def build(document: "docx.document.Document") -> None:
        document.add_paragraph("The text.")
        document.sections[0].header.paragraphs[0].text = "Press release"
        document.sections[0].footer.paragraphs[0].text = "Page 1 of 2"

    data = saved(build)
    assert blocks(data) == ["The text."]
    assert noted(data, DeviationName.RUNNING_HEAD) == ["Press release"]
    assert noted(data, DeviationName.FOOT_LINE) == ["Page 1 of 2"]
