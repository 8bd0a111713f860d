"""Makes near misses of a question and a passage by rules: it removes a sentence or swaps a
value.
"""

import random
import re
from collections.abc import Sequence

from corpus import months
from embeddings.reader.encoding import Range

_WORD = re.compile(r"[^\W_]+")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NUMBER = re.compile(r"\b\d{1,4}\b")
_MONTH = re.compile(rf"\b(?:{'|'.join(months.ENGLISH)})\b")
_COUNTED = re.compile(r"\b(how many|what number of) ((?:[a-z-]++ ){0,1}[a-z]{3,}s)\b", re.I)
_NUMBER_WORDS = frozenset(
    "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred "
    "hundreds thousand thousands million millions billion billions trillion dozen dozens".split()
)
_ALIKE = (
    frozenset("states nations countries members allies partners governments leaders".split()),
    frozenset("individuals persons people americans citizens entities workers women".split()),
    frozenset("organizations groups agencies firms companies businesses".split()),
    frozenset("dollars billions millions funds".split()),
)
"""Plurals that may count the same things."""

_NUMBER_BEFORE = 5
_SHORT_PLURAL = 4
_SAME_SENTENCE = 0.9
_LIKE_THE_CLAUSE = 0.6
_SHINGLE_WORDS = 8
_SHORT_WORD = 3
_NEAR_COPY = 0.5
_NEAR_COPY_WORDS = 5
_YEARS_AWAY = 4
_TRIES = 8

COUNTRIES = (
    "Afghanistan|Albania|Algeria|Angola|Argentina|Armenia|Australia|Austria|Azerbaijan|Bahrain|"
    "Bangladesh|Belgium|Brazil|Bulgaria|Canada|Chile|China|Colombia|Croatia|Cuba|Cyprus|Denmark|"
    "Ecuador|Egypt|Estonia|Ethiopia|Finland|France|Germany|Ghana|Greece|Guatemala|Haiti|Honduras|"
    "Hungary|India|Indonesia|Iran|Iraq|Ireland|Israel|Italy|Japan|Jordan|Kazakhstan|Kenya|Kuwait|"
    "Latvia|Lebanon|Lithuania|Malaysia|Mexico|Moldova|Morocco|Nepal|Netherlands|Nigeria|Norway|"
    "Oman|Pakistan|Panama|Peru|Philippines|Poland|Portugal|Qatar|Romania|Senegal|Serbia|Singapore|"
    "Slovakia|Slovenia|Spain|Sweden|Switzerland|Taiwan|Tanzania|Thailand|Tunisia|Turkey|Uganda|"
    "Ukraine|Uruguay|Venezuela|Vietnam|Yemen|Zambia"
)
_COUNTRY = re.compile(rf"\b(?:{COUNTRIES})\b")
_COUNTRY_NAMES = tuple(COUNTRIES.split("|"))

ALIASES = (
    ("the United States", "the US"),
    ("the US", "America"),
    ("the U.S.", "the United States"),
    ("America", "the US"),
    ("Washington", "the US"),
    ("President Biden", "Biden"),
    ("Biden", "President Biden"),
    ("President Trump", "Trump"),
    ("Trump", "President Trump"),
    ("the UK", "the United Kingdom"),
    ("Britain", "the UK"),
    ("the EU", "the European Union"),
    ("the UN", "the United Nations"),
    ("COVID-19", "Covid"),
)
"""Two names of one thing: a name that the passage does not have must not mean "no answer"."""

_FUNCTION_WORDS = frozenset(
    "a an the of to in on for by with at from and or did do does was were is are be been has have "
    "had that this these those it its their his her they he she will would can could which what "
    "who whom how many much when where why as about into".split()
)


def words(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def content_words(text: str) -> frozenset[str]:
    """Return the distinct words of a text without function words, cut to six letters.

    Six letters are about a stem: "tariffs" and "tariff" are one word.
    """
    return frozenset(w[:6] for w in words(text) if w not in _FUNCTION_WORDS)


def may_answer(passage: str, clause: str, gold_passage: str) -> bool:
    """Return whether a passage may answer, too, and is therefore no negative.

    It may if it has most of the content words of the answering clause, eight of its words in a row,
    or is a near copy of the right passage.
    """
    wanted = content_words(clause)
    if wanted and len(wanted & content_words(passage)) >= _LIKE_THE_CLAUSE * len(wanted):
        return True
    if _shingles(clause, _SHINGLE_WORDS) & _shingles(passage, _SHINGLE_WORDS):
        return True
    here, there = _shingles(passage, _NEAR_COPY_WORDS), _shingles(gold_passage, _NEAR_COPY_WORDS)
    return len(here & there) >= _NEAR_COPY * max(len(here | there), 1)


def _shingles(text: str, size: int) -> frozenset[tuple[str, ...]]:
    found = words(text)
    return frozenset(tuple(found[i : i + size]) for i in range(len(found) - size + 1))


def without_answer(passage: str, sentences: Sequence[Range], clause: Range) -> str | None:
    """Return the passage without the sentences of the clause that answers.

    None if nothing would be left, or if another sentence says the same or has the clause's words.
    """
    left = [s for s in sentences if s[1] <= clause[0] or s[0] >= clause[1]]
    if not left or len(left) == len(sentences):
        return None
    said = passage[slice(*clause)]
    wanted = content_words(said)
    for start, end in left:
        sentence = passage[start:end]
        if said.lower() in sentence.lower():
            return None
        if wanted and len(wanted & content_words(sentence)) >= _SAME_SENTENCE * len(wanted):
            return None
    return " ".join(passage[start:end] for start, end in left)


def without_another_sentence(
    passage: str, sentences: Sequence[Range], kept: Sequence[Range], rng: random.Random
) -> tuple[str, tuple[Range, ...]] | None:
    """Return the passage without one irrelevant sentence, and the new positions of the ``kept``
    ranges.

    The seam of a removed sentence then does not show that the answer is gone. None if every
    sentence has a part of the ranges.
    """
    free = [s for s in sentences if all(s[1] <= k[0] or s[0] >= k[1] for k in kept)]
    if not free or len(sentences) == 1:
        return None
    out = rng.choice(free)
    place = sentences.index(out)
    # the next sentence takes its place, so that one space stands between two sentences
    end = sentences[place + 1][0] if place + 1 < len(sentences) else len(passage)
    start = out[0] if place + 1 < len(sentences) else sentences[place - 1][1]
    text = passage[:start] + passage[end:]
    moved = end - start
    return text, tuple((a - moved, b - moved) if a >= end else (a, b) for a, b in kept)


def swapped(question: str, known: str, rng: random.Random) -> str | None:
    """Return the question with one value of the passage replaced by one that the passage does not
    have.

    ``known`` is the passage with its title and date. A year, a month, a number or a country is
    exchanged; None if the question has none that ``known`` has.
    """
    ways = [(_YEAR, _other_year), (_MONTH, _other_month), (_COUNTRY, _other_country)]
    ways.append((_NUMBER, _other_number))
    rng.shuffle(ways)
    for pattern, other in ways:
        found = [m for m in pattern.finditer(question) if _has(known, m.group())]
        if found:
            match = rng.choice(found)
            for _ in range(_TRIES):
                new = other(match.group(), rng)
                if new != match.group() and not _has(known, new):
                    return question[: match.start()] + new + question[match.end() :]
    return None


def another_counted(question: str, passage: str, rng: random.Random) -> str | None:
    """Return a "how many" question about something that the passage names and does not count.

    None if the question counts nothing, or the passage has no other plural without a number.
    """
    asked = _COUNTED.search(question)
    if asked is None:
        return None
    tokens = words(passage)
    counted: set[str] = set()
    plurals: set[str] = set()
    for place, word in enumerate(tokens):
        if len(word) > _SHORT_PLURAL and word.endswith("s") and not word.endswith(("ss", "us")):
            before = tokens[max(place - _NUMBER_BEFORE, 0) : place]
            numbered = any(w in _NUMBER_WORDS or any(c.isdigit() for c in w) for w in before)
            (counted if numbered else plurals).add(word)
    barred = content_words(question)
    for alike in _ALIKE:
        if alike & set(words(question)):
            barred |= content_words(" ".join(alike))
    free = sorted(w for w in plurals - counted if w[:6] not in barred)
    if not free:
        return None
    start, end = asked.span(2)
    return question[:start] + rng.choice(free) + question[end:]


def _has(text: str, value: str) -> bool:
    return re.search(rf"\b{re.escape(value)}\b", text) is not None


def _other_year(year: str, rng: random.Random) -> str:
    return str(int(year) + rng.choice([-1, 1]) * rng.randint(1, _YEARS_AWAY))


def _other_month(_: str, rng: random.Random) -> str:
    return rng.choice(months.ENGLISH)


def _other_country(_: str, rng: random.Random) -> str:
    return rng.choice(_COUNTRY_NAMES)


def _other_number(number: str, rng: random.Random) -> str:
    low = 10 ** (len(number) - 1)
    return str(rng.randint(low, 10 * low - 1))


def with_alias(question: str, rng: random.Random) -> str:
    """Return the question with another name of the same thing, if it has one of ``ALIASES``."""
    found = [(a, b) for a, b in ALIASES if _has(question, a)]
    if not found:
        return question
    name, other = rng.choice(found)
    return re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", other, question, count=1)


def with_typos(question: str, rng: random.Random) -> str:
    """Return the question with one or two slips of the keys, never in a number."""
    parts = re.split(r"(\W+)", question)
    long = [i for i, part in enumerate(parts) if part.isalpha() and len(part) > _SHORT_WORD]
    for i in rng.sample(long, min(rng.randint(1, 2), len(long))):
        word = parts[i]
        at = rng.randrange(1, len(word) - 1)
        parts[i] = rng.choice(
            [
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
            ]
        )
    return "".join(parts)


def telegraphic(question: str) -> str:
    """Return the question in a few words, as people type into a search box."""
    kept = [w for w in question.rstrip("?! ").split() if w.lower() not in _FUNCTION_WORDS]
    return " ".join(kept).lower() or question


def plain_end(question: str) -> str:
    """Return the question without its question mark."""
    return question.rstrip().removesuffix("?").rstrip() or question
