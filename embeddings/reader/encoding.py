"""Turns a question and a passage into the reader's input: token ids, in windows.

``[CLS] question [unused1] newest earlier turn [unused1] older turn [SEP]`` and, as the second
segment, ``title | date | passage [SEP]``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.models.runtimes.onnxsession import open_tokenizer

if TYPE_CHECKING:
    from embeddings.models.runtimes.onnxsession import Encoding

Range = tuple[int, int]
"""Half-open offsets of characters in a passage."""

MOST_TOKENS = 256
MOST_QUESTION_TOKENS = 64
MOST_TURNS = 2
MOST_TURN_TOKENS = 40
MOST_TITLE_TOKENS = 24
MOST_DATE_TOKENS = 12
ENCODING_VERSION = 1
"""Counts up when the same texts become other ids: weights are trained on one of them."""

OVERLAP = 64
"""Neighbouring windows of a long passage have so many tokens in common."""


@dataclass(frozen=True, slots=True)
class ReadPair:
    """A question with a window of a passage, as the network reads it.

    ``ids`` are those of all tokens; the first ``question_length`` are the first segment. The tokens
    from ``passage_start`` to the last but one are the window's, which stand in the passage at
    ``offsets``, in characters.
    """

    ids: tuple[int, ...]
    question_length: int
    passage_start: int
    offsets: tuple[Range, ...]

    def tokens_of(self, characters: Range) -> Range | None:
        """Return the first and one past the last token of a part of the passage, in ``ids``.

        None if the window does not have all of it.
        """
        found = [
            i for i, (a, b) in enumerate(self.offsets) if b > characters[0] and a < characters[1]
        ]
        if not found:
            return None
        first, last = found[0], found[-1]
        cut_before = first == 0 and self.offsets[0][0] > characters[0]
        cut_after = last == len(self.offsets) - 1 and self.offsets[last][1] < characters[1]
        # white space and what the tokenizer drops may stand at the ends
        if cut_before and self.offsets[0][0] - characters[0] > 1:
            return None
        if cut_after and characters[1] - self.offsets[last][1] > 1:
            return None
        return self.passage_start + first, self.passage_start + last + 1


class PairEncoder:
    """Encodes questions with passages by a tokenizer file."""

    def __init__(self, tokenizer: Path, *, remembered: int = 0) -> None:
        """Load the tokenizer. The ids of as many texts are remembered.

        Raises:
            ValueError: if it lacks one of the tokens that the reader's input has.
        """
        self._tokenizer = open_tokenizer(tokenizer)
        self._cls, self._sep, self._turn, self.pad_id = (
            self._id(name) for name in ("[CLS]", "[SEP]", "[unused1]", "[PAD]")
        )
        self._bar = self._id("|")
        self._pieces = lru_cache(maxsize=remembered)(self._encode)

    @property
    def vocabulary(self) -> int:
        """The number of tokens; ids are smaller."""
        return int(self._tokenizer.get_vocab_size())

    def _id(self, token: str) -> int:
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise ValueError(f"the tokenizer has no {token}")
        return int(found)

    def windows(
        self,
        question: str,
        passage: str,
        *,
        earlier: Sequence[str] = (),
        title: str = "",
        when: str = "",
    ) -> tuple[ReadPair, ...]:
        """Return the windows of a passage, in order; one if it is short or empty.

        Neighbours overlap, so that an answer lies whole in one of them.
        """
        head, question_length = self._head(question, earlier, title, when)
        ids, offsets = self._passage(passage)
        room = self._room(head)
        starts = [0]
        while starts[-1] + room < len(ids):
            starts.append(starts[-1] + max(room - OVERLAP, 1))
        if len(starts) > 1:
            starts[-1] = len(ids) - room
        return tuple(
            self._window(head, question_length, ids, offsets, start, room) for start in starts
        )

    def window_with(
        self,
        question: str,
        passage: str,
        *,
        earlier: Sequence[str] = (),
        title: str = "",
        when: str = "",
        part: Range | None,
        place: float,
    ) -> ReadPair:
        """Return one window of a passage, with a part of it if that fits.

        ``place`` in [0, 1] selects one of the possible windows, from the first to the last, so that
        an answer need not stand at the beginning.
        """
        head, question_length = self._head(question, earlier, title, when)
        ids, offsets = self._passage(passage)
        room = self._room(head)
        low, high = 0, max(len(ids) - room, 0)
        if part is not None and high:
            inside = [i for i, (a, b) in enumerate(offsets) if b > part[0] and a < part[1]]
            if inside and inside[-1] - inside[0] < room:
                low, high = max(inside[-1] + 1 - room, 0), min(inside[0], high)
        start = low + round(place * (high - low))
        return self._window(head, question_length, ids, offsets, start, room)

    def _room(self, head: tuple[int, ...]) -> int:
        return MOST_TOKENS - len(head) - 1

    def _window(
        self,
        head: tuple[int, ...],
        question_length: int,
        ids: tuple[int, ...],
        offsets: tuple[Range, ...],
        start: int,
        room: int,
    ) -> ReadPair:
        return ReadPair(
            ids=(*head, *ids[start : start + room], self._sep),
            question_length=question_length,
            passage_start=len(head),
            offsets=offsets[start : start + room],
        )

    def _head(
        self, question: str, earlier: Sequence[str], title: str, when: str
    ) -> tuple[tuple[int, ...], int]:
        asked = self._pieces(question)[0]
        half = MOST_QUESTION_TOKENS // 2
        if len(asked) > MOST_QUESTION_TOKENS:  # its beginning, and its end, which asks last
            asked = (*asked[:half], *asked[-half:])
        ids = [self._cls, *asked]
        left = MOST_TURN_TOKENS
        for turn in tuple(earlier)[-MOST_TURNS:][::-1]:
            pieces = self._pieces(turn)[0][:left]
            if pieces:
                ids += [self._turn, *pieces]
                left -= len(pieces)
        ids.append(self._sep)
        question_length = len(ids)
        ids += self._pieces(title)[0][:MOST_TITLE_TOKENS]
        ids += [self._bar, *self._pieces(when)[0][:MOST_DATE_TOKENS], self._bar]
        return tuple(ids), question_length

    def _passage(self, text: str) -> tuple[tuple[int, ...], tuple[Range, ...]]:
        return self._pieces(text)

    def _encode(self, text: str) -> tuple[tuple[int, ...], tuple[Range, ...]]:
        # half of a pair of surrogates, which no tokenizer takes; the offsets stay
        text = text.encode("utf-8", "replace").decode("utf-8")
        encoded: Encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return tuple(encoded.ids), tuple((int(a), int(b)) for a, b in encoded.offsets)
