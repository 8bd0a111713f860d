"""The form that is searched."""

from hypothesis import given
from strategies import awkward_texts

from embeddings import search_form


def test_compatibility_forms_and_invisible_characters_are_searched_as_plain_ones() -> None:
    assert search_form("ﬁve\u200b\u00a0 Ｍinisters\n met\u202e") == "five Ministers met"


@given(awkward_texts)
def test_searching_a_searched_form_changes_nothing(text: str) -> None:
    form = search_form(text)
    assert search_form(form) == form
    assert form == form.strip()
