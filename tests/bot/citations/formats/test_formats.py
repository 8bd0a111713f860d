"""A quote that was copied in a format is verified by what was copied."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import awkward_texts

from bot.citations.citation import Citation, cite
from bot.citations.citationparser import read_citations
from bot.citations.copiedcitation import copied_citation
from bot.citations.formats.formats import FORMATS
from bot.errors import MalformedCitation
from bot.verification.verification import Verdict, verify
from corpus import Corpus, Document, Span, document_from_text
from corpus.pages import PageStart

NAMES = tuple(FORMATS)
URL = "https://www.canada.ca/joint.html?a=1&copy=2"
TEXT = (
    "The Ministers met in Marrakesh – and “agreed”: 50 % of_it is *done* {here}.\n\n"
    "They said:\n- one thing; and\n- 2. another <thing> & more.\n\n"
    "The last paragraph -- of ``three'' -- ends here, at C:\\path, ~5 #9 $3 ^2 |x|."
)


def document(text: str = TEXT, **more: Any) -> Document:
    facts = {
        "document_id": "2022-05-12-coalition",
        "title": "Joint Statement by “Ministers”",
        "publisher": "Global Affairs, Canada",
        "published": date(2022, 5, 12),
        "url": URL,
        **more,
    }
    return document_from_text(text, **facts)


def copies(of: Document, name: str) -> list[tuple[Citation, str]]:
    return [
        (citation, FORMATS[name](citation, p.text))
        for p in of.quotable
        for citation in [cite(of, p)]
    ]


def verdicts(of: Document, text: str) -> list[tuple[Verdict, tuple[str, ...]]]:
    found = [verify(each, Corpus((of,)), lambda _: None) for each in read_citations(text)]
    return [(each.verdict, tuple(m.field for m in each.mismatches)) for each in found]


@pytest.mark.parametrize("name", NAMES)
def test_a_copied_quote_carries_its_words_and_verifies_as_intact(name: str) -> None:
    source = document()
    assert len(source.passages) >= 3
    for citation, copied in copies(source, name):
        (cited,) = read_citations(copied)
        assert cited.reference == citation.reference
        assert cited.quote is not None
        assert cited.quote.split() == Span(citation.start, citation.end).of(source.text).split()
        assert verdicts(source, copied) == [(Verdict.INTACT, ())]


@pytest.mark.parametrize("name", NAMES)
def test_quotes_that_were_copied_one_below_the_other_verify_together(name: str) -> None:
    source = document()
    copied = [each for _, each in copies(source, name)]
    if name == "csl":
        text = "\n".join(each.replace("\n", " ") for each in copied)
    else:
        text = "\r\n\r\n".join(each.replace("\n", "\r\n") for each in copied)
    assert verdicts(source, text) == [(Verdict.INTACT, ())] * len(copied)


@pytest.mark.parametrize("name", NAMES)
def test_changed_words_of_a_copied_quote_are_misquoted(name: str) -> None:
    source = document()
    for _, copied in copies(source, name):
        for word, other in (
            ("Ministers met", "Mayors met"),
            ("thing; and", "item; and"),
            ("last", "very last"),
        ):
            if word in copied:
                assert verdicts(source, copied.replace(word, other)) == [
                    (Verdict.MISQUOTED, ("quote",))
                ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "other",
    [
        {"title": "Joint Statement by “Mayors”"},
        {"publisher": "Global Affairs"},
        {"publisher": None},
        {"published": date(2022, 6, 13)},
        {"published": None},
    ],
)
def test_another_title_publisher_or_day_in_the_copy_is_described_otherwise(
    name: str, other: dict[str, Any]
) -> None:
    source, told = document(), document(**other)
    (_, copied), *_ = copies(told, name)
    structured = name in {"bibtex", "ris", "csl"}
    found = verdicts(source, copied)
    if structured and None in other.values() and found == [(Verdict.INTACT, ())]:
        return  # an entry without the field says nothing about it
    ((verdict, fields),) = found
    assert verdict is Verdict.DESCRIBED_OTHERWISE
    assert fields


@pytest.mark.parametrize("name", NAMES)
def test_pages_of_a_pdf_are_in_the_copy_and_are_compared(name: str) -> None:
    text = "The first page has words.\n\nThe second page has more."
    starts = (PageStart(0, 3), PageStart(27, 4))
    paged = Document(**{**vars_of(document(text, url="https://un.org/a.pdf")), "pages": starts})
    for citation, copied in copies(paged, name):
        assert citation.page in {3, 4}
        assert verdicts(paged, copied) == [(Verdict.INTACT, ())]
    elsewhere = Document(**{**vars_of(paged), "pages": (PageStart(0, 8), PageStart(27, 9))})
    (_, copied), *_ = copies(elsewhere, name)
    ((verdict, _),) = verdicts(paged, copied)
    assert verdict in {Verdict.MISQUOTED, Verdict.DESCRIBED_OTHERWISE}


def vars_of(of: Document) -> dict[str, Any]:
    return {name: getattr(of, name) for name in of.__dataclass_fields__}


@pytest.mark.parametrize("name", NAMES)
def test_a_document_without_facts_is_cited_without_them(name: str) -> None:
    bare = document(publisher=None, published=None, url=None)
    for _, copied in copies(bare, name):
        assert "None" not in copied
        assert verdicts(bare, copied) == [(Verdict.INTACT, ())]


@pytest.mark.parametrize("name", NAMES)
def test_right_to_left_titles_and_quotes_verify(name: str) -> None:
    hebrew = document(
        "שלום לכולם, אמר השר.\n\nمرحبا بالعالم \u202eabc 2022.",
        title="הצהרה \u202etitle",
        publisher="وزارة الخارجية",
    )
    for _, copied in copies(hebrew, name):
        assert verdicts(hebrew, copied) == [(Verdict.INTACT, ())]


names = st.one_of(
    awkward_texts,
    st.text(alphabet="“”’'\"()[]{}<>&\\`*_~^%$#@|-,.;:! ab\n", min_size=1, max_size=40),
)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=150, deadline=None)
@given(
    title=names.filter(str.strip),
    publisher=names.filter(str.strip) | st.none(),
    published=st.dates() | st.none(),
    text=st.lists(names, min_size=1, max_size=4).map("\n\n".join),
    url=st.sampled_from(
        [None, URL, "https://un.org/a_(b)%20[c]*d*", "http://x.org/é?q='&lt;#p", "javascript:x()"]
    ),
)
def test_any_title_publisher_and_quote_survive(
    name: str,
    title: str,
    publisher: str | None,
    published: date | None,
    text: str,
    url: str | None,
) -> None:
    source = document(text, title=title, publisher=publisher, published=published, url=url)
    for citation, copied in copies(source, name):
        (cited,) = read_citations(copied)
        assert cited.quote is not None
        assert cited.quote.split() == Span(citation.start, citation.end).of(source.text).split()
        assert verdicts(source, copied) == [(Verdict.INTACT, ())], copied


@settings(max_examples=150, deadline=None)
@given(title=names.filter(str.strip), publisher=names.filter(str.strip) | st.none())
def test_the_line_that_a_button_copies_verifies(title: str, publisher: str | None) -> None:
    source = document(title=title, publisher=publisher)
    lines = [copied_citation(cite(source, passage)) for passage in source.quotable]
    assert verdicts(source, "\n".join(lines)) == [(Verdict.INTACT, ())] * len(lines)
    assert all(fields for _, fields in verdicts(source, "\n".join(f"X{each}" for each in lines)))


@pytest.mark.parametrize("name", NAMES)
def test_words_beside_a_copied_quote_are_not_passed_over(name: str) -> None:
    source = document()
    for _, copied in copies(source, name):
        for text in (f"{copied}\n\nThe Ministers lied.", f"{copied}\n\nx\n\n{copied}"):
            with pytest.raises(MalformedCitation):
                read_citations(text)
