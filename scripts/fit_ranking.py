"""Learns ``embeddings/search/ranking.json`` from evaluation sets and prints cross-validated
figures.

    python scripts/fit_ranking.py EVALUATION_FOLDER [--cache FILE] [--write]

Both layers are convex problems from a fixed start, so the same sets give the same weights. The
first layer maximises the likelihood of the passages that answer among the candidates of their
question (a listwise softmax), with no weight below 0 and a ridge that pulls towards a
plain sum of cosines, which holds on a corpus too small to learn from. The second
is a logistic regression of "the first candidate answers" on questions that the first layer was not
fitted on. Every set counts the same. Folds keep the questions of one document or conversation
together.
"""

import argparse
import hashlib
import itertools
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from bot.evaluation.sets.questionsets import QuestionSet, read_question_set
from embeddings import (
    FolderIndex,
    Query,
    Retriever,
    find_model,
    open_embedder,
    refresh,
)
from embeddings.models.cachingembedder import CachingEmbedder
from embeddings.models.modelfolder import shipped_model
from embeddings.question.followups import FOLLOW_UP_NAMES, dependence, reading_shares
from embeddings.search.evidence import EVIDENCE_NAMES, best_sentences
from embeddings.search.features import NAMES
from embeddings.search.ranking import CONFIDENCE_NAMES, RankingModel, confidence_row

FOLDS = 5
TOPS = (1, 3, 5)
THRESHOLDS = (0.12, 0.25, 0.35, 0.5)
TINY = 1e-6
RIDGE = 5e-3
PRIOR = {"passage": 9.0, "sentence": 12.0, "dateline": 12.0}
CONFIDENCE_RIDGE = 1e-2
EVIDENCE_RIDGE = 1e-3
SETS_WITH_ANSWER_SPANS = {"xquad/en"}
FOLLOW_UP_PRIOR = {"one": 0.0, "words": -0.5, "name": -0.5, "pronoun": 0.5, "demonstrative": 0.5}
FOLLOW_UP_RIDGE = 2e-2
SMALL_SET_WEIGHT = 0.3
SMALL_SET = 60


@dataclass(frozen=True)
class Case:
    """One question's candidates: features, which of them answer, and its fold.

    ``read`` are the features under each reading, the first of the question alone; ``dependence``
    what tells whether it leans on the others; ``stands_alone`` that the set means it to be
    understood without those before it. ``sentences`` are the features of the sentences of each
    candidate that answers, ``holds`` tells which of them have the answer's text in them; both empty
    if the set does not give it.
    """

    set_name: str
    question_id: str
    fold: int
    passages: int
    read: tuple[np.ndarray, ...]
    right: np.ndarray
    answerable: bool
    dependence: np.ndarray
    stands_alone: bool
    sentences: tuple[np.ndarray, ...]
    holds: tuple[np.ndarray, ...]

    @property
    def features(self) -> np.ndarray:
        """The features of the candidates for the question alone."""
        return self.read[0]


def load_sets(root: Path) -> list[QuestionSet]:
    """Return the sets that are learned from."""
    return [
        read_question_set(root / "global-coalition-statement"),
        read_question_set(root / "xquad" / "en"),
        read_question_set(root / "mtrag-un"),
        read_question_set(root / "mtrag-human-partial"),
        read_question_set(root / "statements-qa", root / "official-statements-us"),
    ]


def cases_of(questions: QuestionSet, embedder: CachingEmbedder) -> list[Case]:
    """Return the candidates of every question that is not small talk."""
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        index = FolderIndex(Path(folder))
        refresh(questions.corpus, index=index, embedder=embedder)
        generation = index.open_current()
        retriever = Retriever(generation, embedder, model=RankingModel.from_fields(EMPTY))
        for question in questions.questions:
            query = Query(question.text, earlier=question.history)
            if question.is_chat or not any(c.isalnum() for c in question.text):
                continue
            read = retriever.read(query)
            candidates = read[0]
            passages = [generation.passages[row] for row in candidates.rows]
            right = [(p.document_id, p.number) in question.answers for p in passages]
            bounds = list(itertools.pairwise(candidates.starts))
            texts = question.answer_texts if questions.name in SETS_WITH_ANSWER_SPANS else ()
            answering = [i for i in np.flatnonzero(right) if texts]
            fold = int(hashlib.sha256(question.group.encode()).hexdigest(), 16) % FOLDS
            cases.append(
                Case(
                    questions.name,
                    question.id,
                    fold,
                    len(generation.passages),
                    tuple(each.features for each in read),
                    np.array(right),
                    bool(question.answers),
                    dependence(question.text),
                    not question.is_turn,
                    tuple(candidates.sentence_features[slice(*bounds[i])] for i in answering),
                    tuple(
                        np.array([any(a in s.text for a in texts) for s in passages[i].sentences])
                        for i in answering
                    ),
                )
            )
    return cases


EMPTY: dict[str, dict[str, float]] = {
    "ranking": {},
    "confidence": {},
    "evidence": {},
    "follow_up": {},
}


def fit_ranking(cases: list[Case]) -> np.ndarray:
    """Return the weights of the first layer, in the units of the features."""
    use = [c for c in cases if c.stands_alone and c.right.any() and not c.right.all()]
    sizes: dict[str, int] = {}
    for c in use:
        sizes[c.set_name] = sizes.get(c.set_name, 0) + 1
    weight = np.array(
        [
            (SMALL_SET_WEIGHT if sizes[c.set_name] < SMALL_SET else 1) / sizes[c.set_name]
            for c in use
        ]
    )
    return fit_listwise(
        [c.features for c in use],
        [c.right for c in use],
        weight=weight,
        prior=np.array([PRIOR.get(name, 0.0) for name in NAMES]),
        ridge=RIDGE,
    )


def fit_evidence(cases: list[Case]) -> np.ndarray:
    """Return the weights of the sentences of a passage that answers."""
    pairs = [pair for c in cases for pair in zip(c.sentences, c.holds, strict=True)]
    use = [(x, holds) for x, holds in pairs if holds.any() and not holds.all()]
    return fit_listwise(
        [x for x, _ in use],
        [holds for _, holds in use],
        weight=np.ones(len(use)),
        prior=np.zeros(len(EVIDENCE_NAMES)),
        ridge=EVIDENCE_RIDGE,
    )


def fit_follow_up(cases: list[Case], z_of: list[tuple[np.ndarray, ...]]) -> np.ndarray:
    """Return the weights of earlier questions, from z under each reading."""
    use = [i for i, c in enumerate(cases) if len(c.read) > 1 and c.right.any()]
    sizes: dict[str, int] = {}
    for i in use:
        sizes[cases[i].set_name] = sizes.get(cases[i].set_name, 0) + 1
    prior = np.array([FOLLOW_UP_PRIOR.get(name, 0.0) for name in FOLLOW_UP_NAMES])

    def loss(weights: np.ndarray) -> float:
        total = FOLLOW_UP_RIDGE * float(np.sum((weights - prior) ** 2))
        for i in use:
            z = reading_shares(cases[i].dependence, weights) @ np.stack(z_of[i])
            powers = np.exp(z - z.max())
            likely = powers[cases[i].right].sum() / powers.sum()
            total -= np.log(max(likely, 1e-9)) / sizes[cases[i].set_name] / len(sizes)
        return float(total)

    return np.asarray(minimize(loss, prior, method="L-BFGS-B", options={"maxiter": 40}).x)


def fit_listwise(
    features: list[np.ndarray],
    right: list[np.ndarray],
    *,
    weight: np.ndarray,
    prior: np.ndarray,
    ridge: float,
) -> np.ndarray:
    """Return weights that make the right rows of each list likely under a softmax over the list."""
    stacked = np.concatenate(features).astype(np.float64)
    scale = stacked.std(axis=0) + TINY
    weight = weight / weight.sum()
    lengths = np.array([len(x) for x in features])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    owner = np.repeat(np.arange(len(features)), lengths)
    is_right = np.concatenate(right).astype(float)
    scaled = stacked / scale
    start = prior * scale

    def log_sum(z: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        largest = np.maximum.reduceat(z, starts)
        powers = np.exp(z - largest[owner]) * mask
        sums = np.maximum(np.add.reduceat(powers, starts), 1e-300)
        return largest + np.log(sums), powers / sums[owner]

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = scaled @ w
        everything, share = log_sum(z, np.ones_like(z))
        answers, right_share = log_sum(z, is_right)
        away = w - start
        value = float(weight @ (everything - answers) + ridge * away @ away)
        gradient = scaled.T @ ((share - right_share) * weight[owner]) + 2 * ridge * away
        return value, gradient

    bounds = [(0, None)] * len(start)
    found = minimize(
        loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 500}
    )
    return np.asarray(found.x / scale)


def confidence_data(
    cases: list[Case], z_of: dict[int, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs of the second layer and whether the first candidate answers, a row for each
    case.
    """
    rows, answers = [], []
    for number, case in enumerate(cases):
        z = z_of[number]
        best = int(np.argmax(z))
        rows.append(confidence_row(case.features, z, best, passages=case.passages))
        answers.append(bool(case.right[best]))
    return np.array(rows), np.array(answers)


def fit_confidence(rows: np.ndarray, answers: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weights of the second layer."""
    scale = rows.std(axis=0)
    scale[scale < TINY] = 1
    scaled = rows / scale
    weight = weight / weight.sum()

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        logit = scaled @ w
        value = weight @ (np.logaddexp(0, logit) - answers * logit)
        ridge = CONFIDENCE_RIDGE * w[1:] @ w[1:]
        probability = 1 / (1 + np.exp(-logit))
        gradient = scaled.T @ (weight * (probability - answers))
        gradient[1:] += 2 * CONFIDENCE_RIDGE * w[1:]
        return float(value + ridge), gradient

    found = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B")
    return np.asarray(found.x / scale)


def set_weights(cases: list[Case]) -> np.ndarray:
    """Return the weight of each case that makes every set count the same, answerable or not.

    Sets without unanswerable questions say nothing about refusing and count 0.
    """
    sizes: dict[tuple[str, bool], int] = {}
    for c in cases:
        sizes[c.set_name, c.answerable] = sizes.get((c.set_name, c.answerable), 0) + 1
    both = {name for name, answerable in sizes if not answerable}
    return np.array([(c.set_name in both) / sizes[c.set_name, c.answerable] for c in cases])


def ranks(case: Case, z: np.ndarray) -> int:
    """Return the position of the first candidate that answers, from 0; large if there is none."""
    order = np.argsort(-z, kind="stable")
    found = np.flatnonzero(case.right[order])
    return int(found[0]) if len(found) else 999


def cross_validated(cases: list[Case]) -> tuple[list[np.ndarray], np.ndarray]:
    """Return for each case z of its candidates and the probability of the first, from other
    folds.
    """
    folds = np.array([c.fold for c in cases])
    z_of: list[np.ndarray] = [np.empty(0)] * len(cases)
    for fold in range(FOLDS):
        w = fit_ranking([c for c in cases if c.fold != fold])
        for i in np.flatnonzero(folds == fold):
            z_of[i] = cases[i].features @ w
    rows, answers = confidence_data(cases, z_of)
    weight = set_weights(cases)
    probability = np.empty(len(cases))
    for fold in range(FOLDS):
        train = folds != fold
        w = fit_confidence(rows[train], answers[train], weight[train])
        probability[~train] = 1 / (1 + np.exp(-(rows[~train] @ w)))
    return z_of, probability


def report_evidence(cases: list[Case]) -> None:
    """Print how often the chosen sentence of a passage has the answer, from other folds: the best
    one alone, and with the neighbour that is shown with it.
    """
    alone, shown, two = [], [], []
    for fold in range(FOLDS):
        w = fit_evidence([c for c in cases if c.fold != fold])
        for c in cases:
            if c.fold == fold:
                for x, holds in zip(c.sentences, c.holds, strict=True):
                    first, last = best_sentences(x @ w)
                    alone.append(holds[np.argmax(x @ w)])
                    shown.append(holds[first : last + 1].any())
                    two.append(first < last)
    print(f"answer inside the best sentence: {np.mean(alone):.3f}")
    print(f"  as shown: {np.mean(shown):.3f}, two sentences in {np.mean(two):.2f}")


def recall(cases: list[Case], scores: list[np.ndarray], top: int) -> float:
    """Return the share of answerable cases with a passage that answers among the first ``top``."""
    return float(
        np.mean([ranks(c, z) < top for c, z in zip(cases, scores, strict=True) if c.answerable])
    )


def report(cases: list[Case], z_of: list[np.ndarray], probability: np.ndarray) -> None:
    """Print a table of recall and of refusal for each set, beside single signals."""
    singles = ("passage", "sentence", "context_words_raw")
    for name in dict.fromkeys(c.set_name for c in cases):
        at = [i for i, c in enumerate(cases) if c.set_name == name]
        here = [cases[i] for i in at]
        ours = [z_of[i] for i in at]
        able = np.array([c.answerable for c in here])
        print(f"{name}: {able.sum()} answerable, {(~able).sum()} not")
        print("  ours R@1/3/5 " + " ".join(f"{recall(here, ours, top):.3f}" for top in TOPS))
        for single in singles:
            column = NAMES.index(single)
            alone = [c.features[:, column] for c in here]
            figures = " ".join(f"{recall(here, alone, top):.3f}" for top in TOPS)
            print(f"  {single} R@1/3/5 {figures}")
        p = probability[at]
        if not able.all():
            print(f"  AUROC {roc_auc_score(able, p):.3f}")
        for threshold in THRESHOLDS:
            wrong = (
                f", false answers {np.mean(p[~able] >= threshold):.2f}" if not able.all() else ""
            )
            print(f"  at {threshold}: false refusals {np.mean(p[able] < threshold):.2f}{wrong}")


def report_follow_ups(cases: list[Case]) -> None:
    """Print the recall of follow-ups, alone and with earlier questions, from other folds."""
    z_read: list[tuple[np.ndarray, ...]] = [()] * len(cases)
    mixed: list[np.ndarray] = [np.empty(0)] * len(cases)
    for fold in range(FOLDS):
        w = fit_ranking([c for c in cases if c.fold != fold])
        for i, c in enumerate(cases):
            if c.fold == fold:
                z_read[i] = tuple(x @ w for x in c.read)
    for fold in range(FOLDS):
        train = [i for i, c in enumerate(cases) if c.fold != fold]
        w = fit_follow_up([cases[i] for i in train], [z_read[i] for i in train])
        for i, c in enumerate(cases):
            if c.fold == fold and len(c.read) > 1:
                mixed[i] = reading_shares(c.dependence, w) @ np.stack(z_read[i])
    for name in dict.fromkeys(c.set_name for c in cases):
        at = [i for i, c in enumerate(cases) if c.set_name == name and len(c.read) > 1]
        at = [i for i in at if cases[i].answerable]
        if at:
            here = [cases[i] for i in at]
            alone, with_context = ([z_read[i][0] for i in at], [mixed[i] for i in at])
            print(f"{name}: {len(at)} follow-ups")
            for said, scores in (("alone", alone), ("in context", with_context)):
                figures = " ".join(f"{recall(here, scores, top):.3f}" for top in TOPS)
                print(f"  {said} R@1/3/5 {figures}")


def main() -> None:
    """Fit, print and, if asked, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path, help="the folder of the evaluation sets")
    parser.add_argument("--cache", type=Path, default=Path("vectors.sqlite"), help="vectors")
    parser.add_argument("--exports", type=Path, default=Path("models"), help="exported models")
    parser.add_argument("--write", action="store_true", help="write embeddings/search/ranking.json")
    arguments = parser.parse_args()
    embedder = CachingEmbedder(
        open_embedder(find_model(shipped_model()), exports=arguments.exports), arguments.cache
    )
    sets = load_sets(arguments.folder)
    cases = [case for questions in sets for case in cases_of(questions, embedder)]
    everything = cases
    report_follow_ups(everything)
    cases = [c for c in everything if c.stands_alone]
    z_of, probability = cross_validated(cases)
    report(cases, z_of, probability)
    report_evidence(cases)
    rows, answers = confidence_data(cases, z_of)
    ranking = fit_ranking(cases)
    evidence = fit_evidence(cases)
    z_read = [tuple(x @ ranking for x in c.read) for c in everything]
    follow_up = fit_follow_up(everything, z_read)
    confidence = fit_confidence(rows, answers, set_weights(cases))
    fields = {
        "sets": {
            q.name: {"corpus_digest": q.corpus.digest, "questions": len(q.questions)} for q in sets
        },
        "ranking": {n: round(float(w), 4) for n, w in zip(NAMES, ranking, strict=True) if w},
        "confidence": {
            n: round(float(w), 4) for n, w in zip(CONFIDENCE_NAMES, confidence, strict=True)
        },
        "follow_up": {
            n: round(float(w), 4) for n, w in zip(FOLLOW_UP_NAMES, follow_up, strict=True)
        },
        "evidence": {
            n: round(float(w), 4) for n, w in zip(EVIDENCE_NAMES, evidence, strict=True) if w
        },
    }
    print(json.dumps(fields, indent=2))
    if arguments.write:
        target = Path(__file__).resolve().parents[1] / "embeddings" / "search" / "ranking.json"
        target.write_text(json.dumps(fields, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
