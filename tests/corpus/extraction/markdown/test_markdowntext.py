"""Markdown is rendered once into the stored text and the notes of omissions."""

import random
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from renderedchecks import (
    MARKUP,
    emphasised_paragraphs,
    first_word_out_of_order,
    lies_within_passages,
    lost_words,
)

from corpus import Snapshots, document_from_bytes, document_from_text, normalise
from corpus.directory.corpusdirectory import CorpusDirectory
from corpus.extraction.extract import DeviationName, Extract
from corpus.extraction.extractor import Extractor
from corpus.extraction.markdown.markdowntext import rendered
from corpus.frontmatter.frontmatter import split_front_matter

STATEMENTS = Path(__file__).parents[5] / "shared" / "eval" / "official-statements-us" / "md"
MANY = 60
DIGEST = "0" * 64


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("***<u>The Lake</u>***\n\nWe met.", "## The Lake\n\nWe met."),
        ("**Who came:**\n\nWe met.", "## Who came:\n\nWe met."),
        ("**We met in Rabat.**", "We met in Rabat."),
        ("*The ministers of both states said the following on Monday:*", None),
        ("**1.** We met.\n\n12\\. We left.", "1. We met.\n\n12. We left."),
        ("3. one\n4. two", "3. one\n4. two"),
        ('We [met](https://a.example/ "T") <u>there</u>.', "We met there."),
        ("See [this](https://a.example/x(y) now.", "See this now."),
        ("10<sup>6</sup> people of 85<sup>1</sup> states", "10⁶ people of 85 states"),
        ("on the 31<sup>st </sup>and later", "on the 31st and later"),
        ("**Response:\u00a0**It is; the forum*.* Then.", "Response:\u00a0It is; the forum. Then."),
        ("members\\* and 4 * 5 &amp; R&D; 10^6", "members* and 4 * 5 & R&D; 10^6"),
        ("one\ntwo  \nthree<br>four", "one two\nthree\nfour"),
        ("We met[^1].\n\n[^1]: In *Rabat*.\n\nWe left.", "We met.\n\nWe left.\n\n[1] In Rabat."),
        ("|a|b|\n|-|-|\n|1|2|3|", "a | b\n1 | 2"),
        ("We met.\nIt was long.\n---\nWe left.", "We met. It was long.\n\nWe left."),
        ("\\# 1 of all", "# 1 of all"),
    ],
)
def test_what_is_stored_is_what_a_reader_of_the_page_sees(markdown: str, text: str | None) -> None:
    shown, _ = rendered(markdown)
    assert shown.rstrip("\n") == (text or markdown.strip("*"))


def test_what_leaves_the_text_is_noted() -> None:
    source = (
        'A [b](https://c.example "d") ![e](f.png) ~~g~~ h[^1] <!-- i -->\n\n'
        "[j]: https://k.example\n\n<script>l</script>\n\n[^1]: m"
    )
    shown, left_out = rendered(source)
    assert shown.split("\n")[0].split() == ["A", "b", "h"]
    assert not lost_words(source, shown, left_out)
    names = {each.name for each in left_out}
    assert names == {DeviationName.MARKUP, DeviationName.NOTE, DeviationName.STRUCK_OUT_TEXT}
    assert all(0 <= each.position <= len(shown) for each in left_out)


@pytest.mark.parametrize(
    ("front", "rendered_text"),
    [("", True), ("format: text\n", False), (f"source: a.md\noriginal: {DIGEST}\n", False)],
)
def test_a_file_is_rendered_unless_it_says_that_it_is_stored(
    front: str, rendered_text: bool
) -> None:
    data = f"---\ntitle: T\n{front}---\nWe **met** there.\n".encode()
    text = document_from_bytes(data, "a.md").text
    assert text == ("We met there.\n" if rendered_text else "We **met** there.\n")
    assert document_from_bytes(data, "a.txt").text == "We **met** there.\n"


@given(st.text(max_size=200).filter(lambda text: any(c.isalnum() for c in text)))
def test_a_stored_text_is_read_as_it_was_stored(text: str) -> None:
    stored = normalise(text)
    document = document_from_text(stored, document_id="a", title="T")
    assume(document.passages)  # a number alone is no paragraph, and the file is refused
    data = f"---\ntitle: T\naccess: public\nformat: text\n---\n{stored}".encode()
    read = document_from_bytes(data, "a.md")
    assert read.text == stored
    assert [p.span for p in read.passages] == [p.span for p in document.passages]


@given(st.text(alphabet="ab1 \n*_`#-.[](){}<>!|~^:\\&;\u00a0", max_size=80))
def test_any_text_can_be_rendered_and_no_letter_is_lost(text: str) -> None:
    shown, left_out = rendered(text)
    found = shown + "".join(each.text for each in left_out)
    assert all(found.count(c) >= 1 for c in "b" if c in text and "&" not in text)


@pytest.mark.parametrize("tag", ["<!b", "<?b", "<![CDATA[b", "<!--b", "<div b"])
def test_a_tag_that_nothing_closes_is_noted(tag: str) -> None:
    shown, left_out = rendered(f"We met.\n\n{tag} and left.")
    assert (shown, "".join(each.text for each in left_out)) == ("We met.\n", f"{tag} and left.")


def test_what_was_added_is_never_rendered_again(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    with Extractor() as extractor:
        directory = CorpusDirectory(
            tmp_path / "corpus", snapshots=Snapshots(tmp_path / "snapshots"), extractor=extractor
        )
        source = b"We met \\*there\\*.\n\n12\\. We <u>left</u>.\n"
        extract = extractor.extract(source, name="a.md")
        added = directory.add(extract, content=source, source="a.md")
        assert isinstance(extract, Extract)
        assert "format: text" in added.path.read_text("utf-8")
        read = extractor.document(added.path.read_bytes(), added.path.name)
    assert read.text == added.document.text == "We met *there*.\n\n12. We left.\n"
    assert read.digest == added.document.digest


def test_a_heading_between_blank_lines_of_one_paragraph_is_a_heading() -> None:
    text = "We met here.  \n\u00a0  \n**Our Alliance**  \n\u00a0  \nThe Alliance has grown.\n"
    assert rendered(text)[0] == "We met here.\n\n## Our Alliance\n\nThe Alliance has grown.\n"


@pytest.mark.skipif(not STATEMENTS.is_dir(), reason="the shared statements are not here")
def test_real_statements_have_no_markup_no_heading_and_every_word() -> None:
    paths = random.Random(17).sample(sorted(STATEMENTS.iterdir()), MANY)
    for path in paths:
        document = document_from_bytes(path.read_bytes(), path.name)
        _, body = split_front_matter(path.read_text(encoding="utf-8"), decided=True)
        shown, left_out = rendered(body)
        assert shown == document.text
        passages = {" ".join(passage.text.split()) for passage in document.passages}
        assert not [p.text for p in document.passages if MARKUP.search(p.text)], path
        assert not passages & set(emphasised_paragraphs(body)), path
        assert not lost_words(body, shown, left_out), path
        assert first_word_out_of_order(body, shown) is None, path
        assert lies_within_passages(document.passages[0].text, document)
