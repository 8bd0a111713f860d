"""Decides which groups a step learns from, by a seed and the number of the step alone."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

from training.errors import MaterialError
from training.material.candidates import Candidate
from training.material.pairs import Group
from training.material.paragraphs import (
    ParagraphGroups,
    ParagraphQuestion,
    read_paragraph_questions,
)
from training.material.split import held_back_articles
from training.material.statementgroups import StatementGroups
from training.material.statements import Statements

SQUAD2 = "squad2-dev-part"
STATEMENTS = "statements"


class Groups(Protocol):
    """Makes a group for each of its questions, about statements or third-party paragraphs."""

    def __len__(self) -> int: ...

    def group(self, number: int, rng: random.Random) -> Group:
        """Return the group of a question; ``rng`` draws the parts that may differ."""


@dataclass(frozen=True, slots=True)
class Share:
    """The number of pairs in a hundred that come from some files; ``size`` pairs for each
    question.
    """

    files: tuple[str, ...]
    pairs: float
    size: int = 2


_SQUAD11 = ("squad11-train-a", "squad11-train-b", "squad11-train-c", "squad11-train-d-detok")
_SENTENCES = ("qed-dev", "clapnq-dev", "omosqa-en", "selqa", "condaqa")

FIRST = (
    Share((STATEMENTS,), 30, 4),
    Share((SQUAD2,), 14, 4),
    Share(("squad2-train10",), 9),
    Share(_SQUAD11, 18, 3),
    Share(("squadshifts-wiki",), 7),
    Share(("feedbackqa-rated",), 4),
    Share(("feedbackqa-pairs",), 3),
    Share(_SENTENCES, 10),
    Share(("covid-qa",), 1),
    Share(("qmsum-committee",), 1),
    Share(("boolq-valtest",), 2),
    Share(("policyqa",), 1),
)
"""The mix of the first stage: third-party data, statements among it from the first step on."""

MIDDLE = (
    Share((STATEMENTS,), 30, 4),
    Share((SQUAD2,), 30, 4),
    Share(("squad2-train10",), 8),
    Share(_SQUAD11, 14, 3),
    Share(("squadshifts-wiki",), 4),
    Share(("feedbackqa-rated",), 4),
    Share(_SENTENCES, 9),
    Share(("boolq-valtest",), 1),
)
"""The mix of a stage between the two: people's unanswerable questions, which teach the most."""

SECOND = (
    Share((STATEMENTS,), 72, 4),
    Share((SQUAD2,), 10, 4),
    Share(("squad2-train10",), 2),
    Share(_SQUAD11, 6, 3),
    Share(("feedbackqa-rated",), 3),
    Share(_SENTENCES, 6),
    Share(("boolq-valtest",), 1),
)
"""The mix of the second stage: statements, and enough of the rest not to forget it."""

THIRD = (
    Share((STATEMENTS,), 48, 4),
    Share((SQUAD2,), 25, 4),
    Share(("squad2-train10",), 4),
    Share(_SQUAD11, 10, 3),
    Share(("squadshifts-wiki",), 2),
    Share(("feedbackqa-rated",), 3),
    Share(_SENTENCES, 7),
    Share(("boolq-valtest",), 1),
)
"""The mix of the third stage: statements for a half, and people's unanswerable questions."""

FOURTH = (
    Share((STATEMENTS,), 62, 4),
    Share((SQUAD2,), 18, 4),
    Share(("squad2-train10",), 3),
    Share(_SQUAD11, 7, 3),
    Share(("feedbackqa-rated",), 3),
    Share(_SENTENCES, 6),
    Share(("boolq-valtest",), 1),
)
"""The mix of the fourth stage, which has the twins and rewordings that were written last."""

MIXES = {"first": FIRST, "middle": MIDDLE, "second": SECOND, "third": THIRD, "fourth": FOURTH}


def open_sources(
    mix: tuple[Share, ...],
    shared: Path,
    statements: Statements,
    candidates: Mapping[str, tuple[Candidate, ...]],
) -> tuple[tuple[Groups, Share], ...]:
    """Read the sources of a mix.

    Raises:
        MaterialError: if a file of one is missing.
    """
    opened: list[tuple[Groups, Share]] = []
    for share in mix:
        if share.files == (STATEMENTS,):
            opened.append((StatementGroups(statements, candidates), share))
            continue
        questions = [q for file in share.files for q in learned_questions(shared, file)]
        opened.append((ParagraphGroups(tuple(questions), size=share.size), share))
    return tuple(opened)


def learned_questions(shared: Path, file: str) -> tuple[ParagraphQuestion, ...]:
    """Return the questions of a file without those on held-back articles."""
    questions = read_paragraph_questions(shared, file)
    if file != SQUAD2:
        return questions
    held = held_back_articles(frozenset(q.article for q in questions))
    return tuple(q for q in questions if q.article not in held)


def groups_in_order(
    sources: tuple[tuple[Groups, Share], ...], *, seed: int
) -> Iterator[tuple[str, Group]]:
    """Yield groups without end, each with the name of its source.

    Sources take turns by their shares of pairs, so that any stretch has the mix. Within a source
    every question comes once before any comes again, each time with other negatives.

    Raises:
        MaterialError: if a source has no question.
    """
    names = ["+".join(share.files) for _, share in sources]
    for name, (groups, _) in zip(names, sources, strict=True):
        if not len(groups):
            raise MaterialError(f"{name} has no question to learn from.")
    numbers = [
        _numbers(len(groups), name, seed) for name, (groups, _) in zip(names, sources, strict=True)
    ]
    given = [0.0] * len(sources)
    while True:
        # the source that is furthest behind its share
        at = min(range(len(sources)), key=lambda i: (given[i] / sources[i][1].pairs, i))
        groups, _ = sources[at]
        turn, number = next(numbers[at])
        group = groups.group(number, random.Random(f"{seed}/{names[at]}/{turn}/{number}"))  # noqa: S311
        given[at] += len(group)
        yield names[at], group


def _numbers(size: int, name: str, seed: int) -> Iterator[tuple[int, int]]:
    for turn in count():
        order = list(range(size))
        random.Random(f"{seed}/{name}/{turn}").shuffle(order)  # noqa: S311
        yield from ((turn, number) for number in order)
