"""Helps where nothing answers: says why a passage is only related, and names the nearest topics."""

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.answering.conversation import ASKING_WORDS
from bot.answering.smalltalk import names_in
from bot.language import plaintexts
from bot.language.bidiisolation import isolated
from bot.language.translation import Translator
from bot.plainquestions.names import identities, keys_of, text_keys
from corpus import Document
from embeddings import Hit, asks_quantity, search_form

MOST_TOPICS = 3
_TOPIC_CHARACTERS = 40
_LOOKED_THROUGH = 10
_MOST_WORDS = 3
_WORD = re.compile(r"\w+(?:\.\w+)*")
_NUMBER_WORDS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred thousand million billion dozen deux trois quatre cinq six sept huit neuf dix onze "
    "douze vingt trente quarante cinquante soixante cent mille million milliard".split()
)


def why_only_related(asked: str, hit: Hit, document: Document, words: Translator) -> str:
    """Return the sentence that says that a passage does not answer, and what it lacks.

    It names words of the question that neither the passage nor the document's title has, or that
    the passage has no number where one is asked for. ``asked`` is the question as it was read, with
    its spelling corrected.
    """
    missing = _missing(asked, f"{hit.passage.text} {document.context}")
    if missing:
        listed = ", ".join(f"“{isolated(word)}”" for word in missing[:_MOST_WORDS])
        return words.say(plaintexts.RELATED_WITHOUT, words=listed)
    if asks_quantity(asked) and not _has_number(hit.passage.text):
        return words.say(plaintexts.RELATED_NO_NUMBER)
    return words.say(plaintexts.RELATED_SUBJECT)


def _missing(asked: str, text: str) -> list[str]:
    there = identities(text_keys(text))
    keys = keys_of(_WORD.findall(search_form(asked)))
    asked_for = [key for key in keys if key.text.casefold() not in _NOT_MISSED]
    return [key.text for key in asked_for if not identities([key]) & there]


def _misspelt(words: Iterable[str]) -> Iterator[str]:
    """Yield each word without one of its letters: "wher" asks as "where" does."""
    for word in words:
        yield from (word[:at] + word[at + 1 :] for at in range(len(word)))


_NOT_MISSED = ASKING_WORDS | frozenset(
    _misspelt("where which whose there their about quand quelle combien pourquoi".split())
)


def _has_number(text: str) -> bool:
    found = _WORD.findall(search_form(text).casefold().replace("-", " "))
    return any(word in _NUMBER_WORDS or any(c.isdigit() for c in word) for word in found)


def nearest_topics(asked: str, hits: Sequence[Hit], *, others: Sequence[str]) -> tuple[str, ...]:
    """Return at most three names of things that the passages nearest to a question speak of.

    They are of other words than the question's. Without enough of them ``others`` are taken.
    """
    known = {word.casefold() for word in _WORD.findall(search_form(asked))}
    chosen: list[str] = []
    used: set[str] = set()
    named = (name for hit in hits[:_LOOKED_THROUGH] for name in names_in(hit.passage.text))
    for name in (*named, *others):
        parts = {word.casefold() for word in _WORD.findall(name)}
        if len(name) <= _TOPIC_CHARACTERS and not parts & used and not parts <= known:
            chosen.append(name)
            used |= parts
        if len(chosen) == MOST_TOPICS:
            break
    return tuple(chosen)
