"""Defines a reader: it gets a question and passages, and scores how each passage answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from corpus import Passage, Span


@dataclass(frozen=True, slots=True)
class PassageText:
    """A passage as a reader reads it.

    ``title`` is its document's, ``date`` a result of ``date_text``. ``sentences`` are the spans of
    its sentences in ``text``, in order; they do not overlap.
    """

    title: str
    date: str
    text: str
    sentences: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class PassageReading:
    """The result of a reader for a question and one passage.

    ``logit`` says how surely the passage answers, without bound: the higher, the surer. It depends
    on question and passage alone, never on the other passages. Two readers' logits cannot be
    compared.
    ``sentence_scores`` has a number in [0, 1] for each sentence of the passage: how surely it
    belongs to what answers; all are 0 where a reader cannot tell.
    ``answer`` is where a short answer stands in the passage's text, None where there is none;
    ``answer_score`` in [0, 1] is how sure that is.
    """

    logit: float
    sentence_scores: tuple[float, ...]
    answer: Span | None = None
    answer_score: float = 0.0


class Reader(Protocol):
    """Reads a question with passages. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """The reader's name, as a person chose it: "verbatim", a folder, a name on the hub."""

    @property
    def digest(self) -> str:
        """The SHA-256 of its weights and of how it reads; a calibration holds for one digest."""

    def read(
        self, question: str, history: Sequence[str], passages: Sequence[PassageText]
    ) -> list[PassageReading]:
        """Return the reading of each passage, in order; none for no passage.

        ``history`` are the same person's earlier questions, oldest first. A long question is read
        in part, a long passage in overlapping windows, of which the best counts.
        """


def answer_in(passage: Passage, reading: PassageReading, *, read: str) -> Span | None:
    """Return where the short answer of a reading stands in the document of a passage.

    ``read`` is the text that was read: that of the passage but for its white space. None where
    there is no short answer.
    """
    if reading.answer is None:
        return None
    start, end = reading.answer.start, reading.answer.end
    if read != passage.text:  # the same letters stand elsewhere
        places = [at for at, letter in enumerate(passage.text) if not letter.isspace()]
        first = sum(not letter.isspace() for letter in read[:start])
        count = sum(not letter.isspace() for letter in reading.answer.of(read))
        if not count or first + count > len(places):
            return None
        start, end = places[first], places[first + count - 1] + 1
    return Span(passage.span.start + start, passage.span.start + end)


def date_text(published: date | None) -> str:
    """Return a date in the reader's form, "23 March 2022"; empty without one."""
    return "" if published is None else f"{published.day} {published:%B %Y}"


def passage_text(passage: Passage, *, title: str, published: date | None) -> PassageText:
    """Return a passage of a document with this title and date in the reader's form."""
    start = passage.span.start
    sentences = (Span(each.span.start - start, each.span.end - start) for each in passage.sentences)
    return PassageText(title, date_text(published), passage.text, tuple(sentences))
