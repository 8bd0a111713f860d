"""Reads evaluation sets, in BEIR's layout or as question files, as a Corpus with questions.

``corpus.jsonl`` (_id, title, text), ``queries.jsonl`` (_id, text, …), ``qrels/test.tsv``. Every
record of the corpus is one passage, whatever blank lines its text has.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from bot.evaluation.sets.jsonlines import is_file, read_optional, read_records, read_text
from bot.evaluation.spans import short_answers
from corpus.directory.corpusfiles import ReadFile, read_corpus
from corpus.directory.shippedstatements import shipped_corpus
from corpus.documents.documentbuilder import passage_at
from corpus.documents.sentences import trim
from corpus.errors import UnreadableSource
from corpus.extraction.textfile import document_from_bytes
from corpus.model import Corpus, Document, Passage, Span
from corpus.normalisation import normalise

_QUESTION_FILES = ("questions.jsonl", "unanswerable.jsonl", "followups.jsonl")
_LANGUAGE_FOLDER = re.compile(r"[a-z]{2}")
_CHAIN_KINDS = frozenset({"first turn", "follow-up"})
_CHAT_KINDS = frozenset({"chitchat", "chat", "smalltalk"})
_GOLD_SHOWN = 60

PassageKey = tuple[str, int]
"""A document's id and a passage's number."""


@dataclass(frozen=True, slots=True)
class EvaluationQuestion:
    """A question with the passages that answer it; none if nothing can answer it.

    ``group`` is what cross-validation keeps together: the conversation or the document.
    ``history`` is what the person asked before, oldest first; ``rewrite`` is the question as a
    person wrote it to stand alone. ``twin_of`` is the id of an answerable question of which this
    one is a near miss: one thing was changed in it, and nothing answers it any more.
    ``answer_texts`` are the parts of passages that answer, ``short_answers`` those of a few words.
    """

    id: str
    text: str
    answers: frozenset[PassageKey]
    group: str
    kind: str = ""
    history: tuple[str, ...] = ()
    rewrite: str | None = None
    answer_texts: tuple[str, ...] = ()
    short_answers: tuple[str, ...] = ()
    twin_of: str | None = None

    @property
    def is_chat(self) -> bool:
        """True if it is small talk, and so no question to a corpus."""
        return re.sub(r"[\W_]", "", self.kind.lower()) in _CHAT_KINDS

    @property
    def is_turn(self) -> bool:
        """True if it is a turn of a written chain of follow-ups."""
        return self.kind in _CHAIN_KINDS


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A corpus and questions about it.

    ``unjudged`` counts the questions of BEIR's ``queries.jsonl`` that were left out, because
    ``qrels/test.tsv`` says nothing of them: they belong to another split.
    """

    name: str
    corpus: Corpus
    questions: tuple[EvaluationQuestion, ...]
    unjudged: int = 0


def read_question_set(
    folder: Path,
    corpus: Path | None = None,
    *,
    language: str | None = None,
    read: ReadFile = document_from_bytes,
) -> QuestionSet:
    """Return the set in a folder of BEIR's layout or of question files.

    Question files that name passages by id need ``corpus``, the BEIR folder that the ids point
    into; others ask about ``corpus`` if that is a directory of statements, else about the
    shipped statements. The ``language`` of BEIR records is, unless given, the name of the folder
    if that is a code of two letters ("xquad/de"), else English. ``read`` reads the statements.

    Raises:
        CorpusError: if a file is missing or a line is not what it should be, an id or a gold text
            is nowhere in the corpus, or there is no question.
    """
    folder = folder.resolve()
    is_code = _LANGUAGE_FOLDER.fullmatch(folder.name) is not None
    name = f"{folder.parent.name}/{folder.name}" if is_code else folder.name
    code = language or (folder.name if is_code else "en")
    if is_file(folder / "queries.jsonl"):
        questions = read_beir(folder, language=code)
    elif any(is_file(folder / file) for file in _QUESTION_FILES):
        about, places = _corpus_asked_about(folder, corpus, code, read)
        questions = read_questions(folder, about, places)
    else:
        raise UnreadableSource(
            f"{folder}: no evaluation set. It needs corpus.jsonl, queries.jsonl and "
            f"qrels/test.tsv, or one of {', '.join(_QUESTION_FILES)}."
        )
    if not questions.questions:
        raise UnreadableSource(f"{folder}: there is no question in it.")
    able = {question.id for question in questions.questions if question.answers}
    for question in questions.questions:
        if question.twin_of is not None and question.twin_of not in able:
            raise UnreadableSource(
                f'{folder}: the question "{question.text}" is a near miss of '
                f'"{question.twin_of}", which is no question that has an answer.'
            )
    return replace(questions, name=name)


def _corpus_asked_about(
    folder: Path, corpus: Path | None, language: str, read: ReadFile
) -> tuple[Corpus, dict[str, PassageKey]]:
    by_id = any(
        "passages" in turn
        for file in _QUESTION_FILES
        for record in read_optional(folder / file)
        for turn in (record, *record.get("turns", ()))
    )
    if by_id:
        if corpus is None or not is_file(corpus / "corpus.jsonl"):
            raise UnreadableSource(
                f"{folder}: its questions name passages by id. Add --corpus FOLDER, the folder "
                "whose corpus.jsonl has these ids."
            )
        records = read_records(corpus / "corpus.jsonl", "_id", "text")
        return corpus_of_records(records, language=language)
    if corpus is not None and not is_file(corpus / "corpus.jsonl"):
        return read_corpus(corpus, read=read).whole(), {}
    return shipped_corpus(), {}


def read_beir(folder: Path, *, language: str = "en") -> QuestionSet:
    """Return the set in a folder of BEIR's layout, ``queries_unanswerable.jsonl`` included.

    Passages with the same ``doc_id``, the same id before "#", or the same title make a document.
    A passage of any score above 0 answers. Questions of ``queries.jsonl`` for which no passage
    does are left out and counted.

    Raises:
        UnreadableSource: if a file is missing, a line is not what it should be, or qrels name a
            question or a passage that is nowhere.
    """
    records = list(read_records(folder / "corpus.jsonl", "_id", "text"))
    corpus, places = corpus_of_records(records, language=language)
    asked = list(read_records(folder / "queries.jsonl", "_id", "text"))
    file = folder / "qrels" / "test.tsv"
    known = {str(record["_id"]) for record in asked}
    blank = {str(record["_id"]) for record in records} - places.keys()
    relevant: dict[str, set[PassageKey]] = {}
    for number, question_id, passage_id, score in _judgements(file):
        if question_id not in known:
            raise UnreadableSource(
                f'{file}: line {number} names the question "{question_id}", which is not in '
                "queries.jsonl."
            )
        if passage_id not in places and passage_id not in blank:
            raise UnreadableSource(
                f'{file}: line {number} names the passage "{passage_id}", which is not in '
                "corpus.jsonl."
            )
        if score > 0 and passage_id in places:
            relevant.setdefault(question_id, set()).add(places[passage_id])
    judged = [record for record in asked if str(record["_id"]) in relevant]
    unanswerable = read_optional(folder / "queries_unanswerable.jsonl", "_id", "text")
    questions = []
    for record in [*judged, *unanswerable]:
        answers = frozenset(relevant.get(str(record["_id"]), ()))
        history = record.get("history_user") or list(record.get("history") or ())[0::2]
        conversation = re.sub(r"(?:_t|<::>)\d+$", "", str(record["_id"]))
        together = history or conversation != record["_id"]
        document = min(answers)[0] if answers else str(record["_id"])
        questions.append(
            EvaluationQuestion(
                id=str(record["_id"]),
                text=str(record["text"]),
                answers=answers,
                group=conversation if together else document,
                kind=str(record.get("kind") or ("answerable" if answers else "unanswerable")),
                history=tuple(map(str, history)),
                rewrite=record.get("rewrite"),
                answer_texts=tuple(record.get("answers") or ()),
                short_answers=short_answers(record.get("answers") or ()),
                twin_of=_twin_of(record),
            )
        )
    unjudged = len(asked) - len(judged)
    return QuestionSet(folder.name, corpus, tuple(questions), unjudged)


def _judgements(file: Path) -> Iterator[tuple[int, str, str, int]]:
    """Yield (line number, question, passage, score) of each row; skip a first line of names."""
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        fields = line.split("\t")
        is_score = re.fullmatch(r"\s*-?\d+\s*", fields[-1]) is not None
        if not line.strip() or (number == 1 and not is_score):
            continue
        if len(fields) != 3 or not is_score:  # noqa: PLR2004 (the three columns of qrels)
            raise UnreadableSource(
                f"{file}: line {number} is not a question's id, a passage's id and a whole number "
                "with tabs between."
            )
        yield number, fields[0], fields[1], int(fields[2])


def read_questions(folder: Path, corpus: Corpus, places: dict[str, PassageKey]) -> QuestionSet:
    """Return the set in the question files of a folder (questions, unanswerable, followups).

    A question names its ``passages`` by the ids of ``places``, or a ``gold`` text that a passage
    that answers contains. It may have the questions asked ``earlier`` in the same conversation, and
    ``short`` answers; a near miss names the question ``of`` which it is a twin.

    Raises:
        UnreadableSource: if a file is unreadable, or no passage has the id or the gold text.
    """

    def answers(record: dict[str, Any]) -> frozenset[PassageKey]:
        where = f'{folder}: the question "{record["question"]}"'
        if "passages" in record:
            ids = [*record["passages"], *(record.get("alt_passages") or ())]
            for unknown in [i for i in ids if i not in places][:1]:
                raise UnreadableSource(f'{where} names the passage "{unknown}", which is nowhere.')
            return frozenset(places[i] for i in ids)
        found = frozenset(
            (p.document_id, p.number) for p in corpus.quotable() if record["gold"] in p.text
        )
        if not found:
            raise UnreadableSource(
                f'{where}: no passage has its gold text "{record["gold"][:_GOLD_SHOWN]}". '
                "--corpus FOLDER names another directory of statements."
            )
        return found

    def asked(record: dict[str, Any], **more: Any) -> EvaluationQuestion:
        found = answers(record) if record.keys() & {"gold", "passages"} else frozenset()
        document = min(found)[0] if found and len(corpus.documents) > 1 else str(record.get("id"))
        gold = (record["gold"],) if "gold" in record else ()
        fields = {"id": str(record.get("id")), "group": document, "kind": record.get("kind", "")}
        return EvaluationQuestion(
            text=record["question"],
            answers=found,
            answer_texts=gold,
            short_answers=short_answers(record.get("short") or ()),
            rewrite=record.get("rewrite") or None,
            twin_of=_twin_of(record),
            **{"history": tuple(map(str, record.get("earlier") or ())), **fields, **more},
        )

    first, unanswerable, chains = (folder / file for file in _QUESTION_FILES)
    questions = [asked(record) for record in read_optional(first, "question")]
    for question in questions:
        if not question.answers:
            raise UnreadableSource(
                f'{first}: the question "{question.text}" has neither "gold" nor "passages"; '
                f"questions without an answer belong into {unanswerable.name}."
            )
    for record in read_optional(unanswerable, "question"):
        questions.append(asked(record, kind=record.get("kind") or "unanswerable"))
    for chain in read_optional(chains, "id", "turns"):
        history: tuple[str, ...] = ()
        for number, turn in enumerate(chain["turns"]):
            if not (isinstance(turn, dict) and isinstance(turn.get("question"), str)):
                raise UnreadableSource(f'{chains}: a turn of "{chain["id"]}" has no question.')
            label = f"{chain['id']}.{number}"
            kind = "follow-up" if number else "first turn"
            questions.append(asked(turn, id=label, group=chain["id"], kind=kind, history=history))
            history = (*history, turn["question"])
    return QuestionSet(folder.name, corpus, tuple(questions))


def _twin_of(record: dict[str, Any]) -> str | None:
    return str(record["of"]) if record.get("of") is not None else None


def corpus_of_records(
    records: Iterable[dict[str, Any]], *, language: str = "en"
) -> tuple[Corpus, dict[str, PassageKey]]:
    """Return the Corpus of BEIR records (one passage each), and the place of each record's id."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        own = str(record["_id"])
        title = str(record.get("title") or "")
        key = str(record.get("doc_id") or (own.rpartition("#")[0] if "#" in own else title) or own)
        grouped.setdefault(key, []).append(record)
    places: dict[str, PassageKey] = {}
    documents = []
    for key in sorted(grouped):
        document, numbers = _document(key, grouped[key], language)
        documents.append(document)
        places.update({i: (document.id, number) for i, number in numbers.items()})
    return Corpus(tuple(documents)), places


def _document(
    key: str, records: list[dict[str, Any]], language: str
) -> tuple[Document, dict[str, int]]:
    text = ""
    passages: list[Passage] = []
    numbers: dict[str, int] = {}
    for record in records:
        start = len(text) + 2 if text else 0
        text = f"{text}\n\n{normalise(record['text'])}" if text else normalise(record["text"])
        span = trim(text, Span(start, len(text)))
        if span is None:
            continue
        numbers[str(record["_id"])] = len(passages) + 1
        passages.append(
            passage_at(text, span, document_id=key, number=len(passages) + 1, language=language)
        )
    first = records[0]
    published = _date(first)
    document = Document(
        id=key,
        text=text,
        title=" ".join(normalise(str(first.get("title") or "")).split()),
        passages=tuple(passages),
        published=published,
        url=first.get("url") or first.get("source") or None,
        language=language,
    )
    return document, numbers


def _date(record: dict[str, Any]) -> date | None:
    written = record.get("date")
    try:
        return date.fromisoformat(str(written)[:10]) if written else None
    except ValueError as error:
        raise UnreadableSource(
            f'The passage "{record["_id"]}" has the date "{written}"; a date is like 2022-05-12.'
        ) from error
