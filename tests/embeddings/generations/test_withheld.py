"""Documents whose files cannot be read are hidden in every generation, on a disk and in tables."""

from collections.abc import Callable

from fakes import LetterEmbedder, corpus_of

from bot.answering.answerer import Answerer
from corpus import Corpus, Sources
from embeddings import PassageIndex, Retriever, refresh, unchanged
from embeddings.generations.groupaccess import Withheld
from embeddings.generations.groupview import visible

Open = Callable[[], PassageIndex]
EMBEDDER = LetterEmbedder()


def seen(index: PassageIndex) -> set[str]:
    corpus = visible(index.open_serving().generation, frozenset({"staff"})).corpus
    return {document.id for document in corpus.documents}


def test_a_withheld_document_is_hidden_after_a_rollback_until_its_file_is_read(
    opened: Open,
) -> None:
    index, both = opened(), corpus_of("Zebras zigzag.", "Moles dig.")
    first, second = both.documents
    sources = Sources({"a.md": "1", "b.md": "2"})
    refresh(both, index=index, embedder=EMBEDDER, sources=sources)
    withheld = Withheld(frozenset({second.id}))
    refresh(Corpus((first,)), index=index, embedder=EMBEDDER, withheld=withheld)
    assert seen(index) == {first.id}
    index.rollback()
    assert seen(index) == {first.id}
    assert unchanged(index, model=EMBEDDER.identity, sources=sources) is None
    refresh(both, index=index, embedder=EMBEDDER, sources=sources)
    assert seen(index) == {first.id, second.id}


def test_what_is_gone_while_a_folder_cannot_be_read_is_hidden_in_old_generations(
    opened: Open,
) -> None:
    index, both = opened(), corpus_of("Zebras zigzag.", "Moles dig.")
    alone = Corpus(both.documents[:1])
    refresh(both, index=index, embedder=EMBEDDER)
    refresh(alone, index=index, embedder=EMBEDDER)
    refresh(alone, index=index, embedder=EMBEDDER, withheld=Withheld(unseen=True))
    index.rollback()
    assert seen(index) == {both.documents[0].id}


def test_a_generation_without_a_document_answers_that_nothing_is_found(opened: Open) -> None:
    index, one = opened(), corpus_of("Zebras zigzag.")
    refresh(one, index=index, embedder=EMBEDDER)
    withheld = Withheld(frozenset({one.documents[0].id}))
    report = refresh(Corpus(()), index=index, embedder=EMBEDDER, withheld=withheld)
    assert (report.generation, report.documents, report.removed) == (2, 0, 1)
    answerer = Answerer(Retriever(index.open_current(), EMBEDDER))
    for each in (answerer, answerer.seen_by(frozenset())):
        assert each.answer("Do zebras zigzag?").quotes == ()
    refresh(one, index=index, embedder=EMBEDDER)
    assert seen(index) == {one.documents[0].id}
