"""Holds the texts of answers about the statements themselves, and of refusals that help."""

from bot.language.translation import mark

OUTLINE = mark(
    "I cannot summarise. This is how “{title}” begins: the first sentences of its first paragraphs."
)
ABOUT_STATEMENT = mark("From the record of the statement, not from its text:")
TITLE = mark("Title: {title}")
PUBLISHER = mark("Published by: {publisher}")
DATE = mark("Date: {date}")
PLACE = mark("Place: {place}")
ADDRESS = mark("Address: {address}")
NO_PUBLISHER = mark("Published by: the record names nobody; the title may say who speaks.")
NO_DATE = mark("Date: the record names none.")
NO_PLACE = mark("Place: the record names none.")
NO_ADDRESS = mark("Address: the record has none.")
NAMED_BY_SOURCE = mark("What the statement says of it:")
NEWEST = mark("The statements by date, the newest first:")
NEWEST_ON = mark("The statements on “{topic}” by date, the newest first:")
ALL_STATEMENTS = mark("The statements that I quote from, the newest first:")
IN_TITLE = mark("Statements with “{topic}” in the title, the newest first:")
IN_TEXT = mark("Statements with “{topic}” in the text, the newest first:")
IN_TITLE_AND_TEXT = mark(
    "Statements on “{topic}”: those with it in the title first, then those with it in the text, "
    "each by date:"
)
WHICH_STATEMENT = mark(
    "Which statement do you mean? Name it by its title or a country. The newest are:"
)
SHOWN_OF = mark("The first {shown} of {count}.")
NOTHING_ON = mark("I found no statement on “{topic}”.")
ONE_OF_SEVERAL = mark(
    "More than one statement fits ({count}). I took the one that fits best; name more of its title "
    "for another one."
)
CONTACT = mark("You can ask a person: {contact}")
RELATED_WITHOUT = mark(
    "I found no passage that answers this. Related, but not an answer; not in it: {words}."
)
RELATED_NO_NUMBER = mark(
    "I found no passage that answers this. Related, but not an answer: it says no number for this."
)
RELATED_NO_TIME = mark(
    "I found no passage that answers this. Related, but not an answer: it names no time for this."
)
RELATED_SUBJECT = mark(
    "I found no passage that answers this. Related, but not an answer: it is about the same "
    "subject, and no sentence in it is likely to answer."
)
