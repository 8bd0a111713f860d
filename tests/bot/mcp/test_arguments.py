"""The arguments of tools: what is taken, and the sentence for everything else."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.mcp import arguments
from bot.mcp.arguments import BadArgument, input_schema, read_arguments

jsonschema = pytest.importorskip("jsonschema")

ASKED = (
    arguments.QUESTION,
    arguments.EARLIER,
    arguments.PUBLISHER,
    arguments.SINCE,
    arguments.UNTIL,
    arguments.TOP,
    arguments.json_or_text("citation", "A citation.", most=1_000),
)


def test_values_are_read_and_what_is_null_is_not_given() -> None:
    given = {
        "question": "  Where? ",
        "earlier": ["Who met?"],
        "publisher": None,
        "since": "2021",
        "until": "2021-02",
        "top": 2.0,
        "citation": {"reference": "d[0:4]@0"},
    }
    assert read_arguments(ASKED, given) == {
        "question": "Where?",
        "earlier": ("Who met?",),
        "since": date(2021, 1, 1),
        "until": date(2021, 2, 28),
        "top": 2,
        "citation": '{"reference": "d[0:4]@0"}',
    }


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (None, 'The argument "question" is missing.'),
        ({"question": None}, 'The argument "question" is missing.'),
        ({"question": " \n"}, '"question" is empty.'),
        ({"question": 7}, '"question" must be a text.'),
        ({"question": "x" * 10_001}, '"question" has 10,001 characters; at most 10,000 are taken.'),
        ({"earlier": "Who?"}, '"earlier" must be a list of at most 20 texts.'),
        ({"earlier": ["a"] * 21}, '"earlier" must be a list of at most 20 texts.'),
        ({"earlier": [1]}, '"earlier" must be a text.'),
        ({"since": "May"}, '"since" must be a date such as 2021-03-12, 2021-03 or 2021.'),
        ({"since": "2021-02-30"}, '"since" must be a date such as 2021-03-12, 2021-03 or 2021.'),
        ({"until": 2021}, '"until" must be a date such as 2021-03-12, 2021-03 or 2021.'),
        ({"top": 0}, '"top" must be a whole number from 1 to 10.'),
        ({"top": 11}, '"top" must be a whole number from 1 to 10.'),
        ({"top": True}, '"top" must be a whole number from 1 to 10.'),
        ({"top": "3"}, '"top" must be a whole number from 1 to 10.'),
        ({"top": float("inf")}, '"top" must be a whole number from 1 to 10.'),
        ({"citation": 7}, '"citation" must be a text, or the JSON of a citation.'),
        (
            {"quesion": "Where?"},
            'There is no argument "quesion"; the tool takes question, earlier, publisher, since, '
            "until, top, citation.",
        ),
        (
            {"x" * 100: 1},
            f'There is no argument "{"x" * 58} …"; the tool takes question, earlier, '
            "publisher, since, until, top, citation.",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(given: dict[str, Any] | None, sentence: str) -> None:
    whole = {"question": "Where?", "citation": "d[0:4]@0"}
    with pytest.raises(BadArgument) as caught:
        read_arguments(ASKED, None if given is None else {**whole, **given})
    assert str(caught.value) == sentence


def test_a_lone_surrogate_becomes_a_character_that_can_be_written() -> None:
    assert read_arguments(ASKED[:1], {"question": "a\ud800b"}) == {"question": "a?b"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3)
    ),
    max_leaves=5,
)
NAMES = st.sampled_from([each.name for each in ASKED]) | st.text(max_size=8)


@settings(max_examples=300)
@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_whatever_is_given_is_read_or_refused_in_a_sentence(given: dict[str, Any]) -> None:
    try:
        read_arguments(ASKED, given)
    except BadArgument as error:
        said = str(error)
        assert said.endswith(".")
        assert "\n" not in said
        assert len(said) < 250


def test_the_schema_refuses_what_the_reading_refuses() -> None:
    schema = input_schema(ASKED)
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema).is_valid
    whole = {"question": "Where?", "citation": "d[0:4]@0"}
    assert check(whole)
    assert check({**whole, "since": "2021-03", "top": 10, "earlier": ["Who?"]})
    wrong = ({"question": ""}, {"top": 11}, {"since": "May"}, {"earlier": "Who?"}, {"other": 1})
    assert not any(check({**whole, **each}) for each in wrong)
    assert not check({"citation": "d[0:4]@0"})
