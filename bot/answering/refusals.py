"""Helps where nothing answers: says why a passage is only related, and names the nearest topics."""

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.answering.conversation import ASKING_WORDS
from bot.answering.smalltalk import names_in
from bot.language import plaintexts
from bot.language.bidiisolation import isolated
from bot.language.translation import Translator
from bot.plainquestions.names import identities, keys_of, text_keys
from corpus import Document, months
from embeddings import Hit, asks_quantity, search_form

MOST_TOPICS = 3
_TOPIC_CHARACTERS = 40
_LOOKED_THROUGH = 10
_MOST_WORDS = 3
_WORD = re.compile(r"\w+(?:\.\w+)*")
_NUMBER_WORDS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred thousand million billion trillion dozen hundreds thousands millions billions "
    "trillions dozens half third quarter double triple twice once zero none deux trois quatre cinq "
    "six sept huit neuf dix onze douze vingt trente quarante cinquante soixante cent mille million "
    "milliard cents milliers millions milliards moitié tiers quart double triple".split()
)
_TIMES = frozenset(
    "today yesterday tomorrow tonight now later earlier week month year day decade century "
    "spring summer fall autumn winter recent recently soon last next since during until before "
    "after when anniversary annual annually previous previously upcoming aujourd hier demain "
    "semaine mois année an jour siècle récemment bientôt depuis pendant avant après lors "
    "monday tuesday wednesday thursday friday saturday sunday lundi mardi mercredi jeudi vendredi "
    "samedi dimanche".split()
).union(map(str.casefold, (*months.ENGLISH, *months.FRENCH)))
_AGES = frozenset(
    "age aged ages old born birth birthday anniversary year years month months ans âge né".split()
)
_ORDINALS = {
    word: number
    for number, word in enumerate(
        "second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
        start=2,
    )
}
"""A first one may be called nothing."""

_CARDINALS = {
    word: number
    for number, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve".split(), start=2
    )
}

_ASKS_WHEN = re.compile(
    r"(?:(?:and|so|but|then|by|on|in|at|since|until|from) ){0,2}"
    r"(?:when|(?:what|which) (?:time|date|day|month|year|century|decade))\b",
    re.IGNORECASE,
)
_ASKS_AGE = re.compile(r"\bhow old\b", re.IGNORECASE)
_ASKS_HOW_OFTEN = re.compile(r"\bhow (?:often|far)\b", re.IGNORECASE)
_HOW_MANY = re.compile(r"\bhow many \b", re.IGNORECASE)
_AFTER_COUNTED = frozenset(
    "are is were was do does did have has had will would can could should may might must".split()
)
_MOST_COUNTED_WORDS = 3
_ALIKE = 4
"""So many equal letters make a name resemble another: "Asians" and "Asia"."""

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NUMBERED = re.compile(r"\b(\d{1,3})(?:st|nd|rd|th)\b")


def lacks_what_is_asked(asked: str, hit: Hit, document: Document) -> bool:
    """Return whether a passage cannot answer a question, however much it is about the same.

    It cannot if a number, a time or an age is asked for and its evidence has none, if the question
    is about a year or about one in a row ("the fourth meeting") that neither the passage nor its
    document names, about the number of somebody's things ("how many African members") while the
    evidence names another, or about the person who asks.
    """
    evidence = _lower_words(hit.evidence.text)
    about = f"{document.context} {document.published or ''}"
    return (
        _lacks_number(asked, evidence)
        or (_ASKS_WHEN.match(asked.strip()) is not None and not _has_time(evidence))
        or (_ASKS_AGE.search(asked) is not None and not _AGES.intersection(evidence))
        or bool({*_YEAR.findall(asked)}.difference(_YEAR.findall(f"{hit.passage.text} {about}")))
        or bool(_ordinals(asked) - _ordinals(f"{hit.passage.text} {about}", cardinals=True))
        or _counts_of_others(asked, f"{hit.evidence.text} {document.title}")
        or ("my" in _lower_words(asked) and "my" not in _lower_words(hit.passage.text))
    )


def _lacks_number(asked: str, evidence: Sequence[str]) -> bool:
    return asks_quantity(asked) and not (_ASKS_HOW_OFTEN.search(asked) or _is_number_in(evidence))


def _has_time(text: Sequence[str]) -> bool:
    return any(
        word in _TIMES or word.removesuffix("s") in _TIMES or any(c.isdigit() for c in word)
        for word in text
    )


def _ordinals(text: str, *, cardinals: bool = False) -> set[int]:
    """Return the numbers of those in a row; with ``cardinals`` those of other numbers, too."""
    lower = search_form(text).casefold()
    found = {_ORDINALS[word] for word in _lower_words(lower) if word in _ORDINALS}
    found.update(map(int, _NUMBERED.findall(lower)))
    if cardinals:
        words = _lower_words(lower)
        found.update(int(word) for word in words if word.isdecimal())
        found.update(_CARDINALS[word] for word in words if word in _CARDINALS)
    return found


def _counts_of_others(asked: str, text: str) -> bool:
    """Return whether a name among the things that are to be counted is not in a text.

    Initials do not count: a text may have their long form.
    """
    asks = _HOW_MANY.search(asked)
    if asks is None:
        return False
    counted = []
    for word in _WORD.findall(search_form(asked[asks.end() :]))[:_MOST_COUNTED_WORDS]:
        if word in _AFTER_COUNTED:
            break
        counted.append(word)
    there = identities(text_keys(text))
    beginnings = {word[:_ALIKE] for word in _lower_words(text)}
    return any(
        key.text.istitle()
        and not identities([key]) & there
        and key.text.casefold()[:_ALIKE] not in beginnings
        for key in keys_of(counted)
    )


def _lower_words(text: str) -> list[str]:
    return _WORD.findall(search_form(text).casefold().replace("-", " "))


def _is_number_in(text: Sequence[str]) -> bool:
    return any(word in _NUMBER_WORDS or any(c.isdigit() for c in word) for word in text)


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
    if _lacks_number(asked, _lower_words(hit.evidence.text)):
        return words.say(plaintexts.RELATED_NO_NUMBER)
    if _ASKS_WHEN.match(asked.strip()) and not _has_time(_lower_words(hit.evidence.text)):
        return words.say(plaintexts.RELATED_NO_TIME)
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
