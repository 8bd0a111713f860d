"""Holds the texts about words that were said, or were not.

As in ``texts``, a marked text is said through a ``Translator``.
"""

from bot.language.translation import Translator, mark

SAID_EXACTLY = mark("Said, exactly, at: {places}.")
SAID_WITH_GAP = mark("The ellipsis leaves out: {words}.")
SAID_UNTIL = mark("Said until {day}: {place} had exactly these words. It has them no more.")
SAID_ONCE = mark(
    "Said once: an earlier text of {place} had exactly these words. It has them no more."
)
SAID_READ_ANEW = mark("Its source was read again, and has not changed itself.")
SAID_NOW_NEARLY = mark("It now says nearly the same; the words that differ:")
SAID_ALMOST = mark("Almost said, not exactly. The words that differ:")
SAID_ALMOST_UNTIL = mark(
    "Almost said, not exactly, and only in an earlier text. The words that differ:"
)
WORDS_DIFFER = mark("• you: “{asked}”; {place}: “{said}”")
WORDS_ADDED = mark("• you: “{asked}”; {place} does not have these words there")
WORDS_MISSING = mark("• {place}: “{said}”; you left these words out")
NOT_SAID = mark(
    "Not found in {statements}. I searched them for these words, exactly and nearly, whatever "
    "quotation marks, dashes, spaces and capitals."
)
NOT_SAID_EARLIER = mark(
    "Not found in {statements}, nor in {earlier} of them. I searched them for these words, exactly "
    "and nearly, whatever quotation marks, dashes, spaces and capitals."
)
SENTENCES_SAID = mark(
    "Not said as a whole. Of {sentences} sentences {exact} were said exactly, {almost} almost and "
    "{earlier} in earlier texts; {none} were not found in {statements}."
)
NOT_IN_THESE_WORDS = mark(
    "Not said in these words. The nearest that was said; whether it means the same is for you to "
    "judge:"
)
SAID_WHAT = mark("Which words? For example: /said “words that somebody quotes”")
PLACE_OF_WORDS = mark("“{title}”, {label}")


def statements_searched(count: int, words: Translator) -> str:
    """Return the number of statements, in words."""
    return words.plural("1 statement", "{count} statements", count)


def earlier_searched(count: int, words: Translator) -> str:
    """Return the number of earlier texts, in words."""
    return words.plural("1 earlier text", "{count} earlier texts", count)
