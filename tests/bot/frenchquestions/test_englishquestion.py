"""A question in French is put into English words; one in English is left alone."""

import json
from pathlib import Path

import pytest

from bot.answering.answerer import Answerer
from bot.answering.answers import Outcome
from bot.frenchquestions.englishquestion import in_english
from bot.frenchquestions.lexicon import french_lexicon
from bot.frenchquestions.wordforms import base_forms, cognate, past_form, plain_form, plural

ENGLISH = frozenset(
    "the ministers met who which how many members coalition priority number one resolution "
    "stability humanitarian on force police france statement latest paris daesh".split()
)
PEOPLES = Path(__file__).parents[2] / "quality" / "peoplequestions.jsonl"


def english(question: str, *, is_french: bool = True) -> str | None:
    return in_english(question, known=ENGLISH.__contains__, is_french=is_french)


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Combien de pays ont signé ?", "how many countries have signed?"),
        ("Qui dirige le groupe de travail ?", "who leads the working group?"),
        ("Où aura lieu le prochain sommet ?", "where will take place the next summit?"),
        ("Est-ce que les ministres parlent du Mali ?", "the ministers speak of Mali?"),
        ("Qu’est-ce que l’OTAN ?", "what NATO?"),
        ("A-t-elle condamné l'attaque ?", "has condemned the attack?"),
        ("QUI A INVITE LES MINISTRES ?", "who has invites the ministers?"),
        ("Quelle est la stabilité de la région ?", "which is the stability of the region?"),
        ("Que dit Mme Dupont des États-Unis ?", "what says Mme Dupont of the United States?"),
    ],
)
def test_a_french_question_is_put_into_english_words(question: str, wanted: str) -> None:
    assert english(question) == wanted


def test_a_few_french_words_are_known_without_knowing_the_language() -> None:
    assert english("priorité numéro un", is_french=False) == "priority number one"


@pytest.mark.parametrize(
    "question",
    ["latest statement on Daesh", "police force France", "Paris?", "syria", "", "?!", "menace"],
)
def test_a_text_that_may_be_english_is_left_alone(question: str) -> None:
    assert english(question, is_french=False) is None


def test_no_english_question_of_people_is_taken_for_french() -> None:
    rows = [json.loads(line) for line in PEOPLES.read_text("utf-8").splitlines()]
    asked = [row["question"] for row in rows if row["kind"] != "french"]
    known = ENGLISH.union(word for text in asked for word in text.casefold().split())
    found = [text for text in asked if in_english(text, known=known.__contains__, is_french=False)]
    assert not found
    nothing_known = [in_english(text, known=lambda _word: False, is_french=False) for text in asked]
    assert sum(text is not None for text in nothing_known) <= 0.01 * len(asked)


def test_a_question_that_is_hardly_understood_stays_as_it_is() -> None:
    assert english("Zorglub bredouille fichtrement gloubiboulga") is None


def test_every_english_form_is_found_by_its_own_words() -> None:
    lexicon = french_lexicon()
    assert len(lexicon.phrases) > 900
    for words, form in lexicon.phrases.items():
        assert lexicon.english(words) == form
        assert form == form.strip()
        assert form


def test_forms_lead_to_the_listed_word() -> None:
    assert "pays" in {"pays", *base_forms("pays")}
    assert "militaire" in base_forms("militaires")
    assert "condamner" in base_forms("condamnées")
    assert "regional" in base_forms("régionaux")
    assert "reunir" in base_forms("réunissent")


def test_a_cognate_is_a_known_word() -> None:
    assert cognate("résolution", ENGLISH.__contains__) == "resolution"
    assert cognate("priorité", ENGLISH.__contains__) == "priority"
    assert cognate("humanitaire", ENGLISH.__contains__) == "humanitarian"
    assert cognate("fromage", ENGLISH.__contains__) is None


def test_english_forms_are_regular() -> None:
    assert [past_form(verb) for verb in ("invites", "publishes", "carries", "gave")] == [
        "invited",
        "published",
        "carried",
        "gave",
    ]
    assert [plain_form(verb) for verb in ("reaches", "goes", "takes", "must")] == [
        "reach",
        "go",
        "take",
        "must",
    ]
    assert [plural(noun) for noun in ("ally", "day", "church", "troops")] == [
        "allies",
        "days",
        "churches",
        "troops",
    ]


def test_a_french_question_is_answered_from_an_english_statement(
    shipped_answerer: Answerer,
) -> None:
    answer = shipped_answerer.answer("Combien de pays membres compte la Coalition ?")
    assert answer.outcome is Outcome.ANSWER
    assert "eighty-five" in answer.quotes[0].evidence_text
    assert answer.notices == (
        "Your question in English words: “how many member countries counts the coalition?”.",
    )


def test_an_explanation_is_of_the_english_words(shipped_answerer: Answerer) -> None:
    explained = shipped_answerer.explain(
        "Combien de pays membres compte la Coalition ?", candidates=3
    )
    assert explained.candidates[0].candidate.hit.score == pytest.approx(
        explained.answer.quotes[0].score
    )


def test_a_text_longer_than_a_question_is_left_as_it_is() -> None:
    question = "Combien de membres compte la Coalition ? "
    assert in_english(question, known=lambda _: False, is_french=True)
    assert in_english(question * 20, known=lambda _: False, is_french=True) is None
