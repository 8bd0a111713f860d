"""The questions of people who had not seen the program are sound: each gold stands in its statement.

They were written from the statements alone, before the answers that they are to judge. What the
program makes of them is measured when it gives those answers.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from corpus.directory.shippedstatements import shipped_statements

QUESTIONS = Path(__file__).with_name("peoplequestions.jsonl")
STATEMENTS = Path(__file__).parents[3] / "shared" / "eval" / "official-statements-us" / "md"
OUTCOMES = {
    *("answered", "related-or-none", "none", "outline", "metadata", "list", "said", "smalltalk"),
}


def rows() -> list[dict[str, object]]:
    return [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]


def plain(text: str) -> str:
    return " ".join(text.split())


def test_there_are_enough_questions_and_refusals_and_no_id_comes_twice() -> None:
    every = rows()
    assert len(every) >= 250
    assert Counter(str(row["id"]) for row in every).most_common(1)[0][1] == 1
    assert {row["outcome"] for row in every} <= OUTCOMES
    assert sum(row["outcome"] in {"related-or-none", "none"} for row in every) >= 50


def test_each_gold_stands_in_its_statement() -> None:
    if not STATEMENTS.is_dir():
        pytest.skip("the statements of the United States are not here")
    texts = {
        path.stem: path for path in (*STATEMENTS.glob("*.md"), *shipped_statements().glob("*.txt"))
    }
    read: dict[str, str] = {}
    for row in rows():
        if row["document"] is None:
            continue
        name = str(row["document"])
        # the names of two files are cut short
        stem = next(stem for stem in texts if name == stem or name.startswith(stem))
        if stem not in read:
            read[stem] = plain(texts[stem].read_text("utf-8"))
        for gold in row["gold"]:  # type: ignore[attr-defined]
            assert plain(gold) in read[stem], (row["id"], gold)
