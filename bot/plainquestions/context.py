"""Reads a plain question together with those before it: "and on Indonesia?", "what is it?"."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.plainquestions.plainwords import Piece, pieces_of
from bot.plainquestions.recognition import LISTING, PlainKind, PlainQuestion, recognise
from embeddings import Filter, date_condition, search_form

_MOST_SUBJECT_WORDS = 5
_CONNECTING = frozenset(
    {"filler", "about", "with", "what", "first person", "documents", "document"}
)
_NEEDS_ITS_STATEMENT = frozenset({PlainKind.WHEN, PlainKind.WHERE, PlainKind.ISSUER})


@dataclass(frozen=True, slots=True)
class PlainInContext:
    """A plain question; ``before`` is the plain question before it, ``text`` another one.

    At most one of them is given.
    """

    question: PlainQuestion
    before: PlainQuestion | None = None
    text: str | None = None


def in_context(
    asked: str, earlier: Sequence[str], *, known: Callable[[str], bool]
) -> PlainInContext | None:
    """Return the plain question that a text is after earlier ones; None for any other question.

    After a question to the text, "when was it?" goes on about what that asked.
    """
    before, text = _last_of(earlier, known)
    plain = recognise(asked, known=known)
    if plain is None and before is not None:
        plain = _changed(asked, before, known)
    if plain is None:
        return None
    if text is not None and _names_nothing(plain) and not plain.names_document:
        about_text = plain.kind in _NEEDS_ITS_STATEMENT or not plain.certain
        if about_text:
            return None
    return PlainInContext(plain, before, text)


def date_alone(asked: str, *, known: Callable[[str], bool]) -> tuple[Filter, str] | None:
    """Return the dates of a text that says nothing else ("and in 2024?"), and their words."""
    text = search_form(asked)
    dated = date_condition(text)
    if dated is None:
        return None
    first, last = dated[1]
    rest = pieces_of(f"{text[:first]} {text[last:]}", known=known)
    if not all(piece.kind in {"filler", "about", "what", "first person"} for piece in rest):
        return None
    return dated[0], text[first:last].strip()


def _last_of(
    earlier: Sequence[str], known: Callable[[str], bool]
) -> tuple[PlainQuestion | None, str | None]:
    before: PlainQuestion | None = None
    text: str | None = None
    for question in earlier:
        plain = recognise(question, known=known)
        if plain is None and before is not None:
            plain = _changed(question, before, known)
        if plain is None:
            before, text = None, question
        elif not _names_nothing(plain) or (before is None and text is None):
            before, text = plain, None
    return before, text


def _names_nothing(plain: PlainQuestion) -> bool:
    """Return whether a question is about a statement that only those before it can name."""
    return not (plain.subject or plain.latest or plain.kind in LISTING)


def _changed(
    asked: str, before: PlainQuestion, known: Callable[[str], bool]
) -> PlainQuestion | None:
    """Return the question before with another subject or other dates, if nothing else is new."""
    alone = date_alone(asked, known=known)
    if alone is not None:
        return replace(before, dates=alone[0], date_words=alone[1])
    pieces = pieces_of(asked, known=known)
    named = [piece for piece in pieces if piece.kind is None]
    if not named or not all(p.kind is None or p.kind in _CONNECTING for p in pieces):
        return None
    subject = tuple(word for piece in named for word in piece.written)
    first = pieces[0]
    connects = first.kind in {"about", "with"} or first.words[0] in {"and", "et", "what", "how"}
    connects = connects or first.text in {"how about", "but", "mais", "ok", "okay"}
    if not connects or len(subject) > _MOST_SUBJECT_WORDS or not _is_one_phrase(pieces):
        return None
    prepositions = any(p.kind in {"about", "with"} for p in pieces)
    if before.kind not in LISTING and not (before.subject and prepositions):
        return None
    return replace(before, subject=subject)


def _is_one_phrase(pieces: Sequence[Piece]) -> bool:
    """Return whether the names of the pieces stand together."""
    kinds = [piece.kind for piece in pieces]
    places = [place for place, kind in enumerate(kinds) if kind is None]
    return all(kind in {None, "filler"} for kind in kinds[places[0] : places[-1] + 1])
