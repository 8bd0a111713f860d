"""Adapts the embedder, so that each question is nearest to its own passage in its batch."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from corpus import Document
from training.errors import ForeignDocument
from training.material.candidates import Candidate
from training.material.nearmisses import may_answer, plain_end, with_typos
from training.material.statements import StatementQuestion, Statements
from training.network.embeddernetwork import EmbedderNetwork, TextEncoder

QUESTIONS_A_STEP = 32
SHARPNESS = 20.0
_RANKS = 30
_TRIES = 10
_PLAIN_END_SHARE = 0.25
_TYPO_SHARE = 0.1
_VIEWS = ("passage", "with context", "sentence")


@dataclass(frozen=True, slots=True)
class Triple:
    """A question, the text that answers it, and a similar one that does not."""

    question: str
    answer: str
    other: str


class EmbedderTask:
    """Learns from the questions that may be learned from, follow-ups in their rewritten form.

    Texts have the forms that retrieval embeds: a passage alone, with its document's title and month
    before it, or the answering clause. ``check`` measures held-back questions.
    """

    def __init__(
        self,
        network: EmbedderNetwork,
        encoder: TextEncoder,
        statements: Statements,
        candidates: Mapping[str, tuple[Candidate, ...]],
        *,
        check: Callable[[], dict[str, float]],
        device: torch.device,
        seed: int,
        rate: float = 3e-5,
        bf16: bool = True,
    ) -> None:
        self._network = network
        self._encoder = encoder
        self._statements = statements
        self._candidates = candidates
        self._allowed = statements.learned_from
        self._questions = tuple(
            q
            for q in statements.questions
            if q.answerable and q.document in self._allowed and (q.rewrite or not q.earlier)
        )
        self._check = check
        self._device = device
        self._seed = seed
        self._rate = rate
        self._bf16 = bf16

    @property
    def network(self) -> nn.Module:
        """The network that learns."""
        return self._network

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """See ``Task.rates``."""
        return [([p for p in self._network.parameters() if p.requires_grad], self._rate)]

    def check(self) -> dict[str, float]:
        """See ``Task.check``."""
        return self._check()

    def triples(self, step: int) -> list[Triple]:
        """Return the triples of a step; no two have an answer in the same passage.

        Raises:
            ForeignDocument: if a passage is of a statement that must not be learned from.
        """
        first = step * QUESTIONS_A_STEP
        found: list[Triple] = []
        seen = set()
        for place in range(first, first + QUESTIONS_A_STEP):
            turn, at = divmod(place, len(self._questions))
            order = self._order(turn)
            asked = self._questions[order[at]]
            if asked.passage in seen:
                continue
            seen.add(asked.passage)
            triple = self._triple(asked, random.Random(f"{self._seed}/{turn}/{at}"))  # noqa: S311
            if triple is not None:
                found.append(triple)
        return found

    def _order(self, turn: int) -> list[int]:
        order = list(range(len(self._questions)))
        random.Random(f"{self._seed}/embedder/{turn}").shuffle(order)  # noqa: S311
        return order

    def _triple(self, asked: StatementQuestion, rng: random.Random) -> Triple | None:
        passages = self._statements.passages
        gold = passages[asked.passage].text
        # a follow-up's candidates are those of its chat, its rewritten form has its own
        name = f"{asked.id}+rewritten" if asked.earlier else asked.id
        proposed = [
            k
            for c in self._candidates.get(name, ())[:_RANKS]
            for k in (c.key,)
            if k[0] in self._allowed and asked.passage not in c.keys
        ]
        other = None
        for _ in range(_TRIES if proposed else 0):
            key = proposed[min(rng.randrange(len(proposed)), rng.randrange(len(proposed)))]
            if not may_answer(passages[key].text, asked.gold, gold):
                other = key
                break
        if other is None:
            return None
        if {asked.document, other[0]} - self._allowed:
            raise ForeignDocument(f"{asked.document} or {other[0]} must not be learned from.")
        question = asked.rewrite or asked.text
        if rng.random() < _PLAIN_END_SHARE:
            question = plain_end(question)
        if rng.random() < _TYPO_SHARE:
            question = with_typos(question, rng)
        view = rng.choice(_VIEWS)
        if view == "sentence":
            sentences = passages[other].sentences
            return Triple(question, asked.gold, rng.choice(sentences).text)
        texts = [gold, passages[other].text]
        if view == "with context":
            texts = [
                with_context(self._statements.corpus.document(d), text)
                for d, text in zip((asked.document, other[0]), texts, strict=True)
            ]
        return Triple(question, texts[0], texts[1])

    def learn(self, step: int) -> dict[str, float]:
        """See ``Task.learn``."""
        triples = self.triples(step)
        questions = self._embed([t.question for t in triples])
        passages = self._embed([t.answer for t in triples] + [t.other for t in triples])
        value = contrastive_loss(questions, passages)
        nearest = (questions @ passages.T).argmax(dim=1)
        right = (nearest == torch.arange(len(triples), device=self._device)).float().mean()
        value.backward()  # type: ignore[no-untyped-call]
        return {"loss": float(value.detach()), "nearest": float(right)}

    def _embed(self, texts: Sequence[str]) -> Tensor:
        return self._network.embed(self._encoder, texts, device=self._device, bf16=self._bf16)


def contrastive_loss(questions: Tensor, passages: Tensor) -> Tensor:
    """Return the mean cross-entropy of passage i under a softmax of question i over all passages.

    ``questions`` ``(n, d)`` and ``passages`` ``(m, d)``, m ≥ n, are unit rows.
    """
    cosines = SHARPNESS * questions @ passages.T
    return functional.cross_entropy(cosines, torch.arange(len(questions), device=cosines.device))


def with_context(document: Document, text: str) -> str:
    """Return a text after its context: title, publisher, place, month and year."""
    return f"{document.context}. {text}" if document.context else text
