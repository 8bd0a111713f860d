"""Counts the quotes whose link selects exactly them in the page that they are from.

    python scripts/text_fragments.py ../shared/eval --count 2000

The pages are the HTML files of messy-files, and statements of official-statements-us as a
government's site shows them: with menus, headings, and teasers that repeat their beginnings. They
are read as ``verbatim add`` reads them. The links are followed by
``tests/support/fragmentrules.py``, which knows nothing of the product. ``--save FOLDER`` writes the
pages and ``quotes.jsonl``, so that a browser can be asked, too.
"""

import argparse
import json
import random
import re
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).parents[1]),
    str(Path(__file__).parents[1] / "tests" / "support"),
]

from fragmentpages import LinkedQuote, linked_quotes, statement_pages
from fragmentrules import Page, compared

_SIGN = re.compile(r"(?m)^\s*(?:- |\w{1,4}\. |#+ )")


def outcome_of(quote: LinkedQuote, page: Page) -> str:
    """Return how often the link selects something, and whether it is the quote."""
    found = page.found(quote.directive)
    if not found:
        return "nothing is selected"
    selected = _letters(found[0].words)
    same = selected in {_letters(quote.quote), _letters(_SIGN.sub("", quote.quote))}
    if len(found) > 1:
        return "several places, the first is right" if same else "several places"
    return "once" if same else "once, with other words in between"


def main() -> None:
    """Print once each link that selects anything but its quote, then the counts."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--count", type=int, default=2_000)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--save", type=Path)
    asked = arguments.parse_args()
    statements = asked.folder / "official-statements-us" / "md"
    names = sorted(path.name for path in statements.iterdir())
    random.Random(asked.seed).shuffle(names)
    pages = dict(statement_pages(statements, names[: asked.count // 4]))
    for path in sorted((asked.folder / "messy-files" / "html").iterdir()):
        pages[path.name] = path.read_bytes()
    quotes, refused = linked_quotes(pages, asked.count, seed=asked.seed)
    if asked.save:
        asked.save.mkdir(parents=True, exist_ok=True)
        for name, data in pages.items():
            (asked.save / name).write_bytes(data)
        lines = (json.dumps(asdict(quote)) + "\n" for quote in quotes)
        (asked.save / "quotes.jsonl").write_text("".join(lines), encoding="utf-8")
    read = {name: Page(pages[name]) for name in {quote.page for quote in quotes}}
    counts: Counter[str] = Counter()
    for quote in quotes:
        outcome = outcome_of(quote, read[quote.page])
        counts[outcome] += 1
        if outcome != "once":
            print(
                f"{outcome} | {quote.page[-50:]} | {quote.quote[:100]!r} | {quote.directive[:100]}"
            )
    for reason in refused:
        print(f"not read: {reason}")
    print(f"{len(quotes)} quotes of {len(read)} pages")
    for outcome, count in counts.most_common():
        print(f"{count:6} {outcome}")


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", compared(text))


if __name__ == "__main__":
    main()
