"""Writes a question in the words of the corpus: acronyms, numbers, names without their marks."""

import re
from collections.abc import Sequence
from functools import cached_property

from corpus import Passage
from embeddings.index.lexicalindex import LexicalIndex
from embeddings.text.acronyms import Acronyms, defined_acronyms, field_acronyms
from embeddings.text.functionwords import function_words
from embeddings.text.marks import without_marks
from embeddings.text.numberwords import MOST_WORDS, other_forms
from embeddings.text.searchform import search_form
from embeddings.text.spellingvariants import other_spellings
from embeddings.text.stemming import all_words

_WORD = re.compile(r"\w+(?:[.&/]\w+)*")
_TIMES = 4
"""How many times as many texts another form must be in to take the place of a word."""
_SHORTEST_INITIALS = 3
_SHORTEST_MARKED = 3


class Rewording:
    """The other forms that the words of questions have in some passages."""

    def __init__(
        self, passages: Sequence[Passage], *, words: Sequence[str], lexical: LexicalIndex
    ) -> None:
        """``words`` are those of the passages, the most frequent first; ``lexical`` counts them."""
        self._passages = passages
        self._words = words
        self._lexical = lexical

    @cached_property
    def acronyms(self) -> Acronyms:
        """The acronyms that the passages define, and those of the field."""
        own = [pair for passage in self._passages for pair in defined_acronyms(passage.text)]
        return Acronyms([*own, *field_acronyms()])

    @cached_property
    def _known(self) -> frozenset[str]:
        """The words, and the function words of the languages."""
        codes = ("en", *self._lexical.languages)
        return frozenset(self._words).union(*map(function_words, codes))

    @cached_property
    def _by_unmarked(self) -> dict[str, str]:
        """The most frequent word of the corpus for each form without marks that differs."""
        found: dict[str, str] = {}
        for word in self._words:
            plain = without_marks(word)
            if plain != word:
                found.setdefault(plain, word)
        return found

    def reword(self, question: str) -> str | None:
        """Return the question with other forms of some words, or None if it stays as it is.

        A short form is replaced by its long one and the reverse, numerals by number words and the
        reverse, a word by the same one with other marks or in the other of British and American
        spelling. Each is replaced only if the other form is
        in several times as many texts. A question without such words costs no time.
        """
        text = search_form(question)
        found = list(_WORD.finditer(text))
        folded = [match.group().casefold() for match in found]
        parts: list[str] = []
        at = place = 0
        while place < len(found):
            count, other = self._other(text, found, folded, place)
            if other is not None:
                parts += [text[at : found[place].start()], other]
                at = found[place + count - 1].end()
            place += count
        return "".join([*parts, text[at:]]) if parts else None

    def _other(
        self, text: str, found: list[re.Match[str]], folded: list[str], place: int
    ) -> tuple[int, str | None]:
        """Return how many words from ``place`` on are one thing, and its other form."""
        longest = min(max(self.acronyms.most_words, MOST_WORDS), len(found) - place)
        for count in range(longest, 0, -1):
            between = text[found[place].start() : found[place + count - 1].end()]
            if re.search(r"[^\w\s'’,.&/-]", between):
                continue  # two sentences, or what stands in brackets
            for form in self._forms(between, tuple(folded[place : place + count])):
                if self._is_commoner(form, between):
                    return count, form
        return 1, None

    def _forms(self, between: str, words: tuple[str, ...]) -> list[str]:
        """Return the other forms of some neighbouring words."""
        forms = [
            form
            for language in self._lexical.languages
            if language[:2] in {"en", "fr"}
            for form in other_forms(words, language=language)
        ]
        if len(words) > 1:
            short = self.acronyms.short_form(words)
            return [*forms, *([short] if short else [])]
        word = words[0]
        known = word in self._known
        initials = between.replace(".", "")
        if not known and len(word) >= _SHORTEST_INITIALS and between.islower():
            initials = initials.upper()
        long = self.acronyms.long_form(between) or self.acronyms.long_form(initials)
        if long is not None:
            forms.append(long)
        if not known and len(word) >= _SHORTEST_MARKED:
            plain = without_marks(word)
            other = plain if plain in self._known else self._by_unmarked.get(plain)
            forms += [other] if other else sorted(other_spellings(word) & self._known)
        return forms

    def _is_commoner(self, form: str, than: str) -> bool:
        other = self._frequency(form)
        return other > 0 and other > _TIMES * self._frequency(than)

    def _frequency(self, text: str) -> int:
        """Return the number of texts that have the rarest of the words; 0 for function words."""
        stems = self._lexical.question_stems(text) if all_words(text) else ()
        return min(map(self._lexical.frequency, stems), default=0)
