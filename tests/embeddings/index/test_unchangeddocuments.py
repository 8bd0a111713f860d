"""Documents that stand in an earlier corpus, in runs."""

from corpus import Corpus, document_from_text
from embeddings.index.unchangeddocuments import RowSlices, unchanged_runs


def corpus(**texts: str) -> Corpus:
    return Corpus(tuple(document_from_text(t, document_id=i) for i, t in sorted(texts.items())))


BEFORE = corpus(a="One. Two.\n\nThree.", b="Four.", c="Five. Six.", e="Seven.")


def found(after: Corpus) -> list[tuple[str, RowSlices | None]]:
    return [
        ("".join(d.id for d in run.documents), run.before) for run in unchanged_runs(after, BEFORE)
    ]


def test_neighbours_that_were_neighbours_are_one_run() -> None:
    assert found(BEFORE) == [("abce", RowSlices(slice(0, 4), slice(0, 5), slice(0, 7)))]


def test_new_and_changed_documents_stand_between_runs() -> None:
    after = corpus(a="One. Two.\n\nThree.", b="Four!", c="Five. Six.", d="New.", e="Seven.")
    assert found(after) == [
        ("a", RowSlices(slice(0, 1), slice(0, 2), slice(0, 3))),
        ("b", None),
        ("c", RowSlices(slice(2, 3), slice(3, 4), slice(4, 6))),
        ("d", None),
        ("e", RowSlices(slice(3, 4), slice(4, 5), slice(6, 7))),
    ]


def test_where_one_was_removed_its_neighbours_are_two_runs() -> None:
    assert found(corpus(b="Four.", e="Seven.")) == [
        ("b", RowSlices(slice(1, 2), slice(2, 3), slice(3, 4))),
        ("e", RowSlices(slice(3, 4), slice(4, 5), slice(6, 7))),
    ]


def test_without_an_earlier_corpus_all_is_one_new_run() -> None:
    assert [run.before for run in unchanged_runs(BEFORE, None)] == [None]
    assert unchanged_runs(Corpus(()), None) == []
