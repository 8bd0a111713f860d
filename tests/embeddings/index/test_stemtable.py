"""Stems of sentences and titles, in rows."""

import numpy as np
import pytest
from fakes import corpus_of

from corpus import Corpus
from corpus.documents.documentbuilder import document_from_text
from embeddings.errors import IndexDamaged
from embeddings.index.stemtable import StemTable
from embeddings.index.unchangeddocuments import unchanged_runs
from embeddings.text.stemming import stem_words

TERMS = StemTable.build(
    unchanged_runs(
        corpus_of("Trade grew by 3 percent. Trade!\n\nAnn Lee met Bob Ray in June.", "In 2021."),
        None,
    )
)


def test_each_sentence_has_its_stems_in_order() -> None:
    vocabulary = list(TERMS.vocabulary)
    rows = [
        [vocabulary[i] for i in TERMS.ids[a:b]]
        for a, b in zip(TERMS.starts[:-1], TERMS.starts[1:], strict=True)
    ]
    assert rows == [
        ["trade", "grew", "3", "percent"],
        ["trade"],
        ["ann", "lee", "met", "bob", "ray", "june"],
        ["2021"],
    ]


def test_each_sentence_has_the_kinds_it_can_answer() -> None:
    every = np.arange(4)
    assert TERMS.has(every, quantity=True, date=False, person=False).tolist() == [
        True,
        False,
        False,
        False,
    ]
    assert TERMS.has(every, quantity=False, date=True, person=False).tolist() == [
        False,
        False,
        True,
        True,
    ]
    assert TERMS.has(every, quantity=False, date=False, person=True).tolist() == [
        False,
        False,
        True,
        False,
    ]
    assert not TERMS.has(every, quantity=False, date=False, person=False).any()


def test_terms_survive_their_files() -> None:
    again = StemTable.from_files(TERMS.to_files())
    assert again.vocabulary == TERMS.vocabulary
    np.testing.assert_array_equal(again.ids, TERMS.ids)
    np.testing.assert_array_equal(again.title_starts, TERMS.title_starts)


def test_a_missing_or_unreadable_file_is_an_error_of_the_index() -> None:
    files = TERMS.to_files()
    with pytest.raises(IndexDamaged):
        StemTable.from_files({**files, "terms-ids.npy": b""})
    del files["terms.txt"]
    with pytest.raises(IndexDamaged):
        StemTable.from_files(files)


def test_words_are_those_before_stemming_the_most_frequent_first() -> None:
    assert TERMS.words[0] == "trade"
    spelt = [TERMS.words[number] for number in TERMS.word_ids]
    assert spelt[:4] == ["trade", "grew", "3", "percent"]
    assert [TERMS.vocabulary[stem_words([word])[0]] for word in spelt] == TERMS.ids.tolist()


FIRST, SECOND, THIRD = "Trade grew. Ministers met.", "Growth in 2021.", "Ministers of trade."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((FIRST, SECOND, THIRD), (FIRST, "Trading partners grow.", THIRD)),
        ((FIRST, SECOND, THIRD), (SECOND, THIRD)),
        ((THIRD,), (FIRST, SECOND, THIRD)),
        ((FIRST, SECOND), (FIRST, SECOND)),
        ((FIRST,), (SECOND,)),
    ],
)
def test_terms_taken_over_are_those_that_are_made_anew(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    names = {FIRST: "a", SECOND: "b", THIRD: "c"}

    def corpus(texts: tuple[str, ...]) -> Corpus:
        return Corpus(
            tuple(
                document_from_text(text, document_id=names.get(text, "b"), title="On growing trade")
                for text in texts
            )
        )

    earlier, later = corpus(before), corpus(after)
    taken = StemTable.build(
        unchanged_runs(later, earlier), StemTable.build(unchanged_runs(earlier, None))
    )
    anew = StemTable.build(unchanged_runs(later, None))
    assert taken.to_files() == anew.to_files()
