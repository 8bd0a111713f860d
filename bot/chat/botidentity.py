"""Defines the bot as its chat service knows it: its name, and the modes that its owner chose."""

from collections.abc import Iterator
from dataclasses import dataclass

FATHER = "@BotFather"


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """The user name of the bot and its modes.

    ``answers_inline`` if people may ask in any chat after its name; ``hears_groups`` if every
    message of a group reaches it, and not only those that are for it; ``answers_guests`` if a
    mention in any chat reaches it, also where it is no member.
    """

    name: str
    answers_inline: bool
    hears_groups: bool
    answers_guests: bool = False

    @property
    def link(self) -> str:
        """The address that opens the chat with the bot."""
        return f"https://t.me/{self.name}"

    def modes(self) -> Iterator[tuple[str, str]]:
        """Yield the name of each mode and a sentence about it, which names the way to change it."""
        if self.answers_inline:
            yield "inline", f"on: people can ask in any chat, @{self.name} and the question"
        else:
            yield (
                "inline",
                f"off. Send /setinline to {FATHER} to let people ask in any chat, @{self.name} and "
                "the question.",
            )
        if self.answers_guests:
            yield "guest", f"on: a mention of @{self.name} is answered in any chat with one quote"
        else:
            yield (
                "guest",
                f"off. Turn guest mode on in the bot's settings at {FATHER} to have mentions of "
                f"@{self.name} answered in any chat.",
            )
        if self.hears_groups:
            yield (
                "privacy",
                "off: every message of a group reaches the bot, which answers only those for it. "
                f"Send /setprivacy to {FATHER} to turn it on.",
            )
        else:
            yield (
                "privacy",
                "on: commands and replies in a group reach the bot. If mentions do not, send "
                f"/setprivacy to {FATHER}, disable it, and add the bot to the group again.",
            )
