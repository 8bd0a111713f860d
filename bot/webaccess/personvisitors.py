"""Finds the Visitor of a request that comes with the session of a person."""

import asyncio
from collections.abc import Callable

from starlette.requests import HTTPConnection

from bot.chat.accessrules import AccessKind, AccessRules
from bot.webaccess.sessions import COOKIE, Sessions
from bot.webaccess.visitor import Visitor


class PersonVisitors:
    """Lets people in by the rules of the chat, which are asked at each request.

    Who is no longer on the list, or has deleted the invitation, is out with the next request.
    """

    def __init__(
        self, sessions: Sessions, rules: AccessRules, *, is_let_in: Callable[[int], bool]
    ) -> None:
        """``is_let_in`` says whether an invitation let a person in; it may take a moment."""
        self._sessions = sessions
        self._rules = rules
        self._is_let_in = is_let_in

    async def find(self, connection: HTTPConnection) -> Visitor | None:
        """Return the Visitor of a session; None without one, or for a person who may not ask."""
        value = connection.cookies.get(COOKIE)
        person = self._sessions.person_in(value) if value else None
        if person is None or not await self.admits(person):
            return None
        return Visitor(self._rules.groups_of_person(person), person)

    async def admits(self, person: int) -> bool:
        """Return whether a person may ask."""
        if self._rules.kind is not AccessKind.INVITED:
            return self._rules.admits(person, is_let_in=self._is_let_in)
        return await asyncio.to_thread(self._rules.admits, person, is_let_in=self._is_let_in)
