"""Turns scores of tokens into scores of sentences, and into a short answer."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus import Span
from embeddings.reader.encoding import ReadPair
from embeddings.reader.reading import PassageReading, PassageText

NEIGHBOUR_SHARE = 0.3
"""The least share of the best sentence's score that makes a neighbour evidence together with it."""

LEAST_ANSWER_SCORE = 0.9
"""A less sure short answer is left out: a wrong one misleads more than a missing one."""

MOST_ANSWER_TOKENS = 24

_EVIDENCE, _START, _END = range(3)


@dataclass(frozen=True, slots=True)
class WindowRead:
    """The network's output for a window: the logit of "it answers", and ``(t, 3)`` for its tokens.

    The columns are the logits of evidence, and of the first and last token of a short answer.
    """

    pair: ReadPair
    logit: float
    tokens: NDArray[np.floating[Any]]


def passage_reading(passage: PassageText, windows: Sequence[WindowRead]) -> PassageReading:
    """Return the reading of a passage from those of its windows, one at least.

    The logit is that of the best window. A sentence's score is that of the mean logit of its
    tokens, in the window that has the most of them; of several such the best counts. The short
    answer lies in the sentences that answer.
    """
    scores = _sentence_scores(passage.sentences, windows)
    where = Span(0, len(passage.text))
    if scores:
        first, last = answering_sentences(scores)
        where = Span(passage.sentences[first].start, passage.sentences[last].end)
    answer, sure = max(
        (_answer(passage.text, where, window) for window in windows), key=lambda found: found[1]
    )
    if sure < LEAST_ANSWER_SCORE:
        answer = None
    return PassageReading(
        logit=max(window.logit for window in windows),
        sentence_scores=scores,
        answer=answer,
        answer_score=sure if answer is not None else 0.0,
    )


def answering_sentences(scores: Sequence[float]) -> tuple[int, int]:
    """Return the first and last of the sentences that answer; ``scores`` has one at least.

    They are the best one, and each of its two neighbours that scores nearly as well.
    """
    best = max(range(len(scores)), key=scores.__getitem__)
    near = NEIGHBOUR_SHARE * scores[best]
    first, last = best, best
    if best > 0 and scores[best - 1] >= near > 0:
        first -= 1
    if best + 1 < len(scores) and scores[best + 1] >= near > 0:
        last += 1
    return first, last


def _sentence_scores(sentences: Sequence[Span], windows: Sequence[WindowRead]) -> tuple[float, ...]:
    found = [(0, -np.inf)] * len(sentences)
    for window in windows:
        begins = np.array([begin for begin, _ in window.pair.offsets])
        logits = _of_passage(window)[:, _EVIDENCE]
        for number, sentence in enumerate(sentences):
            low, high = np.searchsorted(begins, [sentence.start, sentence.end])
            if high > low:
                found[number] = max(
                    found[number], (int(high - low), float(logits[low:high].mean()))
                )
    return tuple(float(_sigmoid(logit)) for _, logit in found)


def _answer(text: str, where: Span, window: WindowRead) -> tuple[Span | None, float]:
    """Return the best short answer in a part of the text, and how sure it is against none."""
    offsets = window.pair.offsets
    inside = [i for i, (a, b) in enumerate(offsets) if where.start <= a < b <= where.end]
    if not inside:
        return None, 0.0
    low, high = inside[0], inside[-1] + 1
    tokens = _of_passage(window)[low:high]
    count = len(tokens)
    sums = tokens[:, _START, None] + tokens[None, :, _END]
    width = np.arange(count)[None, :] - np.arange(count)[:, None]
    sums = np.where((width >= 0) & (width < MOST_ANSWER_TOKENS), sums, -np.inf)
    start, end = divmod(int(sums.argmax()), count)
    none = window.tokens[0, _START] + window.tokens[0, _END]
    span = _whole_words(text, Span(offsets[low + start][0], offsets[low + end][1]), where)
    return span, float(_sigmoid(float(sums[start, end]) - float(none)))


def _of_passage(window: WindowRead) -> NDArray[np.floating[Any]]:
    first = window.pair.passage_start
    return window.tokens[first : first + len(window.pair.offsets)]


def _whole_words(text: str, span: Span, where: Span) -> Span:
    """Return the span without a word or a letter that is cut in two, inside ``where``."""
    start, end = span.start, span.end
    while start > where.start and _goes_on(text, start):
        start -= 1
    while end < where.end and _goes_on(text, end):
        end += 1
    return Span(start, end)


def _goes_on(text: str, at: int) -> bool:
    """Return whether the characters before and at a place belong to one word or one letter."""
    before, here = text[at - 1], text[at]
    if unicodedata.category(here).startswith("M") or "\u200d" in (before, here):
        return True
    return before.isalnum() and here.isalnum() and not (_wide(before) or _wide(here))


def _wide(character: str) -> bool:
    """Return whether a character is of a script that is written without spaces, such as Chinese."""
    return unicodedata.east_asian_width(character) in {"W", "F"}


def _sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(x, -60, 60)))) if x > -np.inf else 0.0
