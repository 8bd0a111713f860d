"""Holds the text of a source, and the places where it deviates from the source."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, unique
from itertools import islice

from corpus.pages import PageStart

MOST_DEVIATIONS = 20_000
MOST_DEVIATION_CHARACTERS = 5_000
MOST_CHARACTERS_IN_ALL = 1_000_000


@unique
class DeviationKind(Enum):
    """The kinds of deviation: something is left out, guessed or repaired."""

    LEFT_OUT = "left out"
    GUESSED = "guessed"
    REPAIRED = "repaired"


@unique
class DeviationName(Enum):
    """The things that are left out, guessed or repaired; the value is the word for one of them."""

    NOTE = "note"
    RUNNING_HEAD = "running head"
    FOOT_LINE = "foot line"
    PAGE_NUMBER = "page number"
    PAGE = "page"
    HIDDEN_TEXT = "hidden text"
    STRUCK_OUT_TEXT = "struck-out text"
    DELETED_TEXT = "deleted text"
    SYMBOL = "symbol"
    CAPTION = "caption"
    ASIDE = "aside"
    NAVIGATION = "navigation text"
    PAGE_TEXT = "piece of the page"
    CONTACT = "contact block"
    LIST_NUMBER = "list number"
    TURNED_TEXT = "piece of turned text"
    SIGN_LINE = "line of signs"
    EXPONENT = "exponent"
    HYPHEN = "hyphen"
    BYTE = "byte"
    ENCODING = "encoding"
    MARKUP = "piece of markup"
    FRONT_MATTER = "front matter"
    ATTACHMENT = "attachment"

    def counted(self, number: int) -> str:
        """Return ``number`` of them in English, as in "1 note" or "3 notes"."""
        if number == 1:
            return f"1 {self.value}"
        return f"{number} {_PLURALS.get(self, f'{self.value}s')}"


_PLURALS = {
    DeviationName.TURNED_TEXT: "pieces of turned text",
    DeviationName.SIGN_LINE: "lines of signs",
    DeviationName.PAGE_TEXT: "pieces of the page",
    DeviationName.MARKUP: "pieces of markup",
    DeviationName.FRONT_MATTER: "pieces of front matter",
}


@dataclass(frozen=True, slots=True)
class Deviation:
    """One place where the stored text deviates from the source.

    ``text`` is the source's text there, in one piece, shortened to ``MOST_DEVIATION_CHARACTERS``.
    It may be empty, as for a guessed encoding. ``position`` is the offset in the stored text before
    which it stood, from 0 to the text's length.
    """

    kind: DeviationKind
    name: DeviationName
    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Extract:
    """The text of a source, and its facts about itself; None if it states none.

    ``text`` is in the stored form (see ``corpus.normalisation.normalise``), with a blank line
    between paragraphs. ``url`` is the web address that the source calls its own, and ``also_at``
    are all such addresses, absolute or relative to the place where it was found. They are claims,
    no more. ``notes`` are sentences for the person who added it, for example about a guessed
    encoding. ``deviations`` are in the order of the source. ``pages`` give the page of each part of
    the text, by ascending position. Their numbers may go back, if footnotes are gathered behind the
    text. A page without text is not among them, and a source without pages has none.
    """

    text: str
    title: str | None = None
    publisher: str | None = None
    published: date | None = None
    place: str | None = None
    url: str | None = None
    language: str | None = None
    notes: tuple[str, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    pages: tuple[PageStart, ...] = ()
    also_at: tuple[str, ...] = ()


def counted(deviations: Iterable[Deviation]) -> str:
    """Return the deviations in one English phrase, as in "3 notes, 1 running head, 2 bytes
    repaired".

    Things of the same kind and name are counted together, in the order of their first. "Left out"
    goes without saying. The phrase is empty if nothing deviates.
    """
    times = Counter((deviation.kind, deviation.name) for deviation in deviations)
    return ", ".join(
        name.counted(number) + ("" if kind is DeviationKind.LEFT_OUT else f" {kind.value}")
        for (kind, name), number in times.items()
    )


def bounded(deviations: Iterable[Deviation]) -> tuple[Deviation, ...]:
    """Return the first ``MOST_DEVIATIONS`` of them, with shortened texts.

    A text keeps ``MOST_DEVIATION_CHARACTERS``, and all of them together ``MOST_CHARACTERS_IN_ALL``.
    A deviation beyond that has no text, and is still counted.
    """
    kept = []
    room = MOST_CHARACTERS_IN_ALL
    for deviation in islice(deviations, MOST_DEVIATIONS):
        text = deviation.text
        if len(text) > MOST_DEVIATION_CHARACTERS:
            text = text[: MOST_DEVIATION_CHARACTERS - 1] + "…"
        text = text if len(text) <= room else ""
        room -= len(text)
        kept.append(deviation if text == deviation.text else replace(deviation, text=text))
    return tuple(kept)
