"""The ids that a refresh gave to files are remembered by every index, damaged notes aside."""

import psycopg
from fakes import LetterEmbedder, Open, corpus_of

from corpus import Sources
from embeddings import refresh
from embeddings.storage.postgres.index import PostgresIndex


def sources(**ids: str) -> Sources:
    return Sources(files=dict.fromkeys(ids, "0" * 64), ids=dict(ids))


def test_the_ids_of_the_last_refresh_are_remembered(opened: Open) -> None:
    index = opened()
    assert index.remembered_ids() == {}
    for text, noted in (("Alpha met.", sources(a="one")), ("Beta met.", sources(a="two", b="b"))):
        refresh(corpus_of(text), index=index, embedder=LetterEmbedder(), sources=noted)
    assert opened().remembered_ids() == {"a": "two", "b": "b"}


def test_a_later_generation_that_notes_none_leaves_those_before(
    postgres_database: str, tmp_path
) -> None:  # type: ignore[no-untyped-def]
    index = PostgresIndex(postgres_database, directory=tmp_path)
    refresh(corpus_of("Alpha met."), index=index, embedder=LetterEmbedder(), sources=sources(a="x"))
    refresh(corpus_of("Beta met."), index=index, embedder=LetterEmbedder())
    assert index.remembered_ids() == {"a": "x"}
    with psycopg.connect(postgres_database, autocommit=True) as other:
        other.execute("UPDATE verbatim.generations SET sources = 'junk'")
    assert index.remembered_ids() == {}
    index.close()
