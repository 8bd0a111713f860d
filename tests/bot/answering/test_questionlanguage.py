"""The language of a question is told, and an English one hardly ever taken for another."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from evaluationdata import EVALUATION
from fakes import corpus_of
from hypothesis import given
from hypothesis import strategies as st
from processes import environment

from bot.answering import questionlanguage
from bot.answering.answerer import Answerer
from bot.answering.answers import Outcome
from bot.answering.questionlanguage import other_language_notices, question_language
from bot.language import texts
from corpus import Corpus
from embeddings import DEFAULT_MODEL, model_languages

FRENCH_QUESTION = "Quelle est la meilleure recette de crêpes ?"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Combien de membres compte la Coalition ?", "fr"),
        ("QUI A ACCUEILLI LA RÉUNION ?", "fr"),
        ("Qui a signé ?", "fr"),
        ("¿Dónde se reunieron los ministros?", "es"),
        ("Wo haben sich die Minister getroffen?", "de"),
        ("Где встретились министры?", "ru"),
        ("联盟有多少成员？", "zh"),
        ("ما عدد الأعضاء؟", "ar"),
        ("Where did the ministers meet?", "en"),
    ],
)
def test_the_language_of_a_question_is_told(question: str, language: str) -> None:
    assert question_language(question) == language


@pytest.mark.parametrize(
    "question",
    [
        "Quad Tokyo 2022",
        "marakesh meting",
        "afganistan atacks",
        "Burkina Faso",
        "Côte d'Ivoire membership",
        "San José de Costa Rica",
        "Mélanie Joly",
        "How are Ergänzungsschulen funded?",
        "members?",
        "2022",
        "",
        "???",
        "😀",
    ],
)
def test_names_and_short_hand_are_in_no_foreign_language(question: str) -> None:
    assert question_language(question) in {None, "en"}


@given(st.text(max_size=200))
def test_any_text_has_a_known_language_or_none(text: str) -> None:
    assert question_language(text) in {None, *texts.LANGUAGE_NAMES}


def questions_of(name: str, field: str = "text") -> Iterator[str]:
    path = EVALUATION / name
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    for line in path.read_text("utf-8").splitlines():
        yield json.loads(line)[field]


def test_english_questions_are_not_taken_for_another_language() -> None:
    asked = [
        *questions_of("xquad/en/queries.jsonl"),
        *questions_of("mtrag-un/queries.jsonl"),
        *questions_of("canard-dev/queries.jsonl"),
        *questions_of("global-coalition-statement/unanswerable.jsonl", "question"),
    ]
    foreign = {q: code for q in asked if (code := question_language(q)) not in {None, "en"}}
    assert foreign == {}
    capitals = [q.upper() for q in asked]
    assert sum(question_language(q) not in {None, "en"} for q in capitals) <= 1


@pytest.mark.parametrize("code", ["es", "de", "ro", "ar", "zh", "ru"])
def test_questions_in_other_languages_are_recognised(code: str) -> None:
    asked = list(questions_of(f"xquad/{code}/queries.jsonl"))
    right = sum(question_language(q) == code for q in asked)
    assert right / len(asked) >= 0.97


def test_french_questions_are_recognised() -> None:
    asked = [q for q in questions_of("service-public-fr/queries.jsonl") if "?" in q]
    assert {question_language(q) for q in asked} == {"fr"}


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Qui a signé ?", "fr"),
        ("Où est-ce ?", "fr"),
        ("Combien de membres ?", "fr"),
        ("Combien ?", "fr"),
        ("¿Quién firmó?", "es"),
        ("Wie viele?", "de"),
        ("Hoeveel leden?", "nl"),
        ("Quantos membros?", "pt"),
        ("Quanti membri?", "it"),
    ],
)
def test_a_short_question_shows_its_language_by_its_question_word(
    question: str, language: str
) -> None:
    assert question_language(question) == language
    assert len(notices(question)) == 1


@pytest.mark.parametrize("question", ["Wo", "Who signed?", "Quad", "que", "How many?", "Marrakesh"])
def test_a_short_english_question_or_a_name_gets_no_notice(question: str) -> None:
    assert notices(question) == ()


def notices(question: str, *, language: str = "en", model: str = DEFAULT_MODEL) -> tuple[str, ...]:
    english = corpus_of("The ministers met.")
    return other_language_notices(question, corpus=english, model=model, language=language)


def test_the_default_models_limit_is_told_in_the_language_of_the_question() -> None:
    for language in ("en", "fr"):
        assert notices(FRENCH_QUESTION, language=language) == (
            "Votre question semble être en français. Je lis surtout l’anglais\u00a0: posez-la en "
            "anglais, s’il vous plaît.",
        )


def test_without_a_catalogue_of_it_the_language_of_the_person_is_used() -> None:
    asked = "Wo haben sich die Minister getroffen?"
    assert notices(asked) == (
        "Your question looks like German. I read English best: please ask in English.",
    )
    assert notices(asked, language="fr")[0].startswith("Votre question semble être en allemand.")


def test_a_question_in_english_or_in_no_language_needs_no_notice() -> None:
    assert notices("Where did the ministers meet?") == ()
    assert notices("Quad Tokyo 2022") == ()


def test_statements_that_the_model_may_not_read_are_told_of() -> None:
    french = corpus_of("Les ministres se sont réunis.", language="fr-CA")
    (notice,) = other_language_notices(
        FRENCH_QUESTION, corpus=french, model=DEFAULT_MODEL, language="en"
    )
    assert "peut manquer ce que disent les déclarations en français" in notice


def test_of_a_model_that_is_not_known_only_a_language_of_no_statement_is_remarked() -> None:
    french = corpus_of("Les ministres se sont réunis.", language="fr")
    assert notices(FRENCH_QUESTION, model="a/b")[0].endswith("essayez la langue des déclarations.")
    asked = {"model": "a/b", "language": "en"}
    assert other_language_notices(FRENCH_QUESTION, corpus=french, **asked) == ()
    (notice,) = other_language_notices("Where did they meet today?", corpus=french, **asked)
    assert notice.startswith("Your question looks like English, and no statement is in English.")


def test_only_the_default_models_languages_are_known() -> None:
    assert model_languages(DEFAULT_MODEL) == frozenset({"en"})
    assert model_languages("intfloat/multilingual-e5-small") is None


def test_a_french_question_that_finds_nothing_gets_the_notice(shipped_answerer: Answerer) -> None:
    reply = shipped_answerer.answer(FRENCH_QUESTION)
    assert reply.outcome is not Outcome.ANSWER
    assert reply.notices == notices(FRENCH_QUESTION)
    assert shipped_answerer.answer("What is the best pizza topping?").notices == ()


def test_an_answer_does_not_pay_for_telling_languages(built_home: Path) -> None:
    for asked, imported in (
        ("How many members does the Coalition have?", False),
        (FRENCH_QUESTION, True),
    ):
        run = subprocess.run(  # noqa: S603
            [sys.executable, "-X", "importtime", "-m", "bot", "ask", asked],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=environment(built_home),
        )
        assert run.returncode == (3 if imported else 0)
        assert ("py3langid" in run.stderr) is imported


def test_first_questions_at_once_load_the_model_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[int] = []

    def slow(*_: object, **__: object) -> object:
        loads.append(1)
        time.sleep(0.1)
        return SimpleNamespace(set_languages=list, rank=lambda _: [("en", 1.0)])

    monkeypatch.setattr("py3langid.langid.LanguageIdentifier.from_model_file", slow)
    questionlanguage._loaded_identifier.cache_clear()
    try:
        with ThreadPoolExecutor(3) as people:
            told = list(people.map(question_language, ["where do the zebras live"] * 3))
    finally:
        questionlanguage._loaded_identifier.cache_clear()
    assert told == ["en"] * 3
    assert loads == [1]


def test_an_english_question_does_not_wait_for_the_language_model(
    shipped: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load() -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr(questionlanguage, "_identifier", load)
    for question in ("What is the best pizza topping?", "¿Qué?", "The end", "12", ""):
        found = other_language_notices(question, corpus=shipped, model=DEFAULT_MODEL, language="en")
        assert found == ()
    with pytest.raises(AssertionError, match="loaded"):
        other_language_notices(
            "Combien de membres compte la coalition ?",
            corpus=shipped,
            model=DEFAULT_MODEL,
            language="en",
        )
