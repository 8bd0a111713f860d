"""What a reader is given, and what every reader gives."""

from datetime import date

from fakereader import WordReader

from corpus import Span, document_from_text
from embeddings import PassageText, Reader, date_text, passage_text


def test_a_passage_is_read_with_its_title_its_date_and_its_own_sentences() -> None:
    document = document_from_text(
        "First one. Second one.\n\nThird one. Fourth one.", document_id="a", title="T"
    )
    passage = document.passages[1]
    read = passage_text(passage, title=document.title, published=date(2022, 3, 3))
    assert (read.title, read.date, read.text) == ("T", "3 March 2022", "Third one. Fourth one.")
    assert [span.of(read.text) for span in read.sentences] == ["Third one.", "Fourth one."]
    assert date_text(None) == ""


def test_a_reading_has_a_number_for_each_sentence_and_an_answer_in_the_passage() -> None:
    reader: Reader = WordReader()
    passage = PassageText("Aid", "3 March 2022", "They met. 82 came.", (Span(0, 9), Span(10, 18)))
    (found,) = reader.read("How many came in 2022?", (), [passage])
    assert found.sentence_scores == (0, 1 / 5)
    assert found.answer is not None
    assert found.answer.of(passage.text) == "82"
    assert found.logit == 0
    assert reader.read("Who?", ("Where?",), []) == []
