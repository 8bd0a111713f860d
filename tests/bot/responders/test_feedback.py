"""👍 and 👎: kept with the question only where the person said so, and exported to be measured."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from corpora import read_corpus
from fakes import corpus_of
from gestures import ADA, BOB, GROUP, buttons_of, place, pressed, texts_of
from processes import verbatim

from bot.chat.actions import Act, Change, Say, Toast
from bot.chat.dialogue import Dialogue
from bot.chat.events import ButtonPress, Event, Person
from bot.chat.votes import Vote
from bot.citations.citation import CitedQuote, cite
from bot.errors import ExportFailed
from bot.evaluation.sets.feedbackexport import ExportCounts, export_feedback
from bot.evaluation.sets.questionsets import read_question_set
from bot.language.translation import Translator
from bot.responders.feedback import ConsentAfterVote, Feedback
from bot.state.files.people import people_in
from bot.state.people import People
from bot.state.peoplevalues import KeptVote, PersonData
from corpus import Corpus, Span, digest_of

QUOTED = CitedQuote("d1", Span(0, 14), "0" * 64, paragraph=1)


class VoteButtons:
    """What takes votes: a press of "vote:QUESTION" is one for the answer in that message."""

    def __init__(self, feedback: Feedback) -> None:
        self._feedback = feedback

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        if not isinstance(event, ButtonPress) or not event.data.startswith("vote:"):
            return None
        return self._vote(event)

    def _vote(self, event: ButtonPress) -> Iterator[Act]:
        question = event.data.removeprefix("vote:") or None
        self._feedback.keep(
            Vote(event.person, event.place, event.message_id, True, 1, (QUOTED,), question)
        )
        yield Toast("Thank you.")


@pytest.fixture
def people(tmp_path: Path) -> People:
    return people_in(tmp_path / "people.sqlite")


@pytest.fixture
def feedback(people: People) -> Feedback:
    return Feedback(people)


@pytest.fixture
def dialogue(feedback: Feedback) -> Dialogue:
    return Dialogue([ConsentAfterVote(VoteButtons(feedback), feedback), feedback])


def questions(people: People) -> list[str | None]:
    return [vote.question for vote in people.votes()]


def test_after_the_first_vote_it_is_asked_once_whether_questions_may_be_kept(
    dialogue: Dialogue, people: People
) -> None:
    told, asked = dialogue.acts(pressed("vote:Zebras?"))
    assert told == Toast("Thank you.")
    assert isinstance(asked, Say)
    assert asked.messages[0].text.startswith("May I keep the questions that you vote on")
    assert list(buttons_of([asked])) == ["Yes, keep them", "No"]
    assert texts_of(dialogue.acts(pressed("vote:Zebras?"))) == ["Thank you."]
    assert len(texts_of(dialogue.acts(pressed("vote:Zebras?", BOB)))) == 2


def test_who_agrees_has_the_question_kept_that_they_were_asked_about(
    dialogue: Dialogue, people: People
) -> None:
    buttons = buttons_of(dialogue.acts(pressed("vote:Zebras?")))
    assert questions(people) == [None]
    told, change = dialogue.acts(pressed(buttons["Yes, keep them"]))
    assert told == Toast()
    assert isinstance(change, Change)
    assert change.buttons == ()
    assert questions(people) == ["Zebras?"]
    assert texts_of(dialogue.acts(pressed("vote:Zoos?"))) == ["Thank you."]
    assert questions(people) == ["Zoos?"]


def test_who_agrees_in_one_process_has_no_vote_back_that_another_deleted_or_replaced(
    dialogue: Dialogue, people: People
) -> None:
    feedback = Feedback(people)
    other = Dialogue([ConsentAfterVote(VoteButtons(feedback), feedback), feedback])
    buttons = buttons_of(dialogue.acts(pressed("vote:Zebras?")))
    (kept,) = people.votes()
    people.keep_vote(replace(kept, good=False))
    list(other.acts(pressed(buttons["Yes, keep them"])))
    list(dialogue.acts(pressed(buttons["Yes, keep them"])))
    assert people.votes() == (replace(kept, good=False),)
    people.delete(kept.person)
    buttons = buttons_of(dialogue.acts(pressed("vote:Zebras?")))
    people.delete(kept.person)
    list(dialogue.acts(pressed(buttons["Yes, keep them"])))
    assert people.votes() == ()


def test_who_does_not_agree_has_votes_kept_without_questions(
    dialogue: Dialogue, people: People
) -> None:
    buttons = buttons_of(dialogue.acts(pressed("vote:Zebras?")))
    said = texts_of(dialogue.acts(pressed(buttons["No"])))
    assert said == ["Understood: your votes are kept without your questions."]
    list(dialogue.acts(pressed("vote:Zoos?")))
    assert questions(people) == [None]
    assert people.kept_about(ADA) == PersonData(consent=False, votes=1)


def test_in_a_group_and_where_the_question_is_forgotten_it_is_not_asked(
    dialogue: Dialogue,
) -> None:
    for event in (pressed("vote:Zebras?", group=GROUP), pressed("vote:", BOB)):
        assert texts_of(dialogue.acts(event)) == ["Thank you."]


def test_what_waits_for_consent_is_forgotten_with_the_person(
    dialogue: Dialogue, feedback: Feedback, people: People
) -> None:
    buttons = buttons_of(dialogue.acts(pressed("vote:Zebras?")))
    assert feedback.forget_person(ADA)
    assert not feedback.forget_person(ADA)
    people.delete(ADA)
    list(dialogue.acts(pressed(buttons["Yes, keep them"])))
    assert questions(people) == []


def test_only_so_many_questions_wait_in_memory(feedback: Feedback, people: People) -> None:
    for person in range(1, 1_102):
        who = Person(person)
        feedback.keep(Vote(who, place(person, None), 5, True, 1, (), "Zebras?"))
    waiting = feedback._waiting
    assert len(waiting.votes) == len(waiting.to_ask) == 1_000
    assert not feedback.forget_person(1)
    assert feedback.forget_person(1_101)


# --- the export ---------------------------------------------------------------------------------


def cited(corpus: Corpus, number: int, paragraph: int = 1) -> CitedQuote:
    document = corpus.documents[number - 1]
    citation = cite(document, document.passage(paragraph))
    span = Span(citation.start, citation.end)
    return CitedQuote(citation.document, span, citation.digest, paragraph=paragraph)


def vote(person: int, question: str | None, *passages: CitedQuote, good: bool = True) -> KeptVote:
    return KeptVote(person, person, 5, 1, passages, good, question)


def nowhere(digest: str) -> str | None:
    return None


CORPUS = corpus_of("Zebras zigzag.\n\nZoos buzz.", "Aardvarks amble.", "Moles dig.")


def test_the_export_is_an_evaluation_set_judged_by_all_votes(tmp_path: Path) -> None:
    zebras, zoos, aardvarks = cited(CORPUS, 1), cited(CORPUS, 1, 2), cited(CORPUS, 2)
    votes = [
        vote(1, "Who zigzags?", zebras, zoos),
        vote(2, "Who zigzags?", zebras, aardvarks),
        vote(3, "Who zigzags?", zoos, aardvarks, good=False),
        vote(4, "Who swims?", zoos, good=False),
        vote(5, None, zoos),
    ]
    found = export_feedback(votes, CORPUS, nowhere, tmp_path / "votes")
    assert found == ExportCounts(questions=2, answered=1, judgements=4, lost=0)
    read = read_question_set(tmp_path / "votes")
    assert [(q.text, q.answers) for q in read.questions] == [("Who zigzags?", {("d1", 1)})]
    assert read.unjudged == 1
    assert [p.text for p in read.corpus.quotable()] == [p.text for p in CORPUS.quotable()]
    qrels = (tmp_path / "votes" / "qrels" / "test.tsv").read_text().splitlines()
    assert qrels[0] == "query-id\tcorpus-id\tscore"
    assert sorted(line.partition("\t")[2] for line in qrels[1:]) == [
        *("d1#1\t1", "d1#2\t0", "d1#2\t0", "d2#1\t0")
    ]


def test_a_follow_up_is_exported_with_what_was_asked_before(tmp_path: Path) -> None:
    followed = KeptVote(1, 1, 5, 1, (cited(CORPUS, 1),), True, "And who?", ("Zebras?", "Zoos?"))
    export_feedback([followed], CORPUS, nowhere, tmp_path / "votes")
    (question,) = read_question_set(tmp_path / "votes").questions
    assert question.history == ("Zebras?", "Zoos?")


def test_a_passage_that_moved_is_found_by_its_words_and_one_that_is_gone_is_counted(
    tmp_path: Path,
) -> None:
    before = corpus_of("Moles dig.\n\nAnts march.", "Zebras zigzag.\n\nBees hum.")
    texts = {digest_of(d.text): d.text for d in before.documents}
    votes = [
        vote(1, "Who digs?", cited(before, 1)),
        vote(1, "Who hums?", cited(before, 2, 2)),
        vote(1, "Who?", CitedQuote("d9", Span(0, 5), "f" * 64)),
    ]
    found = export_feedback(votes, CORPUS, texts.get, tmp_path / "votes")
    assert found == ExportCounts(questions=3, answered=1, judgements=1, lost=2)
    (question,) = read_question_set(tmp_path / "votes").questions
    assert question.answers == {("d3", 1)}


def test_no_person_is_in_the_export(tmp_path: Path) -> None:
    export_feedback(
        [vote(987654321, "Who zigzags?", cited(CORPUS, 1))], CORPUS, nowhere, tmp_path / "votes"
    )
    whole = "".join(f.read_text() for f in (tmp_path / "votes").rglob("*") if f.is_file())
    assert "987654321" not in whole


@pytest.mark.parametrize("question", ["a\tb", 'a\n"b"', "\u2028\x85", "😀", "q\\"])
def test_odd_questions_come_back_as_they_were(tmp_path: Path, question: str) -> None:
    export_feedback([vote(1, question, cited(CORPUS, 1))], CORPUS, nowhere, tmp_path / "votes")
    assert [q.text for q in read_question_set(tmp_path / "votes").questions] == [question]


def test_without_a_question_or_an_empty_folder_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ExportFailed, match="no vote with a question"):
        export_feedback([vote(1, None, cited(CORPUS, 1))], CORPUS, nowhere, tmp_path / "votes")
    assert not (tmp_path / "votes").exists()
    (tmp_path / "mine").write_text("mine")
    for folder in (tmp_path, tmp_path / "mine"):
        with pytest.raises(ExportFailed, match=re.escape(str(folder))):
            export_feedback([vote(1, "Who?", cited(CORPUS, 1))], CORPUS, nowhere, folder)
    assert (tmp_path / "mine").read_text() == "mine"


def test_the_command_leaves_out_what_not_everybody_may_read(tmp_path: Path, exports: Path) -> None:
    home = tmp_path / "home"
    (home / "corpus").mkdir(parents=True)
    (home / "corpus" / "open.txt").write_text("Zebras zigzag in the open.")
    (home / "corpus" / "staff.md").write_text("---\naccess: staff\n---\nMoles dig for the staff.")
    assert verbatim("refresh", home=home, VERBATIM_EXPORTS=str(exports)).returncode == 0
    people = people_in(home / "bot" / "people.sqlite")
    people.set_consent(ADA, True)
    hidden = read_corpus(home / "corpus").document("staff")
    people.keep_vote(vote(ADA, "Who digs?", CitedQuote("staff", Span(0, 24), hidden.digest)))
    for groups, judgements in (((), 0), (("--groups", "staff"), 1)):
        folder = tmp_path / f"votes{judgements}"
        run = verbatim("feedback", "export", str(folder), *groups, home=home)
        assert f"judgements {judgements}, lost {1 - judgements}" in run.stdout
        whole = "".join(f.read_text() for f in folder.rglob("*") if f.is_file())
        assert ("Moles dig" in whole) == bool(judgements)
        assert "Zebras zigzag" in whole
        assert folder.stat().st_mode & 0o077 == 0


def test_the_command_writes_a_folder_that_eval_reads(
    tmp_path: Path, built_home: Path, shipped: Corpus
) -> None:
    people = people_in(built_home / "bot" / "people.sqlite")
    members = cited(shipped, 1, 7)
    people.set_consent(ADA, True)
    people.keep_vote(vote(ADA, "How many members does the Coalition have?", members))
    people.keep_vote(vote(BOB, "Where?", members))
    try:
        run = verbatim("feedback", "export", str(tmp_path / "votes"), home=built_home)
        assert (run.returncode, run.stderr) == (0, "")
        assert "questions 1, with an answer 1, judgements 1, lost 0" in run.stdout
        again = verbatim("feedback", "export", str(tmp_path / "votes"), home=built_home)
        assert again.returncode == 1
        assert "is not empty" in again.stderr
        assert people.delete(ADA).questions == 1
    finally:
        people.delete(ADA)
        people.delete(BOB)
    read = read_question_set(tmp_path / "votes")
    ((document, number),) = read.questions[0].answers
    found = read.corpus.document(document).passage(number)
    assert found.text == shipped.documents[0].passage(7).text
