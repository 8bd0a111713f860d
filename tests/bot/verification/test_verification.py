"""Re-checking old citations against the corpus as it is now."""

import json
from dataclasses import replace

import pytest
from citeddocuments import PARAGRAPHS, Kept, corpus, document, paragraph
from fakes import corpus_of
from hypothesis import given
from hypothesis import strategies as st
from strategies import awkward_texts

from bot.citations.citation import Citation, CitedQuote, cite, parse_reference
from bot.citations.citationparser import read_citations
from bot.errors import MalformedCitation
from bot.verification.explanation import differences, explanation
from bot.verification.verification import Verdict, Verification, verify
from bot.verification.worddiff import Change, compare, marked, most_similarity, similarity
from corpus import Corpus, Document, Passage, Span


def cited_from(source: Document, passage: Passage, *, quote: bool = False) -> CitedQuote:
    cited = parse_reference(cite(source, passage).reference)
    return replace(cited, quote=passage.text) if quote else cited


def verified(old: Document, number: int, *new: Document, quote: bool = False) -> Verification:
    """The verdict about ¶ ``number`` of the old document, whose text is kept."""
    return verify(cited_from(old, old.passage(number), quote=quote), corpus(*new), Kept(old))


OLD = document(*PARAGRAPHS)


@given(st.lists(awkward_texts, min_size=1, max_size=3))
def test_any_passage_of_any_corpus_is_intact_and_no_earlier_text_is_asked_for(
    texts: list[str],
) -> None:
    served = corpus_of(*texts)
    kept = Kept()
    for passage in served.quotable():
        source = served.document(passage.document_id)
        for quote in (False, True):
            found = verify(cited_from(source, passage, quote=quote), served, kept)
            assert found.verdict is Verdict.INTACT
            assert found.now is not None
            assert found.now.document is source
            assert found.now.span == passage.span
            assert found.now.passage == passage
            assert explanation(found) == f"the words stand at {passage.label}"
    assert kept.asked == []


@given(st.data())
def test_after_an_inserted_paragraph_what_follows_is_moved_by_one(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(PARAGRAPHS)))
    new = document(*PARAGRAPHS[:place], paragraph(9), *PARAGRAPHS[place:])
    for number in range(1, len(PARAGRAPHS) + 1):
        found = verified(OLD, number, new, quote=data.draw(st.booleans()))
        moved = number > place
        assert found.verdict is (Verdict.MOVED if moved else Verdict.INTACT)
        assert found.now is not None
        assert found.now.label == f"¶ {number + moved}"
        assert found.now.span.of(new.text) == OLD.passage(number).text
        assert found.pieces == ()


@given(st.permutations(range(5)))
def test_in_another_order_each_paragraph_is_found_at_its_new_number(order: list[int]) -> None:
    new = document(*(PARAGRAPHS[n] for n in order))
    for position, n in enumerate(order, start=1):
        found = verified(OLD, n + 1, new)
        assert found.now is not None
        assert found.now.label == f"¶ {position}"
        assert found.verdict is (Verdict.INTACT if position == n + 1 else Verdict.MOVED)


@given(st.integers(0, 4), st.integers(0, 8), st.sampled_from(["replace", "drop", "insert"]))
def test_after_an_edit_a_paragraph_is_changed_and_the_difference_is_shown(
    at: int, word: int, edit: str
) -> None:
    words = PARAGRAPHS[at].split()
    old_word = words[word]
    words[word : word + 1] = {"replace": ["new"], "drop": [], "insert": [old_word, "new"]}[edit]
    new = document(*PARAGRAPHS[:at], " ".join(words), *PARAGRAPHS[at + 1 :])
    for number in range(1, 6):
        found = verified(OLD, number, new)
        if number != at + 1:
            assert found.verdict is Verdict.INTACT
            continue
        assert found.verdict is Verdict.CHANGED
        assert found.now is not None
        assert found.now.label == f"¶ {number}"
        removed = [piece.text for piece in found.pieces if piece.change is Change.REMOVED]
        added = [piece.text for piece in found.pieces if piece.change is Change.ADDED]
        assert removed == ([] if edit == "insert" else [old_word])
        assert added == ([] if edit == "drop" else ["new"])


@given(st.integers(0, 4))
def test_after_its_removal_a_paragraph_is_gone_and_the_later_ones_are_moved(at: int) -> None:
    new = document(*PARAGRAPHS[:at], *PARAGRAPHS[at + 1 :])
    for number in range(1, 6):
        verdict = verified(OLD, number, new).verdict
        if number == at + 1:
            assert verdict is Verdict.GONE
        else:
            assert verdict is (Verdict.MOVED if number > at + 1 else Verdict.INTACT)


def test_a_paragraph_that_keeps_too_few_of_the_words_is_another_one() -> None:
    words = PARAGRAPHS[2].split()
    for kept, verdict in ((5, Verdict.CHANGED), (4, Verdict.GONE)):
        others = [f"other{n}" for n in range(len(words) - kept)]
        new = document(*PARAGRAPHS[:2], " ".join(words[:kept] + others), *PARAGRAPHS[3:])
        assert verified(OLD, 3, new).verdict is verdict


def test_a_paragraph_that_stood_beside_it_is_not_what_it_became() -> None:
    """Two paragraphs that are nearly alike: without the second one, the first is no change of it."""
    paris = "The Ministers met in Paris in May of that year."
    rome = "The Ministers met in Rome in June of that year."
    old = document(paris, rome)
    assert verified(old, 2, document(paris)).verdict is Verdict.GONE
    assert (
        verified(old, 2, document(rome.replace("Rome", "Oslo"), paris)).verdict is Verdict.CHANGED
    )


@given(st.integers(1, 5), st.integers(0, 8), st.booleans())
def test_an_altered_quote_is_misquoted_whatever_became_of_the_source(
    number: int, word: int, still_there: bool
) -> None:
    passage = OLD.passage(number)
    words = passage.text.split()
    words[word] = words[word].swapcase()
    cited = replace(cited_from(OLD, passage), quote=" ".join(words))
    new = OLD if still_there else document(*PARAGRAPHS[::-1])
    found = verify(cited, corpus(new), Kept(OLD))
    assert found.verdict is Verdict.MISQUOTED
    assert not found.verdict.as_cited
    assert [p.text for p in found.pieces if p.change is Change.ADDED] == [words[word]]


def test_a_quote_is_compared_but_for_its_white_space() -> None:
    cited = cited_from(OLD, OLD.passage(2))
    spaced = replace(cited, quote=f" {OLD.passage(2).text} ".replace(" ", " \n\u00a0"))
    assert verify(spaced, corpus(OLD), Kept()).verdict is Verdict.INTACT
    joined = replace(cited, quote=OLD.passage(2).text.replace(" ", "", 1))
    assert verify(joined, corpus(OLD), Kept()).verdict is Verdict.MISQUOTED


def test_offsets_beyond_the_text_that_is_named_are_a_misquotation() -> None:
    for span in (
        Span(10, len(OLD.text) + 1),
        Span(10**6, 10**7),
        Span(len(PARAGRAPHS[0]), len(PARAGRAPHS[0]) + 2),
    ):
        found = verify(CitedQuote("d1", span, OLD.digest), corpus(OLD), Kept())
        assert found.verdict is Verdict.MISQUOTED
        assert "no words at these offsets" in explanation(found)


def test_a_renamed_document_is_found_by_its_words() -> None:
    renamed = document(*PARAGRAPHS, name="d7")
    found = verified(OLD, 3, renamed)
    assert found.verdict is Verdict.MOVED
    assert found.now is not None
    assert (found.now.document.id, found.now.label) == ("d7", "¶ 3")
    assert explanation(found) == "the words stand in d7, ¶ 3, now; d1 is gone"
    both = document(paragraph(9), *PARAGRAPHS, name="d5")
    found = verified(OLD, 3, both, renamed)
    assert found.now is not None
    assert found.now.document.id == "d7", "the document with the very same text comes first"


def test_a_removed_document_is_gone() -> None:
    found = verified(OLD, 3, document(paragraph(9), name="d2"))
    assert found.verdict is Verdict.GONE
    assert "there is no document d1 any more" in explanation(found)


def test_what_the_cited_statement_changed_is_not_excused_by_another_one_that_did_not() -> None:
    edited = document(*PARAGRAPHS[:2], PARAGRAPHS[2].replace("delta2", "new"), *PARAGRAPHS[3:])
    other = document(*PARAGRAPHS, name="d2")
    found = verified(OLD, 3, edited, other)
    assert found.verdict is Verdict.CHANGED
    assert found.now is not None
    assert found.now.document.id == "d1"
    without = document(*PARAGRAPHS[:2], *PARAGRAPHS[3:])
    found = verified(OLD, 3, without, other)
    assert found.verdict is Verdict.MOVED
    assert "in d2, ¶ 3, now; d1 no longer has them" in explanation(found)


def test_a_paragraph_that_goes_on_now_is_changed() -> None:
    """Its words are still there, but what follows may say the contrary."""
    new = document(PARAGRAPHS[0] + " But not always.", *PARAGRAPHS[1:])
    found = verified(OLD, 1, new)
    assert found.verdict is Verdict.CHANGED
    assert "".join(form for form, _ in marked(found.pieces)).endswith(" {+But not always.+}")


def test_a_paragraph_that_is_divided_now_is_intact() -> None:
    one, two = PARAGRAPHS[:2]
    old = document(f"{one} {two}", PARAGRAPHS[2])
    found = verified(old, 1, document(one, two, PARAGRAPHS[2]))
    assert found.verdict is Verdict.INTACT
    assert verified(old, 2, document(one, two, PARAGRAPHS[2])).verdict is Verdict.MOVED


def test_of_several_places_with_the_same_words_the_nearest_number_is_named() -> None:
    same, *others = PARAGRAPHS
    old = document(same, others[0], same, others[1])
    found = verified(old, 3, document(same, *others[:2], same, others[2]))
    assert found.now is not None
    assert (found.verdict, found.now.label) == (Verdict.MOVED, "¶ 4")
    assert verified(old, 3, document(*others[:2], same, same)).verdict is Verdict.INTACT


def test_a_part_of_a_paragraph_may_be_cited() -> None:
    passage = OLD.passage(2)
    part = Span(passage.span.start + 7, passage.span.start + 30)
    cited = CitedQuote("d1", part, OLD.digest)
    for new, verdict in (
        (document(*PARAGRAPHS, paragraph(9)), Verdict.INTACT),
        (document(paragraph(9), *PARAGRAPHS), Verdict.MOVED),
        (document(PARAGRAPHS[0]), Verdict.GONE),
    ):
        assert verify(cited, corpus(new), Kept(OLD)).verdict is verdict


def test_without_the_earlier_text_nothing_vouches_for_a_citation_and_its_words_are_looked_for() -> (
    None
):
    new = document(paragraph(9), *PARAGRAPHS)
    cited = replace(cited_from(OLD, OLD.passage(2), quote=True), paragraph=2)
    found = verify(cited, corpus(new), Kept())
    assert found.verdict is Verdict.UNKNOWN
    assert "The same words stand in d1, ¶ 3, now" in explanation(found)
    edited = document(PARAGRAPHS[0], PARAGRAPHS[1].replace("delta1", "new"))
    found = verify(cited, corpus(edited), Kept())
    assert (found.verdict, found.now) == (Verdict.UNKNOWN, None)


def test_without_the_earlier_text_and_without_words_nothing_is_claimed() -> None:
    new = document(paragraph(9), *PARAGRAPHS)
    found = verify(cited_from(OLD, OLD.passage(2)), corpus(new), Kept())
    assert found.verdict is Verdict.UNKNOWN
    assert not found.verdict.as_cited
    assert "is not kept" in explanation(found)


def test_a_text_that_has_not_the_digest_is_not_believed() -> None:
    found = verify(
        cited_from(OLD, OLD.passage(2)), corpus(document(paragraph(9))), lambda _: "Other."
    )
    assert found.verdict is Verdict.UNKNOWN


def test_the_number_that_a_citation_gives_is_held_against_the_source() -> None:
    cited = replace(cited_from(OLD, OLD.passage(2)), paragraph=4)
    found = verify(cited, corpus(OLD), Kept())
    assert found.verdict is Verdict.MISQUOTED
    assert differences(found) == ('paragraph: the citation has "4", the source has "2"',)


def test_a_dateline_can_be_cited(shipped: Corpus) -> None:
    (source,) = shipped.documents
    assert source.dateline is not None
    found = verify(cited_from(source, source.dateline), shipped, Kept())
    assert found.verdict is Verdict.INTACT
    assert explanation(found) == "the words stand at dateline"


# --- references and JSON


def test_a_reference_is_one_word_and_can_be_read_back(shipped: Corpus) -> None:
    (source,) = shipped.documents
    citation = cite(source, source.passages[6])
    expected = f"2022-05-12-global-coalition-against-daesh[4000:5203]@{source.digest[:12]}"
    assert citation.reference == expected
    cited = parse_reference(f" {citation.reference}\n")
    assert cited == CitedQuote(source.id, Span(4000, 5203), source.digest[:12])
    assert cited.reference == citation.reference


@given(
    st.text(min_size=1).filter(lambda t: not any(c.isspace() for c in t)),
    st.integers(0, 10**8),
    st.integers(1, 10**8),
)
def test_every_reference_is_read_as_what_it_was_made_of(name: str, start: int, length: int) -> None:
    cited = CitedQuote(name, Span(start, start + length), "0123456789ab")
    assert parse_reference(cited.reference) == cited


@pytest.mark.parametrize(
    "text",
    [
        "DOC [4000:5203]",
        "DOC[4000:5203]",
        "DOC[4000:5203]@c0ffee",
        "DOC[4000:5203]@C0FFEE012345",
        "DOC[5203:4000]@c0ffee012345",
        "DOC[5203:5203]@c0ffee012345",
        "DOC[-1:5203]@c0ffee012345",
        "DOC[1:99999999999999]@c0ffee012345",
        "DOC[१:२]@c0ffee012345",
        "[1:2]@c0ffee012345",
        f"DOC[1:2]@{'a' * 65}",
        "DOC[1:2]@c0ffee012345 and more",
        "¶ 7",
    ],
)
def test_what_is_no_reference_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(MalformedCitation, match=r"DOC\[4000:5203\]@c0ffee012345"):
        read_citations(text)


def citation_fields(citation: Citation, **more: object) -> dict[str, object]:
    return {
        "document": citation.document,
        "paragraph": citation.paragraph,
        "start": citation.start,
        "end": citation.end,
        "digest": citation.digest,
        **more,
    }


FIELDS = citation_fields(cite(OLD, OLD.passage(2)), url=None)
CITED = CitedQuote("d1", OLD.passage(2).span, OLD.digest, paragraph=2, described=(("url", None),))
QUOTE = {"quote": OLD.passage(2).text, "citation": FIELDS, "also": []}
REFERENCE = replace(parse_reference(CITED.reference), reference_given=CITED.reference)
QUOTED = replace(CITED, quote=OLD.passage(2).text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (FIELDS, [CITED]),
        ([FIELDS, FIELDS], [CITED, CITED]),
        (QUOTE, [QUOTED]),
        (
            {**QUOTE, "also": [{**FIELDS, "document": "d2"}]},
            [QUOTED, replace(QUOTED, document="d2")],
        ),
        ({"question": "?", "quotes": [QUOTE, QUOTE]}, [QUOTED, QUOTED]),
        ({"reference": CITED.reference}, [REFERENCE]),
        ({"quote": "Words.", "reference": CITED.reference}, [replace(REFERENCE, quote="Words.")]),
        (
            {**FIELDS, "reference": CITED.reference},
            [replace(CITED, reference_given=CITED.reference)],
        ),
        ([{"question": "?", "quotes": []}, QUOTE], [QUOTED]),
    ],
)
def test_citations_are_read_from_the_json_of_answers(
    value: object, expected: list[CitedQuote]
) -> None:
    assert list(read_citations(json.dumps(value, indent=1))) == expected


def test_citations_are_read_from_lines() -> None:
    lines = f"{json.dumps({'quotes': [QUOTE]})}\r\n\n{json.dumps({'quotes': []})}\n{json.dumps(QUOTE)}\n"
    assert read_citations(lines) == (QUOTED, QUOTED)
    assert read_citations(f"{CITED.reference}\n\n{CITED.reference}\r\n") == (
        (parse_reference(CITED.reference),) * 2
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "[]",
        "{}",
        "[1]",
        "{",
        '{"quotes": []}',
        '{"quotes": 3}',
        '{"citation": 3, "quote": "x"}',
        json.dumps({"citation": FIELDS}),
        json.dumps({**QUOTE, "quote": " "}),
        json.dumps({**QUOTE, "also": "x"}),
        "[" * 100_000,
        *(
            json.dumps({**FIELDS, **wrong})
            for wrong in (
                {"document": 1},
                {"document": ""},
                {"start": -1},
                {"start": "1"},
                {"start": True},
                {"start": 1.5},
                {"end": None},
                {"end": FIELDS["start"]},
                {"end": 10**30},
                {"paragraph": "7"},
                {"digest": "c0ffee"},
                {"digest": None},
                {"digest": "x" * 64},
            )
        ),
    ],
    ids=lambda text: text[:40],
)
def test_what_is_no_citation_is_refused_with_what_to_give(text: str) -> None:
    with pytest.raises(MalformedCitation, match="Give a reference such as"):
        read_citations(text)


# --- differences


@given(awkward_texts, awkward_texts)
def test_a_comparison_holds_every_word_of_both_texts(old: str, new: str) -> None:
    pieces = compare(old, new)
    before = [p.text for p in pieces if p.change is not Change.ADDED]
    after = [p.text for p in pieces if p.change is not Change.REMOVED]
    assert " ".join(before).split() == old.split()
    assert " ".join(after).split() == new.split()
    assert 0 <= similarity(old, new) <= most_similarity(old, new) <= 1


@given(st.text(alphabet="ab ", max_size=40), st.text(alphabet="ab ", max_size=40))
def test_similarity_is_one_exactly_where_the_words_are_the_same(old: str, new: str) -> None:
    assert (similarity(old, new) == 1) == (old.split() == new.split())


def test_a_difference_is_readable_without_colour() -> None:
    pieces = compare(
        "The total is eighty five members now.", "The total is ninety members right now."
    )
    text = "".join(form for form, _ in marked(pieces))
    assert text == "The total is [-eighty five-]{+ninety+} members {+right+} now."


def test_two_very_long_texts_are_compared_at_once() -> None:
    old = " ".join(str(n % 7) for n in range(60_000))
    new = " ".join(str(n % 5) for n in range(60_000))
    assert [p.change for p in compare(f"a {old} z", f"a {new} z")][1:3] == [
        Change.REMOVED,
        Change.ADDED,
    ]
