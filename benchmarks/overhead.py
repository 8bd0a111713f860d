"""Measures the cost that Verbatim adds to the model's own work: a build, refreshes, questions.

    python -m benchmarks.overhead --corpus FOLDER --passages 10000

Against a build stands the bare encoding of the same sentences and paragraphs by the same runtime,
against a question the encoding of it and an exact search of FAISS for its vector. Refreshes are
held against the build. Questions come once one after the other, and once from 16 threads.
"""

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import faiss

from benchmarks.data import read_data
from bot.answering.answerer import Answerer
from corpus import Corpus, document_from_bytes, read_corpus, read_sources
from embeddings import (
    FolderIndex,
    Retriever,
    find_model,
    known_documents,
    open_embedder,
    refresh,
    search_form,
    unchanged,
    usable_current,
)
from embeddings.cores import one_thread_for_numpy

PASSAGES_A_DOCUMENT = 10
THREADS = 16
ROUNDS = 3


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def write_statements(folder: Path, texts: Sequence[str]) -> None:
    """Return the passages as statements of ten paragraphs each."""
    folder.mkdir(exist_ok=True)
    for first in range(0, len(texts), PASSAGES_A_DOCUMENT):
        name = folder / f"statement-{first:06d}.txt"
        name.write_text("\n\n".join(texts[first : first + PASSAGES_A_DOCUMENT]), encoding="utf-8")


def texts_of(corpus: Corpus) -> tuple[list[str], list[str]]:
    """Return the distinct search forms of the passages, and those of the sentences that are no
    passage.
    """
    passages = dict.fromkeys(search_form(p.text) for p in corpus.quotable())
    sentences = dict.fromkeys(search_form(s.text) for p in corpus.quotable() for s in p.sentences)
    return list(passages), [text for text in sentences if text not in passages]


def rate(answer: Callable[[str], object], asked: Sequence[str], *, threads: int) -> float:
    """Return questions a second."""
    rest = iter(asked)
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                question = next(rest, None)
            if question is None:
                return
            answer(question)

    def all_of_them() -> None:
        running = [threading.Thread(target=work) for _ in range(threads)]
        for each in running:
            each.start()
        for each in running:
            each.join()

    return len(asked) / timed(all_of_them)


def numbered(questions: Sequence[str]) -> Iterator[list[str]]:
    """Yield the questions again and again, never the same, because repeated ones cost nothing."""
    turn = 0
    while True:
        turn += 1
        yield [f"{question} {turn}" for question in questions]


def main() -> None:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="a folder in BEIR's layout")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=150)
    parser.add_argument("--exports", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    data = read_data(arguments.corpus, count=arguments.passages)
    embedder = open_embedder(find_model(), exports=arguments.exports)
    embedder.read_query("warm")

    def report_line(**figures: float) -> None:
        print(json.dumps({name: round(value, 4) for name, value in figures.items()}), flush=True)

    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "corpus"
        texts = [passage.text for passage in data.passages]
        write_statements(folder, texts)
        index = FolderIndex(Path(home) / "index")

        def bring() -> object:
            sources = read_sources(folder)
            report = unchanged(index, model=embedder.identity, sources=sources)
            if report is not None:
                return report
            current = usable_current(index)
            known = {} if current is None else known_documents(current, index, sources)
            return refresh(
                read_corpus(folder, read=document_from_bytes, known=known).whole(),
                index=index,
                embedder=embedder,
                sources=sources,
                current=current,
            )

        passages, sentences = texts_of(read_corpus(folder, read=document_from_bytes).whole())
        embedder_s = timed(lambda: embedder.embed_passages(passages))
        embedder_s += timed(lambda: embedder.embed_passages(sentences))
        build_s = timed(bring)
        report_line(
            passages=len(passages),
            sentences=len(sentences),
            encode_s=embedder_s,
            build_s=build_s,
            ratio=build_s / embedder_s,
        )
        no_op_s = statistics.median(timed(bring) for _ in range(ROUNDS))
        report_line(no_op_s=no_op_s, to_build=no_op_s / build_s)
        changed = [data.changed.get(passage.id, passage.text) for passage in data.passages]
        write_statements(folder, changed)
        refresh_s = timed(bring)
        report_line(changed=len(data.changed), refresh_s=refresh_s, to_build=refresh_s / build_s)

        one_thread_for_numpy()
        generation = index.open_current()
        answerer = Answerer(Retriever(generation, embedder))
        flat = faiss.IndexFlatIP(embedder.dimension)
        flat.add(generation.passage_vectors.matrix.copy())
        faiss.omp_set_num_threads(1)

        def bare(question: str) -> object:
            return flat.search(embedder.read_query(question).vector.reshape(1, -1), 10)

        asked = numbered(data.questions[: arguments.questions])
        took: dict[str, list[float]] = {"bare": [], "answer": []}
        for _ in range(ROUNDS):
            for name, work in (("bare", bare), ("answer", answerer.answer)):
                for question in next(asked):
                    took[name].append(timed(partial(work, question)))
        medians = {name: statistics.median(each) * 1000 for name, each in took.items()}
        report_line(
            bare_p50_ms=medians["bare"],
            answer_p50_ms=medians["answer"],
            ratio=medians["answer"] / medians["bare"],
        )
        rates: dict[int, list[float]] = {1: [], THREADS: []}
        for _ in range(ROUNDS):
            for threads, each in rates.items():
                each.append(rate(answerer.answer, next(asked), threads=threads))
        ratios = [many / one for one, many in zip(rates[1], rates[THREADS], strict=True)]
        report_line(
            one_at_a_time=statistics.median(rates[1]),
            at_16=statistics.median(rates[THREADS]),
            ratio=statistics.median(ratios),
            least=min(ratios),
            most=max(ratios),
        )


if __name__ == "__main__":
    main()
