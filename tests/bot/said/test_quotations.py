"""A message that quotes or claims something is told from a question."""

import time

import pytest

from bot.said.quotations import SaidWords, as_quotation, asked_about, is_plain_claim


@pytest.mark.parametrize(
    ("message", "words", "certain"),
    [
        (
            "“must be upheld under all circumstances”",
            "must be upheld under all circumstances",
            True,
        ),
        ('"must be upheld".', "must be upheld", True),
        ("« nous ne négocierons jamais »", "nous ne négocierons jamais", True),
        ("'we will never negotiate'", "we will never negotiate", True),
        ("Did they really say “mission accomplished”?", "mission accomplished", True),
        ("ont-ils dit « mission accomplie » ?", "mission accomplie", True),
        ("“Marrakesh”", "Marrakesh", False),
        (
            "What follows “a growing threat to the South” there?",
            "a growing threat to the South",
            False,
        ),
        ("the Coalition has 86 members", "the Coalition has 86 members", False),
        ("Japan agreed to invest $850 billion.", "Japan agreed to invest $850 billion.", False),
    ],
)
def test_quotations_and_claims_are_asked_about(message: str, words: str, certain: bool) -> None:
    assert asked_about(message) == SaidWords(words, certain)


@pytest.mark.parametrize(
    "message",
    [
        "How many members does the Coalition have?",
        "the Coalition has how many members?",
        "Who signed “the Charter”?",
        "What is “Daesh”?",
        "is the Coalition growing",
        "climate finance for small island states",
        "summarise the statement",
        "Where's the “Defeat Daesh” group from?",
        "“”",
        "",
    ],
)
def test_questions_stay_questions(message: str) -> None:
    assert asked_about(message) is None


@pytest.mark.parametrize("text", ["He said “we” and «they».", "two words", "“quoted already”"])
def test_a_text_can_be_put_in_quotation_marks(text: str) -> None:
    found = asked_about(as_quotation(text))
    assert found is not None
    assert found.certain
    assert found.words.replace("»", "").replace("«", "") == text.replace("»", "").replace("«", "")


@pytest.mark.parametrize("mark", ["„", "“", "«", '"', "„”"])
def test_marks_without_an_end_take_no_time(mark: str) -> None:
    started = time.perf_counter()
    asked_about(mark * 50_000 + "“")
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("message", "is_claim"),
    [
        ("The ministers have met.", True),
        ("40 ministers have met in Rome", True),
        ("ministers have met in Rome", False),
        ("How many ministers have met?", False),
        ("40 ministers in Rome", False),
    ],
)
def test_a_plain_claim_begins_like_a_sentence(message: str, is_claim: bool) -> None:
    assert is_plain_claim(message) is is_claim
