"""Statements of two tenants with a word of their own, and questions that would show what is hidden."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from fakes import LetterEmbedder, open_index

from bot.answering.answerer import Answerer
from bot.jsonforms.answerfields import answer_fields
from corpus import Corpus, Document, document_from_text
from embeddings import PassageIndex, Retriever, refresh

WORDS = "amber birch cedar delta ember fjord grove heath inlet jetty knoll larch marsh".split()
CANARIES = {"red": "zanzibarquokka", "blue": "xylophonewombat"}
"""A word for each tenant that stands in its documents alone."""

TENANTS = (frozenset[str](), frozenset({"red"}), frozenset({"blue"}))


def documents() -> list[Document]:
    """Public statements, and some of each tenant; all speak of the same things."""
    chance = random.Random(3)

    def sentence(*more: str) -> str:
        return " ".join([*chance.choices(WORDS, k=4), *more]).capitalize() + "."

    found = []
    for number in range(36):
        group = (None, "red", "blue")[number % 3]
        word = () if group is None else (CANARIES[group],)
        found.append(
            document_from_text(
                "\n\n".join(f"{sentence(*word)} {sentence()}" for _ in range(3)),
                document_id=f"s{number:02d}",
                title=f"Statement {number} {' '.join(word)}".strip(),
                publisher=f"{group or 'public'} ministry {' '.join(word)}".strip(),
                access=frozenset() if group is None else frozenset({group}),
            )
        )
    return found


def seen(groups: frozenset[str]) -> Corpus:
    return Corpus(tuple(d for d in documents() if not d.access or d.access & groups))


def adversarial(count: int) -> list[str]:
    """Questions that would show what is hidden, if anything did."""
    chance = random.Random(11)
    texts = [d.text for d in documents()]

    def misspelt(word: str) -> str:
        at = chance.randrange(1, len(word) - 1)
        return word[:at] + word[at + 1 :]

    makers = [
        lambda: f"What of {chance.choice(list(CANARIES.values()))}?",
        lambda: f"Tell me of {misspelt(chance.choice(list(CANARIES.values())))}",
        lambda: chance.choice(texts)[: chance.randrange(10, 120)],
        lambda: (
            f"statements by the {chance.choice(('red', 'blue'))} ministry on {chance.choice(WORDS)}"
        ),
        lambda: f"Statement {chance.randrange(36)}",
        lambda: f"s{chance.randrange(36):02d}",
        lambda: " ".join(chance.choices([*WORDS, *CANARIES.values()], k=3)),
        lambda: "What can I ask?",
        lambda: f"Who is the ministry {misspelt(chance.choice(WORDS))}?",
    ]
    return [chance.choice(makers)() for _ in range(count)]


def answerer_of(index: PassageIndex, corpus: Corpus) -> Answerer:
    embedder = LetterEmbedder()
    refresh(corpus, index=index, embedder=embedder)
    return Answerer(Retriever(index.open_current(), embedder))


Opens = Callable[[str], AbstractContextManager[PassageIndex]]
"""Opens an empty index by a name, all in one place: on a disk, or in a server of PostgreSQL."""


def compared(opens: Opens, count: int) -> tuple[int, list[tuple[frozenset[str], str]]]:
    """How many replies were compared, and which differ from those of an index that never had what
    is hidden, or say a word of it.
    """
    wrong = []
    with ExitStack() as stack:
        whole = answerer_of(stack.enter_context(opens("whole")), Corpus(tuple(documents())))
        for groups in TENANTS:
            view = whole.seen_by(groups)
            index = stack.enter_context(opens("-".join(["alone", *groups])))
            alone = answerer_of(index, seen(groups))
            hidden = [word for group, word in CANARIES.items() if group not in groups]
            for question in adversarial(count):
                told, expected = (answer_fields(each.answer(question)) for each in (view, alone))
                written = json.dumps({**told, "question": ""}).casefold()
                quotes = zip(told["quotes"], expected["quotes"], strict=False)
                scores = [(a.pop("score"), b.pop("score")) for a, b in quotes]
                # a refusal repeats words of the question, as it does where nothing is hidden
                known = [word for word in hidden if word not in question.casefold()]
                if (
                    any(word in written for word in known)
                    or told != expected
                    or any(abs(a - b) > 1e-3 for a, b in scores)
                ):
                    wrong.append((groups, question))
    return count * len(TENANTS), wrong


def opens_in(folder: Path, server_url: str) -> Opens:
    """Opens each index in a folder, or with the address of a server in a database of its own."""

    @contextmanager
    def opened(name: str) -> Iterator[PassageIndex]:
        with ExitStack() as stack:
            url = ""
            if server_url:
                from postgresserver import new_database  # needs an extra

                url = stack.enter_context(new_database(server_url))
            yield stack.enter_context(open_index(folder / name, url))

    return opened
