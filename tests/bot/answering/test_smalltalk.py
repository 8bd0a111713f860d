"""Small talk is told from questions."""

import pytest
from fakes import corpus_of

from bot.answering.answerer import Answerer
from bot.answering.answers import Outcome
from bot.answering.smalltalk import SmallTalk, example_questions, small_talk
from corpus import Corpus


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hi!", SmallTalk.GREETING),
        ("hello bot", SmallTalk.GREETING),
        ("Bonjour", SmallTalk.GREETING),
        ("thanks a lot 🙏", SmallTalk.THANKS),
        ("What's your name?", SmallTalk.ABOUT_BOT),
        ("WHO MADE YOU", SmallTalk.ABOUT_BOT),
        ("Qui es-tu ?", SmallTalk.ABOUT_BOT),
        ("bye", SmallTalk.FAREWELL),
        ("À bientôt !", SmallTalk.FAREWELL),
        ("Ça va ?", SmallTalk.GREETING),
        ("Who said hello in Paris?", None),
        ("What can you tell me about trade?", None),
        ("thanks to whom did it succeed?", None),
        ("", None),
        ("😀", None),
    ],
)
def test_only_whole_phrases_are_small_talk(text: str, kind: SmallTalk | None) -> None:
    phrase = small_talk(text)
    assert (phrase.kind if phrase else None) is kind


def test_every_example_question_is_answered(shipped_answerer: Answerer) -> None:
    examples = example_questions(shipped_answerer.corpus)
    assert len(examples) == 3
    for example in examples:
        assert shipped_answerer.answer(example).outcome is Outcome.ANSWER, example


def test_a_corpus_without_names_gives_no_example() -> None:
    assert example_questions(corpus_of("nothing is named here.")) == ()


def test_examples_differ_from_each_other(shipped: Corpus) -> None:
    examples = example_questions(shipped)
    assert len(set(examples)) == len(examples)


def test_a_name_in_an_example_is_whole() -> None:
    text = "We thank Global Affairs Canada. Security Council members met at Global Affairs Canada."
    assert example_questions(corpus_of(text)) == ("What is said about Global Affairs Canada?",)


def test_examples_are_in_the_language_of_most_statements() -> None:
    names = "le Groupe Afrique, le Camp Rouge."
    french = corpus_of(f"Il cite {names}", f"Voici {names}", language="fr")
    assert example_questions(french) == (
        "Que dit-on de Camp Rouge\u202f?",
        "Que dit-on de Groupe Afrique\u202f?",
    )
    assert example_questions(corpus_of(f"Er nennt {names}", language="de"))[0].startswith("What")
