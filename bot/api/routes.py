"""Routes requests to the operations of the HTTP API."""

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.answering.answerer import Answerer
from bot.api.api import Api, Given
from bot.api.openapidocument import openapi_document
from bot.api.operations import OPERATIONS, PREFIX, Operation
from bot.api.parameters import BadValue, Unusable, read_address, read_fields
from bot.errors import UnfaithfulQuote
from bot.webaccess.visitor import Visitor
from bot.webserver.packing import packed, packing_headers, takes_packed
from embeddings import EmbeddingsError

log = logging.getLogger(__name__)

_JSON = "application/json"
_MOST_BODY_BYTES = 1_500_000
"""A text of 100,000 characters has up to 1,200,000 bytes in JSON."""


def api_routes(api: Api) -> list[BaseRoute]:
    """Return the routes of the API, and that of the document that describes it."""
    return [
        Route(f"{PREFIX}/openapi.json", _described, methods=["GET"]),
        *(
            Route(f"{PREFIX}{each.path}", _endpoint(api, each), methods=[*each.methods])
            for each in OPERATIONS
        ),
    ]


def _endpoint(api: Api, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        visitor: Visitor = request.state.visitor
        given = await _given(request, operation, visitor)
        work = partial(_content, api, operation, given, takes_packed(request))
        try:
            if operation.asks:
                content = await api.desk.ask(visitor, request.state.address, work)
            else:
                content = await api.desk.read(visitor, work)
        except Unusable as error:
            raise HTTPException(422, str(error)) from None
        except UnfaithfulQuote as error:
            log.error("the API held a quote back: %s", error)  # noqa: TRY400 (the error says all)
            raise HTTPException(503, "A quote differs from its source and is held back.") from None
        except EmbeddingsError as error:
            log.error("the API cannot read the index: %s", error)  # noqa: TRY400
            raise HTTPException(503, "The index cannot be read at the moment.") from None
        passes = operation.holds_a_moment or request.method == "POST"
        headers = packing_headers(content) | ({"cache-control": "no-store"} if passes else {})
        return Response(content, headers=headers, media_type=_JSON)

    return answer


async def _described(_: Request) -> Response:
    content = json.dumps(openapi_document(), ensure_ascii=False)
    return Response(content, media_type=_JSON)


def _content(
    api: Api, operation: Operation, given: Given, packs: bool, answerer: Answerer
) -> bytes:
    """Return the JSON of what an operation gives, with ``packs`` compressed if it is long."""
    fields = operation.make(api, given, answerer)
    content = json.dumps(fields, ensure_ascii=False).encode("utf-8")
    return packed(content) if packs else content


async def _given(request: Request, operation: Operation, visitor: Visitor) -> Given:
    """Return what a request gives.

    Raises:
        HTTPException: if a part of it cannot be used.
    """
    try:
        in_path = read_address(operation.in_path, _named(request.path_params.items()))
    except BadValue:
        raise HTTPException(404, operation.may_lack) from None
    try:
        values = (
            read_address(operation.takes, _named(request.query_params.multi_items()))
            if (request.method != "POST")
            else read_fields(operation.takes, await _posted(request))
        )
    except Unusable as error:
        raise HTTPException(422, str(error)) from None
    except BadValue as error:
        raise HTTPException(400, str(error)) from None
    language = values.get("lang", visitor.language)
    return Given({**values, **in_path}, language, visitor.groups)


def _named(pairs: Sequence[tuple[str, Any]] | Any) -> dict[str, list[str]]:
    """Return the values of each name."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


async def _posted(request: Request) -> dict[str, Any]:
    """Return the JSON object that a request brings.

    Raises:
        HTTPException: if it is too long or of another kind.
        BadValue: if it is no JSON object, or something stands beside it.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON:
        raise HTTPException(415, f"Post {_JSON}.")
    if request.query_params:
        raise BadValue("Parameters stand in the JSON or in the address, not in both.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BODY_BYTES:
            raise HTTPException(413, "The request is too long.")
    try:
        found = json.loads(
            body.decode("utf-8"), object_pairs_hook=_fields_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise BadValue("The body is not JSON.") from None
    if not isinstance(found, dict):
        raise BadValue("The body must be an object of JSON.")
    return found


def _fields_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise BadValue("A name occurs twice in one object of JSON.")
    return fields


def _no_constant(_: str) -> None:
    raise BadValue("NaN and Infinity are not JSON.")
