"""Lets people in whom Telegram vouches for: the page that a Mini App opens first."""

import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.chat.accessrules import AccessKind
from bot.citations.pageaddress import LOGIN_PATH
from bot.language import webtexts
from bot.language.translation import translator
from bot.responders import peopletexts
from bot.web.staticfiles import static_address
from bot.web.templates import written
from bot.webaccess.initdata import InitDataRefused, vouched_person
from bot.webaccess.personvisitors import PersonVisitors
from bot.webaccess.securityheaders import CONTENT_POLICY, TELEGRAM_WEB, content_policy
from bot.webaccess.sessions import Sessions
from bot.webaccess.visitor import Visitor

_MOST_BODY_BYTES = 32_768
_MOST_FIELDS = 4
_LOCAL = re.compile(r"/(?![/\\])[^\x00-\x20\\\x7f]{0,4000}")
_ELSEWHERE = frozenset({"cross-site", "same-site"})
_HEADERS = {
    "cache-control": "no-store",
    CONTENT_POLICY: content_policy(frame_ancestors=TELEGRAM_WEB),
}


class Login:
    """Begins sessions. A session is a cookie; public reading without one sets none."""

    def __init__(
        self,
        token: str,
        sessions: Sessions,
        people: PersonVisitors,
        kind: AccessKind,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``token`` is the bot's, with which Telegram signs."""
        self._token = token
        self._sessions = sessions
        self._people = people
        self._kind = kind
        self._clock = clock

    async def page(self, request: Request) -> Response:
        """Answer with the page whose script passes on what Telegram says."""
        visitor: Visitor = request.state.visitor
        values = {
            "language": visitor.language,
            "next": _local(request.query_params.get("next", "")),
            "static": static_address,
        }
        page = written("login.html", values, translator(visitor.language))
        return HTMLResponse(page, headers=_HEADERS)

    async def enter(self, request: Request) -> Response:
        """Answer with a session and the way to the page that was wanted.

        Raises:
            HTTPException: if Telegram does not vouch for the person, or they may not ask.
        """
        if request.headers.get("sec-fetch-site", "") in _ELSEWHERE:
            raise self._refused(request, webtexts.LOGIN_REFUSED)
        fields = await _form(request)
        try:
            person = vouched_person(
                fields.get("init_data", ""), token=self._token, now_s=self._clock()
            )
        except InitDataRefused as error:
            raise self._refused(request, webtexts.LOGIN_REFUSED) from error
        if not await self._people.admits(person.id):
            invited = self._kind is AccessKind.INVITED
            why = peopletexts.NOT_INVITED if invited else peopletexts.NOT_LISTED
            raise self._refused(request, why)
        headers = {**_HEADERS, "set-cookie": self._sessions.set_cookie(person)}
        return RedirectResponse(_local(fields.get("next", "")), 303, headers)

    def _refused(self, request: Request, why: str) -> HTTPException:
        visitor: Visitor = request.state.visitor
        return HTTPException(403, translator(visitor.language).say(why), _HEADERS)


def login_routes(login: Login | None) -> list[BaseRoute]:
    """Return the routes by which people log in; without a login they lead to the page wanted."""
    if login is None:
        return [Route(LOGIN_PATH, _go_on, methods=["GET"])]
    return [
        Route(LOGIN_PATH, login.page, methods=["GET"]),
        Route(LOGIN_PATH, login.enter, methods=["POST"]),
    ]


async def _go_on(request: Request) -> Response:
    """Answer with the way to the page: this server has no token to ask for people with."""
    to = _local(request.query_params.get("next", ""))
    return RedirectResponse(to, 303, {"cache-control": "no-store"})


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form; none of one that is too long or malformed."""
    body = await request.body()
    if len(body) > _MOST_BODY_BYTES:
        return {}
    try:
        found = parse_qs(body.decode("ascii"), errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _local(path: str) -> str:
    """Return a path of this server; the first page for anything else, such as another host."""
    leads_on = _LOCAL.fullmatch(path) and not path.startswith(LOGIN_PATH)
    return path if leads_on else "/"
