"""Decides whether words were said, in the texts that a person may read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.said.archive import Archive, EarlierText
from bot.verification.saying import SaidPlace, SaidVerdict, Saying, Searched
from bot.verification.verification import LayOut, laid_out_here, location_of
from bot.verification.worddiff import Change, Piece
from corpus import Corpus, Document
from corpus.documents.sentences import split_sentences
from embeddings.wording.nearplaces import LEAST_WORDS, NearPlace, near_places
from embeddings.wording.quotation import Quotation, WordPlace, exact_places, quotation_of

MOST_CHARACTERS = 20_000
"""A longer text is searched as far as that."""

_MOST_SENTENCES = 150


@dataclass(frozen=True, slots=True)
class _View:
    """The texts that are searched for somebody."""

    today: NDArray[np.bool_]
    earlier: NDArray[np.bool_]
    groups: frozenset[str] | None
    hidden: frozenset[str]

    @property
    def all(self) -> NDArray[np.bool_]:
        return np.concatenate([self.today, self.earlier])

    @property
    def searched(self) -> Searched:
        return Searched(int(self.today.sum()), int(self.earlier.sum()))


class Sayings:
    """Finds words in the texts of an archive. Safe to call from several threads.

    Texts that a person may not read are as if they were not there, in counts too.
    """

    def __init__(
        self,
        archive: Archive,
        corpus: Corpus,
        *,
        groups: frozenset[str] | None,
        lay_out: LayOut = laid_out_here,
    ) -> None:
        """``corpus`` has the documents that members of the ``groups`` may see; None for those
        who may see everything. ``lay_out`` makes a document of an earlier text.
        """
        today, earlier = archive.visible(corpus, groups)
        hidden = {d.id for d in archive.documents} - {d.id for d in corpus.documents}
        self._view = _View(today, earlier, groups, frozenset(hidden))
        self._archive = archive
        self._lay_out = lay_out

    @property
    def searched(self) -> Searched:
        """The number of texts that are searched."""
        return self._view.searched

    def verdict(self, text: str) -> Saying:
        """Return the verdict about a text; about each of its sentences, too, if it was not found.

        A text without a word is not found.
        """
        text = text[:MOST_CHARACTERS].strip()
        whole = self._verdict(text)
        if whole.verdict is not SaidVerdict.NOT_FOUND:
            return whole
        sentences = [
            span.of(line)
            for line in text.splitlines()
            for span in split_sentences(line)
            if any(character.isalnum() for character in span.of(line))
        ][:_MOST_SENTENCES]
        if len(sentences) < 2:  # noqa: PLR2004 - it is the text itself
            return whole
        found = tuple(self._verdict(each) for each in sentences)
        return Saying(text, SaidVerdict.NOT_FOUND, whole.searched, sentences=found)

    def _verdict(self, text: str) -> Saying:
        quotation, view = quotation_of(text), self._view
        exact = exact_places(quotation, self._archive.index, view.all)
        places = self._exact(exact)
        today = tuple(place for place in places if not place.is_earlier)
        if today:
            return Saying(text, SaidVerdict.EXACTLY, view.searched, places)
        only_today = np.concatenate([view.today, np.zeros(len(view.earlier), bool)])
        near = self._near(quotation, only_today)
        if places:
            return Saying(text, SaidVerdict.UNTIL, view.searched, places, near)
        if not near:
            near = self._near(
                quotation, np.concatenate([np.zeros(len(view.today), bool), view.earlier])
            )
        verdict = SaidVerdict.ALMOST if near else SaidVerdict.NOT_FOUND
        return Saying(text, verdict, view.searched, near)

    def _exact(self, found: Sequence[WordPlace]) -> tuple[SaidPlace, ...]:
        """Return the places of today, then the last earlier one of each document that has the
        words no more.
        """
        count = len(self._archive.documents)
        today = [
            SaidPlace(location_of(self._archive.documents[place.row], place.span), place.parts)
            for place in found
            if place.row < count
        ]
        known = {place.location.document.id for place in today}
        return (*today, *self._earlier_ones(found, known))

    def _earlier_ones(self, found: Sequence[WordPlace], known: set[str]) -> Sequence[SaidPlace]:
        count = len(self._archive.documents)
        places = []
        known = set(known)
        for place in found:
            if place.row < count:
                continue
            earlier = self._archive.earlier[place.row - count]
            name = self._name(earlier, known)
            if name is None:
                continue
            known.add(name)
            location = location_of(self._then(earlier, name), place.span)
            places.append(
                SaidPlace(
                    location,
                    place.parts,
                    is_earlier=True,
                    until=earlier.until,
                    read_anew=self._archive.is_read_anew(earlier),
                )
            )
        return places

    def _name(self, earlier: EarlierText, known: set[str]) -> str | None:
        """Return the id of a document that had an earlier text and is not ``known`` yet."""
        view = self._view
        if not self._archive.still_open(earlier, view.groups):
            return None
        names = self._archive.named(earlier, view.groups, set(view.hidden))
        return next((name for name in names if name not in known), None)

    def _then(self, earlier: EarlierText, name: str) -> Document:
        title = next((d.title for d in self._archive.documents if d.id == name), None)
        return self._lay_out(earlier.text, name, title)

    def _near(self, quotation: Quotation, allowed: NDArray[np.bool_]) -> tuple[SaidPlace, ...]:
        if not allowed.any() or len(quotation) < LEAST_WORDS:
            return ()
        count = len(self._archive.documents)
        places: list[SaidPlace] = []
        known: set[str] = set()
        for near in near_places(quotation, self._archive.index, allowed):
            if near.row < count:
                document, until = self._archive.documents[near.row], None
            else:
                earlier = self._archive.earlier[near.row - count]
                name = self._name(earlier, known)
                if name is None:
                    continue
                known.add(name)
                document, until = self._then(earlier, name), earlier.until
            places.append(
                SaidPlace(
                    location_of(document, near.span),
                    (near.span,),
                    changes=tuple(_changes(near, document.text, quotation.text)),
                    differing=tuple(
                        piece.said
                        for piece in near.pieces
                        if piece.said is not None and not piece.same
                    ),
                    is_earlier=near.row >= count,
                    until=until,
                )
            )
        return tuple(places)


def _changes(near: NearPlace, said: str, asked: str) -> Sequence[Piece]:
    """Return the words of the source and of the quotation, in order."""
    pieces = []
    for each in near.pieces:
        if each.said is not None:
            change = Change.UNCHANGED if each.same else Change.REMOVED
            pieces.append(Piece(change, " ".join(each.said.of(said).split())))
        if each.asked is not None and not each.same:
            pieces.append(Piece(Change.ADDED, " ".join(each.asked.of(asked).split())))
    return pieces
