"""The parts of a question that its words give."""

from hypothesis import given
from strategies import awkward_texts

from embeddings.index.lexicalindex import LexicalIndex
from embeddings.question.parsedquestion import parse_question

LEXICAL = LexicalIndex.build([("The Quad met in Tokyo in March 2021.", "en"), ("Paris.", "fr")])


def test_names_numbers_and_dates_are_told() -> None:
    question = parse_question("What did the Quad say in March 2021 about 3 ships?", LEXICAL)
    assert question.names == {"quad", "march"}
    assert question.numbers == {"2021", "3"}
    assert question.years == {2021}
    assert question.months == {3}
    assert ("quad", "march") in question.pairs


def test_may_is_a_month_only_with_a_capital() -> None:
    assert parse_question("What may happen?", LEXICAL).months == frozenset()
    assert parse_question("What happened in May 2022?", LEXICAL).months == {5}
    assert parse_question("Que s'est-il passé en août 2021 ?", LEXICAL).months == {8}


def test_what_is_asked_for_is_told() -> None:
    assert parse_question("How many members are there?", LEXICAL).asks_quantity
    assert parse_question("Combien de membres ?", LEXICAL).asks_quantity
    assert parse_question("In which year was it?", LEXICAL).asks_date
    assert parse_question("Who hosted it?", LEXICAL).asks_person
    plain = parse_question("Is there a plan?", LEXICAL)
    assert not (plain.asks_quantity or plain.asks_date or plain.asks_person)


def test_in_a_question_all_in_capitals_no_word_is_a_name() -> None:
    assert parse_question("WHERE IS THE QUAD", LEXICAL).names == frozenset()


def test_nothing_is_told_of_a_text_without_a_word() -> None:
    question = parse_question(" 😀 ", LEXICAL)
    assert (question.stems, question.pairs, question.names) == ((), (), frozenset())


@given(awkward_texts)
def test_any_text_is_taken_apart(text: str) -> None:
    question = parse_question(text, LEXICAL)
    assert question.names <= set(question.stems)
    assert question.numbers <= set(question.stems)


def test_neighbouring_stems_are_those_of_the_language_of_the_texts() -> None:
    french = LexicalIndex.build([("La prochaine réunion des ministres.", "fr")])
    both = LexicalIndex.build([("La prochaine réunion.", "fr"), ("The next meeting.", "en")])
    assert parse_question("La prochaine réunion ?", french).pairs == (("prochain", "réunion"),)
    assert ("prochain", "réunion") in parse_question("La prochaine réunion ?", both).pairs
    assert parse_question("The next meetings?", both).pairs[0] == ("next", "meet")
