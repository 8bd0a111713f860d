"""The parts of a question that its words give."""

from hypothesis import given
from strategies import awkward_texts

from embeddings.index.lexicalindex import LexicalIndex
from embeddings.question.parsedquestion import take_apart

LEXICAL = LexicalIndex.build([("The Quad met in Tokyo in March 2021.", "en"), ("Paris.", "fr")])


def test_names_numbers_and_dates_are_told() -> None:
    question = take_apart("What did the Quad say in March 2021 about 3 ships?", LEXICAL)
    assert question.names == {"quad", "march"}
    assert question.numbers == {"2021", "3"}
    assert question.years == {2021}
    assert question.months == {3}
    assert ("quad", "march") in question.pairs


def test_may_is_a_month_only_with_a_capital() -> None:
    assert take_apart("What may happen?", LEXICAL).months == frozenset()
    assert take_apart("What happened in May 2022?", LEXICAL).months == {5}
    assert take_apart("Que s'est-il passé en août 2021 ?", LEXICAL).months == {8}


def test_what_is_asked_for_is_told() -> None:
    assert take_apart("How many members are there?", LEXICAL).asks_quantity
    assert take_apart("Combien de membres ?", LEXICAL).asks_quantity
    assert take_apart("In which year was it?", LEXICAL).asks_date
    assert take_apart("Who hosted it?", LEXICAL).asks_person
    plain = take_apart("Is there a plan?", LEXICAL)
    assert not (plain.asks_quantity or plain.asks_date or plain.asks_person)


def test_in_a_question_all_in_capitals_no_word_is_a_name() -> None:
    assert take_apart("WHERE IS THE QUAD", LEXICAL).names == frozenset()


def test_nothing_is_told_of_a_text_without_a_word() -> None:
    question = take_apart(" 😀 ", LEXICAL)
    assert (question.stems, question.pairs, question.names) == ((), (), frozenset())


@given(awkward_texts)
def test_any_text_is_taken_apart(text: str) -> None:
    question = take_apart(text, LEXICAL)
    assert question.names <= set(question.stems)
    assert question.numbers <= set(question.stems)


def test_neighbouring_stems_are_those_of_the_language_of_the_texts() -> None:
    french = LexicalIndex.build([("La prochaine réunion des ministres.", "fr")])
    both = LexicalIndex.build([("La prochaine réunion.", "fr"), ("The next meeting.", "en")])
    assert take_apart("La prochaine réunion ?", french).pairs == (("prochain", "réunion"),)
    assert ("prochain", "réunion") in take_apart("La prochaine réunion ?", both).pairs
    assert take_apart("The next meetings?", both).pairs[0] == ("next", "meet")
