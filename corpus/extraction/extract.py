"""What was read from a source."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Extract:
    """The text of a source, and what the source says of itself; None where it says nothing.

    ``text`` is in the stored form (see ``corpus.storedtext.normalise``), a blank line between
    paragraphs. ``notes`` are sentences for the person who added it, such as an encoding that had
    to be guessed.
    """

    text: str
    title: str | None = None
    publisher: str | None = None
    published: date | None = None
    place: str | None = None
    url: str | None = None
    language: str | None = None
    notes: tuple[str, ...] = ()
