"""Measures the search for words that were said, on sets that it draws from official statements.

    python scripts/said_figures.py SHARED/eval [--count 1000]

It prints how many slices are found exactly however they are typed, how many with one number, name
or negation changed are found almost, with just those words marked, how many foreign sentences are
found, and how long a search took.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from saidsets import drawn_texts, measured, public_sentences


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--missed", action="store_true", help="print those that are not as wanted")
    given = parser.parse_args()
    texts = drawn_texts(given.folder / "official-statements-us")
    found = measured(texts, public_sentences(given.folder / "mtrag-un"), count=given.count)
    passages = sum(len(text.passages) for text in texts)
    late = found.seconds[int(0.95 * len(found.seconds))]
    print(f"{len(texts):,} texts, {passages:,} passages")
    print(f"typed otherwise: {found.exact_otherwise_typed} of {found.slices} exact, at their place")
    print(
        f"changed: {found.exact_changed} of {found.changed} exact, {found.near} almost, "
        f"{found.marked} with just those words marked"
    )
    print(f"foreign: {found.foreign_found} of {found.foreign} found")
    print(
        f"a search: 95 % within {late * 1000:.0f} ms, all within {found.seconds[-1] * 1000:.0f} ms"
    )
    if given.missed:
        print(*found.missed, sep="\n")


if __name__ == "__main__":
    main()
