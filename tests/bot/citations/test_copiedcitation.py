"""A citation that a button copies fits Telegram's limit and can be verified."""

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bot.citations.citation import Citation, parse_reference
from bot.citations.copiedcitation import MOST_COPIED_UNITS, copied_citation, host_of
from bot.language.utf16 import utf16_length


def citation(**more: object) -> Citation:
    fields: dict[str, object] = {
        "document": "2022-05-12-coalition",
        "title": "Joint Statement",
        "publisher": "Global Affairs Canada",
        "published": date(2022, 5, 12),
        "paragraph": 7,
        "label": "¶ 7",
        "start": 4000,
        "end": 5203,
        "url": "https://www.canada.ca/joint.html",
        "link": "https://www.canada.ca/joint.html#:~:text=words",
        "digest": "c0ffee" * 11,
        **more,
    }
    return Citation(**fields)  # type: ignore[arg-type]


def test_it_has_all_that_is_needed_to_cite_and_to_check() -> None:
    assert copied_citation(citation()) == (
        "Joint Statement, Global Affairs Canada, 2022-05-12, ¶ 7. https://www.canada.ca/joint.html "
        "2022-05-12-coalition[4000:5203]@c0ffeec0ffee"
    )


def test_what_does_not_fit_is_left_out_and_the_reference_last() -> None:
    long_url = copied_citation(citation(url="https://example.org/" + "x" * 200))
    assert "example.org" not in long_url
    assert long_url.endswith("¶ 7. 2022-05-12-coalition[4000:5203]@c0ffeec0ffee")
    long_title = copied_citation(citation(title="Word " * 90))
    assert long_title.startswith("Word Word")
    assert "…, Global Affairs Canada, 2022-05-12, ¶ 7, 2022-05-12-coalition[" in long_title


@given(
    st.text(min_size=1, max_size=400),
    st.text(max_size=400) | st.none(),
    st.from_regex(r"[a-z0-9-]{1,300}", fullmatch=True),
)
def test_whatever_a_document_is_called_it_fits(
    title: str, publisher: str | None, document: str
) -> None:
    copied = copied_citation(citation(title=title, publisher=publisher, document=document))
    assert 0 < utf16_length(copied) <= MOST_COPIED_UNITS
    assert "\n" not in copied
    if len(document) < 150:
        found = re.search(r"\S+\[\d+:\d+\]@\S+$", copied)
        assert found is not None
        assert parse_reference(found.group()).document == document


def test_the_host_of_a_link_is_said_without_www() -> None:
    assert host_of("https://www.canada.ca/en#x") == "canada.ca"
    assert host_of("http://un.org:8080/") == "un.org"
    assert host_of("nothing") is host_of("http://[x") is None
