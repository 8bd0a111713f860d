"""Puts the parts of the chat bot together.

They lie apart from ``serving``, so that a question on the terminal does not import them.
"""

import logging
import os
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.answering.smalltalk import Examples
from bot.chat.dialogue import Dialogue
from bot.chat.events import Event
from bot.citations.pageaddress import PageAddresses
from bot.composition.index import Warn, changed_since, left_out, rollback_index
from bot.composition.serving import Served, passed_over
from bot.composition.statements import open_directory, served_corpus
from bot.evaluation.sets.feedbackexport import ExportCounts, export_feedback
from bot.monitoring.troubles import Troubles
from bot.operations.submissions import MOST_BYTES, Submissions
from bot.replies.chatreplies import ChatReplies
from bot.responders.access import Access
from bot.responders.administration import Administration, Operations
from bot.responders.feedback import ConsentAfterVote, Feedback
from bot.responders.guestquestions import GuestQuestions
from bot.responders.inlinequestions import InlineQuestions
from bot.responders.peopletexts import LOG_OF_THE_DATABASE
from bot.responders.pressedbuttons import PressedButtons
from bot.responders.privacy import Privacy
from bot.responders.questions import Questions
from bot.responders.settingsmenu import SettingsMenu, chosen_language, chosen_preferences
from bot.settings import Settings
from bot.state.botstate import BotState
from bot.state.files.filestate import FileState
from bot.state.pace import Paces
from bot.supervisor.endrecord import EndRecord
from bot.supervisor.lifeline import Lifeline
from bot.verification.verification import SourceText
from bot.websettings import public_address
from corpus import Snapshots

if TYPE_CHECKING:  # imported after the process has forked
    from bot.telegrambot import Connection

log = logging.getLogger(__name__)


def open_dialogue(
    served: Served,
    settings: Settings,
    *,
    state: BotState,
    connection: "Connection",
    troubles: Callable[[], Troubles],
) -> Dialogue:
    """Open the dialogue: all that the bot can do in a chat, in the order in which it is asked.

    ``connection`` leads to the bot while it runs; ``troubles`` returns the recent faults.
    """
    people = state.people(came_from=connection.came_from)
    feedback = Feedback(people)
    preferences_of = partial(chosen_preferences, people=people)
    pages = page_addresses(settings)
    replies = ChatReplies(
        served.answerers,
        preferences_of=preferences_of,
        groups_of=settings.access.groups_of,
        on_forgotten=state.tell_to_forget_talks,
        pages=pages,
    )
    state.forgets_with(feedback, talks=replies)
    examples = Examples()
    questions, buttons = _question_responders(served, settings, replies, feedback, examples)
    return Dialogue(
        [
            Access(people, rules=settings.access, buckets=_buckets(settings, state)),
            Administration(
                _operations(served, settings, connection, troubles),
                administrators=settings.access.administrators,
            ),
            SettingsMenu(people),
            Privacy(
                people,
                forget=(replies.forget_person, feedback.forget_person, state.tell_to_forget),
                seal_command=connection.seal_command,
                erase=connection.erase_updates_of,
                beyond_reach=partial(beyond_reach, settings),
            ),
            feedback,
            questions,
            ConsentAfterVote(buttons, feedback),
            InlineQuestions(
                served.answerers,
                preferences_of=preferences_of,
                examples=examples,
                source_text=partial(Snapshots(settings.snapshots_directory).text_for, frozenset()),
                lay_out=served.extractor.stored_document,
                pages=pages,
            ),
            GuestQuestions(served.answerers, preferences_of=preferences_of, pages=pages),
        ],
        language_of=partial(chosen_language, people=people),
    )


def _question_responders(
    served: Served,
    settings: Settings,
    replies: ChatReplies,
    feedback: Feedback,
    examples: Examples,
) -> tuple[Questions, PressedButtons]:
    """Return the responders to questions and to the buttons under answers."""
    snapshots = Snapshots(settings.snapshots_directory)

    def stored_text(event: Event) -> SourceText:
        return partial(snapshots.text_for, settings.access.groups_of(event))

    questions = Questions(
        replies,
        examples,
        source_text=stored_text,
        lay_out=served.extractor.stored_document,
    )
    buttons = PressedButtons(
        replies,
        examples,
        source_text=stored_text,
        lay_out=served.extractor.stored_document,
        keep_vote=feedback.keep,
        deviations_of=snapshots.deviations,
    )
    return questions, buttons


def page_addresses(settings: Settings) -> PageAddresses | None:
    """Return the addresses of quotes' pages; None without a public address that Telegram opens.

    Raises:
        SettingsError: if the public address does not have the form that it needs.
    """
    site = public_address(settings)
    return PageAddresses(site) if site is not None and site.startswith("https://") else None


def _operations(
    served: Served,
    settings: Settings,
    connection: "Connection",
    troubles: Callable[[], Troubles],
) -> Operations:
    from corpus.web.fetching import fetch  # slow to import

    directory = partial(open_directory, settings, extractor=served.extractor)
    return Operations(
        answerers=served.answerers,
        refresh=lambda bar: served.refresher.refresh(progress_bar=bar),
        rollback=lambda number: rollback_index(settings, number)[1],
        open_directory=directory,
        submissions=Submissions(
            directory, partial(fetch, max_bytes=MOST_BYTES), extractor=served.extractor
        ),
        changed=lambda: changed_since(settings) is not None,
        left_out=lambda: left_out(settings),
        passed_over=lambda: passed_over(settings),
        fetch_file=partial(connection.fetch_file, max_bytes=MOST_BYTES),
        troubles=troubles,
        waiting=connection.waiting,
    )


def export_votes(
    settings: Settings, folder: Path, *, groups: frozenset[str], warn: Warn = log.warning
) -> ExportCounts:
    """Write the votes with questions into a folder, as an evaluation set. Its documents are public,
    or for one of the groups.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the index cannot be used.
        ExportFailed: if there is nothing to write, or the folder is not empty.
    """
    votes = open_state(settings).people(came_from=lambda chat: chat).votes()
    snapshots = Snapshots(settings.snapshots_directory)
    corpus = served_corpus(settings, groups=groups, warn=warn)
    return export_feedback(votes, corpus, partial(snapshots.text_for, groups), folder)


def open_state(settings: Settings) -> BotState:
    """Open the state of the bot: a database that several processes share, or files.

    Raises:
        SettingsError: if the database's library is not installed, or it cannot be used.
        StateUnreachable: if the database cannot be reached.
    """
    if settings.state is None:
        file = settings.people_file
        return FileState(file.parent, people_file=file)
    from bot.state.postgres.sharedstate import SharedState  # an extra

    return SharedState(settings.state)


def watched(settings: Settings, token: str) -> Lifeline | None:
    """Fork a process that works for the bot, and return in it; see
    ``bot.supervisor.watchdog.Watchdog``.

    None where a system has no such processes: the bot works in this one, unwatched.

    Raises:
        SettingsError: if the port of the health cannot be listened on.
    """
    if not hasattr(os, "fork"):
        return None
    from bot.supervisor.watchdog import Watchdog

    directory = settings.bot_directory(token)

    def blame(update_ids: Collection[int], *, counted: bool) -> None:
        open_state(settings).blame(directory.name, update_ids, counted=counted)

    watchdog = Watchdog(
        ends=EndRecord(directory / "ends.json"), blame=blame, health_port=settings.health_port
    )
    return watchdog.fork()


def beyond_reach(settings: Settings) -> list[str]:
    """Name the stores that may hold data of people and are not deleted from.

    They are the log of the database, and damaged files that were set aside.
    """
    database = [] if settings.state is None else [LOG_OF_THE_DATABASE]
    return database + sorted(
        path.name for path in settings.people_file.parent.rglob("*.damaged-*[0-9]")
    )


def _buckets(settings: Settings, state: BotState) -> Paces | None:
    rate, burst = settings.questions_per_minute, settings.questions_at_once
    return state.paces(per_minute=rate, burst=burst) if rate else None
