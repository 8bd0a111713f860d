"""Every field of a citation is held against the source: no altered one is called intact."""

import json
import random
from dataclasses import replace
from datetime import date

import pytest
from citeddocuments import PARAGRAPHS, Kept, corpus, document
from hypothesis import given
from hypothesis import strategies as st
from processes import verbatim

from bot.citations.citation import cite
from bot.citations.citationparser import read_citations
from bot.citations.showoutput import shown_passages
from bot.errors import MalformedCitation
from bot.jsonforms.answerfields import citation_fields
from bot.verification.explanation import differences, explanation
from bot.verification.verification import Verdict, Verification, verify
from corpus import Document, document_from_text

TWO_SENTENCES = "The first one says this. The second one says that, and a number: 85."
SOURCE = document_from_text(
    "\n\n".join([*PARAGRAPHS[:2], TWO_SENTENCES, *PARAGRAPHS[2:]]),
    document_id="d1",
    title="A title of its own",
    publisher="Ministry",
    published=date(2022, 5, 12),
    url="https://example.org/a",
)
OTHER = document_from_text(
    "\n\n".join(PARAGRAPHS), document_id="d2", title="Another title", url="https://example.org/b"
)
GIVEN = {
    "quote": SOURCE.passage(3).text,
    "evidence": "The second one says that, and a number: 85.",
    "score": 0.79,
    "citation": citation_fields(cite(SOURCE, SOURCE.passage(3))),
    "also": [],
}
DESCRIBED = ("title", "publisher", "date", "url", "link")


def was_document(document_id: str, digest: str) -> bool:
    return any(
        document_id == each.id and each.digest.startswith(digest) for each in (SOURCE, OTHER)
    )


def verdict_of(value: object, *served: Document) -> Verification:
    (cited,) = read_citations(json.dumps(value))
    texts = Kept(SOURCE, OTHER)
    return verify(cited, corpus(*(served or (SOURCE, OTHER))), texts, was_document=was_document)


def altered_text(text: str, draw: random.Random) -> str:
    """Another text: one character of the words is another one, or words are left out or put in."""
    words = text.split()
    at = draw.randrange(len(words))
    match draw.randrange(4):
        case 0:
            letters = list(words[at])
            place = draw.randrange(len(letters))
            letters[place] = "x" if letters[place] != "x" else "y"
            words[at] = "".join(letters)
        case 1:
            words[at : at + 1] = ["not", words[at]]
        case 2 if len(words) > 1:
            del words[at]
        case _:
            words[at] = words[at].swapcase() if words[at].swapcase() != words[at] else "z"
    return " ".join(words)


def test_what_was_printed_is_intact() -> None:
    assert verdict_of(GIVEN).verdict is Verdict.INTACT
    flat = {**GIVEN["citation"], "quote": GIVEN["quote"], "evidence": GIVEN["evidence"]}
    assert verdict_of(flat).verdict is Verdict.INTACT
    short = {"quote": GIVEN["quote"], "reference": GIVEN["citation"]["reference"]}
    assert verdict_of(short).verdict is Verdict.INTACT


@given(st.sampled_from(["quote", "evidence"]), st.integers(0, 10**6), st.booleans())
def test_no_altered_words_are_intact(field: str, seed: int, flat: bool) -> None:
    words = altered_text(GIVEN[field], random.Random(seed))
    if flat:
        given_now = {**GIVEN["citation"], "quote": GIVEN["quote"], field: words}
    else:
        given_now = {**GIVEN, field: words}
    found = verdict_of(given_now)
    assert found.verdict is Verdict.MISQUOTED
    assert field in {each.field for each in found.mismatches}


@given(st.data())
def test_no_altered_place_is_intact(data: st.DataObject) -> None:
    citation = dict(GIVEN["citation"])
    field = data.draw(
        st.sampled_from(["document", "digest", "start", "end", "paragraph", "page", "reference"])
    )
    was = citation.get(field)
    match field:
        case "document":
            new: object = data.draw(st.sampled_from(["d2", "d3", "D1", "d1 "]))
        case "digest":
            new = data.draw(
                st.one_of(
                    st.just(OTHER.digest),
                    st.text("0123456789abcdef", min_size=12, max_size=64),
                ).filter(lambda digest: not SOURCE.digest.startswith(digest))
            )
        case "reference":
            new = data.draw(
                st.sampled_from(
                    [
                        was.replace("d1", "d2"),
                        was.replace(f"[{citation['start']}", f"[{citation['start'] + 1}"),
                        f"d1[0:10]@{SOURCE.digest[:12]}",
                        f"{was[:-12]}{OTHER.digest[:12]}",
                    ]
                )
            )
        case _:
            new = data.draw(st.integers(0, len(SOURCE.text) + 9).filter(lambda n: n != was))
    citation[field] = new
    keep_reference = field == "reference" or data.draw(st.booleans())
    if not keep_reference:
        del citation["reference"]
    try:
        found = verdict_of({**GIVEN, "citation": citation})
    except MalformedCitation:
        return  # an end before the start is no citation at all
    assert found.verdict not in {Verdict.INTACT, Verdict.DESCRIBED_OTHERWISE}
    if field == "document" and new != "d2":
        assert not found.verdict.as_cited


@given(st.sampled_from(DESCRIBED), st.sampled_from(["altered", "null", "other"]))
def test_nothing_that_is_described_otherwise_is_plainly_intact(field: str, how: str) -> None:
    was = GIVEN["citation"][field]
    other = {"date": "2022-05-13", "link": "https://example.org/a#:~:text=Not%20these%20words"}
    new = {"altered": f"{was}x", "null": None, "other": other.get(field, "other")}[how]
    citation = {**GIVEN["citation"], field: new}
    found = verdict_of({**GIVEN, "citation": citation})
    if field == "link" and how == "null":
        return  # no link is no other link
    assert found.verdict is Verdict.DESCRIBED_OTHERWISE
    (line,) = differences(found)
    assert line.startswith(f"{field}: the citation has ")
    assert "the words stand at ¶ 3" in explanation(found)


def test_both_values_are_named_of_what_is_described_otherwise() -> None:
    citation = {**GIVEN["citation"], "title": "Something else"}
    found = verdict_of({**GIVEN, "citation": citation})
    assert differences(found) == (
        'title: the citation has "Something else", the source has "A title of its own"',
    )


def test_part_of_a_sentence_is_no_evidence() -> None:
    assert verdict_of({**GIVEN, "evidence": "The second one says that"}).verdict is (
        Verdict.MISQUOTED
    )
    assert verdict_of({**GIVEN, "evidence": TWO_SENTENCES}).verdict is Verdict.INTACT


def test_a_document_that_never_was_is_unknown_even_if_its_words_stand_elsewhere() -> None:
    citation = {k: v for k, v in GIVEN["citation"].items() if k != "reference"}
    found = verdict_of({**GIVEN, "citation": {**citation, "document": "d9"}})
    assert found.verdict is Verdict.UNKNOWN
    assert not found.verdict.as_cited
    assert explanation(found) == (
        "no document called d9 is known to have had this text. The same words stand in d1, ¶ 3, now"
    )


def test_the_digest_of_another_document_vouches_for_nothing() -> None:
    """The first paragraph stands in both documents, at the same offsets."""
    citation = citation_fields(cite(SOURCE, SOURCE.passage(1)))
    del citation["reference"]
    for was in (was_document, lambda _document, _digest: None):
        (cited,) = read_citations(json.dumps({**citation, "digest": OTHER.digest}))
        found = verify(cited, corpus(SOURCE, OTHER), Kept(), was_document=was)
        assert found.verdict is Verdict.UNKNOWN


def test_an_earlier_text_of_which_nothing_is_noted_is_believed_to_be_the_documents() -> None:
    (cited,) = read_citations(json.dumps(GIVEN))
    edited = replace(document_from_text(f"New.\n\n{SOURCE.text}", document_id="d1"))
    found = verify(cited, corpus(edited), Kept(SOURCE), was_document=lambda _id, _digest: None)
    assert found.verdict is Verdict.MOVED


def test_a_document_that_was_removed_is_no_unknown_one() -> None:
    renamed = replace(SOURCE, id="d7")
    assert verdict_of(GIVEN, renamed).verdict is Verdict.MOVED
    assert verdict_of(GIVEN, OTHER).verdict is Verdict.GONE


@pytest.mark.parametrize(
    "value",
    [
        {"qoute": "words", "reference": GIVEN["citation"]["reference"]},
        {**GIVEN, "citation": {**GIVEN["citation"], "paragraf": 3}},
        {**GIVEN, "evidense": "words"},
        {**GIVEN["citation"], "Quote": "words"},
    ],
)
def test_an_unknown_field_is_refused_by_its_name(value: dict[str, object]) -> None:
    with pytest.raises(
        MalformedCitation, match=r"(qoute|paragraf|evidense|Quote).* is not a field"
    ):
        read_citations(json.dumps(value))


def test_a_field_that_stands_twice_is_refused() -> None:
    reference = GIVEN["citation"]["reference"]
    with pytest.raises(MalformedCitation, match='"quote" occurs twice'):
        read_citations(f'{{"quote": "one", "quote": "two", "reference": "{reference}"}}')


def test_a_link_of_an_earlier_version_may_be_cut_elsewhere() -> None:
    long = document(*PARAGRAPHS, " ".join(f"word{n}" for n in range(90)) + ".", name="d1")
    long = replace(long, url="https://example.org/a")
    passage = long.passage(6)
    citation = citation_fields(cite(long, passage))
    for link, verdict in (
        ("https://example.org/a#:~:text=Word0%20word1,word88%20word89.", "described otherwise"),
        ("https://example.org/a#:~:text=word0%20word1%20word2,word89.", "intact"),
        ("https://example.org/a", "intact"),
        ("https://example.org/b#:~:text=word0%20word1,word89.", "described otherwise"),
    ):
        (cited,) = read_citations(json.dumps({**citation, "link": link}))
        found = verify(cited, corpus(long), Kept())
        assert found.verdict.value.endswith(verdict), link


SHOWN_BEFORE = f"""A title of its own

¶ 3 [{SOURCE.passage(3).span.start}:{SOURCE.passage(3).span.end}]
{TWO_SENTENCES}

¶ 4 [{SOURCE.passage(4).span.start}:{SOURCE.passage(4).span.end}]
{PARAGRAPHS[2]}
"""


def test_what_show_printed_in_an_earlier_version_is_accepted_whole() -> None:
    cited = read_citations(SHOWN_BEFORE)
    assert [each.paragraph for each in cited] == [3, 4]
    served = corpus(SOURCE, OTHER)
    assert [verify(each, served, Kept()).verdict for each in cited] == [Verdict.INTACT] * 2
    altered = read_citations(SHOWN_BEFORE.replace("85", "86"))
    assert verify(altered[0], served, Kept()).verdict is Verdict.MISQUOTED
    unknown = read_citations(SHOWN_BEFORE.replace("A title of", "No title of"))
    assert verify(unknown[0], served, Kept()).verdict is Verdict.UNKNOWN


def test_a_text_that_show_did_not_print_has_no_shown_passages() -> None:
    assert shown_passages("d1[1:2]@0123456789ab") == ()
    assert shown_passages("A title\n\n¶ 3 [9:4]\nwords") == ()
    assert shown_passages("") == ()


def test_show_prints_what_verify_reads(built_home: object) -> None:
    shown = verbatim("show", "2022-05-12", home=built_home).stdout
    run = verbatim("verify", "-", home=built_home, stdin=shown)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.endswith("12 citations: 12 intact.\n")
    run = verbatim("verify", "-", home=built_home, stdin=shown.replace("eighty-five", "ninety"))
    assert run.returncode == 6
    assert "[-eighty-five.-]{+ninety.+}" in run.stdout


def test_the_flat_form_of_a_false_quote_is_misquoted(built_home: object) -> None:
    given_now = {
        "quote": "bringing the total number of members up to eighty-six",
        "reference": "2022-05-12-global-coalition-against-daesh[4000:5203]@bc8f0aa202ec",
    }
    run = verbatim("verify", json.dumps(given_now), home=built_home)
    assert run.returncode == 6
    assert run.stdout.startswith("misquoted")


def test_another_title_ends_with_an_exit_code_of_its_own(built_home: object) -> None:
    reply = verbatim("ask", "How many members?", "--json", "--top", "1", home=built_home).stdout
    altered = reply.replace('"title": "Joint', '"title": "Disjoint')
    assert altered != reply
    run = verbatim("verify", "-", home=built_home, stdin=altered)
    assert run.returncode == 7
    assert run.stdout.startswith("intact, but described otherwise  2022-05-12")
    found = json.loads(verbatim("verify", "-", "--json", home=built_home, stdin=altered).stdout)
    assert found[0]["differences"][0]["field"] == "title"
    assert found[0]["now"]["words"].startswith("The Ministers")
