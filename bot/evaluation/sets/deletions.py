"""Takes the sentence that answers out of a document, to ask a question before and after.

The question stays the same word for word, so that its style says nothing about the answer.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.evaluation.sets.questionsets import EvaluationQuestion, QuestionSet
from corpus import Corpus, Document, Passage, Sentence, Span
from embeddings.text.functionwords import function_words

_WORD = re.compile(r"[^\W_]+")
_SAME_WORDS = 0.6
"""A sentence with this share of the answer's content words may say the same."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """A question about one document, which is whole in ``before`` and without the answer in
    ``after``; both corpora are that document alone.
    """

    question: EvaluationQuestion
    before: Corpus
    after: Corpus


def deletions(questions: QuestionSet, *, most: int, seed: int) -> tuple[Deletion, ...]:
    """Return at most ``most`` deletions, in an order that follows from the seed.

    Each document gives one before any gives a second. A question is left out if it has a history,
    if the text of its answer is unknown, or if the answer cannot be taken out: something else in
    the document has its words, or nothing of the document would be left.
    """
    order = list(questions.questions)
    random.Random(seed).shuffle(order)  # noqa: S311 (no secret)
    taken: dict[str, int] = {}
    candidates = []
    for place, question in enumerate(order):
        if question.answers and question.answer_texts and not question.history:
            name = min(question.answers)[0]
            taken[name] = taken.get(name, 0) + 1
            candidates.append((taken[name], place, question))
    found: list[Deletion] = []
    for _, _, question in sorted(candidates, key=lambda each: each[:2]):
        if len(found) == most:
            break
        document = questions.corpus.document(min(question.answers)[0])
        without = without_answer(document, question)
        if without is not None:
            found.append(Deletion(question, Corpus((document,)), Corpus((without,))))
    return tuple(found)


def without_answer(document: Document, question: EvaluationQuestion) -> Document | None:
    """Return the document without the sentences that answer; None if that is not possible.

    Every passage of the document that answers must have the text of an answer.
    """
    numbers = {number for name, number in question.answers if name == document.id}
    cuts: list[Span] = []
    for passage in document.passages:
        if passage.number in numbers:
            sentences = _answering(passage, question.answer_texts)
            if not sentences:
                return None
            cuts.append(Span(sentences[0].span.start, sentences[-1].span.end))
    for passage in document.passages:
        for sentence in passage.sentences:
            kept = not any(cut.contains(sentence.span) for cut in cuts)
            if kept and any(_says(sentence.text, text) for text in question.answer_texts):
                return None
    return _cut(document, cuts)


def _answering(passage: Passage, texts: Sequence[str]) -> tuple[Sentence, ...]:
    """Return the neighbouring sentences that the first of the texts lies in; none if it is not in
    the passage.
    """
    for text in texts:
        start = passage.text.casefold().find(text.casefold())
        if start >= 0 and len(passage.text.casefold()) == len(passage.text):
            whole = Span(passage.span.start + start, passage.span.start + start + len(text))
            return tuple(
                s
                for s in passage.sentences
                if s.span.start < whole.end and s.span.end > whole.start
            )
    return ()


def _says(sentence: str, answer: str) -> bool:
    """Return whether a sentence may say what an answer says."""
    if answer.casefold() in sentence.casefold():
        return True
    wanted = _content(answer)
    return bool(wanted) and len(wanted & _content(sentence)) >= _SAME_WORDS * len(wanted)


def _content(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold())) - function_words("en")


def _cut(document: Document, cuts: Sequence[Span]) -> Document | None:
    text = document.text
    passages, dateline = list(document.passages), document.dateline
    for cut in sorted(cuts, key=lambda span: -span.start):
        end = cut.end
        while end < len(text) and text[end] in " \t":
            end += 1
        gone = Span(cut.start, end)
        text = text[: gone.start] + text[gone.end :]
        left = [_moved(passage, gone, text) for passage in passages]
        passages = [passage for passage in left if passage is not None]
        dateline = None if dateline is None else _moved(dateline, gone, text)
    if not passages:
        return None
    numbered = (replace(each, number=number) for number, each in enumerate(passages, start=1))
    return replace(document, text=text, passages=tuple(numbered), dateline=dateline, pages=())


def _moved(passage: Passage, gone: Span, text: str) -> Passage | None:
    """Return a passage at its place in the text that a part is gone from; None if it is empty."""

    def shift(position: int) -> int:
        return position - max(0, min(position, gone.end) - gone.start)

    if passage.span.end <= gone.start:
        return passage
    sentences = []
    for sentence in passage.sentences:
        span = Span(shift(sentence.span.start), shift(sentence.span.end))
        if len(span):
            sentences.append(Sentence(span, span.of(text)))
    if not sentences:
        return None
    span = Span(shift(passage.span.start), shift(passage.span.end))
    if passage.span.start < gone.end:
        span = Span(sentences[0].span.start, sentences[-1].span.end)
    return replace(passage, span=span, text=span.of(text), sentences=tuple(sentences))
