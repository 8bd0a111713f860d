"""The modes of a bot are said with the command at @BotFather that changes them."""

from bot.chat.accessrules import AccessKind, AccessRules
from bot.chat.botidentity import BotIdentity


def test_modes_that_are_off_name_the_way_to_turn_them_on() -> None:
    modes = dict(BotIdentity("abot", answers_inline=False, hears_groups=True).modes())
    assert modes["inline"].startswith("off. Send /setinline to @BotFather")
    assert modes["privacy"].startswith("off: every message of a group reaches the bot")
    assert "/setprivacy to @BotFather" in modes["privacy"]
    assert modes["guest"].startswith("off. Turn guest mode on in the bot's settings at @BotFather")
    named = BotIdentity("abot", answers_inline=True, hears_groups=False, answers_guests=True)
    modes = dict(named.modes())
    assert modes["guest"] == "on: a mention of @abot is answered in any chat with one quote"
    assert modes["inline"] == "on: people can ask in any chat, @abot and the question"
    assert modes["privacy"].startswith("on: commands and replies")


def test_who_may_ask_is_said_without_an_id() -> None:
    assert AccessRules().in_words() == "open: everybody may ask"
    some = frozenset({12345, 6789})
    for kind in (AccessKind.LISTED, AccessKind.INVITED):
        said = AccessRules(kind, some).in_words()
        assert said.startswith(f"{kind.value}: the ids in VERBATIM_ALLOWED may ask (2)")
        assert "12345" not in said
