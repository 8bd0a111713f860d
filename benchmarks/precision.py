"""Compares a faster precision, int8, with fp32 on the same model and texts: gains and losses.

    python -m benchmarks.precision --corpus FOLDER --passages 1000

Prints passages a second of both, in turn, and of int8 the mean and least cosine to fp32 and the
share of fp32's ten nearest passages of each question that it finds.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks.data import read_data
from embeddings import PRECISIONS, find_model, open_embedder
from embeddings.arrays import FloatMatrix

ROUNDS = 3
TOP = 10


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="a folder in BEIR's layout")
    parser.add_argument("--passages", type=int, default=1000)
    parser.add_argument("--exports", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    data = read_data(arguments.corpus, count=arguments.passages)
    texts = [passage.text for passage in data.passages]
    asked = list(data.questions)
    embedders = {
        precision: open_embedder(find_model(precision=precision), exports=arguments.exports)
        for precision in PRECISIONS
    }
    rates: dict[str, list[float]] = {precision: [] for precision in PRECISIONS}
    passages: dict[str, FloatMatrix] = {}
    for _ in range(ROUNDS):
        for precision, embedder in embedders.items():
            started = time.perf_counter()
            passages[precision] = embedder.embed_passages(texts)
            rates[precision].append(len(texts) / (time.perf_counter() - started))
    nearest = {
        precision: np.argsort(-(embedder.embed_passages(asked) @ passages[precision].T), axis=1)
        for precision, embedder in embedders.items()
    }
    whole = passages["fp32"]
    for precision in PRECISIONS:
        cosines = np.einsum("ij,ij->i", whole, passages[precision])
        found = [
            len(set(one[:TOP]) & set(other[:TOP])) / TOP
            for one, other in zip(nearest["fp32"], nearest[precision], strict=True)
        ]
        print(
            f"{precision}: {statistics.median(rates[precision]):.1f} passages/s "
            f"({min(rates[precision]):.1f}-{max(rates[precision]):.1f}), cosine to fp32 mean "
            f"{cosines.mean():.5f} least {cosines.min():.5f}, recall@10 of fp32 "
            f"{np.mean(found):.3f} ({len(asked)} questions, {len(texts)} passages)"
        )


if __name__ == "__main__":
    main()
