"""Makes groups of pairs from the questions on official statements."""

import random
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.evaluation.sets.questionsets import PassageKey
from corpus import Passage
from embeddings.reader.encoding import Range
from training.errors import ForeignDocument
from training.material.candidates import Candidate
from training.material.nearmisses import (
    another_counted,
    content_words,
    may_answer,
    plain_end,
    swapped,
    telegraphic,
    with_alias,
    with_typos,
    without_another_sentence,
    without_answer,
)
from training.material.pairs import Group, Pair, PairKind
from training.material.statements import StatementQuestion, Statements
from training.material.wording import wording_logits

_MINED_RANKS = 30
_RANDOM_SHARE = 0.125
_PLAIN_END_SHARE = 0.25
_ALIAS_SHARE = 0.1
_STYLE_SHARE = 0.15
_FOREIGN_TURN_SHARE = 0.3
_KINDRED_TURN_SHARE = 0.15
_REWRITTEN_SHARE = 0.3
_REWORDED_SHARE = 0.35
_DELETED_ELSEWHERE_SHARE = 0.25
_ADDED_WORDS = 2
_PRONOUN = re.compile(
    r"\b(?:he|she|it|they|them|him|her|his|its|their|this|that|these|those|there)\b", re.I
)
_TRIES = 20


@dataclass(frozen=True, slots=True)
class _Wording:
    """The style of a group's questions: the same for its question and its counterparts."""

    plain: bool
    earlier: tuple[str, ...]

    def written(self, question: str) -> str:
        return plain_end(question) if self.plain else question


def leans_on_history(question: StatementQuestion) -> bool:
    """Return whether a question cannot be understood without earlier ones.

    A follow-up that changes the topic can: its rewritten form says little that it does not.
    """
    if not question.earlier or not question.rewrite:
        return False
    added = content_words(question.rewrite) - content_words(question.text)
    return len(added) >= _ADDED_WORDS and _PRONOUN.search(question.text) is not None


class StatementGroups:
    """Makes a group of four pairs for each answerable question whose statement is learned from.

    It pairs the question with its passage, with a passage that retrieval proposed, and with its
    passage without the answering sentence or another passage of the statement. The fourth pair is a
    counterpart of the question about the same passage, which has no answer there. All passages are
    of statements that are learned from.
    """

    def __init__(
        self,
        statements: Statements,
        candidates: Mapping[str, tuple[Candidate, ...]],
        *,
        debias: bool = True,
    ) -> None:
        self._statements = statements
        self._candidates = candidates
        self._allowed = statements.learned_from
        learned = [q for q in statements.questions if q.document in self._allowed]
        self._questions = tuple(q for q in learned if q.answerable)
        self._near_misses: dict[PassageKey, list[StatementQuestion]] = defaultdict(list)
        for q in learned:
            if not q.answerable:
                self._near_misses[q.passage].append(q)
        self._of_document: dict[str, list[StatementQuestion]] = defaultdict(list)
        for q in learned:
            self._of_document[q.document].append(q)
        self._documents = sorted(self._allowed)
        self._sentences: dict[PassageKey, tuple[Range, ...]] = {}
        self._priors: dict[str, float] = {}
        self._twin_priors: dict[str, float] = {}
        if debias:
            logits = wording_logits(
                [q.text for q in learned],
                [q.answerable for q in learned],
                [q.document for q in learned],
            )
            self._priors = {q.id: float(x) for q, x in zip(learned, logits, strict=True)}
            self._twin_priors = self._wording_of_twins()

    def __len__(self) -> int:
        return len(self._questions)

    def group(self, number: int, rng: random.Random) -> Group:
        """Return the group of a question; ``rng`` draws among possible ones.

        Raises:
            ForeignDocument: if a passage is of a statement that must not be learned from.
        """
        asked = self._questions[number]
        if asked.rewrite and rng.random() < _REWRITTEN_SHARE:
            asked = replace(asked, text=asked.rewrite, earlier=(), rewrite="")
        else:
            asked = self._reworded(asked, rng)
        if rng.random() < _ALIAS_SHARE:
            asked = replace(asked, text=with_alias(asked.text, rng))
        wording = _Wording(rng.random() < _PLAIN_END_SHARE, self._history(asked, rng))
        positive = self._positive(asked, wording, rng)
        pairs = [positive]
        mined = self._mined(asked, wording, rng)
        third = self._deleted(asked, wording), self._sibling(asked, wording, rng)
        first, second = third if rng.random() < 0.5 else third[::-1]  # noqa: PLR2004
        counterpart = self._counterpart(asked, wording, rng)
        pairs += [p for p in (mined, first or second, counterpart) if p is not None]
        if counterpart is not None and counterpart.kind is PairKind.NEAR_MISS:
            pairs[0] = replace(positive, prior=self._priors.get(asked.id, 0.0))
        if counterpart is not None and counterpart.kind is PairKind.TWIN:
            pairs[0] = replace(positive, prior=self._twin_priors.get(asked.text, 0.0))
        for pair in pairs:
            if pair.document not in self._allowed:
                raise ForeignDocument(f"{pair.document} must not be learned from.")
        return tuple(pairs)

    def _reworded(self, asked: StatementQuestion, rng: random.Random) -> StatementQuestion:
        rewordings = self._statements.rewordings_of.get(asked.id)
        if not rewordings or rng.random() >= _REWORDED_SHARE:
            return asked
        return replace(asked, text=rng.choice(rewordings).text)

    def _wording_of_twins(self) -> dict[str, float]:
        """Return, by text, the little that the wording of twins and their originals gives away."""
        by_id = self._statements.by_id
        twins = [t for t in self._statements.twins if by_id[t.of].document in self._allowed]
        originals = [by_id[of] for of in dict.fromkeys(t.of for t in twins)]
        again = [r for q in originals for r in self._statements.rewordings_of.get(q.id, ())]
        texts = [
            *(q.text for q in originals),
            *(r.text for r in again),
            *(t.text for t in twins),
        ]
        documents = [q.document for q in originals]
        documents += [by_id[of].document for of in (*(r.of for r in again), *(t.of for t in twins))]
        answerable = [True] * (len(originals) + len(again)) + [False] * len(twins)
        logits = wording_logits(texts, answerable, documents)
        return {text: float(x) for text, x in zip(texts, logits, strict=True)}

    def _history(self, asked: StatementQuestion, rng: random.Random) -> tuple[str, ...]:
        """Return the earlier questions; a question that stands alone gets a turn that must not
        count.
        """
        if asked.earlier:
            return asked.earlier
        drawn = rng.random()
        if drawn < _FOREIGN_TURN_SHARE:
            return (self._turn(rng.choice(self._documents), asked, rng),)
        if drawn < _FOREIGN_TURN_SHARE + _KINDRED_TURN_SHARE:
            return (self._turn(asked.document, asked, rng),)
        return ()

    def _turn(self, document: str, asked: StatementQuestion, rng: random.Random) -> str:
        turns = [q.text for q in self._of_document[document] if q.id != asked.id and not q.earlier]
        return rng.choice(turns) if turns else "What was said about trade?"

    def _positive(self, asked: StatementQuestion, wording: _Wording, rng: random.Random) -> Pair:
        passage = self._statements.passages[asked.passage]
        text, clause = passage.text, self._clause(asked)
        if rng.random() < _DELETED_ELSEWHERE_SHARE:
            sentences = self._ranges(passage)
            shorter = without_another_sentence(text, sentences, (clause,), rng)
            if shorter is not None:
                text, (clause,) = shorter
        pair = self._pair(asked.passage, wording.written(asked.text), wording, PairKind.GOLD, text)
        return replace(pair, answers=True, evidence=clause)

    def _mined(
        self, asked: StatementQuestion, wording: _Wording, rng: random.Random
    ) -> Pair | None:
        """Return a passage that retrieval proposes and that does not answer; sometimes any
        passage.
        """
        question, kind = wording.written(asked.text), PairKind.MINED
        if rng.random() < _RANDOM_SHARE:
            document = self._statements.corpus.document(rng.choice(self._documents))
            key = (document.id, rng.choice(document.passages).number)
            return (
                None
                if self._may_answer(key, asked)
                else self._pair(key, question, wording, PairKind.RANDOM)
            )
        # a passage with several places counts as of the first that is learned from
        proposed = [
            next((k for k in (c.key, *c.also) if k[0] in self._allowed), None)
            for c in self._candidates.get(asked.id, ())[:_MINED_RANKS]
            if asked.passage not in c.keys
        ]
        keys = [k for k in proposed if k is not None]
        # the first ones are the hardest: a draw of two keeps the better rank
        for _ in range(_TRIES if keys else 0):
            key = keys[min(rng.randrange(len(keys)), rng.randrange(len(keys)))]
            if not self._may_answer(key, asked):
                return self._pair(key, question, wording, kind)
        return None

    def _may_answer(self, key: PassageKey, asked: StatementQuestion) -> bool:
        gold = self._statements.passages[asked.passage].text
        return key == asked.passage or may_answer(
            self._statements.passages[key].text, asked.gold, gold
        )

    def _deleted(self, asked: StatementQuestion, wording: _Wording) -> Pair | None:
        passage = self._statements.passages[asked.passage]
        text = without_answer(passage.text, self._ranges(passage), self._clause(asked))
        if text is None:
            return None
        return self._pair(
            asked.passage, wording.written(asked.text), wording, PairKind.DELETED, text
        )

    def _sibling(
        self, asked: StatementQuestion, wording: _Wording, rng: random.Random
    ) -> Pair | None:
        document = self._statements.document_of(asked.passage)
        others = [(document.id, p.number) for p in document.passages]
        rng.shuffle(others)
        for key in others[:_TRIES]:
            if not self._may_answer(key, asked):
                return self._pair(key, wording.written(asked.text), wording, PairKind.SIBLING)
        return None

    def _counterpart(
        self, asked: StatementQuestion, wording: _Wording, rng: random.Random
    ) -> Pair | None:
        """Return the first available of: a count of something else, a twin, a person's near miss, a
        history that changes the question, a swap; chance leaves some out.
        """
        passage = self._statements.passages[asked.passage].text
        other_count = another_counted(asked.text, passage, rng)
        if other_count is not None and rng.random() < 0.5:  # noqa: PLR2004
            text = wording.written(other_count)
            return self._other(asked, text, wording, PairKind.SWAPPED)
        twins = self._statements.twins_of.get(asked.id, ())
        misses = [
            q
            for q in self._near_misses[asked.passage]
            if bool(q.earlier) == bool(asked.earlier) or not q.earlier
        ]
        if twins and not (misses and rng.random() < 0.25):  # noqa: PLR2004
            twin = rng.choice(twins).text
            pair = self._other(asked, wording.written(twin), wording, PairKind.TWIN)
            return replace(pair, prior=self._twin_priors.get(twin, 0.0))
        if misses:
            miss = rng.choice(misses)
            pair = self._other(
                asked,
                wording.written(_in_style(miss.text, rng)),
                replace(wording, earlier=miss.earlier or wording.earlier),
                PairKind.NEAR_MISS,
            )
            return replace(pair, prior=self._priors.get(miss.id, 0.0))
        if leans_on_history(asked) and rng.random() < 0.5:  # noqa: PLR2004
            foreign = self._turn(rng.choice(self._documents), asked, rng)
            pair = self._other(
                asked,
                wording.written(asked.text),
                replace(wording, earlier=(foreign,)),
                PairKind.FOREIGN_HISTORY,
            )
            return None if foreign in asked.earlier else pair
        document = self._statements.document_of(asked.passage)
        known = f"{document.title} {when_of(document.published)} {document.text}"
        new = swapped(asked.text, known, rng)
        return (
            None
            if new is None
            else self._other(asked, wording.written(new), wording, PairKind.SWAPPED)
        )

    def _other(
        self, asked: StatementQuestion, question: str, wording: _Wording, kind: PairKind
    ) -> Pair:
        return replace(self._pair(asked.passage, question, wording, kind), own_question=False)

    def _pair(
        self,
        key: PassageKey,
        question: str,
        wording: _Wording,
        kind: PairKind,
        text: str | None = None,
    ) -> Pair:
        document = self._statements.document_of(key)
        return Pair(
            question=question,
            earlier=wording.earlier,
            title=document.title,
            when=when_of(document.published),
            passage=self._statements.passages[key].text if text is None else text,
            answers=False,
            kind=kind,
            document=document.id,
            evidence_known=True,
        )

    def _clause(self, asked: StatementQuestion) -> Range:
        start = self._statements.passages[asked.passage].text.index(asked.gold)
        return start, start + len(asked.gold)

    def _ranges(self, passage: Passage) -> tuple[Range, ...]:
        return ranges_of(passage)


def ranges_of(passage: Passage) -> tuple[Range, ...]:
    """Return the ranges of the sentences of a passage in its text."""
    first = passage.span.start
    return tuple((s.span.start - first, s.span.end - first) for s in passage.sentences)


def when_of(published: object) -> str:
    """Return a date in the form that is read with a passage, "23 March 2022"; empty without one."""
    from datetime import date

    return f"{published:%-d %B %Y}" if isinstance(published, date) else ""


def _in_style(question: str, rng: random.Random) -> str:
    """Return the question written as carelessly, and as often so, as those with an answer."""
    drawn = rng.random()
    if drawn < _STYLE_SHARE:
        return telegraphic(question)
    return with_typos(question, rng) if drawn < 1.3 * _STYLE_SHARE else question
