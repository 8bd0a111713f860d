"""What is done about what people write and ask inline, as acts."""

import pytest
from chatting import Talk, button, dialogue_of, live, live_letters, said, told
from fakes import LetterEmbedder, corpus_of

from bot.answering.answerer import Answerer
from bot.answering.conversation import Conversations
from bot.answering.liveanswerer import LiveAnswerer
from bot.chat.actions import Offers, Say, Typing
from bot.chat.events import InlineQuestion, Person, Place, PlaceKind
from bot.chat.messages import EntityKind, check_message
from bot.language.utf16 import MESSAGE_UNITS, utf16_length
from corpus import Corpus
from embeddings import FolderIndex, Retriever, refresh

TEXTS = (
    "Zebras zigzag.\n\nZoos in Quito buzz.\n\nForty zoos met.",
    "Zoos buzz in May.\n\nJazz puzzles zoos.",
    "Zoos like mild weather.",
)


@pytest.fixture
def corpus() -> Corpus:
    return corpus_of(*TEXTS, publisher="P", url="https://example.org/")


@pytest.fixture
def answerers(corpus: Corpus, store: FolderIndex) -> LiveAnswerer:
    return live_letters(corpus, store)


@pytest.fixture
def talk(answerers: LiveAnswerer) -> Talk:
    return Talk(dialogue_of(answerers))


@pytest.fixture
def group(answerers: LiveAnswerer) -> Talk:
    return Talk(dialogue_of(answerers), kind=PlaceKind.GROUP)


def first_line(act: Say) -> str:
    return act.messages[0].text.split("\n")[0]


# --- edited questions


def test_an_edited_question_is_answered_again_to_the_same_message(talk: Talk) -> None:
    first = said(talk.say("zebra", message_id=5))
    second = said(talk.say("jazz", message_id=5, edited=True))
    assert (first.to, second.to) == (5, 5)
    assert first_line(second) == "Jazz puzzles zoos."


def test_an_edit_that_leaves_the_words_as_they_are_is_nothing(talk: Talk) -> None:
    talk.say("zebra", message_id=5)
    assert talk.say("zebra", message_id=5, edited=True) == []
    assert talk.say("jazz", message_id=5, edited=True)
    assert talk.say("zebra", message_id=5, edited=True)


def test_an_edit_after_a_restart_is_answered(answerers: LiveAnswerer) -> None:
    assert said(Talk(dialogue_of(answerers)).say("jazz", message_id=5, edited=True))


def test_an_edited_ask_is_answered_and_other_edited_commands_are_not(talk: Talk) -> None:
    assert first_line(said(talk.say("jazz", command="ask", edited=True))) == "Jazz puzzles zoos."
    for command in ("start", "help", "new", "sources", "privacy", "frobnicate"):
        assert talk.say("", command=command, edited=True) == []


def test_a_follow_up_leans_on_an_edited_question_as_it_is_now() -> None:
    conversations = Conversations()
    for question in ("one", "two"):
        conversations.remember("key", question)
    conversations.correct("key", "one", "uno")
    conversations.correct("key", "never asked", "x")
    conversations.correct("other", "one", "x")
    assert conversations.earlier("key") == ("uno", "two")
    assert conversations.earlier("other") == ()


# --- groups


def test_in_a_group_what_is_addressed_is_answered_and_nothing_else(group: Talk) -> None:
    assert group.say("jazz", addressed=False) == []
    assert group.say("jazz", addressed=False, edited=True) == []
    assert first_line(said(group.say("jazz"))) == "Jazz puzzles zoos."
    assert first_line(said(group.say("", command="new"))).startswith("Forgotten.")
    assert first_line(said(group.say("jazz", command="ask"))) == "Jazz puzzles zoos."
    assert first_line(said(group.say("")))[:29] == "What would you like to know? "


def test_in_a_group_an_unknown_command_is_answered_only_where_it_names_the_bot(
    group: Talk,
) -> None:
    assert group.say("", command="frobnicate") == []
    assert "do not know" in first_line(said(group.say("", command="frobnicate", named=True)))


# --- deep links and the start


def payload(act: Say, place: int = 0) -> str:
    links = [e for e in act.messages[0].entities if e.kind is EntityKind.OPENS]
    return links[place].url or ""


def test_each_citation_offers_a_deep_link_that_opens_its_paragraph(
    talk: Talk, corpus: Corpus
) -> None:
    answer = said(talk.say("zoos"))
    parts = answer.messages[0].quoted
    assert len(parts) == 3
    for place, part in enumerate(parts):
        text = payload(answer, place)
        assert 1 <= len(text) <= 64
        assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        opened = said(talk.say(text, command="start"))
        assert opened.messages[0].quoted[0].span == part.span
        check_message(opened.messages[0], corpus)
    assert button(opened, "Source")


def test_a_stale_deep_link_is_answered_kindly(
    talk: Talk, answerers: LiveAnswerer, store: FolderIndex
) -> None:
    text = payload(said(talk.say("zoos")))
    refresh(corpus_of("Something else."), index=store, embedder=LetterEmbedder())
    answerers.look()
    assert "have changed since this link" in first_line(said(talk.say(text, command="start")))


@pytest.mark.parametrize("text", ["", "p", "p1-", "invitation-code", "p" * 64, "😀"])
def test_any_other_start_is_a_start(talk: Talk, text: str) -> None:
    start = said(talk.say(text, command="start"))
    assert start.messages[0].text.startswith("I answer questions about 3 official statements")


def test_the_start_has_example_questions_and_pressing_one_asks_it(store: FolderIndex) -> None:
    names = "We saw Ada Lovelace and Grace Hopper meet Alan Turing. "
    live = live_letters(corpus_of(names + "One.", names + "Two."), store)
    talk = Talk(dialogue_of(live))
    start = said(talk.say("", command="start"))
    examples = [row[0].label for row in start.buttons]
    assert examples == [
        "What is said about Ada Lovelace?",
        "What is said about Alan Turing?",
        "What is said about Grace Hopper?",
    ]
    acts = talk.press(start.buttons[1][0].data)
    assert told(acts).text is None
    assert isinstance(acts[1], Typing)
    assert first_line(said(acts)) == "You asked: What is said about Alan Turing?"
    assert told(talk.press(f"b:{said(acts).to}.1")).text is None
    refresh(corpus_of("Something else."), index=store, embedder=LetterEmbedder())
    live.look()
    assert "/start shows other examples" in str(told(talk.press(start.buttons[1][0].data)).text)


# --- inline


def offers(talk: Talk, text: str, language: str = "en") -> Offers:
    (act,) = talk.acts(InlineQuestion(Person(7, language), text))
    assert isinstance(act, Offers)
    return act


def test_inline_offers_up_to_ten_quotes_each_a_whole_message_with_its_citation(
    store: FolderIndex,
) -> None:
    texts = [f"{word} zoos buzz." for word in "Ab Cd Ef Gh Ij Kl Mn Op Qr St Uv Wx".split()]
    corpus = corpus_of("\n\n".join(texts), url="https://example.org/")
    found = offers(Talk(dialogue_of(live_letters(corpus, store))), "zoos buzz")
    assert len(found.offers) == 10
    assert len({offer.id for offer in found.offers}) == 10
    for offer in found.offers:
        assert 1 <= len(offer.id.encode()) <= 64
        check_message(offer.message, corpus)
        assert offer.message.text.startswith(offer.description + "\n")
        label = offer.title.removesuffix(" · Title 1")
        assert offer.message.text.endswith(f"\nTitle 1 · {label} · Read at example.org")


@pytest.mark.parametrize("text", ["", "  \n", "hello", "😀", "¿Xxxxxx wvwvwv?"])
def test_inline_offers_nothing_for_nothing(talk: Talk, text: str) -> None:
    assert offers(talk, text).offers == ()


def test_inline_says_of_related_quotes_that_they_are_no_answer(
    corpus: Corpus, store: FolderIndex
) -> None:
    refresh(corpus, index=store, embedder=LetterEmbedder())
    retriever = Retriever(store.open_current(), LetterEmbedder())
    talk = Talk(dialogue_of(live(Answerer(retriever, answer_score=1.0), store)))
    assert offers(talk, "zoos").offers[0].title.startswith("Related: ¶ ")
    assert offers(talk, "zoos", "fr").offers[0].title.startswith("Proche\u00a0: ¶ ")


def test_an_inline_quote_longer_than_a_message_is_cut_to_the_part_with_its_evidence(
    store: FolderIndex,
) -> None:
    corpus = corpus_of(f"{'aeiou ' * 1_000}zoos buzz here {'aeiou ' * 500}.")
    (offer,) = offers(Talk(dialogue_of(live_letters(corpus, store))), "zoos buzz here").offers
    assert utf16_length(offer.message.text) <= MESSAGE_UNITS
    check_message(offer.message, corpus)
    assert offer.message.text.index("zoos buzz here") < 400
    assert "(1 of " not in offer.message.text


def test_inline_questions_are_not_remembered(talk: Talk) -> None:
    offers(talk, "jazz")
    assert told(talk.press("b:1")).alert


# --- who talks where


def test_two_people_in_a_group_do_not_share_what_they_asked(answerers: LiveAnswerer) -> None:
    talk = Talk(dialogue_of(answerers), kind=PlaceKind.GROUP)
    talk.say("jazz", message_id=1)
    talk.person = Person(8)
    talk.say("zebra", message_id=2)
    talk.say("", command="new", message_id=3)
    assert told(talk.press("b:2")).alert
    assert not told(talk.press("b:1")).alert
    talk.place = Place(71, PlaceKind.GROUP)
    assert told(talk.press("b:1")).alert
