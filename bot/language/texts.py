"""Holds the bot's own texts. They are about itself, never about the world.

A ``Translator`` says a marked text; its ``{names}`` are values.
"""

from bot.language.translation import Translator, mark
from corpus import Corpus

COMMANDS = (
    ("ask", mark("Ask a question: /ask How many members …")),
    ("said", mark("Check whether words were said")),
    ("new", mark("Forget the earlier questions")),
    ("sources", mark("The statements that I quote from")),
    ("settings", mark("Language, number of quotes, links")),
    ("help", mark("How to ask")),
    ("privacy", mark("What is kept about you")),
    ("delete_me", mark("Delete all that is kept about you")),
    ("start", mark("Begin")),
)
DESCRIPTION = mark(
    "I answer questions about official statements, only in their own words. Every answer is a "
    "quote, word for word, with title, date, paragraph and a link to the very place.\n\n"
    "If I find no passage that answers, I say so."
)
"""Shown in a chat that is still empty: at most 512 UTF-16 units in every language."""
SHORT_DESCRIPTION = mark("Quotes official statements, word for word, each quote with its source.")
"""Shown on the bot's profile: at most 120 UTF-16 units in every language."""
NOTHING = mark("I found no passage that answers this.")
SEE_SOURCES = mark("/sources shows the statements that I quote from.")
NO_WORD = mark("There is no word in this question. Please type one.")
LONG_QUESTION = mark("The question is long: only its first {characters} characters were searched.")
SHOWING_RESULTS_FOR = mark("Showing results for “{question}”.")
IN_ENGLISH_WORDS = mark("Your question in English words: “{question}”.")
SEARCHED_ONLY = mark("Searched only {documents}.")
NO_STATEMENT_FITS = mark("There is nothing to search: there are no {documents}.")
STATEMENTS = mark("statements")
TITLE = mark("“{title}”")
LAST_OF_LIST = mark("{names} and {last}")
BY_PUBLISHERS = mark("{documents} by {publishers}")
PUBLISHED = mark("{documents} published {when}")
ON_DAY = mark("on {day}")
IN_PERIOD = mark("in {period}")
SINCE_DAY = mark("since {day}")
SINCE_PERIOD = mark("since {period}")
UNTIL_DAY = mark("until {day}")
UNTIL_PERIOD = mark("until {period}")
FROM_DAY = mark("from {day}")
FROM_PERIOD = mark("from {period}")
TO_DAY = mark("to {day}")
TO_PERIOD = mark("to {period}")
DAY = mark("{day} {month} {year}")
FIRST_OF_MONTH = mark("1 {month} {year}")
MONTH = mark("{month} {year}")
MONTH_NAMES = (
    mark("January"),
    mark("February"),
    mark("March"),
    mark("April"),
    mark("May"),
    mark("June"),
    mark("July"),
    mark("August"),
    mark("September"),
    mark("October"),
    mark("November"),
    mark("December"),
)
ALSO_IN = mark("also in: {places}")
NEARLY_QUOTE = mark("nearly quote {number}, but {differences}")
BETWEEN_PLACES = mark("; ")
MOST_ALSO = 3
"""The number of other places of a quote that are named; the rest is counted."""
RELATED = mark("I found no passage that answers this. Related, but not an answer:")
MODEL_READS_ENGLISH = mark(
    "Your question looks like {language}. I read English best: please ask in English."
)
MODEL_MISSES_STATEMENTS = mark(
    "Your question looks like {language}. I read English best, and may miss what the statements "
    "in {language} say."
)
STATEMENTS_IN_OTHER_LANGUAGE = mark(
    "Your question looks like {language}, and no statement is in {language}. I may not bring the "
    "two together: please try the language of the statements."
)
LANGUAGE_NAMES = {
    "ar": mark("Arabic"),
    "cs": mark("Czech"),
    "da": mark("Danish"),
    "de": mark("German"),
    "el": mark("Greek"),
    "en": mark("English"),
    "es": mark("Spanish"),
    "fa": mark("Persian"),
    "fi": mark("Finnish"),
    "fr": mark("French"),
    "he": mark("Hebrew"),
    "hi": mark("Hindi"),
    "hu": mark("Hungarian"),
    "id": mark("Indonesian"),
    "it": mark("Italian"),
    "ja": mark("Japanese"),
    "ko": mark("Korean"),
    "nl": mark("Dutch"),
    "no": mark("Norwegian"),
    "pl": mark("Polish"),
    "pt": mark("Portuguese"),
    "ro": mark("Romanian"),
    "ru": mark("Russian"),
    "sv": mark("Swedish"),
    "tr": mark("Turkish"),
    "uk": mark("Ukrainian"),
    "vi": mark("Vietnamese"),
    "zh": mark("Chinese"),
}
AS_PAGE_SAYS = mark("{claim} (as the page says)")
AS_FILE_SAYS = mark("{claim} (as the file says)")
FETCHED_FROM = mark("Fetched from {address}")
NOT_ENCRYPTED = mark("{address} (not encrypted: could have been altered on the way)")
ONLY_FOR = mark("Only for: {groups}")
PUBLIC = mark("For everybody")
MORE = mark("More")
COPY_CITATION = mark("📋 Copy citation")
COPY_REFERENCE = mark("📋 Copy reference")
OTHER_FORMATS = mark("Other formats")
SHARE = mark("↗ Share this quote")
TAP_TO_COPY = mark("Tap a text to copy it.")
TOO_LONG_TO_COPY = mark("Too long for a message: {formats}.")
ASK_ALONE = mark("Ask this alone")
ABOUT_TOPIC = mark("What is said about {name}?")
READ_AT = mark("Read at {host}")
READ_HERE = mark("Read it")
OF_MODEL = mark("Model of the index: {name}")
SOURCE = mark("Source")
BACK = mark("↩ Answer")
QUESTION = mark("You asked: {question}")
CHARACTERS = mark("{label}, characters {start} to {end} of the stored text")
REFERENCE = mark("Reference: {reference}")
TEXT_DIGEST = mark("SHA-256 of the text: {digest}")
OF_GENERATION = mark("Generation of the index: {number}")
VERIFIED_INTACT = mark("Checked just now: the source has exactly these words.")
VERIFIED_MOVED = mark("Checked just now: the words are now at {label} of “{title}”.")
VERIFIED_CHANGED = mark(
    "Checked just now: the source has changed, and {label} has other words now."
)
OPEN_HERE = mark("Open here")
RENEWED = mark("The statements have changed since then. Please ask again.")
LINK_IS_OLD = mark(
    "The statements have changed since this link was made, and the paragraph is gone. Just type "
    "your question."
)
EXAMPLES_RENEWED = mark("The statements have changed since then. /start shows other examples.")
QUESTION_FORGOTTEN = mark("I keep questions for half an hour only. Please ask again.")
NOTHING_FURTHER = mark("There are no further quotes.")
THANKS_FOR_VOTE = mark("Thank you.")
RELATED_OFFER = mark("Related: {title}")
PART = mark("({number} of {parts})")
EVIDENCE = mark("evidence: {sentence}")
SCORE = mark("score {score}")
GENERATION = mark("generation {number}")
HELP = mark(
    "Type a question, as you would to a person. I look for the paragraphs of official "
    "statements that answer it and quote them word for word, with the sentence that answers in "
    "bold, and with title, date, paragraph and a link to the very place.\n\n"
    "If I find no passage that answers, I say so. I never write an answer of my own.\n\n"
    "In a group, type /ask and your question, use my name in it, or reply to one of my "
    "messages. My name alone, as a reply to a message, asks that message. In any chat, type my "
    "name and then your question.\n\n"
    "/said – whether words were said\n"
    "/sources – the statements; /sources 2022 – some of them\n"
    "/new – forget the earlier questions\n"
    "/settings – language, number of quotes, links\n"
    "/privacy – what is kept about you\n"
    "/delete_me – delete it"
)
NO_SOURCES = mark("There are no statements yet.")
NO_SOURCE_FITS = mark("No statement fits “{words}”. /sources shows all.")
SOURCES_THAT_FIT = mark("{number} for “{words}”")
SOURCES_FROM_TO = mark("{sources}, {first} to {last}:")
SOURCES_HELP = mark(
    "A publisher, a place, a word of the title or a date after /sources shows some of them: "
    "/sources since 2022"
)
NEWER_SOURCES = mark("◀ Newer")
OLDER_SOURCES = mark("Older ▶")
ADDRESS_ALONE = mark(
    "An address alone asks nothing. Please type what you would like to know; /sources shows the "
    "statements that I can quote."
)
ABOUT = mark("About: {topic}, from your earlier questions.")
NEW_FORGETS = mark("/new forgets them.")
"""Said behind ``ABOUT`` where there is such a command."""
FORGOTTEN = mark("Forgotten. What would you like to know?")
UNKNOWN_COMMAND = mark("I do not know this command. /help shows what I can do.")
NOT_TEXT = mark("I can only read text. Please type your question.")
ASK_WHAT = mark("What would you like to know? For example: /ask Where did the ministers meet?")
FAILED = mark("Something went wrong on my side. Please ask again.")
SET_ASIDE = mark("I could not answer that message; I have set it aside. Please ask in other words.")
HELD_BACK = mark(
    "I found a passage, but it no longer agrees with its source, so I do not show it. "
    "Please ask again later."
)
REFUSED = (
    "Telegram does not accept the bot token. Copy it again from @BotFather into "
    "TELEGRAM_BOT_TOKEN or the file that TELEGRAM_BOT_TOKEN_FILE names."
)
"""Not marked for translation: only the operator reads it."""


def start(corpus: Corpus, words: Translator) -> str:
    """Return the greeting, with the number of statements."""
    return words.plural(
        "I answer questions about one official statement, only in its own words: every answer is "
        "a quote with its source.\n\nJust type a question, for example: Where did the ministers "
        "meet?\n\n/sources shows the statements, /help says more.",
        "I answer questions about {count} official statements, only in their own words: every "
        "answer is a quote with its source.\n\nJust type a question, for example: Where did the "
        "ministers meet?\n\n/sources shows the statements, /help says more.",
        len(corpus.documents),
    )


def chat_greeting(corpus: Corpus, words: Translator) -> str:
    """Return the first line of a chat on a terminal."""
    return words.plural(
        "Verbatim, 1 document. Type a question; /quit ends.",
        "Verbatim, {count} documents. Type a question; /quit ends.",
        len(corpus.documents),
    )


def and_more(names: str, rest: int, words: Translator) -> str:
    """Return the names, and "and N more" if ``rest`` is not 0."""
    if not rest:
        return names
    return words.plural("{names} and 1 more", "{names} and {count} more", rest, names=names)
