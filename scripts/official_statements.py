"""Measures how the Markdown of official-statements-us is read: words, markup, headings, numbers.

python scripts/official_statements.py ../shared/eval/official-statements-us
"""

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).parents[1]),
    str(Path(__file__).parents[1] / "tests" / "support"),
]

from renderedchecks import (
    MARKUP,
    begins_a_line,
    emphasised_paragraphs,
    first_word_out_of_order,
    lies_within_passages,
    lost_words,
    numbered_paragraphs,
)

from corpus.extraction.markdown.markdowntext import rendered
from corpus.extraction.textfile import document_from_bytes
from corpus.frontmatter.frontmatter import split_front_matter


def main() -> None:  # noqa: PLR0912 (one line for each thing that is measured)
    """Print each failing place, then the counts."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--headings", action="store_true", help="print every heading")
    asked = arguments.parse_args()
    texts: dict[str, list[str]] = defaultdict(list)
    with (asked.folder / "corpus.jsonl").open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            texts[record["doc_id"]].append(record["text"])
    counts: dict[str, int] = defaultdict(int)
    for path in sorted((asked.folder / "md").iterdir()):
        document = document_from_bytes(path.read_bytes(), path.name)
        _, body = split_front_matter(path.read_text(encoding="utf-8"), decided=True)
        shown, left_out = rendered(body)
        counts["documents"] += 1
        counts["passages"] += len(document.passages)
        found: list[tuple[str, str]] = []
        if shown != document.text:
            found.append(("read otherwise", ""))
        passages = {" ".join(passage.text.split()) for passage in document.passages}
        found += [("markup", p.text[:200]) for p in document.passages if MARKUP.search(p.text)]
        found += [("heading", h) for h in emphasised_paragraphs(body) if h in passages]
        if lost := lost_words(body, shown, left_out):
            found.append(("lost words", str(dict(lost))[:200]))
        if (word := first_word_out_of_order(body, shown)) is not None:
            found.append(("out of order", word))
        for first in numbered_paragraphs(body):
            counts["numbered"] += 1
            if not begins_a_line(first, shown):
                found.append(("number", " ".join(first)))
        for text in texts[path.stem]:
            counts["texts"] += 1
            if not lies_within_passages(text, document):
                found.append(("text", text[:150]))
        if asked.headings:
            for line in document.text.split("\n"):
                if line.startswith("#"):
                    print(f"heading | {line}")
        for what, where in found:
            counts[f"WRONG {what}"] += 1
            print(f"{what} | {path.stem[:60]} | {where!r}")
    for name, count in counts.items():
        print(f"{count:6} {name}")


if __name__ == "__main__":
    main()
