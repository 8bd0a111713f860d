"""Writes the held-back questions on official statements as sets for "verbatim eval".

    python scripts/held_back.py SHARED OUT
    verbatim eval OUT/statements --corpus SHARED/eval/official-statements-us --deleted 120

SHARED is the folder with the training data and the evaluation sets; OUT, outside the repository,
gets a folder for each set. The documents are those from which training learns nothing (one in
five). Nothing of the data is part of the project.

* statements: single questions, and near misses that people wrote.
* twins: questions, and the same with one thing changed, so that nothing answers.
* followups: questions with what was asked before; "topic change" if they stand alone.
* quantities: "how many" questions on things that the shipped statement names and does not count.
"""

import argparse
import json
import random
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bot.evaluation.sets.jsonlines import read_records
from corpus import shipped_corpus
from training.material.split import is_held_back

QUESTIONS = "train/statements/questions.jsonl"
TWINS = "train/statements/twins.jsonl"
CORPUS = "eval/official-statements-us"
TOPIC_CHANGE = "topic change"
MOST_QUANTITIES = 30

_NUMBER_WORDS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty "
    "sixty seventy eighty ninety hundred hundreds thousand thousands million millions billion "
    "billions trillion dozen dozens percent half both".split()
)
_NUMBER_BEFORE = 5
_TOKEN = re.compile(r"[A-Za-z][\w'’-]*|\d[\d,.]*")
_PLURAL = re.compile(
    r"\b(?:the|our|these|those|such|other|all|of|and|for) "
    r"((?:(?!its\b|our\b)[a-z]{3,}(?:-[a-z]+)? )?[a-z]{3,}s)"
    r"(?= (?:of|in|from|to|by|for|against|and|that|who|with|on)\b|[,.;])"
)
_NO_PLURALS = ("ss", "us", "is")
_FORMS = (
    "How many {things} are there?",
    "How many {things} does the Coalition have?",
    "how many {things}",
)


def write_sets(shared: Path, out: Path) -> None:
    """Write all sets into new or existing folders of ``out``.

    Raises:
        CorpusError: if the data is missing or a line is malformed.
    """
    rows = [
        row
        for row in read_records(shared / QUESTIONS, "id", "question", "passage", "document")
        if is_held_back(str(row["document"]))
    ]
    by_id = {row["id"]: row for row in rows}
    single = [row for row in rows if not row.get("earlier")]
    later = [row for row in rows if row.get("earlier")]
    twins = [t for t in read_records(shared / TWINS, "of", "question") if t["of"] in by_id]
    originals = {t["of"] for t in twins}
    _write(out / "statements", single)
    _write(
        out / "twins",
        [row for row in rows if row["id"] in originals],
        [
            {
                "id": f"{t['of']}-twin{number}",
                "question": t["question"],
                "of": t["of"],
                "kind": f"twin {t.get('change', '')}".strip(),
                "earlier": by_id[t["of"]].get("earlier") or [],
            }
            for number, t in enumerate(twins)
        ],
    )
    _write(out / "followups", [{**row, "kind": _follow_up_kind(row)} for row in later])
    _write_lines(
        out / "quantities" / "unanswerable.jsonl",
        (
            {"id": f"how-many-{number}", "question": text, "kind": "how many"}
            for number, text in enumerate(uncounted_questions())
        ),
    )


def uncounted_questions(*, most: int = MOST_QUANTITIES, seed: int = 0) -> list[str]:
    """Return "how many" questions whose noun no number stands before in the shipped statement."""
    text = "\n".join(document.text for document in shipped_corpus().documents)
    tokens = _TOKEN.findall(text)
    counted = {
        token.lower()
        for place, token in enumerate(tokens)
        if any(_is_number(each) for each in tokens[max(0, place - _NUMBER_BEFORE) : place])
    }
    things = [
        things
        for things in dict.fromkeys(match.group(1) for match in _PLURAL.finditer(text))
        if (noun := things.split()[-1]) not in counted | _NUMBER_WORDS
        and not noun.endswith(_NO_PLURALS)
    ]
    random.Random(seed).shuffle(things)
    return [form.format(things=each) for form in _FORMS for each in things][:most]


def _is_number(token: str) -> bool:
    return token[0].isdigit() or token.lower() in _NUMBER_WORDS


def _follow_up_kind(row: dict[str, Any]) -> str:
    same = str(row.get("rewrite") or "").strip() == str(row["question"]).strip()
    return TOPIC_CHANGE if same else "followup"


def _write(
    folder: Path, rows: Iterable[dict[str, Any]], unanswerable: Iterable[dict[str, Any]] = ()
) -> None:
    rows = list(rows)
    _write_lines(
        folder / "questions.jsonl",
        (
            {
                "id": row["id"],
                "question": row["question"],
                "passages": [row["passage"]],
                "gold": row["gold"],
                "kind": row["kind"],
                "earlier": row.get("earlier") or [],
                "rewrite": row.get("rewrite") or "",
            }
            for row in rows
            if row["answerable"]
        ),
    )
    without = [
        {
            "id": row["id"],
            "question": row["question"],
            "kind": row["kind"],
            "earlier": row.get("earlier") or [],
        }
        for row in rows
        if not row["answerable"]
    ]
    _write_lines(folder / "unanswerable.jsonl", [*without, *unanswerable])


def _write_lines(file: Path, records: Iterable[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    file.write_text("".join(lines), "utf-8")


def _main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shared", type=Path, help="the folder with train/ and eval/")
    parser.add_argument("out", type=Path, help="the folder that gets the sets")
    asked = parser.parse_args()
    if asked.out.resolve().is_relative_to(ROOT):
        parser.error("OUT lies in the project: name a folder outside")
    write_sets(asked.shared, asked.out)
    for folder in sorted(asked.out.iterdir()):
        print(folder)


if __name__ == "__main__":
    _main()
