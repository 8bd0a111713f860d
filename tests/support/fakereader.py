"""A reader whose readings can be computed in one's head."""

import re
from collections.abc import Sequence

from corpus import Span
from embeddings.reader.reading import PassageReading, PassageText


class WordReader:
    """Counts words of the question: the logit is how many of them the passage has, minus 2.

    Title and date count as parts of the passage, and earlier questions as parts of the question.
    A sentence's score is the share of the question's words that it has. The short answer is the
    first number of the best sentence. It remembers what it was asked to read.
    """

    def __init__(self, *, name: str = "words", digest: str = "1" * 64) -> None:
        self.name = name
        self.digest = digest
        self.asked: list[tuple[str, tuple[str, ...], tuple[PassageText, ...]]] = []

    def read(
        self, question: str, history: Sequence[str], passages: Sequence[PassageText]
    ) -> list[PassageReading]:
        self.asked.append((question, tuple(history), tuple(passages)))
        wanted = words(" ".join([question, *history]))
        return [self._reading(wanted, each) for each in passages]

    def _reading(self, wanted: set[str], passage: PassageText) -> PassageReading:
        known = words(f"{passage.title} {passage.date} {passage.text}")
        scores = [
            len(wanted & words(span.of(passage.text))) / max(len(wanted), 1)
            for span in passage.sentences
        ]
        answer = None
        if scores:
            best = passage.sentences[scores.index(max(scores))]
            found = re.search("[0-9]+", best.of(passage.text))
            if found:
                answer = Span(best.start + found.start(), best.start + found.end())
        return PassageReading(
            logit=len(wanted & known) - 2.0,
            sentence_scores=tuple(scores),
            answer=answer,
            answer_score=0.5 if answer else 0.0,
        )


def words(text: str) -> set[str]:
    """The words of a text, in lower case."""
    return set(re.findall(r"\w+", text.lower()))
