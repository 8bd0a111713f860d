"""What the bot says of settings, privacy, votes, access, and to administrators.

As in ``texts``, a marked text is said through a ``Translator``.
"""

from bot.people import LinkStyle
from bot.translation import mark

SETTINGS = mark(
    "Settings of this chat\n\nLanguage: {language}\nQuotes at most: {quotes}\nLinks: {links}"
)
AS_TELEGRAM = mark("As my Telegram")
OWN_NAMES = {"en": "English", "fr": "Français"}
"""What each language calls itself."""
LINKS = {
    LinkStyle.WORDS: mark("To the words"),
    LinkStyle.PAGE: mark("To the page"),
    LinkStyle.NONE: mark("None"),
}
NOT_YOUR_MENU = mark("Only who opened this menu can use it. Type /settings for your own.")
