"""A small folder of shared data, made up, in the form of the real one."""

import json
from pathlib import Path

from bot.evaluation.sets.questionsets import PassageKey
from training.material.candidates import Candidate
from training.material.split import is_held_back
from training.material.statements import Statements, read_statements

FIRST = (
    "President Biden met Prime Minister Ardern on May 31, 2022. "
    "They discussed trade in the Pacific and the war in Ukraine. "
    "New Zealand joined the framework as its ninth member. "
    "The leaders thanked the officials who prepared the visit."
)
SECOND = (
    "The Vice President travelled to Honduras in January. "
    "She announced 170 million dollars for farmers there. "
    "A second visit is planned."
)
CLAUSE = "New Zealand joined the framework as its ninth member."


def documents(*, held_back: bool, count: int) -> list[str]:
    """Ids of documents that are, or are not, held back."""
    found = [f"2022-statement-{n}" for n in range(1000)]
    return [d for d in found if is_held_back(d) is held_back][:count]


def write_shared(folder: Path, *, learned: int = 4, held: int = 2, foreign: int = 2) -> Path:
    """Writes statements with questions, some held back, and ``foreign`` ones without."""
    own = [*documents(held_back=False, count=learned), *documents(held_back=True, count=held)]
    others = [f"2023-without-questions-{n}" for n in range(foreign)]
    passages, questions, twins = [], [], []
    for number, document in enumerate([*own, *others]):
        shared = {"title": f"Readout {number}", "date": "2022-05-31", "doc_id": document}
        passages.append({"_id": f"{document}#0", "text": f"{FIRST} Number {number}.", **shared})
        passages.append({"_id": f"{document}#1", "text": f"{SECOND} Item {number}.", **shared})
    for number, document in enumerate(own):
        about = {"document": document, "earlier": [], "rewrite": ""}
        first = {"passage": f"{document}#0", **about}
        questions += [
            {
                "id": f"q{number}",
                "question": "Which member was New Zealand in 2022?",
                "answerable": True,
                "gold": CLAUSE,
                "kind": "lexical",
                **first,
            },
            {
                "id": f"n{number}",
                "question": "Which member was Australia of the framework that was then founded?",
                "answerable": False,
                "gold": "",
                "kind": "missing-fact",
                **first,
            },
            {
                "id": f"f{number}",
                "question": "and how much did she give them?",
                "answerable": True,
                "gold": "She announced 170 million dollars for farmers there.",
                "kind": "followup",
                "passage": f"{document}#1",
                "document": document,
                "earlier": ["Did Harris go to Honduras?"],
                "rewrite": "How much did Harris give farmers in Honduras?",
            },
        ]
        twins.append(
            {"of": f"q{number}", "question": "Which member was Peru in 2022?", "change": 2}
        )
    _write(folder / "eval" / "official-statements-us" / "corpus.jsonl", passages)
    _write(folder / "train" / "statements" / "questions.jsonl", questions)
    _write(folder / "train" / "statements" / "twins.jsonl", twins)
    return folder


def every_passage(statements: Statements) -> dict[str, tuple[Candidate, ...]]:
    """Candidates as of a retrieval that proposes all passages to all questions, foreign ones first."""
    keys: list[PassageKey] = sorted(statements.passages, reverse=True)
    hits = tuple(Candidate(key, 0.5, ()) for key in keys)
    return {question.id: hits for question in statements.questions}


def small_statements(folder: Path) -> Statements:
    """The statements of a small folder of shared data."""
    return read_statements(write_shared(folder))


def _write(file: Path, rows: list[dict[str, object]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
