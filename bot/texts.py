"""What the bot says in its own words: about itself, never about the world."""

from collections.abc import Iterator

from bot.utf16 import MESSAGE_UNITS, shorten, utf16_length
from corpus import Corpus

COMMANDS = (
    ("ask", "Ask a question: /ask How many members …"),
    ("sources", "The statements that I quote from"),
    ("help", "How to ask"),
    ("privacy", "What is kept about you"),
    ("start", "Begin"),
)
NOTHING = "The statements do not say. Nothing in them answers this question."
NO_WORD = "There is no word in this question. Please type one."
SHOWING_RESULTS_FOR = "Showing results for “{}”."
ALSO_IN = "also in: "
AND_MORE = " and {:,} more"
MOST_ALSO = 3
"""How many other places of a quote are named; the rest is counted."""
SEARCHED_ONLY = "Searched only {}."
NO_STATEMENT_FITS = "There is nothing to search: there are no {}."
NO_STATEMENT_FITS_WORDS = "No statement fits “{}”: searched without regard to that."
RELATED = "The statements do not answer this. Related, but not an answer:"
HELP = (
    "Type a question, as you would to a person. I look for the paragraphs of official statements "
    "that answer it and quote them word for word, the sentence that answers in bold, with title, "
    "date, paragraph and a link to the very place.\n\n"
    "When the statements do not answer, I say so. I never write an answer of my own.\n\n"
    "In a group: /ask and your question.\n/sources – the statements\n/privacy – what is kept"
)
PRIVACY = (
    "Nothing is kept about you. Your question is searched in memory and forgotten when it is "
    "answered; it is not logged and not passed on. Telegram keeps this chat as any other."
)
UNKNOWN_COMMAND = "I do not know this command. /help shows what I can do."
NOT_TEXT = "I can only read text. Please type your question."
ASK_WHAT = "What would you like to know? For example: /ask Where did the ministers meet?"
FAILED = "Something went wrong on my side. Please ask again."
HELD_BACK = (
    "I found a passage, but it no longer agrees with its source, so I do not show it. "
    "Please ask again later."
)
REFUSED = (
    "Telegram does not accept the bot token. Copy it again from @BotFather into "
    "TELEGRAM_BOT_TOKEN or the file that TELEGRAM_BOT_TOKEN_FILE names."
)


def start(corpus: Corpus) -> str:
    """The greeting, with the number of statements."""
    count = len(corpus.documents)
    statements = "one official statement" if count == 1 else f"{count:,} official statements"
    return (
        f"I answer questions about {statements}, only in their own words: every answer is a "
        "quote with its source.\n\nJust type a question, for example: Where did the ministers "
        "meet?\n\n/sources shows the statements, /help says more."
    )


def sources(corpus: Corpus) -> Iterator[str]:
    """The documents, newest first, in as many messages as they need."""
    text = ""
    documents = sorted(
        corpus.documents, key=lambda d: (d.published is not None, d.published, d.id), reverse=True
    )
    for document in documents:
        parts = (
            shorten(document.title, units=300),
            shorten(document.publisher, units=100) if document.publisher else None,
            document.published.isoformat() if document.published else None,
            f"{len(document.passages)} ¶",
        )
        line = "• " + " · ".join(part for part in parts if part)
        if text and utf16_length(text) + utf16_length(line) + 1 > MESSAGE_UNITS:
            yield text
            text = ""
        text = f"{text}\n{line}" if text else line
    if text:
        yield text
