"""The buttons under answers: in the acts that pressing them causes."""

from pathlib import Path

import pytest
from chatting import Talk, button, changed, dialogue_of, labels, live_letters, said, told
from fakes import LetterEmbedder, corpus_of
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.answerer import Answerer
from bot.answering.answers import Answer, Outcome
from bot.answering.liveanswerer import LiveAnswerer
from bot.chat.actions import Change, Say, Typing
from bot.chat.events import ButtonPress, Place, PlaceKind
from bot.chat.messages import EntityKind, Message, check_message
from bot.chat.votes import Vote
from bot.errors import UnfaithfulQuote
from bot.language.translation import translator
from bot.replies.answerbuttons import AskAlone, AskTopic, answer_buttons, read_press
from corpus import Corpus, digest_of
from embeddings import FolderIndex, Retriever, refresh

MOST_DATA_BYTES = 64  # Telegram's limit of what a button sends
TEXTS = (
    "Zebras zigzag.\n\nZoos in Quito buzz.\n\nForty zoos met.",
    "Zoos buzz in May.\n\nJazz puzzles zoos.",
    "Zoos like mild weather.",
)
QUESTION = "zoos"


@pytest.fixture
def corpus() -> Corpus:
    return corpus_of(*TEXTS, publisher="P", url="https://example.org/")


@pytest.fixture
def answerers(corpus: Corpus, store: FolderIndex) -> LiveAnswerer:
    return live_letters(corpus, store)


@pytest.fixture
def talk(answerers: LiveAnswerer) -> Talk:
    return Talk(dialogue_of(answerers))


def renew(answerers: LiveAnswerer, store: FolderIndex, *texts: str) -> None:
    refresh(corpus_of(*texts), index=store, embedder=LetterEmbedder())
    answerers.look()


def all_data(act: Say) -> list[str]:
    return [each.data for row in act.buttons for each in row if each.data is not None]


def test_under_an_answer_are_its_neighbours_more_its_sources_and_votes(
    answerers: LiveAnswerer,
) -> None:
    one = said(Talk(dialogue_of(answerers, wanted=1)).say(QUESTION))
    assert labels(one) == [["◀", "▶", "Source", "📋", "More", "👍", "👎"]]
    two = said(Talk(dialogue_of(answerers, wanted=4)).say(QUESTION))
    assert labels(two) == [["◀ ¶ 1", "¶ 3 ▶", "Source", "📋", "👍", "👎"]]


def test_a_step_shows_the_neighbouring_paragraph_in_place_and_leads_on_and_back(
    talk: Talk, corpus: Corpus
) -> None:
    answer = said(talk.say(QUESTION))
    acts = talk.press(button(answer, "▶").data)
    assert told(acts).text is None
    change = changed(acts)
    assert change.message_id == 2
    assert change.message.text.startswith(
        "Forty zoos met.\nTitle 1 · P · ¶ 3 · Read at example.org"
    )
    assert labels(change) == [["◀ ¶ 2", "↩ Answer", "Source", "📋", "↗"]]
    check_message(change.message, corpus)
    back = changed(talk.press(button(change, "Answer").data))
    assert back.message == answer.messages[-1]
    assert back.buttons == answer.buttons


def test_more_shows_further_quotes_once_each_and_says_when_there_are_none(
    answerers: LiveAnswerer,
) -> None:
    talk = Talk(dialogue_of(answerers, wanted=1))
    answer = said(talk.say(QUESTION))
    shown = [answer.messages[0].quoted[0]]
    while any("More" in row for row in labels(answer)):
        acts = talk.press(button(answer, "More").data)
        assert told(acts).text is None
        assert isinstance(acts[1], Typing)
        answer = said(acts)
        assert answer.to == 1
        assert answer.messages[0].text.split("\n")[1].startswith(f"{len(shown) + 1}. ")
        shown.append(answer.messages[0].quoted[0])
        assert not any("👍" in label for row in labels(answer) for label in row)
    places = [(part.document, part.span) for part in shown]
    assert len(set(places)) == len(places) > 2
    acts = talk.press(f"m:1:{len(shown)}")
    assert said(acts).messages[0].text == "There are no further quotes."


def test_pressing_the_same_more_again_shows_the_same(answerers: LiveAnswerer) -> None:
    talk = Talk(dialogue_of(answerers, wanted=1))
    data = button(said(talk.say(QUESTION)), "More").data
    assert said(talk.press(data)) == said(talk.press(data))


def test_source_is_the_citation_in_full_checked(
    answerers: LiveAnswerer, talk: Talk, corpus: Corpus
) -> None:
    document = corpus.documents[0]
    answer = said(Talk(dialogue_of(answerers, wanted=1)).say(QUESTION))
    source = said(talk.press(button(answer, "Source").data))
    message = source.messages[0]
    assert message.text.split("\n") == [
        "Title 1",
        "P",
        "¶ 2, characters 16 to 35 of the stored text",
        "https://example.org/",
        "",
        f"Reference: d1[16:35]@{document.digest[:12]}",
        f"SHA-256 of the text: {document.digest}",
        "Generation of the index: 1",
        "Model of the index: letters",
        "",
        "Checked just now: the source has exactly these words.",
        "Open here",
    ]
    (link,) = message.entities
    assert link.kind is EntityKind.OPENS
    assert [each.copies for each in source.buttons[0]] == [
        f"Title 1, P, ¶ 2. https://example.org/ d1[16:35]@{document.digest[:12]}",
        f"d1[16:35]@{document.digest[:12]}",
    ]
    opened = said(talk.say(link.url or "", command="start"))
    assert opened.messages[0].text.startswith("Zoos in Quito buzz.\n")


def links_of(act: Say) -> tuple[str, ...]:
    """The deep links of the last message, as a press brings them."""
    return tuple(e.url or "" for e in act.messages[-1].entities if e.kind is EntityKind.OPENS)


def test_source_under_several_quotes_is_the_citation_of_each(talk: Talk) -> None:
    answer = said(talk.say(QUESTION))
    data, links = button(answer, "Source").data, links_of(answer)
    assert len(links) > 1
    (message,) = said(talk.press(data, opens=links)).messages
    for number in range(1, len(links) + 1):
        assert f"{number}. Title " in message.text
    assert message.text.count("the source has exactly these words") == len(links)
    assert len(message.entities) == len(links)
    assert told(talk.press(data)).alert  # the message cannot be read any more


def test_the_citation_of_the_first_quote_is_copied(talk: Talk) -> None:
    copied = button(said(talk.say(QUESTION)), "📋").copies
    assert copied is not None
    assert copied.startswith("Title 1, P, ¶ 2. https://example.org/ d1[16:35]@")


def test_where_nothing_answers_buttons_ask_about_the_nearest_topics(
    answerers: LiveAnswerer,
) -> None:
    corpus = answerers.everything.corpus
    nothing = Answer(
        "?", generation=1, outcome=Outcome.NONE, topics=("Quito Forum", "x" * 70), about="Zoos"
    )
    buttons = answer_buttons(
        nothing, [Message("Nothing.")], corpus, translator("en"), ref="1", more=False
    )
    assert [[each.label for each in row] for row in buttons] == [
        ["What is said about Quito Forum?"],
        ["Ask this alone"],
        ["👍", "👎"],
    ]
    assert read_press(buttons[0][0].data or "") == AskTopic("Quito Forum")
    talk = Talk(dialogue_of(answerers))
    asked = said(talk.press(buttons[0][0].data))
    assert asked.messages[0].text == "You asked: What is said about Quito Forum?"
    assert read_press(buttons[1][0].data or "") == AskAlone("1")


def test_a_question_is_asked_alone_in_place_of_its_answer(
    answerers: LiveAnswerer, talk: Talk
) -> None:
    talk.say("Jazz puzzles?")
    talk.say(QUESTION)
    change = changed(talk.press("a:2"))
    assert change.message_id == 3
    assert change.message == said(Talk(dialogue_of(answerers)).say(QUESTION)).messages[-1]
    assert told(talk.press("a:77")).alert


def test_a_vote_is_handed_over_with_what_it_is_about(answerers: LiveAnswerer) -> None:
    votes: list[Vote] = []
    talk = Talk(dialogue_of(answerers, keep_vote=votes.append, wanted=2))
    answer = said(talk.say(QUESTION))
    assert told(talk.press(button(answer, "👎").data)).text == "Thank you."
    (vote,) = votes
    assert (vote.person, vote.place, vote.good) == (talk.person, talk.place, False)
    assert (vote.generation, vote.question) == (1, QUESTION)
    assert [(c.document, c.paragraph) for c in vote.passages] == [("d1", 2), ("d2", 1)]


def test_a_vote_on_a_forgotten_question_names_what_the_message_links_to(
    answerers: LiveAnswerer,
) -> None:
    votes: list[Vote] = []
    answer = said(Talk(dialogue_of(answerers)).say(QUESTION))
    opens = tuple(e.url or "" for e in answer.messages[0].entities if e.kind is EntityKind.OPENS)
    restarted = Talk(dialogue_of(answerers, keep_vote=votes.append))
    restarted.press(button(answer, "👍").data, opens=(*opens, "p1-forged", "code"))
    (vote,) = votes
    assert (vote.good, vote.question) == (True, None)
    assert [(c.document, c.span) for c in vote.passages] == [
        (q.document, q.span) for q in answer.messages[0].quoted
    ]


def test_an_unanswered_question_can_be_voted_on_and_small_talk_cannot(talk: Talk) -> None:
    nothing = said(talk.say("¿Xxxxxx wvwvwv?"))
    assert nothing.messages[0].text.startswith("I found no passage")
    assert labels(nothing)[-1] == ["👍", "👎"]
    assert said(talk.say("hello")).buttons == ()


def test_after_a_restart_only_what_needs_the_question_asks_for_it(answerers: LiveAnswerer) -> None:
    answer = said(Talk(dialogue_of(answerers, wanted=1)).say(QUESTION))
    restarted = Talk(dialogue_of(answerers, wanted=1))
    assert changed(restarted.press(button(answer, "▶").data))
    assert said(restarted.press(button(answer, "Source").data))
    for data in (button(answer, "More").data, "b:1"):
        shown = told(restarted.press(data))
        assert shown.text == "I keep questions for half an hour only. Please ask again."
        assert shown.alert


def test_new_forgets_what_the_buttons_remembered(talk: Talk) -> None:
    talk.say(QUESTION)
    talk.say("", command="new")
    assert told(talk.press("b:1")).alert


def test_a_stale_button_works_where_its_words_still_stand(
    corpus: Corpus, answerers: LiveAnswerer, store: FolderIndex
) -> None:
    texts = {d.digest[:12]: d.text for d in corpus.documents}
    talk = Talk(dialogue_of(answerers, source_text=lambda _: texts.get))
    answer = said(talk.say(QUESTION))
    renew(answerers, store, f"A new beginning.\n\n{TEXTS[0]}", *TEXTS[1:])
    change = changed(talk.press(button(answer, "▶").data))
    assert change.message.text.startswith("Forty zoos met.\nTitle 1 · ¶ 4")
    source = said(talk.press(button(answer, "Source").data, opens=links_of(answer)))
    assert "Checked just now: the words are now at ¶ 3 of “Title 1”." in source.messages[0].text
    assert said(talk.press("m:1:1"))


def test_a_stale_button_says_kindly_that_the_statements_were_renewed(
    answerers: LiveAnswerer, store: FolderIndex
) -> None:
    talk = Talk(dialogue_of(answerers))
    answer = said(talk.say(QUESTION))
    renew(answerers, store, "Something else entirely.")
    for label in ("▶", "Source"):
        (shown,) = talk.press(button(answer, label).data, opens=links_of(answer))
        assert shown == told([shown])
        assert shown.text == "The statements have changed since then. Please ask again."


def test_the_source_of_a_changed_paragraph_says_that_it_changed(
    corpus: Corpus, answerers: LiveAnswerer, store: FolderIndex
) -> None:
    kept = {d.digest[:12]: d.text for d in corpus.documents}
    talk = Talk(dialogue_of(answerers, source_text=lambda _: kept.get, wanted=1))
    data = button(said(talk.say("forty zoos met")), "Source").data
    renew(answerers, store, TEXTS[0].replace("Forty zoos met", "Forty zoos left"))
    text = said(talk.press(data)).messages[0].text
    assert "the source has changed, and ¶ 3 has other words now" in text
    assert "Reference: d1[37:52]@" in text


@given(st.one_of(st.text(max_size=64), st.from_regex(r"[<>=smbveSat]:[0-9a-f:.+-]{0,60}")))
def test_forged_data_is_harmless(data: str) -> None:
    acts = _shared_talk().press(data)
    assert told(acts) is acts[0]


@given(
    st.sampled_from("<>s"),
    st.integers(0, 999_999),
    st.integers(0, 60),
    st.integers(0, 60),
    st.booleans(),
    st.from_regex(r"(:[0-9]{1,10}(\.[0-9])?)?", fullmatch=True),
)
def test_forged_pointers_are_harmless(
    kind: str, generation: int, start: int, end: int, real: bool, ref: str
) -> None:
    digest = corpus_of(*TEXTS).documents[0].digest[:12] if real else "0123456789ab"
    data = f"{kind}:{generation}-{digest_of('d1')[:8]}-{start}-{end}-{digest}{ref}"
    acts = _shared_talk().press(data)
    assert told(acts) is acts[0]


def test_the_data_of_every_button_fits_and_reads_as_what_it_does(talk: Talk) -> None:
    answer = said(talk.say(QUESTION, message_id=2_147_483_647))
    for data in all_data(answer):
        assert len(data.encode()) <= MOST_DATA_BYTES
        assert read_press(data) is not None
    longest = f"<:999999-{'f' * 8}-{'9' * 8}0-{'9' * 9}-{'f' * 12}:2147483647.2"
    assert len(longest) <= MOST_DATA_BYTES
    assert read_press(longest) is not None


@pytest.mark.parametrize("label", ["▶", "More", "Answer"])
def test_a_quote_that_differs_from_its_source_is_held_back(
    answerers: LiveAnswerer, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    talk = Talk(dialogue_of(answerers, wanted=1))
    answer = said(talk.say(QUESTION))
    data = "b:1" if label == "Answer" else button(answer, label).data

    def differs(*_: object) -> None:
        raise UnfaithfulQuote("It differs.")

    monkeypatch.setattr("bot.replies.rendering.check_message", differs)
    acts = talk.press(data)
    shown = told(acts).text or said(acts).messages[0].text
    assert "no longer agrees with its source" in shown
    assert not any(isinstance(act, Change) for act in acts)


def test_a_failure_after_a_press_is_told_in_the_chat(answerers: LiveAnswerer) -> None:
    event = ButtonPress(
        Talk(dialogue_of(answerers)).person, Place(70, PlaceKind.PRIVATE), 9, "m:1:1"
    )
    acts = list(dialogue_of(answerers).apology(event))
    assert told(acts).text is None
    assert said(acts).messages[0].text.startswith("Something went wrong")


def test_a_button_of_nobody_only_ends_the_waiting(talk: Talk) -> None:
    acts = talk.acts(ButtonPress(talk.person, talk.place, 1, "settings:x"))
    assert told(acts).text is None
    assert len(acts) == 1


_SHARED: list[Talk] = []


def _shared_talk() -> Talk:
    """One chat for all generated presses."""
    return _SHARED[0]


@pytest.fixture(scope="module", autouse=True)
def shared_talk(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder: Path = tmp_path_factory.mktemp("shared")
    store = FolderIndex(folder)
    embedder = LetterEmbedder()
    refresh(corpus_of(*TEXTS), index=store, embedder=embedder)
    answerer = Answerer(Retriever(store.open_current(), embedder))
    _SHARED[:] = [Talk(dialogue_of(LiveAnswerer(answerer, store, lambda _: answerer)))]
