"""Defines the verdict about words that somebody is said to have said, as a value."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from bot.verification.verification import Location
from bot.verification.worddiff import Change, Piece
from corpus import Span


class SaidVerdict(Enum):
    """The verdict about words; the values are those of the JSON form.

    * ``EXACTLY``: a statement of today has these words, in a row or with ellipses.
    * ``UNTIL``: none has them now, but an earlier text of one did.
    * ``ALMOST``: a text has nearly these words, and some differ.
    * ``NOT_FOUND``: no text that was searched has them.
    """

    EXACTLY = "exactly"
    UNTIL = "until"
    ALMOST = "almost"
    NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True)
class Searched:
    """The number of statements, and of earlier texts of statements, that were searched."""

    statements: int
    earlier: int


@dataclass(frozen=True, slots=True)
class SaidPlace:
    """A place of the words, or of words that nearly are these.

    ``parts`` are the spans of the words between ellipses. ``changes`` compare the words there with
    those that were asked about, () if they are the same; ``differing`` are the spans there that
    differ. ``is_earlier`` says that the text is not that of today: ``until`` is the last day on
    which it was, if that is known, and ``read_anew`` that only its reading has changed.
    """

    location: Location
    parts: tuple[Span, ...]
    changes: tuple[Piece, ...] = ()
    differing: tuple[Span, ...] = ()
    is_earlier: bool = False
    until: date | None = None
    read_anew: bool = False

    @property
    def left_out(self) -> tuple[str, ...]:
        """The words of the source at each ellipsis, but for those of an empty gap."""
        text = self.location.document.text
        gaps = zip(self.parts, self.parts[1:], strict=False)
        words = (" ".join(text[one.end : other.start].split()) for one, other in gaps)
        return tuple(each for each in words if any(c.isalnum() for c in each))

    @property
    def replacements(self) -> tuple[tuple[str, str], ...]:
        """The words that differ: those of the source, and those asked about; one may be ""."""
        found: list[tuple[str, str]] = []
        removed = ""
        for piece in (*self.changes, Piece(Change.UNCHANGED, "")):
            if piece.change is Change.REMOVED:
                removed = piece.text
                continue
            if piece.change is Change.ADDED:
                found.append((removed, piece.text))
            elif removed:
                found.append((removed, ""))
            removed = ""
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Saying:
    """The verdict about ``words``, with every place of that verdict.

    ``today`` are places with nearly these words in statements of today, for ``UNTIL``.
    ``sentences`` are the verdicts about each sentence of a longer text that was not found as a
    whole.
    """

    words: str
    verdict: SaidVerdict
    searched: Searched
    places: tuple[SaidPlace, ...] = ()
    today: tuple[SaidPlace, ...] = ()
    sentences: tuple["Saying", ...] = ()

    @property
    def is_found(self) -> bool:
        """True if the words, or a sentence of them, were said, or almost."""
        return self.verdict is not SaidVerdict.NOT_FOUND or any(
            each.is_found for each in self.sentences
        )
