"""Measures the product as it is on held-back questions, and prints a row for each figure.

    python scripts/reader_figures.py SHARED --home FOLDER
    python scripts/reader_figures.py SHARED --home FOLDER --rows twins,deleted --limit 60

SHARED is the folder with the training data and the evaluation sets. FOLDER, outside the repository,
keeps the sets, the indexes and each answer, so that a run that was stopped goes on where it was. An
answer is kept under the model, the reader, and the code that found it: after a change of any of
them it is asked anew. VERBATIM_MODEL and VERBATIM_READER choose what is measured. Questions are
drawn by the seed where there are more than a row needs; n is how many were asked.
"""

import argparse
import hashlib
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bot.composition.evaluation import open_evaluation_embedders
from bot.composition.index import open_settings_reader
from bot.evaluation import measures
from bot.evaluation.measures import Bootstrap, Estimate
from bot.evaluation.outcomes import JudgedHits, answer_threshold, ask_deletion, judged_hits, opened
from bot.evaluation.sets.deletions import deletions
from bot.evaluation.sets.questionsets import EvaluationQuestion, QuestionSet, read_question_set
from bot.settings import Settings
from corpus import Span
from corpus.documents.sentences import split_sentences
from embeddings import (
    Embedder,
    FolderIndex,
    Generation,
    PassageText,
    Query,
    Reader,
    Retriever,
    best_hits,
    refresh,
)
from scripts.held_back import CORPUS, TOPIC_CHANGE, write_sets
from training.material.curriculum import SQUAD2
from training.material.paragraphs import read_paragraph_questions
from training.material.split import held_back_articles

_TOP = 40
_SAID_EVERY_S = 15
_FEW_DOCUMENTS = 1000
"""The vectors of a corpus of more are not kept apart from its index."""

_MEASURED = ("embeddings", "corpus", "bot/answering", "bot/evaluation")
_CODE = frozenset({".py", ".json", ".txt", ".safetensors"})


@dataclass(frozen=True, slots=True)
class Asked:
    """The result of one question: the rank of the first passage that answers (0 for none among
    40), the first probability, and what the evidence holds.
    """

    question: EvaluationQuestion
    rank: int
    score: float
    inside: bool | None
    touched: bool | None
    words: int
    part: float


class Kept:
    """Keeps results of one version of the product in a file, a line each."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, Any] = {}
        if file.is_file():
            text = file.read_text("utf-8")
            if text and not text.endswith("\n"):
                with file.open("a", encoding="utf-8") as lines:
                    lines.write("\n")
            for line in text.splitlines():
                try:
                    key, value = json.loads(line)
                except ValueError:
                    continue  # the run was killed while it wrote this line
                self._known[key] = value

    def take(self, key: str, find: Callable[[], Any]) -> Any:
        """Return the result of a key, which is found and kept if it is new."""
        if key not in self._known:
            value = find()
            self._known[key] = value
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps([key, value]) + "\n")
        return self._known[key]


class Product:
    """The product as it is: its model and reader, and an index of each set."""

    def __init__(self, shared: Path, home: Path, *, limit: int | None, seed: int) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.shared, self.home, self.limit, self.seed = shared, home, limit, seed
        self.settings = Settings.of_process()
        self.encoder, self.embedder = open_evaluation_embedders(
            self.settings, home / "vectors.sqlite"
        )
        self.reader = open_settings_reader(self.settings)
        self.kept = Kept(home / f"results-{self._version()}.jsonl")
        self._generations: dict[Path, Generation] = {}
        write_sets(shared, home / "sets")

    def _version(self) -> str:
        parts = [self.embedder.identity.vectors_key]
        parts.append("none" if self.reader is None else self.reader.digest)
        for folder in _MEASURED:
            for file in sorted((ROOT / folder).rglob("*")):
                if file.suffix in _CODE and file.is_file():
                    parts.append(hashlib.sha256(file.read_bytes()).hexdigest())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def read_set(self, name: str) -> QuestionSet:
        """Return a set: one of those written, or a folder of the evaluation sets."""
        written = self.home / "sets" / name
        folder = written if written.is_dir() else self.shared / "eval" / name
        official = self.shared / CORPUS
        by_id = written.is_dir() and name != "quantities"
        return read_question_set(folder, official if by_id or name == "statements-qa" else None)

    def some(self, questions: Sequence[EvaluationQuestion], most: int) -> list[EvaluationQuestion]:
        """Return at most ``most`` questions, drawn by the seed."""
        most = most if self.limit is None else min(most, self.limit)
        order = list(questions)
        random.Random(self.seed).shuffle(order)
        return order[:most]

    def retriever(self, questions: QuestionSet) -> Retriever:
        """Return the retriever of a set's corpus; its index is built once for each model."""
        model = hashlib.sha256(self.embedder.identity.vectors_key.encode()).hexdigest()
        folder = self.home / "indexes" / f"{questions.corpus.digest[:16]}-{model[:8]}"
        if folder not in self._generations:
            index = FolderIndex(folder)
            large = len(questions.corpus.documents) > _FEW_DOCUMENTS
            embedder: Embedder = self.encoder if large else self.embedder
            started = time.perf_counter()
            refresh(questions.corpus, index=index, embedder=embedder, progress=_Progress("index"))
            self._generations[folder] = index.open_current()
            _say(f"index of {questions.name}: {time.perf_counter() - started:.0f} s")
        return opened(self._generations[folder], self.embedder, self.reader)

    def ask(
        self,
        row: str,
        questions: QuestionSet,
        some: Sequence[EvaluationQuestion],
        *,
        alone: bool = False,
    ) -> list[Asked]:
        """Return the results of questions, read with their history unless ``alone``."""
        progress = _Progress(row)
        found = []
        retriever: Retriever | None = None
        for count, question in enumerate(some, start=1):
            history = () if alone else question.history
            key = json.dumps([questions.corpus.digest[:16], question.id, question.text, history])

            def find() -> Any:
                nonlocal retriever
                if retriever is None:
                    retriever = self.retriever(questions)
                query = Query(question.text, history)  # noqa: B023 (called at once)
                hits, _ = best_hits(retriever, query, top=_TOP)
                return _plain(judged_hits(hits, question), question)  # noqa: B023

            found.append(Asked(question, *self.kept.take(key, find)))
            progress(count, len(some))
        return found

    @cached_property
    def threshold(self) -> float:
        """The least probability of an answer; it is the same for every corpus."""
        return answer_threshold(self.retriever(self.read_set("quantities")))


def _plain(ours: JudgedHits, question: EvaluationQuestion) -> list[Any]:
    rank = next((i for i, key in enumerate(ours.keys, 1) if key in question.answers), 0)
    return [
        rank,
        float(ours.score),
        ours.evidence_right,
        ours.evidence_touched,
        ours.evidence_words,
        float(ours.evidence_part),
    ]


class _Progress:
    """Says on standard error how far a row is, and how long the rest may take."""

    def __init__(self, name: str) -> None:
        self._name, self._started, self._said = name, time.perf_counter(), 0.0
        self._first: tuple[int, float] | None = None

    def __call__(self, done: int, of: int) -> None:
        now = time.perf_counter()
        if self._first is None:
            self._first = (done, now)
        if now - self._said < _SAID_EVERY_S and done < of:
            return
        self._said = now
        count = done - self._first[0]
        left = (now - self._first[1]) / count * (of - done) if count else 0.0
        _say(f"{self._name}: {done} of {of}, about {left:.0f} s left")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# --- figures


def _share(asked: Sequence[Asked], right: Sequence[bool], seed: int) -> Estimate | None:
    groups = [each.question.group for each in asked]
    return Bootstrap(groups, seed=seed).share(np.array(right, np.float64))


def _line(row: str, what: str, figure: str, aims: str = "") -> str:
    return f"{row:<22} {what:<46} {figure:<22} {aims}".rstrip()


def _shown(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.2f}–{estimate.high:.2f})"


def _recalls(
    row: str, asked: Sequence[Asked], aims: dict[int, str], seed: int, what: str = ""
) -> list[str]:
    return [
        _line(
            row,
            f"{what}R@{top}, n {len(asked)}" if top == 1 else f"{what}among {top}",
            _shown(_share(asked, [0 < each.rank <= top for each in asked], seed)),
            aim,
        )
        for top, aim in aims.items()
    ]


def _answered(
    row: str, asked: Sequence[Asked], product: Product, what: str, aims: str, *, wanted: bool
) -> str:
    right = [(each.score >= product.threshold) == wanted for each in asked]
    return _line(row, f"{what}, n {len(asked)}", _shown(_share(asked, right, product.seed)), aims)


def _auroc(able: Sequence[Asked], unable: Sequence[Asked], seed: int) -> Estimate | None:
    both = [*able, *unable]
    scores = np.array([each.score for each in both])
    return Bootstrap([e.question.group for e in both], seed=seed).auroc(
        scores, np.arange(len(both)) < len(able)
    )


def _evidence(row: str, asked: Sequence[Asked], aims: str, seed: int) -> list[str]:
    right = [each for each in asked if each.inside is not None]
    if not right:
        return []
    inside = _share(right, [bool(each.inside) for each in right], seed)
    touched = _share(right, [bool(each.touched) for each in right], seed)
    words = float(np.mean([each.words for each in right]))
    part = float(np.mean([each.part for each in right]))
    return [
        _line(row, f"answer inside the evidence, n {len(right)}", _shown(inside), aims),
        _line(row, "a part of the answer inside it", _shown(touched)),
        _line(row, "length in words; share of the quote", f"{words:.1f}; {part:.3f}"),
    ]


def _calibration(row: str, asked: Sequence[Asked], aims: str) -> list[str]:
    scores = np.array([each.score for each in asked])
    right = np.array([each.rank == 1 for each in asked], np.float64)
    mass = measures.calibration_error(measures.reliability(scores, right))
    width = measures.calibration_error(measures.bins_of_equal_width(scores, right))
    return [
        _line(row, f"calibration error, bins of equal mass, n {len(asked)}", f"{mass:.3f}", aims),
        _line(row, "calibration error, bins of equal width", f"{width:.3f}", aims),
        _line(
            row,
            "AURC; AUGRC",
            f"{measures.area_under_risk(scores, right):.3f}; "
            f"{measures.area_under_generalised_risk(scores, right):.3f}",
        ),
    ]


# --- rows


def statements(product: Product) -> list[str]:
    """Measure single questions and people's near misses over all statements."""
    asked = product.read_set("statements")
    row = "statements"
    able = product.ask(row, asked, product.some([q for q in asked.questions if q.answers], 300))
    unable = product.ask(
        "near misses", asked, product.some([q for q in asked.questions if not q.answers], 150)
    )
    by_kind = []
    for kind in sorted({each.question.kind for each in able}):
        some = [each for each in able if each.question.kind == kind]
        share = np.mean([each.rank == 1 for each in some])
        by_kind.append(f"{kind} {share:.2f} ({len(some)})")
    return [
        *_recalls(row, able, {1: ".70 / .82", 5: ".88 / .93", 40: ".94 / .97"}, product.seed),
        _line(row, "R@1 by kind", ", ".join(by_kind)),
        *_evidence("evidence, statements", able, ".90 / .94", product.seed),
        *_calibration("calibration", [*able, *unable], "≤ .08 / .04"),
        _answered("unlike in style", unable, product, "false answers", "30 % / 15 %", wanted=True),
        _answered(
            "unlike in style",
            able,
            product,
            "answerable, not answered",
            "35 % / 20 %",
            wanted=False,
        ),
        _line("unlike in style", "AUROC", _shown(_auroc(able, unable, product.seed))),
    ]


def twins(product: Product) -> list[str]:
    """Measure questions against the same with one thing changed."""
    asked = product.read_set("twins")
    by_id = {q.id: q for q in asked.questions}
    some = product.some([q for q in asked.questions if q.twin_of], 200)
    changed = product.ask("twins", asked, some)
    originals = product.ask("originals", asked, [by_id[q.twin_of or ""] for q in some])
    order = [
        (one.score > other.score) + (one.score == other.score) / 2
        for one, other in zip(originals, changed, strict=True)
    ]
    groups = [each.question.group for each in originals]
    in_order = Bootstrap(groups, seed=product.seed).share(np.array(order, np.float64))
    row = "twins"
    auroc = Bootstrap([*groups, *groups], seed=product.seed).auroc(
        np.array([each.score for each in (*originals, *changed)]),
        np.arange(2 * len(originals)) < len(originals),
    )
    return [
        _line(row, f"AUROC, {len(changed)} pairs", _shown(auroc), ".82 / .92"),
        _line(row, "pairs in the right order", _shown(in_order), ".89 / .95"),
        _answered(row, originals, product, "originals answered", "", wanted=True),
        _answered(row, changed, product, "twins answered", "", wanted=True),
    ]


def deleted(product: Product) -> list[str]:
    """Measure questions about a statement alone, before and after the answer was taken out."""
    asked = product.read_set("statements")
    most = 120 if product.limit is None else min(120, product.limit)
    chosen = deletions(asked, most=most, seed=product.seed)
    progress = _Progress("deleted")
    pairs = []
    for count, each in enumerate(chosen, start=1):
        key = json.dumps(["deleted", each.after.digest[:16], each.question.id])

        def find() -> Any:
            return ask_deletion(each, product.embedder, product.reader)  # noqa: B023

        pairs.append(product.kept.take(key, find))
        progress(count, len(chosen))
    before, after = np.array(pairs, np.float64).reshape(-1, 2).T
    groups = [each.question.group for each in chosen]
    auroc = Bootstrap([*groups, *groups], seed=product.seed).auroc(
        np.concatenate([before, after]), np.arange(2 * len(before)) < len(before)
    )
    order = Bootstrap(groups, seed=product.seed).share((before > after) + (before == after) / 2)
    row = "answer taken out"
    answered = (
        f"{np.mean(before >= product.threshold):.1%} / {np.mean(after >= product.threshold):.1%}"
    )
    return [
        _line(row, f"AUROC, {len(chosen)} statements alone", _shown(auroc), ".83 / .95"),
        _line(row, "in the right order", _shown(order)),
        _line(row, "answered before / after", answered, "75 % / 28 %; aim 85 % / 8 %"),
    ]


def followups(product: Product) -> list[str]:
    """Measure follow-ups in context, and changes of topic against the question alone."""
    asked = product.read_set("followups")
    able = product.some([q for q in asked.questions if q.answers], 220)
    context = product.ask("follow-ups", asked, able)
    changes = [q for q in able if q.kind == TOPIC_CHANGE]
    alone = product.ask("topic changes alone", asked, changes, alone=True)
    together = [each for each in context if each.question.kind == TOPIC_CHANGE]
    row = "follow-ups"
    return [
        *_recalls(row, context, {1: ".66 / .78", 5: ".86 / .91"}, product.seed, "in context, "),
        _answered(row, context, product, "answerable, not answered", "", wanted=False),
        *_recalls(row, together, {1: "never worse than alone", 5: ""}, product.seed, "new topic, "),
        *_recalls(row, alone, {1: "", 5: ""}, product.seed, "new topic alone, "),
    ]


def shipped(product: Product) -> list[str]:
    """Measure the questions on the shipped statement."""
    return _written(
        product,
        "global-coalition-statement",
        {1: ".92 / .97", 3: ".97 / 1.0"},
        ("10 % / 4 %", "8 % / 3 %"),
    )


def handwritten(product: Product) -> list[str]:
    """Measure hand-written questions over all statements."""
    return _written(
        product,
        "statements-qa",
        {1: ".72 / .82", 5: ".88 / .93", 20: ""},
        ("15 % / 8 %", "28 % / 12 %"),
    )


def _written(
    product: Product, name: str, aims: dict[int, str], rates: tuple[str, str]
) -> list[str]:
    asked = product.read_set(name)
    single = [q for q in asked.questions if not q.is_turn and not q.is_chat]
    able = product.ask(name, asked, product.some([q for q in single if q.answers], 200))
    unable = product.ask(name, asked, product.some([q for q in single if not q.answers], 200))
    later = [q for q in asked.questions if q.is_turn and q.history and q.answers]
    turns = product.ask(f"{name}, turns", asked, product.some(later, 100))
    row = {"global-coalition-statement": "shipped statement"}.get(name, name)
    return [
        *_recalls(row, able, aims, product.seed),
        _answered(row, unable, product, "false answers", rates[0], wanted=True),
        _answered(row, able, product, "answerable, not answered", rates[1], wanted=False),
        _line(row, "AUROC", _shown(_auroc(able, unable, product.seed))),
        *_recalls(row, turns, {1: "", 5: ""}, product.seed, "follow-ups, "),
    ]


def quantities(product: Product) -> list[str]:
    """Measure "how many" questions on things that are not counted."""
    asked = product.read_set("quantities")
    found = product.ask("quantities", asked, product.some(asked.questions, 30))
    count = sum(each.score >= product.threshold for each in found)
    return [_line("how many", f"called answered, n {len(found)}", str(count), "≤ 4 / 1 of 30")]


def squad(product: Product) -> list[str]:
    """Measure the reader alone on held-back articles of SQuAD 2.0, given the paragraph."""
    row = "SQuAD 2.0, unseen"
    reader = product.reader
    if reader is None:
        return [_line(row, "AUROC", "no reader", ".75 / .88")]
    every = read_paragraph_questions(product.shared, SQUAD2)
    articles = held_back_articles(frozenset(q.article for q in every))
    held = [q for q in every if q.article in articles]
    random.Random(product.seed).shuffle(held)
    held = held[: min(400, product.limit or 400)]
    progress = _Progress("squad")
    logits = []
    for count, question in enumerate(held, start=1):

        def find() -> Any:
            return _logit(reader, question.text, question.title, question.paragraph)  # noqa: B023

        logits.append(product.kept.take(json.dumps(["squad", question.id]), find))
        progress(count, len(held))
    answered = np.array([question.answer is not None for question in held])
    estimate = Bootstrap([q.article for q in held], seed=product.seed).auroc(
        np.array(logits, np.float64), answered
    )
    return [_line(row, f"AUROC of the reader, n {len(held)}", _shown(estimate), ".75 / .88")]


def _logit(reader: Reader, question: str, title: str, paragraph: str) -> float:
    sentences: tuple[Span, ...] = tuple(split_sentences(paragraph, language="en"))
    (read,) = reader.read(question, (), [PassageText(title, "", paragraph, sentences)])
    return float(read.logit)


def _plain_set(name: str, most: int, *, aims: str = "none worse") -> Callable[[Product], list[str]]:
    def measured(product: Product) -> list[str]:
        asked = product.read_set(name)
        single = [q for q in asked.questions if not q.is_chat]
        able = product.ask(name, asked, product.some([q for q in single if q.answers], most))
        without = product.some([q for q in single if not q.answers], most // 2)
        unable = product.ask(name, asked, without)
        lines = [
            *_recalls(name, able, {1: aims, 5: ""}, product.seed),
            *_evidence(name, able, ".90 / .94", product.seed),
        ]
        if unable:
            lines.append(_line(name, "AUROC", _shown(_auroc(able, unable, product.seed))))
        return lines

    return measured


ROWS: dict[str, Callable[[Product], list[str]]] = {
    "statements": statements,
    "twins": twins,
    "deleted": deleted,
    "followups": followups,
    "shipped": shipped,
    "handwritten": handwritten,
    "quantities": quantities,
    "squad": squad,
    "xquad": _plain_set("xquad/en", 300),
    "mtrag-un": _plain_set("mtrag-un", 200),
    "mtrag-human": _plain_set("mtrag-human-partial", 150),
    "service-public": _plain_set("service-public-fr", 94),
}


def _main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shared", type=Path, help="the folder with train/ and eval/")
    parser.add_argument("--home", type=Path, required=True, help="keeps indexes and results")
    parser.add_argument("--rows", default=",".join(ROWS), help="names with commas between")
    parser.add_argument("--limit", type=int, help="the most questions of each kind in a row")
    parser.add_argument("--seed", type=int, default=0, help="draws the questions")
    asked = parser.parse_args()
    names = [name.strip() for name in asked.rows.split(",")]
    for name in names:
        if name not in ROWS:
            parser.error(f'"{name}" is no row: choose among {", ".join(ROWS)}')
    if asked.home.resolve().is_relative_to(ROOT):
        parser.error("--home lies in the project: name a folder outside")
    product = Product(asked.shared.resolve(), asked.home, limit=asked.limit, seed=asked.seed)
    reader = "none" if product.reader is None else product.reader.name
    print(f"model {product.embedder.identity.name}, reader {reader}, seed {asked.seed}")
    print(_line("row", "figure", "value (95 %)", "to land / the aim"))
    started = time.perf_counter()
    for name in names:
        print("\n".join(ROWS[name](product)), flush=True)
    _say(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    _main()
