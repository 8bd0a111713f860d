"""Front matter as people write it: a title with a colon needs no quotation marks."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import UnreadableSource, document_from_bytes
from corpus.frontmatter.frontmatter import split_front_matter


def fields_of(front: str) -> dict[str, object]:
    return split_front_matter(f"---\n{front}\n---\nThe text.")[0]


@pytest.mark.parametrize(
    "title",
    [
        "Joint statement: next steps",
        "Joint statement: next: steps",
        '"Our future": a statement',
        "'Our future' and theirs",
        "[Draft] Joint statement",
        "{Draft} of: it",
        "'t Hart on the rivers",
        "@home: a report",
        "% of the budget: a note",
        "`code` and text: more",
        "Ends in a colon:",
        "The «Ligue»: «un pas»",
        'Back\\slash: "quotes"',
        "- a dash: first",
        "A: B # no, a comment",
    ],
)
def test_a_title_is_read_as_meant(title: str) -> None:
    document = document_from_bytes(
        f"---\ntitle: {title}\ndate: 2024-05-01\npublisher: Ministry: of rivers\n---\nA text.".encode(),
        "a.md",
    )
    assert document.title == title.partition(" #")[0]
    assert document.publisher == "Ministry: of rivers"
    assert str(document.published) == "2024-05-01"


def test_a_text_over_several_lines_is_one_line() -> None:
    found = fields_of("title: Joint statement: next\n  steps\n  and more: of them\nplace: Rome")
    assert found == {"title": "Joint statement: next steps and more: of them", "place": "Rome"}


def test_what_yaml_can_read_is_read_as_yaml() -> None:
    front = 'title: "Joint statement: next steps"\nplace: Rome # near: the sea\ntags: [a, b]'
    assert fields_of(front) == {
        "title": "Joint statement: next steps",
        "place": "Rome",
        "tags": ["a", "b"],
    }


@pytest.mark.parametrize(
    "front",
    [
        "access: staff: legal",
        "title: A: B\naccess: staff: legal",
        "title: A: B\nreaders: staff",
        "title: A: B\n  access: staff",
        "title: A: B # access: staff",
        "title: A: B\n# access: staff",
        "title: A: B\n  # access: staff",
        "date: 2024: 05",
        "other: A: B",
        "title: *other",
        "title: [",
        "title: A: B\ntags: [a",
    ],
)
def test_what_could_be_a_right_or_is_no_plain_text_is_never_guessed(front: str) -> None:
    with pytest.raises(UnreadableSource):
        fields_of(front)


def test_a_right_beside_such_a_title_counts() -> None:
    data = b"---\ntitle: A: B\naccess: staff\n---\nA text."
    assert document_from_bytes(data, "a.md").access == {"staff"}


def test_very_many_such_lines_take_no_time() -> None:
    with pytest.raises(UnreadableSource):
        fields_of("title: a: b\n" * 5_000)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" ")))
def test_any_line_of_text_is_itself_or_what_yaml_says_or_refused(text: str) -> None:
    try:
        found = fields_of(f"title: {text}\nplace: Rome")
    except UnreadableSource:
        return
    assert found["place"] == "Rome"
    if ": " in text.strip() and text.strip()[:1].isalpha() and " #" not in text:
        assert found["title"] == json.loads(json.dumps(text)).strip()
