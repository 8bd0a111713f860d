"""Questions about the statements themselves are told from questions to their text."""

import json
from collections.abc import Iterator

import pytest
from evaluationdata import EVALUATION

from bot.plainquestions.context import in_context
from bot.plainquestions.recognition import PlainKind, recognise
from embeddings import Embedder

TRAINING = EVALUATION.parent / "train"
NOT_PLAIN_SHARE = 0.02
"""Of questions to the text, by their words alone: most of these name no statement in the end."""


def kind_of(question: str) -> PlainKind | None:
    found = recognise(question, known=lambda _: False)
    return found.kind if found else None


@pytest.mark.parametrize(
    ("kind", "questions"),
    [
        (
            PlainKind.OUTLINE,
            "whats this statment about|tl;dr|give me the gist|could you please summarise it?"
            "|sumary plz|main points?|what does this statement say|the key takeaways"
            "|I'm in a hurry, just the key points|what topics does the statement cover?"
            "|tell me about the readout of the call with Jamaica|what was the meeting about?"
            "|de quoi parle ce texte ?|Peux-tu résumer la déclaration ?|quels sont les points clés ?",
        ),
        (
            PlainKind.TITLE,
            "title?|whats the name of this document|how is it titled|quel est le titre ?",
        ),
        (
            PlainKind.ISSUER,
            "who put this out|who is the author|by whom was it issued?|whose statement is this?"
            "|which ministry issued this|qui a publié cette déclaration ?",
        ),
        (
            PlainKind.WHEN,
            "when|wen was this publishd|date of publication|how old is this statement|quand ?"
            "|when did the G7 leaders issue their statement on drugs?",
        ),
        (
            PlainKind.WHERE,
            "where|what city is this from|in which country was it issued?|lieu de publication",
        ),
        (
            PlainKind.IDENTITY,
            "which document is this|source?|link please|what am I reading?|quel document est-ce ?",
        ),
        (
            PlainKind.LIST,
            "latest statement|lates statment on china|the most recent on Ukraine?"
            "|list statements about Gaza|which statements mention Guatemala?|statements since 2024"
            "|how many statements do you have?|déclarations sur la Chine|show everything on Japan"
            "|do you have statements about Taiwan|show me what you have|statements by Kamala Harris"
            "|what was published in 2023?|readouts of meetings with China",
        ),
        (
            PlainKind.NEWS,
            "what's new?|any updates on Ukraine|recently added|quoi de neuf ?|news from the G7",
        ),
    ],
)
def test_plain_questions_are_recognised_in_many_wordings(kind: PlainKind, questions: str) -> None:
    assert {q: kind_of(q) for q in questions.split("|")} == dict.fromkeys(
        questions.split("|"), kind
    )


@pytest.mark.parametrize(
    "question",
    [
        "when did the ministers meet in Washington?",
        "who signed the agreement with Canada in 2021?",
        "what did the statement say about Syria",
        "which countries joined the treaty",
        "what is the latest number of members",
        "list the working groups",
        "who leads them?",
        "what are the main threats in Africa",
        "When was Evan released?",
        "how many statements did the ministers make about it in Geneva",
        "tell me about Iraq",
        "what day did the attack begin",
        "",
        "?",
    ],
)
def test_a_question_to_the_text_is_none(question: str) -> None:
    assert kind_of(question) is None


def test_a_name_in_capitals_is_no_small_word() -> None:
    found = recognise("latest statement on WHO", known=lambda _: True)
    assert found is not None
    assert found.subject == ("WHO",)


def test_a_date_is_a_condition_and_no_subject() -> None:
    found = recognise("statements from 2021 about cyber", known=lambda _: True)
    assert found is not None
    assert found.dates is not None
    assert (str(found.dates.since), str(found.dates.until)) == ("2021-01-01", "2021-12-31")
    assert found.subject == ("cyber",)


@pytest.mark.parametrize(
    ("earlier", "asked", "subject", "year"),
    [
        ("latest statement on Japan", "and on Indonesia?", ("Indonesia",), None),
        ("list statements about Ukraine", "and in 2024?", ("Ukraine",), 2024),
        ("list statements about Ukraine", "what about Gaza", ("Gaza",), None),
        ("what is new on NATO", "et sur le Japon ?", ("Japon",), None),
    ],
)
def test_a_short_question_changes_the_list_before_it(
    earlier: str, asked: str, subject: tuple[str, ...], year: int | None
) -> None:
    found = in_context(asked, (earlier,), known=lambda _: True)
    assert found is not None
    assert found.question.subject == subject
    dates = found.question.dates
    assert (dates.since.year if dates and dates.since else None) == year


def test_when_and_it_go_on_about_the_question_to_the_text_before() -> None:
    before = ("When is the summit?",)
    assert in_context("where will it be?", before, known=lambda _: True) is None
    assert in_context("when was it published?", before, known=lambda _: True) is None
    assert in_context("summarise it", before, known=lambda _: True) is not None


def questions_to_texts() -> Iterator[str]:
    for path in sorted((TRAINING / "statements").glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            if row.get("question") and not row.get("earlier"):
                yield row["question"]
    for path in (EVALUATION / "xquad" / "en" / "queries.jsonl",):
        for line in path.read_text("utf-8").splitlines():
            yield json.loads(line)["text"]


def test_hardly_a_question_to_the_text_is_recognised(
    real_embedder: Embedder, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (TRAINING / "statements").is_dir():
        pytest.skip("the training questions are not here")
    asked = list(questions_to_texts())
    found = [recognise(q, known=real_embedder.knows_word) for q in asked]
    bare = sum(each is not None and not each.subject for each in found)
    every = sum(each is not None for each in found)
    with capsys.disabled():
        print(f"\nof {len(asked)} questions to texts {every} look plain, {bare} name no subject")
    assert every <= NOT_PLAIN_SHARE * len(asked)
    assert bare <= 0.001 * len(asked)
