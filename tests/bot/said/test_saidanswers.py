"""A verdict about words comes as an answer, at every door by one name."""

from datetime import date
from pathlib import Path

import pytest
from chatting import Talk, dialogue_of, live, said
from fakes import LetterEmbedder, corpus_of

from bot.answering.answerer import Answerer
from bot.answering.answers import Answer, Outcome
from bot.chat.messages import EntityKind
from bot.jsonforms.answerfields import answer_fields
from bot.said.archive import Archive
from bot.said.saidanswers import SaidAnswers
from corpus import Snapshots, document_from_text
from embeddings import FolderIndex, Retriever, refresh
from embeddings.generations.groupaccess import NO_ACCESS

BEFORE = "We met in Rabat. The Coalition has 84 members in all. We thank Morocco."
NOW = "We met in Rabat. The Coalition has 85 members in all. We thank Morocco."


@pytest.fixture
def store(tmp_path: Path) -> FolderIndex:
    index = FolderIndex(tmp_path / "index")
    refresh(corpus_of(NOW, "Nothing of this kind."), index=index, embedder=LetterEmbedder())
    return index


@pytest.fixture
def answerer(store: FolderIndex, tmp_path: Path) -> Answerer:
    snapshots = Snapshots(tmp_path / "snapshots")
    before = document_from_text(BEFORE, document_id="d1", title="Title 1")
    snapshots.keep_texts([before])
    snapshots.note_until([before.digest], date(2024, 5, 1))
    generation = store.open_current()
    archive = Archive(generation.corpus, snapshots, known_access=NO_ACCESS)
    retriever = Retriever(generation, LetterEmbedder())
    return Answerer(retriever, whether_said=SaidAnswers(archive))


@pytest.fixture
def talk(answerer: Answerer, store: FolderIndex) -> Talk:
    return Talk(dialogue_of(live(answerer, store)))


def test_a_quotation_is_answered_with_its_place(answerer: Answerer) -> None:
    found = answerer.answer("“the Coalition has 85 MEMBERS in all”")
    assert found.outcome is Outcome.SAID
    assert found.message == "Said, exactly, at: “Title 1”, ¶ 1."
    (quote,) = found.quotes
    assert quote.evidence_text == "The Coalition has 85 members in all"


def test_a_claim_with_another_number_is_almost_said_and_the_number_is_marked(
    answerer: Answerer,
) -> None:
    found = answerer.answer("the Coalition has 86 members in all")
    assert found.outcome is Outcome.SAID
    assert found.message == (
        "Almost said, not exactly. The words that differ:\n• you: “86”; “Title 1”, ¶ 1: “85”"
    )
    (quote,) = found.quotes
    assert [quote.slice_of(span) for span in quote.marks] == ["85"]
    fields = answer_fields(found)
    assert fields["said"]["verdict"] == "almost"
    assert [c for c in fields["said"]["places"][0]["changes"] if c["change"] != "kept"] == [
        {"change": "removed", "text": "85"},
        {"change": "added", "text": "86"},
    ]


def test_words_of_an_earlier_text_were_said_until_a_day(answerer: Answerer) -> None:
    found = answerer.answer("“The Coalition has 84 members in all”")
    assert found.message is not None
    assert found.message.startswith(
        "Said until 2024-05-01: “Title 1”, ¶ 1 had exactly these words."
    )
    assert "you: “84”; “Title 1”, ¶ 1: “85”" in found.message
    assert [quote.citation.document for quote in found.quotes] == ["d1"]


def test_a_quotation_that_nobody_said_is_not_found_and_what_was_searched_is_said(
    answerer: Answerer,
) -> None:
    found = answerer.answer("did they say “mission accomplished”?")
    assert found.outcome is Outcome.NONE
    assert found.message is not None
    assert found.message.startswith("Not found in 2 statements, nor in 1 earlier text of them.")


def test_a_claim_that_nobody_said_goes_on_as_a_question(answerer: Answerer) -> None:
    assert answerer.answer("the ministers have left for the moon").said is None
    assert answerer.answer("Where did they meet?").said is None


def test_a_forwarded_post_and_the_command_are_checked_in_a_chat(talk: Talk) -> None:
    for acts in (
        talk.say("The Coalition has 86 members in all.", forwarded=True),
        talk.say("The Coalition has 86 members in all.", command="said"),
    ):
        (message,) = said(acts).messages
        assert message.text.startswith("Almost said, not exactly.")
        assert [part.document for part in message.quoted] == ["d1"]
        assert EntityKind.BOLD in {entity.kind for entity in message.entities}
    (message,) = said(talk.say("Cats can fly to the moon", command="said")).messages
    assert message.text.startswith("Not found in 2 statements")
    (message,) = said(talk.say("", command="said")).messages
    assert message.text.startswith("Which words?")


def test_the_public_sees_no_text_of_a_group(answerer: Answerer) -> None:
    public = answerer.seen_by(frozenset())
    assert public.groups == frozenset()
    assert public.said("The Coalition has 85 members in all").outcome is Outcome.SAID


def test_without_texts_to_search_an_answerer_says_so(store: FolderIndex) -> None:
    bare = Answerer(Retriever(store.open_current(), LetterEmbedder()))
    with pytest.raises(ValueError, match="no texts"):
        bare.said("any words")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Morocco joined the Coalition in May.", Outcome.RELATED),
        ("the Coalition has never met", Outcome.RELATED),
        ("Where did the Coalition meet?", Outcome.ANSWER),
        ("members of the Coalition in May", Outcome.ANSWER),
    ],
)
def test_a_claim_that_was_not_said_gets_related_passages_and_never_an_answer(
    answerer: Answerer, tmp_path: Path, text: str, outcome: Outcome
) -> None:
    quotes = answerer.said("The Coalition has 85 members in all", top=1).quotes
    answered = Answer(text, generation=1, outcome=Outcome.ANSWER, quotes=quotes)
    archive = Archive(answerer.corpus, Snapshots(tmp_path / "none"), known_access=NO_ACCESS)
    found = SaidAnswers(archive).unless_claimed(answered)
    assert found.outcome is outcome
    assert (found.message is not None) is (outcome is Outcome.RELATED)
