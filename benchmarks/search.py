"""Compares Verbatim's product codes with a search of every row, over many vectors.

    python -m benchmarks.search --corpus FOLDER --rows 1000000

The sentences of the passages are embedded (``--vectors FILE.npy`` takes vectors that were embedded
before). Further rows are made of them: v + 0.5 · (a - b) at length 1, with a and b two of the ten
nearest neighbours of v, so that the neighbourhoods stay what they are. Queries are the questions of
the folder, or vectors (``--queries FILE.npy``). Exact search and codes answer the same queries in
turn, each by one thread.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import faiss
import numpy as np

from benchmarks.data import read_data
from corpus.documents.sentences import split_sentences
from embeddings import find_model, open_embedder
from embeddings.arrays import FloatMatrix, unit_rows
from embeddings.cores import usable_cores
from embeddings.index.vectorindex import ProductCodes, VectorIndex

NEIGHBOURS = 10
SHARE = np.float32(0.5)
BLOCK = 50_000


def more_rows(vectors: FloatMatrix, count: int, *, seed: int = 0) -> FloatMatrix:
    """Return ``(count, d)`` unit rows: the vectors, and as many made from them as are missing."""
    missing = count - len(vectors)
    if missing <= 0:
        return vectors[:count]
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.omp_set_num_threads(usable_cores())  # a search for one query leaves it at one
    _, near = index.search(vectors, NEIGHBOURS + 1)
    chance = np.random.default_rng(seed)
    blocks = [vectors]
    for start in range(0, missing, BLOCK):
        size = min(BLOCK, missing - start)
        rows = chance.integers(0, len(vectors), size)
        one = chance.integers(1, NEIGHBOURS + 1, size)
        other = 1 + (one - 1 + chance.integers(1, NEIGHBOURS, size)) % NEIGHBOURS
        moved = vectors[near[rows, one]] - vectors[near[rows, other]]
        blocks.append(unit_rows(vectors[rows] + SHARE * moved))
    return np.concatenate(blocks)


def p50_p95(took_s: list[float]) -> str:
    """Return milliseconds as "7.2 / 11.1"."""
    return f"{statistics.median(took_s) * 1e3:.2f} / {np.quantile(took_s, 0.95) * 1e3:.2f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, help="a folder in BEIR's layout")
    parser.add_argument("--rows", type=int, nargs="+", default=[30_000, 100_000, 1_000_000])
    parser.add_argument("--passages", type=int, default=5_000, help="whose sentences are embedded")
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--queries", type=Path)
    parser.add_argument("--exports", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    if arguments.vectors and arguments.queries:
        vectors, queries = np.load(arguments.vectors), np.load(arguments.queries)
    elif arguments.corpus:
        data = read_data(arguments.corpus, count=arguments.passages)
        embedder = open_embedder(find_model(), exports=arguments.exports)
        sentences = {
            span.of(passage.text)
            for passage in data.passages
            for span in split_sentences(passage.text)
        }
        vectors = embedder.embed_passages(sorted(sentences))
        queries = embedder.embed_passages(data.questions)
    else:
        sys.exit("--corpus FOLDER, or --vectors and --queries")
    vectors = np.ascontiguousarray(vectors, np.float32)
    print(
        "rows | of them made | proposed | exact p50 / p95 ms | codes p50 / p95 ms | ratio | "
        "recall@10 | recall@100 | build s"
    )
    for count in arguments.rows:
        rows = more_rows(vectors, count)
        exact = VectorIndex.build(rows)
        started = time.perf_counter()
        codes = ProductCodes.build(exact)
        built_s = time.perf_counter() - started
        if codes is None:
            print(f"{len(rows)} | every row is compared")
            continue
        coded = exact.with_codes(codes)
        took: dict[bool, list[float]] = {True: [], False: []}
        found = {10: 0.0, 100: 0.0}
        for query in queries:
            scores = {}
            for index in (exact, coded):
                began = time.perf_counter()
                scores[index is coded], _ = index.search(query, top=100)
                took[index is coded].append(time.perf_counter() - began)
            for top in found:
                least = scores[False][top - 1] - 2e-6
                found[top] += min((scores[True][:top] >= least).sum(), top) / top
        ratio = statistics.median(took[True]) / statistics.median(took[False])
        recalls = " | ".join(f"{found[top] / len(queries):.4f}" for top in (10, 100))
        print(
            f"{len(rows)} | {max(len(rows) - len(vectors), 0)} | {codes.quality.proposed} | "
            f"{p50_p95(took[False])} | {p50_p95(took[True])} | {ratio:.3f} | {recalls} | "
            f"{built_s:.1f}",
            flush=True,
        )
    print(json.dumps({"queries": len(queries), "faiss": faiss.__version__}))


if __name__ == "__main__":
    main()
