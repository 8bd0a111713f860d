"""Word files with numbers by style, formulas, deleted rows, fields and notes of other forms."""

import io
import zipfile

import pytest

from corpus.extraction.extract import DeviationName, Extract
from corpus.extraction.office.worddocument import read_word_document

_OFFICE = "http://schemas.openxmlformats.org/"
_SPACES = (
    f'xmlns:w="{_OFFICE}wordprocessingml/2006/main" '
    f'xmlns:r="{_OFFICE}officeDocument/2006/relationships" '
    f'xmlns:mc="{_OFFICE}markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml" '
    f'xmlns:m="{_OFFICE}officeDocument/2006/math"'
)
_TYPES = f"{_OFFICE}package/2006/content-types"
_RELATIONS = f"{_OFFICE}package/2006/relationships"
_PART = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def read(body: str, **parts: str) -> Extract:
    """The Extract of a file with a body, and with the contents of other parts by their names."""
    roots = {"numbering": "numbering", "styles": "styles", "footnotes": "footnotes"}
    roots["comments"] = "comments"
    files = {"document": f"<w:document {_SPACES}><w:body>{body}<w:sectPr/></w:body></w:document>"}
    for name, content in parts.items():
        files[name] = f"<w:{roots[name]} {_SPACES}>{content}</w:{roots[name]}>"
    types = "".join(
        f'<Override PartName="/word/{name}.xml" '
        f'ContentType="{_PART}.{"document.main" if name == "document" else name}+xml"/>'
        for name in files
    )
    relations = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}officeDocument/2006/relationships/{name}" '
        f'Target="{name}.xml"/>'
        for name in parts
    )
    package = (
        f'<Relationship Id="r" Type="{_OFFICE}officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/>'
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"word/{name}.xml", content)
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType='
            f'"application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>',
        )
        archive.writestr(
            "_rels/.rels", f'<Relationships xmlns="{_RELATIONS}">{package}</Relationships>'
        )
        archive.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="{_RELATIONS}">{relations}</Relationships>',
        )
    return read_word_document(stream.getvalue())


def run(text: str, properties: str = "") -> str:
    own = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{own}<w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs: str, properties: str = "") -> str:
    own = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f"<w:p>{own}{''.join(runs)}</w:p>"


def numbering(*levels: tuple[str, str, str]) -> str:
    """A list whose levels have a form, a text and more."""
    inner = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for n, (form, text, more) in enumerate(levels)
    )
    return (
        f'<w:abstractNum w:abstractNumId="0">{inner}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )


IN_LIST = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'


def told(extract: Extract) -> list[tuple[DeviationName, str]]:
    return [(each.name, each.text) for each in extract.deviations]


def test_the_level_of_a_numbered_style_is_the_one_that_names_the_style() -> None:
    style = (
        '<w:style w:type="paragraph" w:styleId="N{0}"><w:name w:val="N{0}"/><w:pPr><w:numPr>'
        '<w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    found = read(
        "".join(
            paragraph(run(text), properties=f'<w:pStyle w:val="N{level}"/>')
            for text, level in (("One.", 1), ("Two.", 2), ("Three.", 2), ("Four.", 1))
        ),
        numbering=numbering(
            ("decimal", "%1.", '<w:pStyle w:val="N1"/>'),
            ("decimal", "%1.%2", '<w:pStyle w:val="N2"/>'),
        ),
        styles=style.format(1) + style.format(2),
    )
    assert found.text == "1. One.\n\n1.1 Two.\n\n1.2 Three.\n\n2. Four.\n"


@pytest.mark.parametrize(
    ("form", "numbers"),
    [
        ("russianLower", ["а", "б", "в", "г"]),
        ("numberInDash", ["- 1 -", "- 2 -", "- 3 -", "- 4 -"]),
    ],
)
def test_numbers_have_the_form_that_word_shows(form: str, numbers: list[str]) -> None:
    found = read(
        "".join(paragraph(run("Point here."), properties=IN_LIST) for _ in numbers),
        numbering=numbering((form, "%1)", "")),
    )
    assert found.text == "\n\n".join(f"{number}) Point here." for number in numbers) + "\n"


def test_an_empty_numbered_cell_has_its_number() -> None:
    row = "<w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr>"
    body = "".join(
        row.format(paragraph(properties=IN_LIST), paragraph(run(text))) for text in ("alpha", "be")
    )
    found = read(f"<w:tbl>{body}</w:tbl>", numbering=numbering(("decimal", "%1.", "")))
    assert found.text == "1. | alpha\n2. | be\n"


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ('<w:trPr><w:del w:id="3"/></w:trPr>', DeviationName.DELETED_TEXT),
        ("<w:trPr><w:hidden/></w:trPr>", DeviationName.HIDDEN_TEXT),
    ],
)
def test_a_row_that_is_deleted_or_hidden_is_left_out_and_told(
    properties: str, name: DeviationName
) -> None:
    row = "<w:tr>{}<w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr>"
    kept = row.format("", paragraph(run("Northland")), paragraph(run("12")))
    gone = row.format(properties, paragraph(run("Gone")), paragraph(run("13")))
    found = read(f"<w:tbl>{kept}{gone}</w:tbl>")
    assert found.text == "Northland | 12\n"
    assert told(found) == [(name, "Gone 13")]


def test_a_deleted_cell_is_left_out_and_told() -> None:
    cells = (
        f"<w:tc>{paragraph(run('Northland'))}</w:tc>"
        f'<w:tc><w:tcPr><w:cellDel w:id="2"/></w:tcPr>{paragraph(run("Gone"))}</w:tc>'
        f"<w:tc>{paragraph(run('12'))}</w:tc>"
    )
    found = read(f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>")
    assert found.text == "Northland | 12\n"
    assert told(found) == [(DeviationName.DELETED_TEXT, "Gone")]


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("<m:sSup><m:e>{10}</m:e><m:sup>{6}</m:sup></m:sSup>", "10⁶"),
        ("<m:f><m:num>{1}</m:num><m:den>{2}</m:den></m:f>", "1/2"),
        ("<m:sSub><m:e>{x}</m:e><m:sub>{1}</m:sub></m:sSub>", "x₁"),
        ("<m:rad><m:deg/><m:e>{x}</m:e></m:rad>", "√x"),
        ("<m:sSup><m:e>{x}</m:e><m:sup>{ab}</m:sup></m:sSup>", "x^ab"),
    ],
)
def test_parts_of_a_formula_stay_apart(formula: str, shown: str) -> None:
    for text in ("10", "6", "1", "2", "x", "ab"):
        formula = formula.replace(f"{{{text}}}", f"<m:r><m:t>{text}</m:t></m:r>")
    found = read(paragraph(run("Some "), f"<m:oMath>{formula}</m:oMath>", run(" fish swim.")))
    assert found.text == f"Some {shown} fish swim.\n"


@pytest.mark.parametrize(
    ("raised", "shown"),
    [
        (run("6", '<w:position w:val="6"/><w:sz w:val="14"/>'), "10⁶ fish."),
        (run("6", '<w:position w:val="-6"/>'), "106 fish."),
        (run("2", '<w:vertAlign w:val="subscript"/>'), "10₂ fish."),
    ],
)
def test_text_that_is_set_higher_is_raised(raised: str, shown: str) -> None:
    assert read(paragraph(run("Some 10"), raised, run(" fish."))).text == f"Some {shown}\n"


def test_a_note_mark_of_ones_own_leaves_with_its_reference() -> None:
    found = read(
        paragraph(
            run("85"),
            '<w:r><w:footnoteReference w:id="2" w:customMarkFollows="1"/><w:t>*</w:t></w:r>',
            run(" members came¹ at once."),
        ),
        footnotes=f'<w:footnote w:id="2">{paragraph(run("In all."))}</w:footnote>',
    )
    assert found.text == "85 members came at once.\n\n[1] In all.\n"
    assert [name for name, _ in told(found)] == [DeviationName.NOTE] * 2


def test_the_instruction_of_a_field_is_no_text_even_where_it_is_typed_as_such() -> None:
    def part(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    found = read(
        paragraph(
            run("See "),
            part("begin"),
            run("IF "),
            *(part("begin"), run("QUOTE"), part("separate"), run("B"), part("end")),
            *(part("separate"), run("paragraph 12"), part("end")),
            run(" now."),
        )
    )
    assert found.text == "See paragraph 12 now.\n"


def test_a_field_that_never_ends_takes_no_words() -> None:
    begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    assert read(paragraph(begin, run("All words here stay."))).text == "All words here stay.\n"


@pytest.mark.parametrize("form", ["Choice", "Fallback"])
def test_content_in_alternative_forms_is_read_once(form: str) -> None:
    both = f"<mc:Choice Requires='w14'>{paragraph(run('Words of the block.'))}</mc:Choice>"
    both += f"<mc:Fallback>{paragraph(run('Words of old.'))}</mc:Fallback>"
    one = f"<mc:{form}>{paragraph(run('Words of the block.'))}</mc:{form}>"
    inner = both if form == "Choice" else one
    found = read(f"<mc:AlternateContent>{inner}</mc:AlternateContent>" + paragraph(run("End.")))
    assert found.text == "Words of the block.\n\nEnd.\n"


def test_comments_and_embedded_documents_are_told() -> None:
    found = read(
        '<w:altChunk r:id="q"/>'
        + paragraph(run("All agreed"), '<w:r><w:commentReference w:id="0"/></w:r>', run(".")),
        comments=f'<w:comment w:id="0">{paragraph(run("Check this"))}</w:comment>',
    )
    assert found.text == "All agreed.\n"
    assert (DeviationName.ASIDE, "Check this") in told(found)
    assert (DeviationName.PAGE_TEXT, "an embedded document") in told(found)


def test_a_sign_of_an_unknown_font_is_marked_and_told() -> None:
    found = read(paragraph(run("The \uf062 sign stands.")))
    assert found.text == "The \ufffd sign stands.\n"
    assert told(found) == [(DeviationName.SYMBOL, "F062")]
