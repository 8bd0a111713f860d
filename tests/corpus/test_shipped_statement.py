"""The statement that ships with the project."""

from datetime import date

from corpus import Corpus


def test_the_shipped_statement_has_its_provenance(shipped: Corpus) -> None:
    (document,) = shipped.documents
    assert document.title == "Joint Statement by Ministers of the Global Coalition against Daesh"
    assert document.publisher == "Global Affairs Canada"
    assert document.published == date(2022, 5, 12)
    assert document.place == "Marrakesh, Morocco"
    assert document.language == "en"
    assert document.url is not None
    assert document.url.startswith("https://www.canada.ca/")


def test_exactly_the_eleven_paragraphs_of_the_statement_are_passages(shipped: Corpus) -> None:
    (document,) = shipped.documents
    assert [p.number for p in document.passages] == list(range(1, 12))
    assert document.passages[0].text.startswith("The Ministers of the Global Coalition to Defeat")
    assert document.passages[10].text.endswith("in all its forms and manifestations.")


def test_the_furniture_is_in_the_text_but_not_in_a_passage(shipped: Corpus) -> None:
    (document,) = shipped.documents
    for line in ("w canada.ca/en", "From: Global Affairs Canada", "Contacts"):
        assert line in document.text
        assert not any(line in passage.text for passage in document.passages)
    assert document.dateline is not None
    assert document.dateline.text == "May 12 2022 – Marrakesh, Morocco - Global Affairs Canada"


def test_abbreviations_in_the_statement_do_not_split_its_sentences(shipped: Corpus) -> None:
    (document,) = shipped.documents
    assert len(document.passages[0].sentences) == 1
    assert [len(p.sentences) for p in document.passages] == [1, 2, 2, 5, 2, 4, 5, 3, 2, 1, 4]
