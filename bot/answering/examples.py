"""The example questions of the corpus in use."""

from bot.answering.smalltalk import example_questions
from corpus import Corpus


class Examples:
    """The example questions of a corpus, found once: every paragraph is read for them."""

    def __init__(self) -> None:
        self._found: tuple[Corpus, tuple[str, ...]] | None = None

    def of(self, corpus: Corpus) -> tuple[str, ...]:
        """Up to three questions that the corpus can answer. Safe to call from several threads."""
        found = self._found
        if found is None or found[0] is not corpus:
            found = self._found = corpus, example_questions(corpus)
        return found[1]
