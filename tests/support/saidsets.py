"""Sets of quotations, drawn from texts: typed otherwise, changed in one word, and a plain oracle."""

import json
import random
import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexedtexts import indexed

from corpus import Span
from corpus.documents.sentences import split_sentences
from embeddings.wording.nearplaces import NearPlace, near_places
from embeddings.wording.quotation import WordPlace, exact_places, quotation_of
from embeddings.wording.wordindex import IndexedText, WordIndex

QUOTES = {
    "’": "'’ʼ`‛",
    "'": "'’ʼ`‛",
    "‘": "'‘‚",
    "“": '"“„«「',
    "”": '"”“»」',
    '"': '"“”',
}
DASHES = {"-": "-‐‑–—", "–": "–-—―‒", "—": "—–-―"}
SPACES = (" ", "  ", "\n", "\t", "\u00a0", "\u202f", "\r\n", " \u200b")
CASES = (str.upper, str.lower, str.title, str.swapcase)
FORMS = ("NFC", "NFD", "NFKC", "NFKD")
ELLIPSES = ("…", "...", ". . .", "[…]", "(...)", " …")

_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_NAME = re.compile(r"[A-Z][a-z]{3,}")
_NEGATABLE = frozenset("will is are has have was were must can should".split())
OTHER_NUMBERS = "7 19 43 86 212 2031 86,500 2.75 nineteen eighty-six".split()
OTHER_NAMES = "Togo Brazil Zelenskyy Nairobi Kenya Ruritania Lisbon Okonkwo".split()


@dataclass(frozen=True)
class Slice:
    """Words of a passage: the row of its text, its span there, and its words."""

    row: int
    span: Span
    words: tuple[str, ...]


@dataclass(frozen=True)
class Changed:
    """A slice of which one word was changed: what was removed and what was added."""

    text: str
    removed: tuple[str, ...]
    added: tuple[str, ...]
    kind: str


def slices(texts: Sequence[IndexedText], *, count: int, seed: int) -> Iterator[Slice]:
    """Slices of 5 to 60 words of the passages."""
    draw = random.Random(seed)
    rows = [row for row, each in enumerate(texts) if each.passages]
    while count:
        row = draw.choice(rows)
        passage = draw.choice(texts[row].passages)
        words = list(re.finditer(r"\S+", passage.of(texts[row].text)))
        length = draw.randint(5, 60)
        if len(words) < 5:
            continue
        first = draw.randrange(max(1, len(words) - length + 1))
        chosen = words[first : first + length]
        if sum(any(c.isalnum() for c in word.group()) for word in chosen) < 5:
            continue
        start, end = passage.start + chosen[0].start(), passage.start + chosen[-1].end()
        yield Slice(row, Span(start, end), tuple(word.group() for word in chosen))
        count -= 1


def typed_otherwise(each: Slice, draw: random.Random) -> str:
    """The words of a slice with other marks, white space, case and Unicode forms; often with an
    ellipsis for some of them.
    """
    words = list(each.words)
    if len(words) > 6 and draw.random() < 0.5:
        start = draw.randint(2, len(words) - 4)
        words[start : start + draw.randint(1, 3)] = [draw.choice(ELLIPSES)]
    text = "".join(word + draw.choice(SPACES) for word in words).strip()
    marks = QUOTES | DASHES
    text = "".join(draw.choice(marks[c]) if c in marks else c for c in text)
    if draw.random() < 0.5:
        text = draw.choice(CASES)(text)
    if not any(unicodedata.category(c) == "No" for c in text):  # 10² is not 102
        text = unicodedata.normalize(draw.choice(FORMS), text)
    return draw.choice(('"{}"', "“{}”", "« {} »", "… {} …", "{}", "'{}.'")).format(text)


def changed(each: Slice, draw: random.Random) -> Changed | None:
    """The words of a slice with one number, name or negation changed; None if it has none."""
    words, places = list(each.words), list(range(len(each.words)))
    draw.shuffle(places)
    for kind in draw.sample(("number", "name", "negation"), 3):
        for place in places:
            found = _change(words[place], kind, draw, first=place == 0)
            if found is not None:
                old, new = found
                changed_word = words[place].replace(old, new, 1)
                text = " ".join([*words[:place], changed_word, *words[place + 1 :]])
                if new.startswith(f"{old} "):
                    return Changed(text, (), (new.removeprefix(f"{old} "),), kind)
                return Changed(text, (old,), (new,), kind)
    return None


def _change(word: str, kind: str, draw: random.Random, *, first: bool) -> tuple[str, str] | None:
    core = word.strip(".,;:()[]“”\"'’‘?!*")
    if kind == "number" and _NUMBER.fullmatch(core):
        return core, draw.choice([each for each in OTHER_NUMBERS if each != core])
    if kind == "name" and _NAME.fullmatch(core) and not first:
        return core, draw.choice([each for each in OTHER_NAMES if each != core])
    if kind == "negation":
        if core in {"not", "no", "never"}:
            return core, {"not": "always", "no": "every", "never": "often"}[core]
        if core in _NEGATABLE:
            return core, f"{core} not"
    return None


def plain_words(text: str) -> list[str]:
    """The words of a text as a plain reading has them, for texts of letters, digits and spaces."""
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold())


@dataclass
class Figures:
    """The counts of the three sets, and the seconds of each search, sorted."""

    slices: int = 0
    exact_otherwise_typed: int = 0
    changed: int = 0
    exact_changed: int = 0
    near: int = 0
    marked: int = 0
    foreign: int = 0
    foreign_found: int = 0
    seconds: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)


def drawn_texts(folder: Path, *, most: int | None = None) -> list[IndexedText]:
    """The statements of an evaluation set: paragraphs with a blank line between."""
    passages: dict[str, list[str]] = {}
    for line in (folder / "corpus.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        passages.setdefault(row["doc_id"], []).append(row["text"])
    return [indexed(*each) for each in list(passages.values())[:most]]


def public_sentences(folder: Path) -> list[str]:
    """The sentences of another set, of five words and more."""
    rows = (folder / "corpus.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(row)["text"] for row in rows]
    found = [span.of(text) for text in texts for span in split_sentences(text)]
    return [sentence for sentence in found if len(sentence.split()) >= 5]


def measured(texts: list[IndexedText], foreign: list[str], *, count: int) -> Figures:
    """The figures of ``count`` quotations of each set."""
    index, found, draw = WordIndex(texts), Figures(), random.Random(11)

    def search(text: str) -> tuple[tuple[WordPlace, ...], tuple[NearPlace, ...]]:
        started = time.perf_counter()
        quotation = quotation_of(text)
        exact = exact_places(quotation, index)
        near = () if exact else near_places(quotation, index)
        found.seconds.append(time.perf_counter() - started)
        return exact, near

    for each in slices(texts, count=count, seed=5):
        found.slices += 1
        typed = typed_otherwise(each, draw)
        places, _ = search(typed)
        there = any(_is_place(place, each, texts) for place in places)
        found.exact_otherwise_typed += there
        if not there:
            found.missed.append(f"not exact: {typed!r}")
    for each in slices(texts, count=2 * count, seed=7):
        other = changed(each, draw)
        if other is None or found.changed == count:
            continue
        exact, near = search(other.text)
        found.changed += 1
        found.exact_changed += bool(exact)
        found.near += bool(near)
        marks = {_marks(place, other.text, texts[place.row].text) for place in near}
        found.marked += (other.removed, other.added) in marks
        if (other.removed, other.added) not in marks:
            found.missed.append(f"not marked: {other} {marks}")
    for sentence in draw.sample(foreign, min(count, len(foreign))):
        found.foreign += 1
        exact, near = search(sentence)
        found.foreign_found += bool(exact or near)
        if exact or near:
            found.missed.append(f"foreign: {sentence!r}")
    found.seconds.sort()
    return found


def _is_place(place: WordPlace, each: Slice, texts: list[IndexedText]) -> bool:
    """Whether a place is that of a slice, but for marks at its ends."""
    if place.row != each.row or not each.span.contains(place.span):
        return False
    text = texts[each.row].text
    edges = text[each.span.start : place.span.start] + text[place.span.end : each.span.end]
    return not any(c.isalnum() for c in edges)


def _marks(place: NearPlace, asked: str, said: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The removed and the added words of a place."""
    pieces = [piece for piece in place.pieces if not piece.same]
    return (
        tuple(piece.said.of(said) for piece in pieces if piece.said is not None),
        tuple(piece.asked.of(asked) for piece in pieces if piece.asked is not None),
    )
