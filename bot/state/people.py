"""Stores settings of chats, consent, votes, invitations and the people who were let in.

The tables lie in a SQLite file, or in the database that several processes share. Only what a
person chose, by a button or a command, gets into them.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import replace

from bot.answering.linkstyle import LinkStyle
from bot.citations.citation import CitedQuote
from bot.errors import PeopleUnusable
from bot.language.translation import LANGUAGES
from bot.state.contracts import PeopleTables
from bot.state.peoplevalues import KeptVote, PersonData, Preferences
from corpus import Span

INVITATION_PAYLOAD = "invite_"
"""The text before the code of an invitation in a deep link, or after /start."""

INVITATION_S = 7 * 24 * 3600.0
"""The time for which an invitation holds, in seconds."""

MOST_CHOSEN_QUOTES = 5

CameFrom = Callable[[int], int]
"""Returns the id that a group had before it became a supergroup; any other id unchanged."""

_CODE_BYTES = 24
PEOPLE_SCHEMA = """
CREATE TABLE IF NOT EXISTS preferences
    (chat INTEGER PRIMARY KEY, language TEXT, quotes INTEGER, links TEXT);
CREATE TABLE IF NOT EXISTS consents (person INTEGER PRIMARY KEY, questions INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS votes
    (person INTEGER NOT NULL, chat INTEGER NOT NULL, message INTEGER NOT NULL,
     generation INTEGER NOT NULL, passages TEXT NOT NULL, good INTEGER NOT NULL,
     question TEXT, earlier TEXT NOT NULL, PRIMARY KEY (person, chat, message));
CREATE TABLE IF NOT EXISTS invitations (code BLOB PRIMARY KEY, expires_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS let_in (person INTEGER PRIMARY KEY);
"""


class People:
    """The people and chats in the tables of a file or a database.

    Safe to call from several threads.

    Where they cannot be written or read, methods raise ``PeopleUnusable``.
    """

    def __init__(
        self,
        tables: PeopleTables,
        *,
        clock: Callable[[], float] = time.time,
        came_from: CameFrom = lambda chat: chat,
    ) -> None:
        """Read and write the tables, which are closed with it."""
        self._clock = clock
        self._came_from = came_from
        self._tables = tables

    def close(self) -> None:
        """Close the file."""
        self._tables.close()

    def came_from(self, chat: int) -> int:
        """Return the id that a chat had before it became a supergroup; its own for any other."""
        return self._came_from(chat)

    def preferences(self, chat: int) -> Preferences:
        """Return the settings of a chat, those of the group that it was before included.

        The usual ones where they cannot be read, with a warning.
        """
        try:
            row = self._tables.read(
                "SELECT language, quotes, links FROM preferences WHERE chat = {chat}",
                {"chat": self.came_from(chat)},
            )
        except PeopleUnusable:  # the error is said in some language
            return Preferences()
        return _preferences(*row[0]) if row else Preferences()

    def prefer(self, chat: int, preferences: Preferences) -> None:
        """Keep the settings of a chat; those that are as usual need no keeping."""
        chat = self.came_from(chat)
        with self._tables.writing() as connection:
            if preferences == Preferences():
                connection.execute("DELETE FROM preferences WHERE chat = {chat}", {"chat": chat})
                return
            connection.execute(
                "INSERT INTO preferences (chat, language, quotes, links) "
                "VALUES ({chat}, {language}, {quotes}, {links}) "
                "ON CONFLICT (chat) DO UPDATE SET language = excluded.language, "
                "quotes = excluded.quotes, links = excluded.links",
                {
                    "chat": chat,
                    "language": preferences.language,
                    "quotes": preferences.quotes,
                    "links": preferences.links.value,
                },
            )

    def consent(self, person: int) -> bool | None:
        """Return whether a person's questions may be stored with their votes; None if not said."""
        rows = self._tables.read(
            "SELECT questions FROM consents WHERE person = {person}", {"person": person}
        )
        return bool(rows[0][0]) if rows else None

    def set_consent(self, person: int, questions: bool) -> None:
        """Keep whether the questions may be kept; where not, those that were are deleted."""
        with self._tables.writing() as connection:
            connection.execute(
                "INSERT INTO consents (person, questions) VALUES ({person}, {questions}) "
                "ON CONFLICT (person) DO UPDATE SET questions = excluded.questions",
                {"person": person, "questions": int(questions)},
            )
            if not questions:
                connection.execute(
                    "UPDATE votes SET question = NULL, earlier = '[]' WHERE person = {person}",
                    {"person": person},
                )

    def keep_vote(self, vote: KeptVote) -> None:
        """Keep a vote, in place of an earlier one of the person on that message.

        Its question is kept where the person has consented, and else nowhere.
        """
        passages = [
            [c.document, c.span.start, c.span.end, c.digest, c.paragraph] for c in vote.passages
        ]
        with self._tables.writing() as connection:
            row = connection.execute(
                "SELECT questions FROM consents WHERE person = {person}", {"person": vote.person}
            ).fetchone()
            consented = row is not None and row[0] == 1
            connection.execute(
                "DELETE FROM votes "
                "WHERE person = {person} AND chat = {chat} AND message = {message}",
                {"person": vote.person, "chat": vote.chat, "message": vote.message_id},
            )
            connection.execute(
                "INSERT INTO votes (person, chat, message, generation, passages, good, question, "
                "earlier) VALUES ({person}, {chat}, {message}, {generation}, {passages}, {good}, "
                "{question}, {earlier})",
                {
                    "person": vote.person,
                    "chat": vote.chat,
                    "message": vote.message_id,
                    "generation": vote.generation,
                    "passages": json.dumps(passages),
                    "good": int(vote.good),
                    "question": vote.question if consented else None,
                    "earlier": json.dumps(vote.earlier if consented else ()),
                },
            )

    def keep_question(self, vote: KeptVote) -> None:
        """Keep the question of a vote that was kept without one, where the person has consented.

        Nothing where that vote was deleted, or another has taken its place.
        """
        with self._tables.writing() as connection:
            connection.execute(
                "UPDATE votes SET question = {question}, earlier = {earlier} "
                "WHERE person = {person} AND chat = {chat} AND message = {message} "
                "AND good = {good} AND generation = {generation} AND question IS NULL "
                "AND EXISTS (SELECT 1 FROM consents WHERE person = {person} AND questions = 1)",
                {
                    "question": vote.question,
                    "earlier": json.dumps(vote.earlier),
                    "person": vote.person,
                    "chat": vote.chat,
                    "message": vote.message_id,
                    "good": int(vote.good),
                    "generation": vote.generation,
                },
            )

    def votes(self) -> tuple[KeptVote, ...]:
        """Every vote, in the order of their answers' generations."""
        rows = self._tables.read(
            "SELECT person, chat, message, generation, passages, good, question, earlier "
            "FROM votes ORDER BY generation, rowid"
        )
        return tuple(
            KeptVote(
                *(person, chat, message, generation),
                tuple(
                    CitedQuote(document, Span(start, end), digest, paragraph=paragraph)
                    for document, start, end, digest, paragraph in json.loads(passages)
                ),
                bool(good),
                question,
                tuple(json.loads(earlier)),
            )
            for person, chat, message, generation, passages, good, question, earlier in rows
        )

    def invite(self) -> str:
        """Return the code of a new invitation, which lets one person in, once, within seven days.

        Only its digest is kept.
        """
        code = secrets.token_urlsafe(_CODE_BYTES)
        with self._tables.writing() as connection:
            connection.execute(
                "DELETE FROM invitations WHERE expires_s <= {now_s}", {"now_s": self._clock()}
            )
            connection.execute(
                "INSERT INTO invitations (code, expires_s) VALUES ({code}, {expires_s})",
                {"code": _digest(code), "expires_s": self._clock() + INVITATION_S},
            )
        return code

    def accept(self, code: str, person: int) -> bool:
        """Let a person in by a code, which lets nobody else in from then on; return whether."""
        with self._tables.writing() as connection:
            spent = connection.execute(
                "DELETE FROM invitations WHERE code = {code} AND expires_s > {now_s}",
                {"code": _digest(code), "now_s": self._clock()},
            )
            if spent.rowcount != 1:
                return False
            connection.execute(
                "INSERT INTO let_in (person) VALUES ({person}) ON CONFLICT DO NOTHING",
                {"person": person},
            )
        return True

    def is_let_in(self, person: int) -> bool:
        """Return whether an invitation let the person in."""
        return bool(
            self._tables.read("SELECT 1 FROM let_in WHERE person = {person}", {"person": person})
        )

    def kept_about(self, person: int) -> PersonData:
        """Return what is stored about a person, their private chat included."""
        votes = self._tables.read(
            "SELECT count(*), count(question) FROM votes WHERE person = {person}",
            {"person": person},
        )
        return PersonData(
            preferences=self.preferences(person) != Preferences(),
            consent=self.consent(person),
            votes=votes[0][0] if votes else 0,
            questions=votes[0][1] if votes else 0,
            let_in=self.is_let_in(person),
        )

    def delete(self, person: int) -> PersonData:
        """Delete everything about a person, from the disk too, and return what that was.

        Where traces of it cannot be removed now, the log and the result say so.
        """
        kept = self.kept_about(person)
        with self._tables.writing() as connection:
            connection.execute("DELETE FROM preferences WHERE chat = {chat}", {"chat": person})
            for table in ("consents", "votes", "let_in"):
                connection.execute(
                    f"DELETE FROM {table} WHERE person = {{person}}",  # noqa: S608 (fixed names)
                    {"person": person},
                )
        try:
            self._tables.empty_log()
        except PeopleUnusable:
            return replace(kept, traces=True)
        return kept


def _preferences(language: object, quotes: object, links: object) -> Preferences:
    """Return the settings of a row; a value that makes no sense counts as not set."""
    return Preferences(
        language=language if isinstance(language, str) and language in LANGUAGES else None,
        quotes=quotes if isinstance(quotes, int) and 1 <= quotes <= MOST_CHOSEN_QUOTES else None,
        links=next((style for style in LinkStyle if style.value == links), LinkStyle.WORDS),
    )


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8")).digest()
