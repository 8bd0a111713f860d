"""A quote that differs from its source is held back, whichever way a person asks for it."""

import logging
from dataclasses import replace

import pytest
from chatting import Talk, button, dialogue_of, said, told
from fakes import LetterEmbedder, corpus_of

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from bot.chat.actions import Act, Change, Offers, Say, Typing
from bot.chat.events import InlineQuestion
from bot.chat.messages import EntityKind
from bot.citations.citation import Citation
from corpus import Passage, Span
from embeddings import FolderIndex, Retriever, refresh

HELD_BACK = "no longer agrees with its source"


class ForgetfulAnswerer(Answerer):
    """Answers until its citations are ``lost``: they are of another text then."""

    lost = False

    def cite(self, passage: Passage, part: Span | None = None) -> Citation:
        citation = super().cite(passage, part)
        return replace(citation, digest="0" * 64) if self.lost else citation


@pytest.fixture
def answerer(store: FolderIndex) -> ForgetfulAnswerer:
    corpus = corpus_of("Zebras zigzag.\n\nZoos in Quito buzz.", "Jazz puzzles zoos.")
    embedder = LetterEmbedder()
    refresh(corpus, index=store, embedder=embedder)
    return ForgetfulAnswerer(Retriever(store.open_current(), embedder))


@pytest.fixture
def talk(answerer: ForgetfulAnswerer, store: FolderIndex) -> Talk:
    return Talk(dialogue_of(LiveAnswerer(answerer, store, lambda _: answerer), wanted=1))


def quotes_in(acts: list[Act]) -> list[object]:
    messages = [m for act in acts if isinstance(act, Say) for m in act.messages]
    messages += [act.message for act in acts if isinstance(act, Change)]
    return [part for message in messages for part in message.quoted]


def test_a_question_is_answered_that_the_quote_was_held_back(
    talk: Talk, answerer: ForgetfulAnswerer, caplog: pytest.LogCaptureFixture
) -> None:
    answerer.lost = True
    with caplog.at_level(logging.ERROR):
        acts = talk.say("zebras", message_id=5)
    assert isinstance(acts[0], Typing)
    assert HELD_BACK in said(acts).messages[0].text
    assert said(acts).to == 5
    assert not quotes_in(acts)
    assert "a quote was held back" in caplog.text


@pytest.mark.parametrize("label", ["▶", "Source"])
def test_a_button_that_was_not_answered_yet_is_answered_so(
    talk: Talk, answerer: ForgetfulAnswerer, label: str
) -> None:
    data = button(said(talk.say("zebras")), label).data
    answerer.lost = True
    acts = talk.press(data)
    if label == "Source":  # it shows the citation of the document, and no quote
        assert not quotes_in(acts)
        return
    (act,) = acts
    assert act is told(acts)
    assert HELD_BACK in (told(acts).text or "")
    assert told(acts).alert


def test_after_a_button_was_answered_the_chat_is_told(
    talk: Talk, answerer: ForgetfulAnswerer
) -> None:
    data = button(said(talk.say("zoos")), "More").data
    answerer.lost = True
    acts = talk.press(data)
    assert told(acts).text is None
    assert HELD_BACK in said(acts).messages[0].text
    assert not quotes_in(acts)


def test_inline_nothing_is_offered(talk: Talk, answerer: ForgetfulAnswerer) -> None:
    (offers,) = talk.acts(InlineQuestion(talk.person, "zoos"))
    assert isinstance(offers, Offers)
    assert offers.offers
    answerer.lost = True
    assert talk.acts(InlineQuestion(talk.person, "zoos")) == [Offers(())]


def test_a_passage_that_a_link_opens_is_held_back(talk: Talk, answerer: ForgetfulAnswerer) -> None:
    message = said(talk.say("zebras")).messages[0]
    (opens,) = (e.url for e in message.entities if e.kind is EntityKind.OPENS)
    answerer.lost = True
    acts = talk.say(opens or "", command="start")
    assert HELD_BACK in said(acts).messages[0].text
    assert not quotes_in(acts)
