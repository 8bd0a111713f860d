"""Holds the texts about settings, privacy, votes and access.

As in ``texts``, a marked text is said through a ``Translator``.
"""

from bot.answering.linkstyle import LinkStyle
from bot.language.translation import mark

ALWAYS_ANSWERED = frozenset({"privacy", "delete_me"})
"""The commands that everybody may give, let in or not: the data about a person is theirs."""


SETTINGS = mark(
    "Settings of this chat\n\nLanguage: {language}\nQuotes at most: {quotes}\nLinks: {links}"
)
AS_TELEGRAM = mark("As my Telegram")
OWN_NAMES = {"en": "English", "fr": "Français"}
"""The name of each language in itself."""
LINKS = {
    LinkStyle.WORDS: mark("To the words"),
    LinkStyle.PAGE: mark("To the page"),
    LinkStyle.NONE: mark("None"),
}
NOT_YOUR_MENU = mark(
    "Only the person who opened this menu can use it. Type /settings for your own."
)

NOTHING_WRITTEN_DOWN = mark("Nothing is kept about you.")
WRITTEN_DOWN = mark("This is kept about you: {what}.")
PRIVACY = mark(
    "The bot stores your message on its disk until it has answered, and then deletes it. Your "
    "last questions stay in memory for half an hour, so that you can ask follow-ups; /new "
    "forgets them at once. A question is kept longer only if you voted on its answer and "
    "agreed. The person who runs the bot can read such questions, without your name. Nothing is "
    "logged or passed on. If you block the bot, it keeps the number of this chat until you "
    "write again, so that it sends nothing here. Telegram keeps this chat like any other.\n\n"
    "/delete_me deletes everything that the bot keeps about you."
)
KEPT_SETTINGS = mark("the settings of our chat")
KEPT_CONSENT = mark("that questions you vote on may be kept")
KEPT_REFUSAL = mark("that questions you vote on may not be kept")
KEPT_INVITATION = mark("that an invitation let you in")
REMEMBERED = mark("your last questions, from memory")
DELETED = mark("Deleted: {what}. Nothing is kept about you now.")
NOTHING_TO_DELETE = mark("There was nothing to delete: nothing is kept about you.")
DELETED_WITHIN_REACH = mark(
    "Deleted: {what}. Traces may remain where I cannot delete them, until the person who runs "
    "this bot does: {where}."
)
NOTHING_DELETED = mark("nothing, as there was nothing")
LOG_OF_THE_DATABASE = mark(
    "the log and the backups of the database, and for half an hour the number of this chat"
)
TRACES_ARE_LEFT = mark(
    "Your data is no longer used, but traces of it are left on the disk: another program reads "
    "them, or the disk is full. Please send /delete_me again in a minute."
)
NEW_INVITATION_NEEDED = mark("To ask again you need a new invitation.")

MAY_QUESTIONS_BE_KEPT = mark(
    "May I keep the questions that you vote on, this one included? They show which answers "
    "should get better. /delete_me deletes them at any time."
)
YES_KEEP = mark("Yes, keep them")
NO_KEEP = mark("No")
QUESTIONS_ARE_KEPT = mark(
    "Thank you. Questions that you vote on are kept from now on; /delete_me deletes them."
)
QUESTIONS_ARE_NOT_KEPT = mark("Understood: your votes are kept without your questions.")

NOT_LISTED = mark("This bot answers only the people on its list. Ask the person who runs it.")
NOT_INVITED = mark(
    "This bot answers only invited people. Ask the person who runs it for an invitation."
)
INVITATION_SPENT = mark(
    "This invitation is not valid: it was used before, or is older than seven days. Ask for a "
    "new one."
)
LET_IN = mark("Welcome! Just type a question; /help says more.")
