"""Source opens the page of a quote where the bot has pages, and a button shares the quote."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from botapi_server import JSON, BotApiServer, Sent, buttons
from chatting import Chatter, InProcessBot, Talk, dialogue_of, live_letters, said
from fakes import corpus_of

from bot.answering.liveanswerer import LiveAnswerer
from bot.chat.actions import Offers, Say
from bot.chat.dialogue import Dialogue
from bot.chat.events import InlineQuestion, PlaceKind
from bot.citations.pageaddress import PageAddresses
from corpus import Corpus
from embeddings import FolderIndex

SITE = "https://statements.example.org"
LONG = "Kiwis kick in the fjord for many a month of the year and never tire of it."
TEXTS = (
    "Zebras zigzag.",
    f"Jazz does not puzzle anybody who listens. {LONG} {LONG} {LONG} {LONG}",
    "The xylophone quartet is secret.",
)


@pytest.fixture
def live(store: FolderIndex) -> LiveAnswerer:
    *public, secret = corpus_of(*TEXTS).documents
    return live_letters(Corpus((*public, replace(secret, access=frozenset({"staff"})))), store)


@pytest.fixture
def dialogue(live: LiveAnswerer) -> Dialogue:
    return dialogue_of(
        live,
        wanted=1,
        pages=PageAddresses(SITE),
        groups_of=lambda event: frozenset({"staff"}),
    )


@pytest.fixture
def bot(server: BotApiServer, dialogue: Dialogue) -> Iterator[InProcessBot]:
    with InProcessBot(server, dialogue) as running:
        yield running


def labelled(sent: Sent, label: str) -> JSON:
    (found,) = (each for each in buttons(sent) if each["text"] == label)
    return found


def offered(dialogue: Dialogue, text: str) -> list[str]:
    """What is offered inline, as it would be put into a chat."""
    (act,) = dialogue.acts(InlineQuestion(Talk(dialogue).person, text))
    assert isinstance(act, Offers)
    return [offer.message.text for offer in act.offers]


def test_in_private_source_opens_the_page_as_a_mini_app(
    bot: InProcessBot, server: BotApiServer
) -> None:
    ada = Chatter(bot)
    ada.say("zebras")
    (sent,) = ada.screen
    address = urlsplit(labelled(sent, "Source")["web_app"]["url"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{SITE}/login"
    (page,) = parse_qs(address.query)["next"]
    assert page.startswith("/d/d1@")
    assert page.endswith("/0-14#quote")
    assert server.violations == []


def test_in_a_group_source_opens_the_page_in_a_browser(dialogue: Dialogue) -> None:
    acts = Talk(dialogue, kind=PlaceKind.GROUP).say("zebras")
    (source,) = (b for row in said(acts).buttons for b in row if b.label == "Source")
    assert source.url is not None
    assert source.url.startswith(f"{SITE}/d/d1@")
    assert source.app is None


def test_of_several_quotes_the_list_of_sources_opens_each_page(
    server: BotApiServer, store: FolderIndex
) -> None:
    live = live_letters(corpus_of("Zebras zigzag.", "Zoos have zebras."), store)
    dialogue = dialogue_of(live, wanted=2, pages=PageAddresses(SITE))
    with InProcessBot(server, dialogue) as bot:
        ada = Chatter(bot)
        ada.say("zebras")
        ada.press("Source")
        opening = buttons(ada.screen[-1])
        assert [each["text"] for each in opening] == ["1 ↗", "2 ↗"]
        opened = [parse_qs(urlsplit(each["web_app"]["url"]).query)["next"] for each in opening]
        assert {path[:6] for (path,) in opened} == {"/d/d1@", "/d/d2@"}
        assert server.violations == []


def test_inline_and_as_a_guest_a_quote_has_the_address_of_its_page(
    bot: InProcessBot, server: BotApiServer
) -> None:
    ada, elsewhere = server.add_user("Ada"), server.add_foreign_group()
    server.inline_query("zebras", user=ada)
    server.mention_as_guest("@verbatim_test_bot zebras", chat_id=elsewhere.id, user=ada)
    bot.handle()
    (inline,), (guest,) = server.calls_to("answerInlineQuery"), server.calls_to("answerGuestQuery")
    for result in (inline.params["results"][0], guest.params["result"]):
        ((button,),) = result["reply_markup"]["inline_keyboard"]
        assert button["text"] == "Source"
        assert button["url"].startswith(f"{SITE}/d/d1@")
    assert server.violations == []


def test_a_restricted_page_opens_only_as_a_mini_app_and_is_not_shared(dialogue: Dialogue) -> None:
    private = [b for row in said(Talk(dialogue).say("xylophone")).buttons for b in row]
    assert any(b.app and "d3%40" in b.app for b in private)
    assert not any(b.shares for b in private)
    # nobody is shown a restricted document in a group; if one were, no address of it would be
    group = [
        b
        for row in said(Talk(dialogue, kind=PlaceKind.GROUP).say("xylophone")).buttons
        for b in row
    ]
    assert not any(b.url or b.app or b.shares for b in group)


def test_the_shared_quote_is_the_very_quote(bot: InProcessBot, dialogue: Dialogue) -> None:
    ada = Chatter(bot)
    ada.say("zebras")
    share = labelled(ada.screen[0], "↗")["switch_inline_query_chosen_chat"]
    assert share["allow_group_chats"]
    (text,) = offered(dialogue, share["query"])
    assert text.startswith("Zebras zigzag.\nTitle 1 · ¶ 1")


def test_a_copied_reference_offers_its_quote(live: LiveAnswerer, dialogue: Dialogue) -> None:
    document = live.public.corpus.documents[0]
    (text,) = offered(dialogue, f"d1[0:14]@{document.digest[:12]}")
    assert text.startswith("Zebras zigzag.")


def test_a_reference_that_somebody_wrote_cuts_no_sentence(
    live: LiveAnswerer, dialogue: Dialogue
) -> None:
    document = live.public.corpus.documents[1]
    start = document.text.index("puzzle anybody")
    (text,) = offered(dialogue, f"d2[{start}:{start + 14}]@{document.digest[:12]}")
    assert text.startswith("Jazz does not puzzle anybody who listens.")


def test_references_to_what_is_restricted_or_gone_offer_nothing(
    live: LiveAnswerer, dialogue: Dialogue
) -> None:
    secret = live.everything.corpus.documents[2]
    for reference in (
        f"d3[0:20]@{secret.digest[:12]}",
        "d1[0:14]@000000000000",
        "d1[0:9999]@" + live.public.corpus.documents[0].digest[:12],
        "nobody[0:14]@0123456789ab",
        "1-00000000-0-14-0123456789ab",
    ):
        assert offered(dialogue, reference) == []


def test_a_bot_without_inline_mode_offers_no_sharing(
    server: BotApiServer, dialogue: Dialogue
) -> None:
    server.answers_inline = False
    with InProcessBot(server, dialogue) as bot:
        ada = Chatter(bot)
        ada.say("zebras")
        assert [each["text"] for each in buttons(ada.screen[0])] == ["Source", "📋", "👍", "👎"]
        assert server.violations == []


def test_without_pages_the_source_view_shares_the_quote(
    server: BotApiServer, live: LiveAnswerer
) -> None:
    dialogue = dialogue_of(live, wanted=1)
    with InProcessBot(server, dialogue) as bot:
        ada = Chatter(bot)
        ada.say("jazz")
        ada.press("Source")
        query = labelled(ada.screen[-1], "↗ Share this quote")["switch_inline_query_chosen_chat"]
        (text,) = offered(dialogue, query["query"])
        first = ada.screen[0].text.split("\n")[0]
        assert text.split("\n")[0] == first


def test_a_row_of_buttons_stays_as_short_as_telegram_takes_it(dialogue: Dialogue) -> None:
    for text in ("zebras", "jazz", "kiwis", "fjord", "puzzle"):
        for act in Talk(dialogue).say(text):
            if isinstance(act, Say):
                assert all(len(row) <= 8 for row in act.buttons)
