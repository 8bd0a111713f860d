"""An explanation says why this passage, and why not another one."""

import json
from typing import Any

import pytest
from fakereader import WordReader
from fakes import LetterEmbedder

from bot.answering.answerer import DEFAULT_QUOTES, Answerer
from bot.answering.answers import Outcome
from bot.answering.explanation import Explanation, Verdict
from bot.cli.explanationoutput import explanation_fields, explanation_lines
from corpus import Corpus, document_from_text
from embeddings import Filter, FolderIndex, Reader, ReadingFailed, Retriever, refresh

BRIDGE = "The bridge was built in 1937 by engineers. It was closed later."
DOCUMENTS = (
    ("a", "Bridges", BRIDGE, frozenset[str]()),
    ("b", "Apples", "Apples are sold in Paris.\n\nThe bridge is of wood.", frozenset[str]()),
    ("c", "Copies", BRIDGE, frozenset[str]()),
    ("d", "Secret", "The secret bridge was built in 1944 by zanzibar.", frozenset({"staff"})),
)


def answerer_of(store: FolderIndex, reader: Reader | None = None) -> Answerer:
    corpus = Corpus(
        tuple(
            document_from_text(text, document_id=name, title=title, access=access)
            for name, title, text, access in DOCUMENTS
        )
    )
    refresh(corpus, index=store, embedder=LetterEmbedder())
    return Answerer(Retriever(store.open_current(), LetterEmbedder(), reader=reader))


def explained(answerer: Answerer, question: str, **more: Any) -> Explanation:
    return answerer.explain(question, **{"candidates": 10, **more})


def printed(found: Explanation, answerer: Answerer) -> str:
    return "\n".join(line.plain for line in explanation_lines(found, answerer.corpus))


def test_the_candidates_are_those_of_the_answer_in_the_same_order(store: FolderIndex) -> None:
    answerer = answerer_of(store, WordReader())
    asked = "When was the bridge built?"
    found, answer = explained(answerer, asked), answerer.answer(asked)
    assert found.answer == answer
    quoted = [
        each.candidate.hit
        for each in found.candidates
        if each.verdict in {Verdict.ANSWER, Verdict.RELATED, Verdict.FURTHER}
    ]
    assert [(h.passage.text, h.score) for h in quoted] == [(q.text, q.score) for q in answer.quotes]
    ranks = [each.candidate.hit.rank for each in found.candidates]
    assert ranks == [*range(1, len(ranks) + 1)]


def test_the_words_and_sentences_that_counted_are_named(store: FolderIndex) -> None:
    answerer = answerer_of(store, WordReader())
    found = explained(answerer, "When were bridges built in 1937 by giants?", top=1)
    each = next(c.candidate for c in found.candidates if c.candidate.hit.passage.text == BRIDGE)
    assert each.words == ("bridge", "built", "1937")
    assert each.missing == ("giants",)
    first, second = each.sentences
    assert first.words == ("bridge", "built", "1937")
    assert second.words == ()
    assert first.score is not None
    assert second.score is not None
    assert first.score > second.score
    assert each.answer is not None
    document = answerer.corpus.document(each.hit.passage.document_id)
    assert each.answer.of(document.text) == "1937"
    assert all(one.sentence.span.of(document.text) == one.sentence.text for one in each.sentences)


def test_copies_are_one_candidate_with_their_places(store: FolderIndex) -> None:
    found = explained(answerer_of(store), "When was the bridge built?")
    (both,) = [c.candidate for c in found.candidates if c.candidate.hit.passage.text == BRIDGE]
    places = [p.document_id for p in (both.hit.passage, *both.hit.also)]
    assert sorted(places) == ["a", "c"]
    ranks = [c.candidate.retrieval_rank for c in found.candidates]
    assert sorted(ranks) == [*range(1, len(ranks) + 1)]


def test_without_a_reader_nothing_is_said_of_one(store: FolderIndex) -> None:
    answerer = answerer_of(store)
    found = explained(answerer, "When was the bridge built?")
    assert found.search is not None
    assert found.search.reader is None
    assert {c.candidate.logit for c in found.candidates} == {None}
    assert {s.score for c in found.candidates for s in c.candidate.sentences} == {None}
    assert "no reader" in printed(found, answerer)


def test_the_readers_numbers_are_its_own(store: FolderIndex) -> None:
    reader = WordReader()
    answerer = answerer_of(store, reader)
    found = explained(answerer, "When was the bridge built?")
    assert found.search is not None
    assert found.search.reader == "words"
    first = found.candidates[0].candidate
    assert first.logit == max(c.candidate.logit or 0 for c in found.candidates)
    assert "read by words" in printed(found, answerer)


class TiredReader(WordReader):
    """A reader that has no memory left."""

    def read(self, *_: Any) -> Any:
        raise ReadingFailed("no memory")


def test_without_memory_to_read_the_rest_is_explained(store: FolderIndex) -> None:
    found = explained(answerer_of(store, TiredReader()), "When was the bridge built?")
    assert found.candidates
    assert {c.candidate.logit for c in found.candidates} == {None}


def test_what_a_person_may_not_read_never_appears(store: FolderIndex) -> None:
    answerer = answerer_of(store, WordReader())
    asked = "When was the secret bridge built by zanzibar?"
    whole = explained(answerer, asked)
    public = explained(answerer.seen_by(frozenset()), asked)
    said = json.dumps(explanation_fields(whole)) + printed(whole, answerer)
    assert "zanzibar" in said
    assert '"d"' in said
    seen = answerer.seen_by(frozenset())
    fields = explanation_fields(public)
    shown = json.dumps(fields["candidates"]) + json.dumps(fields["answer"]["quotes"])
    assert "zanzibar" not in json.dumps([c["sentences"] for c in fields["candidates"]])
    assert '"document": "d"' not in shown
    assert "1944" not in shown + printed(public, seen)
    assert public.search is not None
    assert whole.search is not None
    assert public.search.searched == whole.search.searched - 1
    # the corrected words of the public come from public texts alone
    typo = explained(seen, "Who is zanzibbar?")
    assert typo.search is not None
    assert "zanzibar" not in (typo.search.corrected or "")


def test_a_filter_and_what_was_asked_before_are_told(store: FolderIndex) -> None:
    answerer = answerer_of(store)
    found = explained(answerer, "And who?", only=Filter.of(documents=["b"]), earlier=("Bridges?",))
    assert {c.candidate.hit.passage.document_id for c in found.candidates} == {"b"}
    said = printed(found, answerer)
    assert "filter" in said
    assert "Apples" in said
    assert found.search is not None
    assert found.search.follow_up_share > 0
    assert "follow-up" in said
    counted = [word for c in found.candidates for word in c.candidate.words]
    assert "bridge" in counted  # asked before


def test_corrected_words_are_told(store: FolderIndex) -> None:
    answerer = answerer_of(store)
    found = explained(answerer, "When was the brigde built by enginneers?")
    assert found.search is not None
    assert found.search.corrected is not None
    fields = explanation_fields(found)["question"]
    assert fields["corrected"] == found.search.corrected
    read_as = fields["corrected"] if fields["used_correction"] else found.answer.question
    assert fields["read_as"] == read_as


def test_what_is_no_question_has_no_candidate(store: FolderIndex) -> None:
    answerer = answerer_of(store)
    for text in ("hello", "?!"):
        found = explained(answerer, text)
        assert found.search is None
        assert found.candidates == ()
        assert printed(found, answerer) == found.answer.message
        assert explanation_fields(found)["question"] is None


def test_the_threshold_that_drops_a_passage_is_named(store: FolderIndex) -> None:
    answerer = answerer_of(store)
    found = explained(answerer, "qqq xyzzy")
    verdicts = {each.verdict for each in found.candidates}
    if found.answer.outcome is Outcome.NONE:
        assert verdicts <= {Verdict.IMPROBABLE}
    said = printed(found, answerer)
    assert f"{found.thresholds.related:.2f}" in said or not found.candidates


def test_no_more_candidates_are_explained_than_wanted(store: FolderIndex) -> None:
    answerer = answerer_of(store)
    assert len(explained(answerer, "bridge built", candidates=1).candidates) == 1
    one = explained(answerer, "When was the bridge built?", top=1)
    assert [each.verdict for each in one.candidates].count(Verdict.FURTHER) == 0
    assert len(one.answer.quotes) <= 1 < DEFAULT_QUOTES


@pytest.mark.parametrize("question", ["a" * 10_000, "¿Où? 橋は?", "\ud800 bridge"])
def test_strange_questions_are_explained(store: FolderIndex, question: str) -> None:
    answerer = answerer_of(store, WordReader())
    found = explained(answerer, question)
    assert printed(found, answerer)
    json.dumps(explanation_fields(found))


def test_only_what_the_search_read_has_a_logit(store: FolderIndex) -> None:
    reader = WordReader()
    paragraphs = [f"The bridge number {number} was built." for number in range(40)]
    corpus = Corpus((document_from_text("\n\n".join(paragraphs), document_id="m", title="Many"),))
    refresh(corpus, index=store, embedder=LetterEmbedder())
    answerer = Answerer(Retriever(store.open_current(), LetterEmbedder(), reader=reader))
    found = explained(answerer, "Which bridge was built?", candidates=40)
    read = {text.text for _, _, passages in reader.asked for text in passages}
    told = {c.candidate.hit.passage.text: c.candidate.logit for c in found.candidates}
    assert {text for text, logit in told.items() if logit is not None} == read
    assert 0 < len(read) < len(told)
    assert "not read" in printed(found, answerer)
