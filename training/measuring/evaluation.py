"""Measures exported weights on held-back rows: the figures that can be computed without the bot."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from bot.evaluation.sets.questionsets import EvaluationQuestion, PassageKey, read_question_set
from corpus import Corpus
from training.material.candidates import Candidate, twin_name
from training.material.statementgroups import ranges_of, when_of
from training.measuring.devsplit import DevSplit
from training.measuring.lists import Listed, figures_of_lists, thresholds_table
from training.measuring.measures import auroc, in_order, recall
from training.measuring.nearestpassages import NearestPassages
from training.measuring.scoring import Scorer, ToRead

if TYPE_CHECKING:
    from training.workshop import Workshop

_T = TypeVar("_T")

Note = Callable[[str, Mapping[str, float]], None]
"""Takes the figures of a row."""

ALONE = 120
"""Statements that are measured alone, with and without their answer."""

_PASSAGES_ALONE = 10


@dataclass(frozen=True, slots=True)
class ToList:
    """A question whose candidates are read; ``right`` are the passages that answer it."""

    name: str
    text: str
    earlier: tuple[str, ...]
    right: frozenset[PassageKey]


class ListReader:
    """Reads the first candidates of questions over one corpus."""

    def __init__(
        self,
        corpus: Corpus,
        candidates: Mapping[str, tuple[Candidate, ...]],
        scorer: Scorer | None,
        top: int,
    ) -> None:
        self._corpus = corpus
        self._passages = {(p.document_id, p.number): p for p in corpus.quotable()}
        self._candidates = candidates
        self._scorer = scorer
        self._top = top

    def lists(self, asked: Sequence[ToList]) -> list[Listed]:
        """Return for each question its candidates, as retrieval and the reader score them."""
        pairs: list[ToRead] = []
        counts = []
        for question in asked:
            some = self._candidates[question.name][: self._top]
            counts.append(len(some))
            pairs += [self._pair(question, candidate.key) for candidate in some]
        read = self._scorer.read(pairs) if self._scorer else []
        logits = [r.logit for r in read] if read else [0.0] * len(pairs)
        found, at = [], 0
        for question, count in zip(asked, counts, strict=True):
            every = self._candidates[question.name]
            found.append(
                Listed(
                    name=question.name,
                    document=min(question.right)[0] if question.right else question.name,
                    probabilities=np.array([c.probability for c in every[:count]]),
                    logits=np.array(logits[at : at + count]),
                    right=np.array([bool(c.keys & question.right) for c in every[:count]], bool),
                    retrieved=_rank(every, question.right),
                )
            )
            at += count
        return found

    def _pair(self, question: ToList, key: PassageKey) -> ToRead:
        document = self._corpus.document(key[0])
        return ToRead(
            question=question.text,
            passage=self._passages[key].text,
            earlier=question.earlier,
            title=document.title,
            when=when_of(document.published),
        )


def _rank(candidates: Sequence[Candidate], right: frozenset[PassageKey]) -> int | None:
    return next((i for i, c in enumerate(candidates) if c.keys & right), None)


def evaluate(
    workshop: "Workshop",
    *,
    reader: Path | None,
    embedder: Path | None,
    base_embedder: bool,
    questions: int,
    top: int,
    out: Path | None,
) -> dict[str, dict[str, float]]:
    """Print figures, row by row, and write them to ``out``; returns them.

    Raises:
        TrainingError: if weights or data cannot be read.
    """
    found: dict[str, dict[str, float]] = {}

    def note(row: str, figures: Mapping[str, float]) -> None:
        found[row] = {name: round(float(value), 4) for name, value in figures.items()}
        print(f"{row}: " + ", ".join(f"{n} {v:g}" for n, v in found[row].items()), flush=True)
        if out is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(json.dumps(found, indent=2) + "\n", "utf-8")

    for weights in ([None] if base_embedder else []) + ([embedder] if embedder else []):
        nearest = NearestPassages(
            workshop.statements, most=None, xquad=workshop.shared / "eval" / "xquad" / "en"
        )
        figures = nearest.figures(
            workshop.embedder(weights),
            workshop.text_encoder,
            device=workshop.device,
            bf16=workshop.bf16,
        )
        note(f"embedder {weights or 'as shipped'}, paragraph vectors alone", figures)
    if reader is not None:
        scorer = workshop.scorer(workshop.reader(reader))
        _reader_rows(workshop, scorer, questions, top, note)
    return found


def _reader_rows(workshop: "Workshop", scorer: Scorer, most: int, top: int, add: Note) -> None:
    held, candidates = workshop.dev_split, workshop.candidates
    add("given the passage", given_the_passage(held, scorer))
    add("statements alone, answer taken out", answer_taken_out(held, candidates, scorer))
    lists = ListReader(held.statements.corpus, candidates, scorer, top)
    pairs = [(q, t) for q, t in held.twins if twin_name(t.of, t.text) in candidates]
    pairs = _some(pairs, most)
    originals = lists.lists([_to_list(q.id, q.text, q.earlier, q.passage) for q, _ in pairs])
    twins = lists.lists([_to_list(twin_name(t.of, t.text), t.text, q.earlier) for q, t in pairs])
    single = [q for q in held.questions if not q.earlier and q.id in candidates]
    able = _some([q for q in single if q.answerable], most)
    unable = _some([q for q in single if not q.answerable], most)
    of_able = lists.lists([_to_list(q.id, q.text, (), q.passage) for q in able])
    of_unable = lists.lists([_to_list(q.id, q.text, ()) for q in unable])
    later = _some(
        [q for q in held.questions if q.earlier and q.answerable and q.id in candidates], most
    )
    of_later = lists.lists([_to_list(q.id, q.text, q.earlier, q.passage) for q in later])
    for name, figures in figures_of_lists(originals, twins, of_able, of_unable, of_later).items():
        add(name, figures)
    for kind in sorted({q.kind for q in able}):
        some = [listed for q, listed in zip(able, of_able, strict=True) if q.kind == kind]
        add(f"statements, {kind}", {"n": len(some), **_first(some)})
    for folder in ("statements-qa", "global-coalition-statement"):
        for name, figures in _written_rows(workshop, folder, scorer, top).items():
            add(name, figures)


def _first(lists: Sequence[Listed]) -> dict[str, float]:
    ranks = [listed.rank(0.6) for listed in lists]
    return {"R@1": recall(ranks, 1), "product R@1": recall([x.rank(None) for x in lists], 1)}


def _to_list(
    name: str, text: str, earlier: tuple[str, ...], right: PassageKey | None = None
) -> ToList:
    return ToList(name, text, earlier, frozenset(() if right is None else (right,)))


def given_the_passage(held: DevSplit, scorer: Scorer) -> dict[str, float]:
    """Return figures on pairs with the passage itself, without lists and retrieval.

    Evidence is right if it has a part of the answering clause, and inside if it has all of it. It
    is the best sentence, with its better neighbour if that is nearly as good.
    """
    pairs = [held.to_read(q) for q, _ in held.twins]
    pairs += [held.to_read(q, asked=t.text) for q, t in held.twins]
    read = [r.logit for r in scorer.read(pairs)]
    originals, twins = read[: len(held.twins)], read[len(held.twins) :]
    before = scorer.read([held.to_read(q) for q, _ in held.deleted])
    after = scorer.read([held.to_read(q, text=text) for q, text in held.deleted])
    squad = scorer.read([ToRead(q.text, q.paragraph, title=q.title) for q in held.squad])
    answered = [r.logit for q, r in zip(held.squad, squad, strict=True) if q.answer]
    unanswered = [r.logit for q, r in zip(held.squad, squad, strict=True) if not q.answer]
    touched, inside = [], []
    for (q, _), r in zip(held.deleted, before, strict=True):
        passage = held.statements.passages[q.passage]
        sentences = ranges_of(passage)
        start = passage.text.index(q.gold)
        end = start + len(q.gold)
        first, last = shown_sentences(r.sentences)
        touched.append(sentences[first][0] < end and sentences[last][1] > start)
        inside.append(sentences[first][0] <= start and sentences[last][1] >= end)
    return {
        "twins AUROC": auroc(originals, twins),
        "twins in order": in_order(originals, twins),
        "answer taken out, AUROC": auroc([r.logit for r in before], [r.logit for r in after]),
        "answer taken out, in order": in_order([r.logit for r in before], [r.logit for r in after]),
        "SQuAD AUROC": auroc(answered, unanswered),
        "evidence touches": float(np.mean(touched)),
        "evidence has all": float(np.mean(inside)),
    }


NEIGHBOUR_MARGIN = 1.0
"""The largest difference of logits at which a neighbour of the best sentence is shown with it."""


def shown_sentences(logits: Sequence[float]) -> tuple[int, int]:
    """Return the first and last of the one or two sentences that are shown."""
    best = max(range(len(logits)), key=logits.__getitem__)
    beside = [i for i in (best - 1, best + 1) if 0 <= i < len(logits)]
    other = max(beside, key=logits.__getitem__, default=best)
    if logits[best] - logits[other] > NEIGHBOUR_MARGIN:
        other = best
    return min(best, other), max(best, other)


def _written_rows(
    workshop: "Workshop", folder: str, scorer: Scorer, top: int
) -> dict[str, dict[str, float]]:
    """Return figures on a set that people wrote; training did not use its statements."""
    evaluation = workshop.shared / "eval"
    written = read_question_set(evaluation / folder, evaluation / "official-statements-us")
    if folder == "global-coalition-statement":
        written = read_question_set(evaluation / folder)
    lists = ListReader(written.corpus, workshop.candidates, scorer, top)
    names = workshop.candidates

    def listed(questions: list[EvaluationQuestion]) -> list[Listed]:
        return lists.lists(
            [
                ToList(f"{written.name}/{q.id}", q.text, q.history, q.answers)
                for q in questions
                if f"{written.name}/{q.id}" in names
            ]
        )

    alone = [q for q in written.questions if not q.is_turn and not q.is_chat]
    able = listed([q for q in alone if q.answers])
    unable = listed([q for q in alone if not q.answers])
    turns = listed([q for q in written.questions if q.is_turn and q.history and q.answers])
    found = {}
    for weight in (None, 0.0, 0.3, 0.6):
        what = "product" if weight is None else f"reader + {weight} × product"
        found[f"{folder}, {what}"] = {
            "n": len(able),
            "R@1": recall([x.rank(weight) for x in able], 1),
            "R@3": recall([x.rank(weight) for x in able], 3),
            "R@5": recall([x.rank(weight) for x in able], 5),
            "R@20": recall([x.retrieved for x in able], 20),
            "AUROC": auroc([x.best(weight) for x in able], [x.best(weight) for x in unable]),
            "follow-ups R@1": recall([x.rank(weight) for x in turns], 1),
        }
    found[f"{folder}, answered"] = thresholds_table(able, unable)
    return found


def answer_taken_out(
    held: DevSplit, candidates: Mapping[str, tuple[Candidate, ...]], scorer: Scorer
) -> dict[str, float]:
    """Return figures on statements alone, with and without the answering sentence."""
    seen: set[str] = set()
    chosen = []
    for q, text in _some(list(held.deleted), len(held.deleted)):
        if q.document not in seen and not q.earlier:
            seen.add(q.document)
            chosen.append((q, text))
    before, after = [], []
    for q, text in chosen[:ALONE]:
        document = held.statements.document_of(q.passage)
        near = [c.key for c in candidates.get(q.id, ()) if c.key[0] == q.document]
        others = [k for k in dict.fromkeys(near) if k != q.passage][: _PASSAGES_ALONE - 1]
        when = when_of(document.published)
        rest = [
            ToRead(q.text, held.statements.passages[k].text, (), document.title, when)
            for k in others
        ]
        read = [r.logit for r in scorer.read([held.to_read(q), held.to_read(q, text=text), *rest])]
        before.append(max([read[0], *read[2:]]))
        after.append(max([read[1], *read[2:]]))
    middle = float(np.median([*before, *after]))
    return {
        "statements": len(before),
        "AUROC": auroc(before, after),
        "in order": in_order(before, after),
        "above the median, before": float(np.mean(np.array(before) > middle)),
        "above the median, after": float(np.mean(np.array(after) > middle)),
    }


def _some(rows: Sequence[_T], most: int) -> list[_T]:
    return random.Random(0).sample(list(rows), min(most, len(rows)))  # noqa: S311
