"""Documents that a person may not read do not exist for them, on a disk and in PostgreSQL."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from canaries import CANARIES, answerer_of, compared, documents, opens_in
from chatting import Talk, dialogue_of
from fakes import LetterEmbedder, Open

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from bot.chat.accessrules import AccessRules
from bot.chat.actions import Act, Say
from bot.chat.events import InlineQuestion, Person, Place, PlaceKind, TextMessage
from bot.chat.messages import EntityKind
from bot.language.translation import translator
from bot.replies.rendering import PASSAGE_START
from bot.responders.inlinequestions import InlineQuestions
from bot.verification.shortreference import ShortReference
from corpus import Corpus, Document, Snapshots, Span, digest_of, document_from_text
from embeddings import FolderIndex, PassageIndex, Retriever, refresh


@pytest.mark.parametrize("engine", ["disk", "postgres"])
def test_a_reader_is_answered_as_if_the_rest_did_not_exist(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue("postgres_url") if engine == "postgres" else ""
    number, wrong = compared(opens_in(tmp_path, server), 60)
    assert number == 180
    assert wrong == []


def test_groups_together_see_what_each_of_them_sees(store: FolderIndex) -> None:
    whole = answerer_of(store, Corpus(tuple(documents())))
    both = whole.seen_by(frozenset({"red", "blue"}))
    assert both is whole
    assert whole.seen_by(frozenset({"red", "strangers"})) is whole.seen_by(frozenset({"red"}))
    public = whole.seen_by(frozenset())
    assert {d.access for d in public.corpus.documents} == {frozenset()}
    assert public.seen_by(frozenset({"red"})) is public


def test_where_everything_is_public_there_is_one_answerer(store: FolderIndex) -> None:
    public = [d for d in documents() if not d.access]
    whole = answerer_of(store, Corpus(tuple(public)))
    assert whole.seen_by(frozenset()) is whole


def test_where_nothing_may_be_seen_nothing_is_found(store: FolderIndex) -> None:
    hidden = [d for d in documents() if d.access == {"red"}]
    reply = answerer_of(store, Corpus(tuple(hidden))).seen_by(frozenset()).answer(hidden[0].title)
    assert reply.quotes == ()


RULES = AccessRules(groups={7: frozenset({"red"})})


def live_answerer(whole: Answerer, index: PassageIndex) -> LiveAnswerer:
    return LiveAnswerer(
        whole,
        index,
        lambda generation: Answerer(Retriever(generation, LetterEmbedder())),
    )


@pytest.fixture
def live(store: FolderIndex) -> LiveAnswerer:
    return live_answerer(answerer_of(store, Corpus(tuple(documents()))), store)


def written(acts: list[Act]) -> str:
    return "\n".join(m.text for act in acts if isinstance(act, Say) for m in act.messages)


def test_a_person_sees_the_documents_of_their_groups_in_private_alone(live: LiveAnswerer) -> None:
    canary = CANARIES["red"]
    member = Talk(dialogue_of(live, groups_of=RULES.groups_of))
    assert canary in written(member.say(f"What of {canary}?"))
    assert canary in written(member.say("", command="sources"))
    assert CANARIES["blue"] not in written(member.say("", command="sources"))
    in_group = Talk(dialogue_of(live, groups_of=RULES.groups_of), kind=PlaceKind.GROUP)
    stranger = Talk(dialogue_of(live, groups_of=RULES.groups_of))
    stranger.person = Person(8, "en")
    for talk in (in_group, stranger):
        assert canary not in written(talk.say("amber birch cedar"))
        assert canary not in written(talk.say("", command="sources"))


def test_a_deep_link_and_a_button_of_a_member_open_nothing_for_a_stranger(
    live: LiveAnswerer,
) -> None:
    member, stranger = (
        Talk(dialogue_of(live, groups_of=RULES.groups_of)),
        Talk(dialogue_of(live, groups_of=RULES.groups_of)),
    )
    stranger.person = Person(8, "en")
    acts = member.say(f"What of {CANARIES['red']}?")
    buttons = [b.data for a in acts if isinstance(a, Say) for row in a.buttons for b in row]
    links = [
        entity.url
        for act in acts
        if isinstance(act, Say)
        for message in act.messages
        for entity in message.entities
        if entity.kind is EntityKind.OPENS and entity.url
    ]
    assert buttons
    assert links
    assert CANARIES["red"] in written(member.say(links[0], command="start"))
    for data in filter(None, buttons):
        shown = json.dumps([str(act) for act in stranger.press(data)])
        assert CANARIES["red"] not in shown
    for start in links:
        assert CANARIES["red"] not in written(stranger.say(start, command="start"))


def test_no_pointer_tells_what_words_a_hidden_text_has(live: LiveAnswerer, tmp_path: Path) -> None:
    shared = "Amber and birch met in public."
    public = document_from_text(f"{shared}\n\nCedar left.", document_id="p", title="P")
    old = document_from_text(f"{shared}\n\nDelta left.", document_id="p", title="P")
    secret = document_from_text(
        f"{shared}\n\nCedar left Amber.", document_id="q", title="Q", access=frozenset({"red"})
    )
    snapshots = Snapshots(tmp_path / "snapshots")
    snapshots.keep_texts([old, secret])
    index = FolderIndex(tmp_path / "other")
    opened = live_answerer(answerer_of(index, Corpus((public, secret))), index)
    dialogue = dialogue_of(
        opened,
        groups_of=RULES.groups_of,
        source_text=lambda event: partial(snapshots.text_for, RULES.groups_of(event)),
    )
    member, stranger = Talk(dialogue), Talk(dialogue)
    stranger.person = Person(8, "en")

    def opens(talk: Talk, document: Document, span: Span, *, called: str) -> bool:
        code = ShortReference(1, digest_of(called)[:8], span, document.digest[:12]).code
        return shared in written(talk.say(f"{PASSAGE_START}{code}", command="start"))

    whole, word = old.quotable[0].span, Span(0, 5)
    assert opens(stranger, old, whole, called="p")
    assert opens(member, secret, whole, called="q")
    assert opens(member, secret, whole, called="p")
    for called in ("p", "q", "none"):
        assert not opens(stranger, secret, whole, called=called)
        for document in (old, secret):
            assert not opens(stranger, document, word, called=called)


def test_inline_results_are_public(live: LiveAnswerer) -> None:
    offers = InlineQuestions(live).respond(
        InlineQuestion(Person(7, "en"), CANARIES["red"]), translator("en")
    )
    assert offers is not None
    assert CANARIES["red"] not in str(list(offers))


def test_after_a_swap_a_stranger_still_sees_what_is_public_alone(
    live: LiveAnswerer, store: FolderIndex
) -> None:
    more = [*documents(), document_from_text("Kelp.", document_id="t", title="T")]
    refresh(Corpus(tuple(more)), index=store, embedder=LetterEmbedder())
    live.look()
    event = TextMessage(Person(8, "en"), Place(70, PlaceKind.PRIVATE), 1, "amber")
    assert {d.access for d in live.seen_by(RULES.groups_of(event)).corpus.documents} == {
        frozenset()
    }
    assert live.seen_by(RULES.groups_of(event)) is live.public
    assert len(live.everything.corpus.documents) == 37


def test_rows_that_may_be_seen_have_their_own_vectors_and_tokens(opened: Open) -> None:
    index = opened()
    whole = answerer_of(index, Corpus(tuple(documents())))
    view = whole.seen_by(frozenset({"blue"}))._retriever.generation
    texts = [s.text for s in view.sentences]
    rows = np.arange(len(texts))
    expected = np.stack([LetterEmbedder().read_query(text).vector for text in texts])
    np.testing.assert_allclose(view.sentence_vectors.vectors(rows), expected, atol=1e-6)
    np.testing.assert_allclose(view.sentence_vectors.matrix, expected, atol=1e-6)
    ids = view.tokens.part(slice(2, 5)).ids.tolist()
    own = [LetterEmbedder().read_query(text).token_ids.tolist() for text in texts[2:5]]
    assert ids == [number for each in own for number in each]
