"""Compares rendered Markdown with its source by rules that know nothing of the renderer."""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from corpus.extraction.extract import Deviation
from corpus.model import Document

MARKUP = re.compile(
    r"\*\*|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)|\]\(|\]\[|!\[|\[\^|</?[A-Za-z][^<>]*>|<!--|&#?\w+;"
    r"|\\[\\`*_{}\[\]()#+.!|~>-]|~~|`|^\s{0,3}#{1,6}\s|^\s*>\s|(?<!\w)__\w",
    re.M,
)
_WORD = re.compile(r"[^\W_]+")
_INLINE_TAG = re.compile(r"</?(?:u|sup|sub|strong|em|b|i|span)(?:\s[^<>]*)?>")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKS = re.compile(r"</?(?:u|strong|b|em|i)>|[*_]")
_EMPHASISED = re.compile(
    r"(?:[*_]{1,3}|<u>|<strong>|<b>)+(?P<words>.+?)(?:[*_]{1,3}|</\w+>)+:?", re.S
)
_SENTENCE_END = re.compile(r"[.!;,…][\"”’)]*$")
_NUMBER = re.compile(r"[*_(<u>\\\s]*(\d+)")


def words_of(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text))


def source_words(body: str) -> list[str]:
    """The words of a Markdown body, its escapes and entities resolved."""
    return words_of(_shown(body))


def _shown(body: str) -> str:
    """A body without the marks and tags that stand within words."""
    plain = re.sub(r"<sup>(?=\s*\d)", " ", body)
    plain = re.sub(r"(?<=[^\W\d_])\[(?=\w|\*\*\w)", "", plain)
    plain = _INLINE_TAG.sub("", plain).replace("\u00ad", "")
    plain = re.sub(r"(?<!\\)\*", "", plain)
    return html.unescape(_ESCAPE.sub(r"\1", plain))


def lost_words(body: str, stored: str, left_out: Iterable[Deviation]) -> Counter[str]:
    """The words of a body that stand neither in the stored text nor among what was left out."""
    lost = Counter(source_words(body))
    lost.subtract(words_of(stored))
    lost.subtract(word for each in left_out for word in source_words(each.text))
    return +lost


def first_word_out_of_order(body: str, stored: str) -> str | None:
    """The first word of the stored text that the body does not have there, with its neighbours."""
    source = iter(source_words(body))
    words = words_of(stored)
    for place, word in enumerate(words):
        if not any(word == each for each in source):
            return " ".join(words[max(0, place - 4) : place + 4])
    return None


def emphasised_paragraphs(body: str) -> Iterator[str]:
    """The words of paragraphs that are emphasised from end to end and are no sentence."""
    for paragraph in re.split(r"\n\s*\n", body):
        match = _EMPHASISED.fullmatch(paragraph.strip())
        if match is None or re.search(r"[*_]{2}\s|\s[*_]{2}|</u>\s", match["words"]):
            continue
        words = " ".join(_MARKS.sub("", match["words"]).replace("\\", "").split())
        strong = re.search(r"\*\*|<", paragraph.strip()[:5]) is not None
        lead_in = not strong and words.endswith(":") and len(words.split()) > 8
        if not _SENTENCE_END.search(words) and len(words) <= 120 and not lead_in:
            yield words


def numbered_paragraphs(body: str) -> Iterator[list[str]]:
    """The first words of each paragraph of a body that begins with a number."""
    for paragraph in re.split(r"\n\s*\n", body):
        if _NUMBER.match(paragraph) and len(first := _first_words(paragraph)) > 1:
            yield first


def _first_words(paragraph: str) -> list[str]:
    line = re.sub(r"<sup>.*?</sup>", "", paragraph.partition("\n")[0])
    return source_words(re.sub(r"\]\([^\s()]*\)?", " ", line))[:4]


def begins_a_line(words: Sequence[str], stored: str) -> bool:
    return any(words_of(line)[: len(words)] == list(words) for line in stored.split("\n"))


def lies_within_passages(text: str, document: Document) -> bool:
    """True if a text, without headings at its beginning, is a run of the passages' words."""
    headings = [words_of(line) for line in document.text.split("\n") if line.startswith("#")]
    passages = f" {' '.join(w for p in document.quotable for w in words_of(p.text))} "
    wanted = words_of(text)
    while True:
        if f" {' '.join(wanted)} " in passages:
            return True
        heading = next((h for h in headings if h and wanted[: len(h)] == h), None)
        if heading is None:
            return False
        wanted = wanted[len(heading) :]
