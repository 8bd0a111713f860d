"""The questions on the shipped statement, when the evaluation data is at hand."""

import json
from typing import Any

import pytest
from evaluationdata import EVALUATION

from bot.answering.answerer import Answerer

FOLDER = EVALUATION / "global-coalition-statement"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the evaluation data is not at hand: {FOLDER.name}"
)


def questions(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines() if line]


def test_the_passage_asked_for_is_among_the_three_quotes(
    shipped_answerer: Answerer, capsys: pytest.CaptureFixture[str]
) -> None:
    first = in_three = 0
    lines = []
    asked = questions("questions.jsonl")
    for question in asked:
        reply = shipped_answerer.answer(question["question"], listed=True)
        found = [question["gold"] in quote.text for quote in reply.ranked or reply.quotes]
        rank = found.index(True) + 1 if True in found else 0
        first += rank == 1
        in_three += rank > 0
        best = reply.quotes[0].citation.label if reply.quotes else "–"
        lines.append(
            f"{question['id']} {question['kind']:<11} {reply.outcome.value:<8} "
            f"rank {rank or '–'}  best {best:<9} {question['question']}"
        )
    with capsys.disabled():
        print()
        print("\n".join(lines))
        print(f"first: {first} of {len(asked)}; among three: {in_three} of {len(asked)}")
    assert in_three >= 24
    assert first >= 21
