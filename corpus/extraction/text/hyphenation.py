"""Decides whether a hyphen at a line's end belongs to the word, as in "long-/term", or only divides
it.

The document's own other uses decide; then a list of English words; then whether both parts are
words of the document. The list is SymSpell's (MIT): the words of SCOWL that occur in Google's
books.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_LIST = "frequency_dictionary_en_82_765.txt"
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*(?:-[^\W_]+)*")
_LAST_PART = re.compile(r"(?<![^\W\d_])[^\W\d_]++$")
_FIRST_PART = re.compile(r"^[^\W_]+")
_ENGLISH_SHARE = 0.6
_LEAST_WORDS = 8
_LONGEST = 80  # characters of a word that are looked at
_FIRST_PARTS = frozenset(  # words that begin compounds with a hyphen more often than they are cut
    "best cross five four full half high large low non self short three two well worst".split()
)
_BOUND_PARTS = frozenset(  # beginnings that stand with no hyphen before a word
    "bio com con de dis electro en geo hydro hyper il im in infra inter ir macro micro mis over "
    "photo pro re sub super tele thermo trans un under".split()
)
_LOOSE_BEGINNINGS = frozenset("anti counter mid non post pre".split())
"""Prefixes that some write with a hyphen, and others without."""
_SHORT_WORDS = frozenset(
    "a an as at by co do ex go if in it me my no of on or re so to up us we".split()
)
_ADJECTIVE_END = re.compile(
    r"(?:ed|ing|led|born|held|made|owned|run|wide|style|type|like|friendly)$"
)
_FRENCH_ENDS = frozenset(  # second parts that French joins with a hyphen
    "ce ci elle elles il ils je là la le les leur lui moi nous on tu vous y en être même mêmes "
    "t général générale généraux président présidente ministre".split()
)


class Hyphen(Enum):
    """The fate of a hyphen at the end of a line."""

    STAYS = auto()
    DROPPED = auto()
    STAYS_BY_GUESS = auto()
    DROPPED_BY_GUESS = auto()

    @property
    def stays(self) -> bool:
        """True if the hyphen stays in the text."""
        return self in {Hyphen.STAYS, Hyphen.STAYS_BY_GUESS}

    @property
    def guessed(self) -> bool:
        """True if only a rule of thumb decided."""
        return self in {Hyphen.STAYS_BY_GUESS, Hyphen.DROPPED_BY_GUESS}


@cache
def english_words() -> frozenset[str]:
    """Return the words of the list, in lower case."""
    spec = find_spec("symspellpy")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("symspellpy, which carries the list of English words")
    path = Path(spec.submodule_search_locations[0]) / _LIST
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return frozenset(line.partition(" ")[0] for line in lines)


@dataclass(frozen=True, slots=True)
class Hyphenation:
    """Decides on hyphens at line ends by the words of one document.

    ``words`` counts each word and each compound with hyphens as it occurs within a line, in
    case-folded form. ``beginnings`` counts the first parts of the compounds; words such as
    "nonstop" count against "non".
    """

    words: Counter[str]
    english: bool
    beginnings: Counter[str]

    @classmethod
    def of(cls, lines: Iterable[tuple[str, bool]]) -> "Hyphenation":
        """Learn the words of lines; each line comes with whether a hyphen follows it at its end."""
        words: Counter[str] = Counter()
        broken = False
        for text, hyphen in lines:
            found = _WORD.findall(text.casefold())
            start, end = int(broken), len(found) - int(hyphen)
            words.update(found[start:end])
            broken = hyphen
        return cls(words, _is_english(words), _beginnings(words))

    def at(self, before: str, after: str) -> Hyphen:
        """Decide on a hyphen between ``before`` and ``after`` on the next line."""
        before, after = before[-_LONGEST:], after[:_LONGEST]
        left, right = _LAST_PART.search(before), _FIRST_PART.match(after)
        if left is None or right is None or not right[0][0].islower():
            return Hyphen.STAYS
        if before[: left.start()].endswith("-") and not self.words[(left[0] + right[0]).casefold()]:
            return self._at_second(before, after, left=left.start())
        one, two = left[0].casefold(), right[0].casefold()
        joined, compound = self.words[one + two], self.words[f"{one}-{two}"]
        if joined or compound:
            return Hyphen.STAYS if compound > joined else Hyphen.DROPPED
        if self.english:
            return self._in_english(one, two, capital=left[0][0].isupper())
        return self._in_other_language(one, two)

    def _in_other_language(self, one: str, two: str) -> Hyphen:
        if two in _FRENCH_ENDS or one in _FIRST_PARTS:
            return Hyphen.STAYS_BY_GUESS
        known = min(len(one), len(two)) > 2 and self.words[one] and self.words[two]  # noqa: PLR2004
        return Hyphen.STAYS_BY_GUESS if known else Hyphen.DROPPED_BY_GUESS

    def _at_second(self, before: str, after: str, *, left: int) -> Hyphen:
        """Decide within a compound that has a hyphen already, as "up-to-/date"."""
        one, two = before[left:].casefold(), _first_part(after).casefold()
        if self.words[one + two] or (self.english and one + two in english_words()):
            return Hyphen.DROPPED
        if self.english and two not in english_words():
            return Hyphen.DROPPED_BY_GUESS
        return Hyphen.STAYS

    def _in_english(self, one: str, two: str, *, capital: bool) -> Hyphen:
        short = len(two) <= 2 and self._is_word(two)  # noqa: PLR2004 (as in "follow-up")
        if len(one) == 1 or short:  # as in "e-mail": no word is parted there
            return Hyphen.STAYS if self._is_word(two) else Hyphen.DROPPED_BY_GUESS
        if one + two in english_words():
            return self._at_loose_beginning(one) if two in english_words() else Hyphen.DROPPED
        if one[-1] == two[0] and one[-1] in "aeiou":  # as in "de-escalation"
            return Hyphen.STAYS_BY_GUESS
        if one in _BOUND_PARTS and one not in self.words:
            return Hyphen.DROPPED_BY_GUESS
        if self._is_word(one) and self._is_word(two):
            named = capital and one not in self.words and not _ADJECTIVE_END.search(two)
            return Hyphen.DROPPED_BY_GUESS if named else Hyphen.STAYS
        return Hyphen.STAYS_BY_GUESS if one in _FIRST_PARTS else Hyphen.DROPPED_BY_GUESS

    def _at_loose_beginning(self, one: str) -> Hyphen:
        """Decide if both "nonproliferation" and "non-proliferation" are words."""
        if one not in _LOOSE_BEGINNINGS:
            return Hyphen.DROPPED
        habit = self.beginnings[one]
        if habit:
            return Hyphen.STAYS if habit > 0 else Hyphen.DROPPED
        return Hyphen.STAYS_BY_GUESS if one == "non" else Hyphen.DROPPED_BY_GUESS

    def _is_word(self, part: str) -> bool:
        """Return whether a part of an English word is one by itself."""
        if len(part) <= 2:  # noqa: PLR2004 (the list has many abbreviations)
            return part in _SHORT_WORDS
        return part in english_words() or part in self.words


def _beginnings(words: Counter[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for word, times in words.items():
        first, hyphen, _rest = word.partition("-")
        if hyphen:
            found[first] += times
            continue
        if word.startswith("non") and word[len("non") :] in english_words():
            found["non"] -= times
    return found


def _is_english(words: Counter[str]) -> bool:
    """Return whether most of at least eight words are in the English list."""
    letters = {word: times for word, times in words.items() if word.isalpha()}
    total = sum(letters.values())
    known = english_words()
    english = sum(times for word, times in letters.items() if word in known)
    return total >= _LEAST_WORDS and english >= _ENGLISH_SHARE * total


def _first_part(text: str) -> str:
    found = _FIRST_PART.match(text)
    return found[0] if found else ""
