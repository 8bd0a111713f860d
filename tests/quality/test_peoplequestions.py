"""The questions of people who had not seen the program are sound: each gold stands in its statement.

They were written from the statements alone, before the answers that they are to judge. An answer
helps if it has the outcome that was expected, and the right paragraph or statement first.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from corpora import read_document

from bot.answering.answerer import Answerer
from bot.answering.answers import Answer
from bot.said.archive import Archive
from bot.said.saidanswers import SaidAnswers
from corpus import Corpus, Snapshots
from corpus.directory.shippedstatements import shipped_statements
from embeddings import Embedder, FolderIndex, Retriever, calibration_of, refresh

QUESTIONS = Path(__file__).with_name("peoplequestions.jsonl")
STATEMENTS = Path(__file__).parents[3] / "shared" / "eval" / "official-statements-us" / "md"
OUTCOMES = {
    *("answered", "related-or-none", "none", "outline", "metadata", "list", "said", "smalltalk"),
}


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]


def plain(text: str) -> str:
    return " ".join(text.split())


def test_there_are_enough_questions_and_refusals_and_no_id_comes_twice() -> None:
    every = rows()
    assert len(every) >= 250
    assert Counter(str(row["id"]) for row in every).most_common(1)[0][1] == 1
    assert {row["outcome"] for row in every} <= OUTCOMES
    assert sum(row["outcome"] in {"related-or-none", "none"} for row in every) >= 50


def test_each_gold_stands_in_its_statement() -> None:
    if not STATEMENTS.is_dir():
        pytest.skip("the statements of the United States are not here")
    texts = {
        path.stem: path for path in (*STATEMENTS.glob("*.md"), *shipped_statements().glob("*.txt"))
    }
    read: dict[str, str] = {}
    for row in rows():
        if row["document"] is None:
            continue
        name = str(row["document"])
        # the names of two files are cut short
        stem = next(stem for stem in texts if name == stem or name.startswith(stem))
        if stem not in read:
            read[stem] = plain(texts[stem].read_text("utf-8"))
        for gold in row["gold"]:
            assert plain(gold) in read[stem], (row["id"], gold)


def forty_statements() -> list[Path]:
    """The files of the statements that the questions on forty others name or may find."""
    listed = Path(__file__).with_name("fortystatements.txt").read_text("utf-8").split()
    paths = {path.stem: path for path in STATEMENTS.glob("*.md")}
    # the names of two files are cut short
    return [next(paths[s] for s in sorted(paths) if s.startswith(name[:150])) for name in listed]


@pytest.fixture(scope="module")
def answerers(
    shipped_retriever: Retriever, real_embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Answerer]:
    """The Answerers of the shipped statement and of forty others, put together as in the product:
    with the reader that ships, and with a search for words that were said.
    """
    if not STATEMENTS.is_dir():
        pytest.skip("the statements of the United States are not here")
    documents = sorted(map(read_document, forty_statements()), key=lambda each: each.id)
    index = FolderIndex(tmp_path_factory.mktemp("forty"))
    refresh(Corpus(tuple(documents)), index=index, embedder=real_embedder)
    reader = shipped_retriever.reader
    forty = Retriever(
        index.open_current(), real_embedder, reader=reader, calibration=calibration_of(reader)
    )
    snapshots = Snapshots(tmp_path_factory.mktemp("snapshots"))
    return {
        name: _answerer(retriever, snapshots)
        for name, retriever in (("shipped", shipped_retriever), ("forty", forty))
    }


def _answerer(retriever: Retriever, snapshots: Snapshots) -> Answerer:
    of = retriever.generation
    archive = Archive(of.corpus, snapshots, known_access=of.known_access)
    return Answerer(retriever, whether_said=SaidAnswers(archive))


def asked(row: dict[str, Any], answerer: Answerer) -> Answer:
    """The answer to a question after those before it, as a chat remembers them."""
    earlier: list[str] = []
    for question in row["earlier"]:
        if answerer.leads_on(answerer.answer(question, earlier=tuple(earlier[-2:]))):
            earlier.append(question)
    return answerer.answer(row["question"], earlier=tuple(earlier[-2:]))


def helps(row: dict[str, Any], answer: Answer) -> bool:
    """Whether an answer has the outcome that was expected, and the right place first."""
    got, wanted = answer.outcome.value, row["outcome"]
    fits = {"answered": {"answer"}, "related-or-none": {"related", "none"}}.get(wanted, {wanted})
    if got not in fits:
        return False
    gold = [plain(each) for each in row["gold"]]
    if gold and wanted in {"answered", "outline"}:
        first = plain(answer.quotes[0].text) if answer.quotes else ""
        return any(each in first for each in gold)
    if gold and wanted == "metadata":
        said = plain(" ".join([answer.message or "", *(q.text for q in answer.quotes)]))
        return any(each in said for each in gold)
    if row["document"] and wanted in {"metadata", "list", "outline"}:
        return answer.documents[0].id.startswith(row["document"][:60])
    return True


LEAST = {
    **dict.fromkeys(("outline", "metadata", "list", "smalltalk", "none"), 0.95),
    "answered": 0.9,
    "related-or-none": 0.85,
    "said": 0.7,
}
"""Of each outcome. A true claim in other words than the statement's is related, not said."""

LEAST_HELPFUL = 0.92


def test_peoples_questions_get_what_helps(
    answerers: dict[str, Answerer], capsys: pytest.CaptureFixture[str]
) -> None:
    asked_of: Counter[str] = Counter()
    helped: Counter[str] = Counter()
    failed = []
    for row in rows():
        answer = asked(row, answerers[str(row["corpus"])])
        outcome = str(row["outcome"])
        asked_of[outcome] += 1
        if helps(row, answer):
            helped[outcome] += 1
        else:
            failed.append(f"{row['id']} {outcome} → {answer.outcome.value}: {row['question']}")
    with capsys.disabled():
        print()
        print("\n".join(failed))
        for outcome, count in asked_of.items():
            print(f"{outcome}: {helped[outcome]} of {count}")
        print(f"helpful: {helped.total()} of {asked_of.total()}")
    assert {o: helped[o] / asked_of[o] >= least for o, least in LEAST.items()} == dict.fromkeys(
        LEAST, True
    )
    assert helped.total() / asked_of.total() >= LEAST_HELPFUL
