"""Contacts at the end of a statement are no passages, whatever stands above them."""

import pytest

from corpus.documents.paragraphs import lay_out

STATEMENT = (
    "The ministers met at the lake and agreed to meet again.\n\n"
    "They thanked the hosts for the welcome that they were given.\n\n"
)
PEOPLE = "Jane Roe\nPress Secretary\n555-0100\n\nMedia Office\nmedia@lakes.example"


@pytest.mark.parametrize(
    "heading",
    [
        "Contacts",
        "## Contacts",
        "### Contact details:",
        "Media contact",
        "Press contacts",
        "For media inquiries",
        "For further information, please contact:",
        "For more information",
        "## Personnes-ressources",
        "Personnes ressources :",
        "Personne-ressource",
        "Contact presse",
        "Contacts médias",
        "Relations avec les médias",
        "Pour plus d’informations",
        "Renseignements :",
        "Pressekontakt",
        "Contacto de prensa",
    ],
)
@pytest.mark.parametrize("between", ["\n\n", "\n"], ids=["apart", "in one block"])
def test_contacts_are_cut_below_any_heading(heading: str, between: str) -> None:
    text = STATEMENT + heading + between + PEOPLE
    spans = lay_out(text, title="Joint statement").paragraphs
    assert "\n\n".join(span.of(text) for span in spans) == STATEMENT.strip()


@pytest.mark.parametrize(
    "text",
    [
        "Contacts between the two sides\n\nThey will go on at all levels, the ministers said.",
        "Contacts\n\nThe ministers agreed that contacts between their officials will go on at all "
        "levels. They will meet again in the spring of the next year.",
        "For more information\nThe ministers agreed that all reports will be published at once. "
        "They will be sent to every member.",
    ],
)
def test_paragraphs_about_contacts_stay(text: str) -> None:
    whole = STATEMENT + text
    spans = lay_out(whole, title="Joint statement").paragraphs
    assert spans[-1].of(whole) == text.rsplit("\n\n", maxsplit=1)[-1]
