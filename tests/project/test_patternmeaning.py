"""Patterns that were written anew, so that they are linear, match what they matched before."""

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.answering.smalltalk import _CAPITALISED_WORDS
from bot.verification.wordsearch import word_places
from corpus.documents import paragraphs
from corpus.extraction import kinds
from corpus.extraction.pdf import pdfparagraphs, pdftext
from corpus.extraction.pdf.margins import pdfnotes
from corpus.extraction.text import hyphenation, raisedsigns
from corpus.extraction.web import pagemetadata, webpage
from corpus.frontmatter import lookalikes

EXAMPLES = 300


def texts(*pieces: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=12).map("".join)


def same(old: str, new: re.Pattern[str], text: str, method: str = "search", flags: int = 0) -> bool:
    """True if both match the same; groups without a name do not count."""
    one = getattr(re.compile(old, flags), method)(text)
    other = getattr(new, method)(text)
    if one is None or other is None:
        return one is other
    return bool(one.span() == other.span() and one.groupdict() == other.groupdict())


@settings(max_examples=EXAMPLES)
@given(texts("A", "b", "Bc", "-", " ", ". ", "C ", "é", "United Nations "))
def test_names_of_several_words(text: str) -> None:
    old = re.compile(r"[A-Z][\w-]+(?: [A-Z][\w-]+)+").findall(text)
    assert old == [found for found in _CAPITALISED_WORDS.findall(text) if " " in found]


@settings(max_examples=EXAMPLES)
@given(texts("a", "é", "1", "_", "-", " ", "\n"))
def test_the_last_part_of_a_word(text: str) -> None:
    assert same(r"[^\W\d_]+$", hyphenation._LAST_PART, text)


@settings(max_examples=EXAMPLES)
@given(texts("1", "23", " ", ",", ";", "–", "-", "*"))
def test_several_signs_of_notes(text: str) -> None:
    text = text.strip()
    assert re.split(r"\s*[,;–-]\s*", text)[0] == pdfnotes._PARTED.split(text)[0].rstrip()


@settings(max_examples=EXAMPLES)
@given(texts(".", ". ", "…", " ", "1", "x", "a", "....", "\n"))
def test_leaders_of_a_table_of_contents(text: str) -> None:
    old = re.search(r"(?:\.\s?|…){4,}\s*[\divx]*$", text)
    assert (old is None) == (pdfparagraphs.LEADER.search(text) is None)


@settings(max_examples=EXAMPLES)
@given(texts("_", "a", " ", ".", "pdf", "untitled", "\n"))
def test_file_names_in_the_place_of_titles(text: str) -> None:
    old = r"\S+\.\w{2,4}|\S*_\S*|untitled.*|document\d*|title|slide \d+"
    assert same(old, pdftext._FILE_NAME, text, "fullmatch", re.I)


@settings(max_examples=EXAMPLES)
@given(texts("1", "23", ".", ",", " ", "a", "\n"))
def test_the_number_at_the_end(text: str) -> None:
    old, new = re.search(r"(?P<number>\d[\d.,]*)$", text), raisedsigns._NUMBER.search(text)
    assert (old and old.span("number")) == (new and new.span("number"))


@settings(max_examples=EXAMPLES)
@given(texts("charset", "=", " ", "\t", '"', "'", "utf-8", ";", "x"))
def test_the_charset_of_a_media_type(text: str) -> None:
    old = re.search(r"charset\s*=\s*[\"']?\s*([\w:.-]+)", text, re.I)
    new = webpage._CHARSET.search(text)
    assert (old and old[1]) == (new and new[1])


@pytest.mark.parametrize("name", ["_META_CHARSET", "_XML_ENCODING"])
@settings(max_examples=EXAMPLES)
@given(texts("<meta ", "<?xml ", "charset", "encoding", "=", " ", '"', "utf-8", ">", "x", "'"))
def test_the_charset_that_a_page_declares(name: str, text: str) -> None:
    old = {
        "_META_CHARSET": rb"<meta[^>]+?charset\s*=\s*[\"']?\s*([\w:.-]+)",
        "_XML_ENCODING": rb"<\?xml[^>]+?encoding\s*=\s*[\"']([\w:.-]+)",
    }[name]
    before, now = re.search(old, text.encode(), re.I), getattr(webpage, name).search(text.encode())
    assert (before and before[1]) == (now and now[1])


def test_letters_that_are_latin_by_their_names() -> None:
    old = re.compile(r"LATIN (?:[A-Z]+ )*LETTER (?:[A-Z]+ )*([A-Z])(?: WITH .*)?")
    for number in range(0x30000):
        name = unicodedata.name(chr(number), "")
        one = old.fullmatch(name)
        other = lookalikes._letter(chr(number))
        if one and number > 0x7F:
            assert other == one[1].lower(), name
        else:
            assert other == chr(number), name


@settings(max_examples=EXAMPLES)
@given(texts("#", "# ", " ", "\t", "a", "é b", "\n", "##", " #"))
def test_headings(text: str) -> None:
    old = r"(?P<marks>#{1,6})[^\S\n]+(?P<words>\S.*?)(?:[^\S\n]+#+)?[^\S\n]*$"
    assert same(old, paragraphs._HEADING, text, "match", re.M)
    assert same(old, paragraphs._HEADING, text, "fullmatch", re.M)


OLD_DATE = paragraphs._DATE.replace(r"(?:\s*+,)?\s++(?P<year_1>", r"\s*,?\s+(?P<year_1>")


@settings(max_examples=3 * EXAMPLES)
@given(
    st.sampled_from(["May 12 2022", "May 12 , 2022", "12er mai 2022", "2022-05-12", ""]),
    texts(" – ", " - ", "–", " ", "Paris", "de la", "G7", ",", "-", "—", "12 mai 2022"),
)
@example("May 12 2022", " – Marrakesh, Morocco - Global Affairs Canada")
def test_datelines(day: str, rest: str) -> None:
    text = (day + rest).strip()
    old = rf"{OLD_DATE}\s*[–—-]\s+(?P<place>[^–—]+?)(?:\s+[–—-]\s*(?P<publisher>\S.*))?$"
    found = re.compile(old, re.I).fullmatch(text)
    if found and not found["place"].strip():
        return  # a place of nothing but white space is no place now
    assert OLD_DATE != paragraphs._DATE
    assert same(old, paragraphs._DATELINE, text, "fullmatch", re.I)


@settings(max_examples=EXAMPLES)
@given(texts("<!--", "-->", "<?xml", "?>", " ", "<html>", "<svg ", "<!doctype svg", ">"))
def test_what_begins_as_a_page_begins_as_one_still(text: str) -> None:
    """A comment that ends once is all that changed: another end mark after it is text."""
    before = r"(?:<!--(?:(?!-->).)*-->|<\?xml(?:(?!\?>).)*\?>|\s)*<(?:!doctype\s+html|html|head|body)[\s>]"
    old = re.compile(before.encode(), re.S).match(text.encode())
    new = kinds._HTML.match(text.encode())
    assert (old and old.span()) == (new and new.span())


TITLES = texts("Title", "Site", " | ", ": ", " - ", "»", "::", " ", "x", "/ ", " :: ", " » ")


def cleaned(text: str) -> str:
    return " ".join(text.split())


@settings(max_examples=3 * EXAMPLES)
@given(TITLES.map(cleaned), texts("Title", " ", "Site").map(cleaned).filter(bool))
def test_a_heading_within_a_title(title: str, heading: str) -> None:
    parting = r"\s*(?:\s[|·•–—/-]|::?|»)\s+"
    old = re.search(rf"(?:^|{parting}){re.escape(heading)}(?:{parting}|$)", title)
    assert (old is not None) == pagemetadata._is_a_part(heading, title)


@settings(max_examples=3 * EXAMPLES)
@given(TITLES.map(cleaned), texts("Title", " ", "Site", "-").map(cleaned).filter(bool))
def test_a_title_without_its_publisher(title: str, publisher: str) -> None:
    old = re.sub(rf"\s*[|·•–—:-]+\s*{re.escape(publisher)}\s*$", "", title)
    assert old == pagemetadata._without_end(title, publisher)


def old_places(words: list[str], text: str) -> list[tuple[int, int]]:
    before = r"(?<!\w)" if re.match(r"\w", words[0]) else ""
    after = r"(?!\w)" if re.search(r"\w$", words[-1]) else ""
    same_words = r"\s+".join(map(re.escape, words))
    return [m.span(1) for m in re.finditer(f"(?={before}({same_words}){after})", text)]


@settings(max_examples=5 * EXAMPLES)
@given(
    texts("a", "b", "a ", " ", "\n", "(", "a b", "é", ")", "-", "_", "--"),
    texts("a", "b", "a ", " ", "(", ")", "-", "a a").map(str.split).filter(bool),
)
def test_places_of_words(text: str, words: list[str]) -> None:
    assert [(s.start, s.end) for s in word_places(words, text)] == old_places(words, text)
