"""Holds the texts of the web pages.

As in ``texts``, a marked text is said through a ``Translator``.
"""

from bot.language.translation import mark

SKIP = mark("Skip to the content")
SITE = mark("The pages of this site")
ASK = mark("Ask")
DOCUMENTS = mark("Statements")
SAID = mark("Was it said?")
TIMELINE = mark("Timeline")
COMPARE = mark("Compare")
IN_OTHER_LANGUAGES = mark("Other languages")
LANGUAGES = {"en": "English", "fr": "Français"}
"""Each in its own language, so not marked for translation."""
ONLY_QUOTES = mark(
    "Verbatim quotes official statements, word for word, each quote with its source. It writes no "
    "sentence of its own about the world."
)
LOGIN_TITLE = mark("Log in from Telegram")
LOGGING_IN = mark("Telegram says who you are. This takes a moment, and needs JavaScript.")
GO_ON_WITHOUT = mark("Go on without logging in")
LOGIN_REFUSED = mark(
    "Telegram's word for this login is missing, forged or older than an hour: open the page from "
    "the bot again."
)
ASK_TITLE = mark("Ask the statements")
ASK_LABEL = mark("Your question")
ASK_BUTTON = mark("Ask")
FILTERS = mark("Only some statements")
ANY_PUBLISHER = mark("Every publisher")
ANY_YEAR = mark("Every year")
PUBLISHER = mark("Publisher")
YEAR = mark("Year")
EXAMPLES = mark("You can ask, for example:")
ANSWER = mark("Answer")
RELATED = mark("Related, no answer")
NOTHING = mark("No answer")
ABOUT_STATEMENTS = mark("About the statements")
QUOTE_NUMBER = mark("Quote {number}")
WHOLE_PARAGRAPH = mark("The whole paragraph")
READ_IN_PLACE = mark("In its place")
COPY = mark("Copy")
PLAIN_TEXT = mark("Plain text")
"""The title of a format, as ``bot.citations.formats`` has it."""
COPY_BUTTON = mark("Copy to the clipboard")
COPIED = mark("Copied")
TOPICS = mark("Nearest topics")
FOLLOWS = mark("A question that follows may lean on:")
BEGIN_ANEW = mark("Begin anew")
MORE_QUOTES = mark("More quotes")
SEE_TIMELINE = mark("This topic by date")
ALSO_IN = mark("Also in")
AND_OTHERS = mark("and others")
PLACES = mark("Where it stands")
DOCUMENTS_TITLE = mark("The statements")
WORDS = mark("Words of title, publisher, place or date")
SHOW = mark("Show")
FROM_TO = mark("{first} to {last}")
NONE_FIT = mark("No statement fits.")
NEWER = mark("Newer")
OLDER = mark("Older")
PAGES = mark("Pages of the list")
FACTS = mark("About this statement")
DATE = mark("Date")
PLACE = mark("Place")
ADDRESS = mark("Address")
ORIGIN = mark("Origin")
ACCESS = mark("Access")
DIGEST = mark("SHA-256 of the text")
DEVIATIONS = mark("Unlike its source")
VERSIONS = mark("Texts of this statement")
STORED_SINCE = mark("stored on {day}")
STORED_UNTIL = mark("stored on {day}, until {until}")
WHAT_CHANGED = mark("What changed")
PARAGRAPHS = mark("Paragraphs")
CITE = mark("Cite {label}")
CITE_SHORT = mark("Cite")
ASK_THIS = mark("Ask this statement")
COMPARE_WITH = mark("Compare with another statement")
OLD_TEXT = mark("This is not the text of today.")
SEE_TODAY = mark("Today’s text")
QUOTE_TITLE = mark("A quote in its place")
VERDICTS = {
    "intact": mark("Intact"),
    "intact, but described otherwise": mark("Intact"),
    "moved": mark("Moved"),
    "changed": mark("Changed"),
    "gone": mark("Gone"),
}
SAID_VERDICTS = {
    "exactly": mark("Said exactly"),
    "until": mark("Said once"),
    "almost": mark("Almost said"),
    "not found": mark("Not found"),
}
VERIFIED_GONE = mark("Checked just now: the source has these words no more.")
DOCUMENT_GONE = mark("Checked just now: the document is gone, and no other has these words.")
READ_ANEW = mark("Its source was read again, and has not changed itself.")
SEE_NOW = mark("As it is now: {where}")
GO_TO_QUOTE = mark("To the quoted words")
DIFFERENCE = mark("The words that changed")
REMOVED = mark("removed:")
ADDED = mark("added:")
OUTSIDE = mark("The quoted words, outside the numbered paragraphs")
CHANGES_TITLE = mark("What changed")
COUNTS = mark("Paragraphs: {kept} equal, {changed} changed, {removed} went, {added} came.")
NO_CHANGE = mark("Every paragraph is equal.")
EQUAL_PARAGRAPHS = mark("Equal paragraphs")
COMPARE_TITLE = mark("Two statements side by side")
FIRST_STATEMENT = mark("First statement")
SECOND_STATEMENT = mark("Second statement")
NO_PARAGRAPH = mark("no such paragraph")
TIMELINE_TITLE = mark("A topic by date")
TOPIC = mark("Topic")
WITHOUT_DATE = mark("Without a date")
SAID_TITLE = mark("Was it said?")
SAID_LABEL = mark("The words that somebody quotes")
CHECK = mark("Check")
NO_WORDS_TO_CHECK = mark("There are no words to check. Please type some.")
ERROR_TITLE = mark("That did not work")
UNKNOWN_DOCUMENT = mark("There is no statement called “{name}”.")
UNKNOWN_TEXT = mark("No statement of that name is known to have had that text.")
UNKNOWN_PUBLISHER = mark("No statement is by “{name}”.")
OUT_OF_RANGE = mark("That text has no words at these places.")
CUT_CHARACTER = mark("These places cut a character in two.")
NOT_ONE_PARAGRAPH = mark(
    "Only words within one paragraph, without white space around them, can be copied with a "
    "citation."
)
UNKNOWN_FORMAT = mark("“{name}” is not a format. The formats are: {formats}.")
NO_SPAN = mark("A place in a text is two numbers, such as 4000-5203, the first one smaller.")
NO_NUMBER = mark("“{name}” must be a number of at least 1.")
NO_DATE = mark("“{written}” is no date such as 2021-03-12, 2021-03 or 2021.")
NO_YEAR = mark("“{written}” is no year such as 2021.")
NO_EARLIER_TEXT = mark("No earlier text of this statement is kept.")
NO_SUCH_PAGE = mark("The list has pages 1 to {pages}.")
TOO_LONG = mark("That is too long: {most} characters at most, please.")
TOO_LONG_TO_CHECK = mark("The words are too long to check: {most} characters at most, please.")
TOO_MANY_QUESTIONS = mark("Too many questions came from this address. Ask again in {seconds} s.")
TOO_MANY_PEOPLE = mark("Too many people ask at the moment. Ask again in {seconds} s.")
SERVER_FAILED = mark("The server failed at this request.")
NO_SUCH_ADDRESS = mark("There is no such page.")
NO_SUCH_METHOD = mark("This address does not take that method.")
TOO_SLOW = mark("The request came too slowly.")
REQUEST_TOO_LONG = mark("The request is too long.")
UNKNOWN_TOKEN = mark("The token is not known to this server.")
UNKNOWN_CALLER = mark(
    "This server answers only people whom it knows: open it from the bot in Telegram, or send a "
    'token in the header "Authorization: Bearer".'
)
TOO_MANY_EARLIER = mark("At most {most} earlier questions can count, none of them too long.")
