"""Chooses the slice of a passage that is shown first: the sentences that answer, or a part of a
very long one.
"""

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import pairwise

from corpus import Span
from embeddings import search_form

MOST_SENTENCE_CHARACTERS = 400
"""A longer sentence is shown in part."""

WHOLE_PASSAGE_CHARACTERS = 240
"""A passage that is no longer is shown whole."""

_CLAUSE_END = re.compile(r"[;:,.!?。；，、][\"'”’»)\]]*+\s++|(?<!\s)\s++(?=[–—-]\s)|\n++")
_WORD = re.compile(r"\w++")
_LEAST_WORD = 3
_NEAR_CHARACTERS = 200


def evidence_slice(
    text: str, evidence: Span, sentences: Sequence[Span], *, answer: Span | None, question: str
) -> Span:
    """Return the part of the evidence to quote: all of it, unless one sentence is very long.

    ``evidence`` and ``sentences`` are spans of ``text``. Of a sentence of more than
    ``MOST_SENTENCE_CHARACTERS`` it is a slice of at most so many: the clauses around the short
    answer, or else around the words of the question. No word is cut in two, unless it is as long.
    """
    inside = [each for each in sentences if evidence.contains(each)] or [evidence]
    if all(len(each) <= MOST_SENTENCE_CHARACTERS for each in inside):
        return evidence
    if answer is not None:
        holding = next((each for each in inside if each.contains(answer)), evidence)
        middle = answer
    else:
        near = [_densest(text, each, _words(question)) for each in inside]
        most = max(range(len(near)), key=lambda i: near[i][0])
        middle, holding = near[most][1], inside[most]
    if len(holding) <= MOST_SENTENCE_CHARACTERS:
        return holding
    return _around(text, holding, middle)


def shown_first(passage: Span, evidence: Span, sentences: Sequence[Span]) -> Span:
    """Return the span that is shown first: a short passage whole, else the sentences with the
    evidence, or the evidence alone where these are very long.
    """
    if len(passage) <= WHOLE_PASSAGE_CHARACTERS:
        return passage
    touched = _touched(evidence, sentences)
    if any(len(each) > MOST_SENTENCE_CHARACTERS for each in touched):
        return evidence
    return _over([evidence, *touched])


def with_neighbours(evidence: Span, sentences: Sequence[Span]) -> Span:
    """Return the evidence with the sentence before and the one after it, unless these are very
    long; of a part of a very long sentence the part alone.
    """
    touched = _touched(evidence, sentences)
    if any(len(each) > MOST_SENTENCE_CHARACTERS for each in touched):
        return evidence
    before = [each for each in sentences if each.end <= evidence.start][-1:]
    after = [each for each in sentences if each.start >= evidence.end][:1]
    near = [s for s in (*before, *after) if len(s) <= MOST_SENTENCE_CHARACTERS]
    return _over([evidence, *touched, *near])


def _touched(evidence: Span, sentences: Sequence[Span]) -> list[Span]:
    """Return the sentences that have a part of the evidence."""
    return [s for s in sentences if s.start < evidence.end and evidence.start < s.end]


def _over(spans: Sequence[Span]) -> Span:
    return Span(min(each.start for each in spans), max(each.end for each in spans))


def _words(text: str) -> frozenset[str]:
    form = search_form(text).casefold()
    return frozenset(word for word in _WORD.findall(form) if len(word) >= _LEAST_WORD)


def _densest(text: str, sentence: Span, asked: frozenset[str]) -> tuple[int, Span]:
    """Return how many of the words stand near each other in a sentence, and where; (0, its first
    character) if none does.
    """
    best, within = (0, Span(sentence.start, sentence.start + 1)), Counter[str]()
    found: deque[tuple[str, int]] = deque()
    for match in _WORD.finditer(text, sentence.start, sentence.end):
        word = search_form(match.group()).casefold()
        if word not in asked:
            continue
        found.append((word, match.start()))
        within[word] += 1
        while match.end() - found[0][1] > _NEAR_CHARACTERS and len(found) > 1:
            left, _ = found.popleft()
            within[left] -= 1
            if not within[left]:
                del within[left]
        if len(within) > best[0]:
            best = len(within), Span(found[0][1], match.end())
    return best


def _clauses(text: str, sentence: Span) -> Iterator[Span]:
    """Yield the clauses of a sentence, each with its sign at the end."""
    ends = (sentence.start + each.end() for each in _CLAUSE_END.finditer(sentence.of(text)))
    for start, end in pairwise((sentence.start, *ends, sentence.end)):
        if text[start:end].strip():
            yield Span(start, end)


def _around(text: str, sentence: Span, middle: Span) -> Span:
    """Return the clauses around ``middle`` that fit; words where a clause does not."""
    most = MOST_SENTENCE_CHARACTERS
    clauses = [*_clauses(text, sentence)]
    held = [each for each in clauses if each.start < middle.end and middle.start < each.end]
    start, end = (held[0].start, held[-1].end) if held else (middle.start, middle.end)
    if end - start > most:
        return _words_around(text, Span(start, end), middle)
    after = [each.end for each in clauses if each.start >= end]
    before = [each.start for each in reversed(clauses) if each.end <= start]
    while after or before:
        if after and after[0] - start <= most:
            end = after.pop(0)
        else:
            after = []
        if before and end - before[0] <= most:
            start = before.pop(0)
        else:
            before = []
    return _stripped(text, Span(start, end))


def _words_around(text: str, clause: Span, middle: Span) -> Span:
    most = MOST_SENTENCE_CHARACTERS
    if len(middle) >= most:
        middle = Span(middle.start, middle.start + 1)
    spare = (most - len(middle)) // 2
    start = max(clause.start, min(middle.start - spare, clause.end - most))
    end = min(clause.end, start + most)
    if start > clause.start and not text[start - 1].isspace():
        cut = [i for i in range(start, middle.start) if text[i].isspace()]
        start = cut[0] if cut else start
    if end < clause.end and not text[end].isspace():
        cut = [i for i in range(middle.end, end) if text[i].isspace()]
        end = cut[-1] if cut else end
    return _stripped(text, Span(start, end))


def _stripped(text: str, span: Span) -> Span:
    words = span.of(text)
    start = span.start + len(words) - len(words.lstrip())
    return Span(start, start + len(words.strip()))
