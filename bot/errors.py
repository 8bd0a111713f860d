"""Defines the errors of the package that talks to people.

BotError
├── SettingsError     an environment variable or a file it names is missing or wrong
├── EvaluationFailed  an evaluation cannot run: a library or a file is missing
├── ExportFailed      there are no votes to export, or the folder cannot be written
├── FileNotFetched    Telegram does not give a file that a person sent
├── MalformedCitation a text that should be a citation is none
├── TokenRefused      Telegram does not accept the bot token
├── InboxUnusable     what people ask cannot be kept on disk
│   └── InboxBlocked  not for now: the disk is full, or another program holds the file
├── StateUnreachable  the database of several processes does not answer, or takes nothing
├── LaneLost          another process has taken over what this one worked on
├── PeopleUnusable    what is kept about people cannot be written or read
├── AlreadyServing    another process answers for this bot, with whom this one cannot share
└── UnfaithfulQuote   a quote that is about to be sent is not a slice of its source
"""


class BotError(Exception):
    """Root of all errors between an answer and a person. Its message is for the user."""


class SettingsError(BotError):
    """A setting is missing or wrong."""


class EvaluationFailed(BotError):
    """An evaluation cannot run: a library is not installed or a file cannot be used."""


class ExportFailed(BotError):
    """There is nothing to export, or the folder cannot be written."""


class FileNotFetched(BotError):
    """A file that a person sent could not be fetched. The message holds no address of it."""


class MalformedCitation(BotError):
    """A reference or the JSON of a citation lacks what is needed to find the words."""


class TokenRefused(BotError):
    """Telegram does not accept the bot token."""


class InboxUnusable(BotError):
    """The bot cannot keep questions on disk, so it takes none."""


class InboxBlocked(InboxUnusable):
    """The bot cannot keep questions for now, because of the disk or of another program."""


class StateUnreachable(BotError):
    """The database that processes share does not answer, or refuses writes, for now."""


class LaneLost(BotError):
    """Another process has taken over the update that this one worked on, and answers it."""


class PeopleUnusable(BotError):
    """Data about people cannot be written or read for now; everything else goes on."""


class AlreadyServing(BotError):
    """Another process answers for this bot, and the two cannot share the work."""


class UnfaithfulQuote(BotError):
    """The words of a quote differ from its source. The quote is not sent."""
