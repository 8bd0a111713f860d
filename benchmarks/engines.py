"""Asks an index on a disk and one in PostgreSQL the same questions, and compares hits and speed.

    python -m benchmarks.engines --statements FOLDER --home FOLDER --postgres URL

``--statements`` is a corpus directory, ``--home`` where the index on the disk is built and kept,
``--postgres`` an address of a database with pgvector. The questions are titles of the statements
and sentences out of them.
"""

import argparse
import json
import random
import statistics
import time
from pathlib import Path

from corpus import Corpus, document_from_bytes, read_corpus
from embeddings import FolderIndex, PassageIndex, Query, Retriever, find_model, open_embedder
from embeddings import refresh as bring
from embeddings.cores import one_thread_for_numpy
from embeddings.storage.postgres.index import PostgresIndex

TOP = 10
_SAME_SCORE = 1e-6


def questions_of(corpus: Corpus, count: int) -> list[str]:
    """Return titles and sentences, half of each, none twice."""
    chance = random.Random(0)  # noqa: S311 (the same questions each time)
    titles = list(dict.fromkeys(document.title for document in corpus.documents))
    sentences = list(dict.fromkeys(s.text for p in corpus.quotable() for s in p.sentences))
    some = min(count // 2, len(titles))
    return chance.sample(titles, some) + chance.sample(sentences, count - some)


def main() -> None:
    """Build both indexes if they are missing, ask, and print the results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--statements", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--postgres", required=True, metavar="URL")
    parser.add_argument("--questions", type=int, default=1_000)
    arguments = parser.parse_args()
    home: Path = arguments.home
    corpus = read_corpus(arguments.statements, read=document_from_bytes).whole()
    embedder = open_embedder(find_model(), exports=home / "models")
    postgres = PostgresIndex(arguments.postgres, directory=home / "index")
    indexes: dict[str, PassageIndex] = {
        "disk": FolderIndex(home / "index"),
        "postgres": postgres,
    }
    retrievers = {}
    for name, index in indexes.items():
        started = time.perf_counter()
        report = bring(corpus, index=index, embedder=embedder)
        figures = {"engine": name, "refresh_s": round(time.perf_counter() - started, 1)}
        generation = index.open_current()
        print(json.dumps({**figures, "embedded": report.embedded, **generation.manifest.searches}))
        retrievers[name] = Retriever(generation, embedder)
    one_thread_for_numpy()
    took: dict[str, list[float]] = {name: [] for name in indexes}
    same = ties = 0
    for number, question in enumerate(questions_of(corpus, arguments.questions)):
        hits = {}
        for name in sorted(indexes, reverse=number % 2 == 0):
            started = time.perf_counter()
            hits[name] = retrievers[name].search(Query(question), top=TOP)
            took[name].append(time.perf_counter() - started)
        ours, theirs = hits["disk"], hits["postgres"]
        if [hit.passage for hit in ours] == [hit.passage for hit in theirs]:
            same += 1
        elif all(abs(a.score - b.score) < _SAME_SCORE for a, b in zip(ours, theirs, strict=False)):
            ties += 1
    p50 = {name: statistics.median(each) * 1000 for name, each in took.items()}
    print(
        json.dumps(
            {
                "questions": arguments.questions,
                "same": same,
                "ties": ties,
                "disk_p50_ms": round(p50["disk"], 2),
                "postgres_p50_ms": round(p50["postgres"], 2),
                "ratio": round(p50["postgres"] / p50["disk"], 2),
            }
        )
    )
    postgres.close()


if __name__ == "__main__":
    main()
