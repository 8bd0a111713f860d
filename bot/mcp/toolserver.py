"""Serves tools and resources by the Model Context Protocol; no other module imports its library."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError

from bot.answering.answerer import Answerer
from bot.jsonforms.documentfields import document_fields
from bot.language.translation import translator
from bot.mcp.arguments import BadArgument, input_schema, read_arguments, shortened
from bot.mcp.clerks import Clerk, NotNow
from bot.mcp.documentlists import (
    URI_TEMPLATE,
    Page,
    UnknownCursor,
    id_in,
    page_of,
    uri_of,
)
from bot.mcp.resulttexts import NO_PASSAGE_ANSWERS, QUOTE_UNCHANGED, document_line
from bot.mcp.tools import CallRefused, Tool, ToolResult, call
from corpus import Document

if TYPE_CHECKING:
    import anyio
    from starlette.requests import Request
    from starlette.types import ASGIApp

log = logging.getLogger(__name__)

T = TypeVar("T")

TRY_LATER = -32029
"""The code of the error that a call is not taken now."""

FIRST_REPORT_S = 1.0
"""The seconds after which a call that has no result yet reports its progress, and again."""

_INSTRUCTIONS = (
    "Verbatim answers questions about official statements only in the statements' own words. Ask "
    f"it instead of answering from memory. {QUOTE_UNCHANGED} Where nothing answers: "
    f"{NO_PASSAGE_ANSWERS}"
)
_FAILED = "The call failed; the log of the server has the reason."

ClerkOf = Callable[["Request | None"], Clerk]
"""Returns the Clerk of a caller: of an HTTP request, or None for the program beside this one."""

_Context = ServerRequestContext[Any, Any]


class Lines(Protocol):
    """Gives the lines that a program writes to this one."""

    def __aiter__(self) -> AsyncIterator[str]:
        """Iterate over the lines."""
        ...


class Outlet(Protocol):
    """Takes what this program writes."""

    async def write(self, text: str) -> None:
        """Write a text."""
        ...

    async def flush(self) -> None:
        """Write what is held back."""
        ...


class ToolServer:
    """Serves tools, and the documents as resources; the Clerk of a caller takes its calls.

    ``server`` is that of the library.
    """

    def __init__(self, tools: Sequence[Tool], *, clerk_of: ClerkOf) -> None:
        self._tools = {each.name: each for each in tools}
        self._clerk_of = clerk_of
        self.server: Server[Any] = Server(
            "verbatim",
            version=version("verbatim-bot"),
            title="Verbatim",
            instructions=_INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
        )

    async def serve_lines(self, lines: Lines, outlet: Outlet) -> None:
        """Serve one program by lines of JSON, until it closes them."""
        given = cast("anyio.AsyncFile[str]", lines), cast("anyio.AsyncFile[str]", outlet)
        async with stdio_server(*given) as (incoming, outgoing):
            options = self.server.create_initialization_options()
            await self.server.run(incoming, outgoing, options)

    @asynccontextmanager
    async def http_application(self, *, most_body_bytes: int) -> AsyncIterator["ASGIApp"]:
        """Serve streamable HTTP while the block runs: an ASGI application for one path.

        Each request stands alone, and gets JSON.
        """
        manager = StreamableHTTPSessionManager(
            self.server,
            json_response=True,
            stateless=True,
            max_request_body_size=most_body_bytes,
        )
        async with manager.run():
            yield manager.handle_request

    async def _list_tools(self, _: _Context, __: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(each) for each in self._tools.values()])

    async def _call_tool(
        self, context: _Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        tool = self._tools.get(params.name)
        if tool is None:
            known = ", ".join(self._tools)
            raise MCPError(
                types.INVALID_PARAMS,
                f'There is no tool "{shortened(params.name)}"; there are {known}.',
            )
        clerk = self._clerk_of(context.request)
        try:
            values = read_arguments(tool.arguments, params.arguments)

            def answer(answerer: Answerer) -> ToolResult:
                return call(tool, answerer, values, clerk.caller)

            take = clerk.ask if tool.asks else clerk.read
            result = await self._reporting(context, clerk, take(answer))
        except (BadArgument, CallRefused) as error:
            return _refused(str(error))
        except NotNow as error:
            raise _try_later(error, context) from error
        except Exception as error:  # noqa: BLE001 (whatever it is, the next call is answered)
            _log_failure(error)
            return _refused(_FAILED)
        return types.CallToolResult(
            content=[types.TextContent(text=result.text)], structured_content=result.fields
        )

    async def _list_resources(
        self, context: _Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        cursor = None if params is None else params.cursor

        def pages(answerer: Answerer) -> Page:
            return page_of(answerer.corpus.documents, cursor)

        page = await self._read(context, pages)
        return types.ListResourcesResult(
            resources=[_resource(each) for each in page.documents], next_cursor=page.cursor
        )

    async def _list_templates(self, _: _Context, __: Any) -> types.ListResourceTemplatesResult:
        template = types.ResourceTemplate(
            name="document",
            title="A statement",
            uri_template=URI_TEMPLATE,
            description="The stored text of a statement, and its facts as JSON.",
            mime_type="text/plain",
        )
        return types.ListResourceTemplatesResult(resource_templates=[template])

    async def _read_resource(
        self, context: _Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        name = id_in(params.uri)

        def find(answerer: Answerer) -> Document | None:
            return next((each for each in answerer.corpus.documents if each.id == name), None)

        document = None if name is None else await self._read(context, find)
        if document is None:
            raise MCPError(
                types.INVALID_PARAMS,
                f'There is no resource "{shortened(params.uri)}"; resources/list has them.',
            )
        facts = json.dumps(document_fields(document), ensure_ascii=False, indent=2)
        return types.ReadResourceResult(
            contents=[
                types.TextResourceContents(
                    uri=params.uri, mime_type="text/plain", text=document.text
                ),
                types.TextResourceContents(
                    uri=f"{uri_of(document)}#facts", mime_type="application/json", text=facts
                ),
            ]
        )

    async def _read(self, context: _Context, reads: Callable[[Answerer], T]) -> T:
        clerk = self._clerk_of(context.request)
        try:
            return await self._reporting(context, clerk, clerk.read(reads))
        except UnknownCursor as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from error
        except NotNow as error:
            raise _try_later(error, context) from error
        except MCPError:
            raise
        except Exception as error:
            _log_failure(error)
            raise MCPError(types.INTERNAL_ERROR, _FAILED) from error

    async def _reporting(self, context: _Context, clerk: Clerk, work: Awaitable[T]) -> T:
        """Return the result of some work; report its progress while it takes long."""
        since = time.monotonic()
        task = asyncio.ensure_future(work)
        try:
            while True:
                done, _ = await asyncio.wait([task], timeout=FIRST_REPORT_S)
                if done:
                    return task.result()
                await context.session.report_progress(
                    round(time.monotonic() - since, 1), message=clerk.work
                )
        finally:
            task.cancel()


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.says,
        input_schema=input_schema(tool.arguments),
        output_schema=dict(tool.output),
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=True,
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=False,
        ),
    )


def _resource(document: Document) -> types.Resource:
    words = translator("en")
    return types.Resource(
        uri=uri_of(document),
        name=document.id,
        title=document.title,
        description=document_line(document, words).removeprefix("• "),
        mime_type="text/plain",
    )


def _refused(sentence: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=sentence)], is_error=True)


def _try_later(error: NotNow, context: _Context) -> MCPError:
    """Return the error that a call is not taken; an HTTP response learns its status from it."""
    if context.request is not None:
        context.request.state.not_now = error
    return MCPError(TRY_LATER, str(error), {"retry_after_s": error.retry_after_s})


def _log_failure(error: Exception) -> None:
    """Log where a call failed, without its message, which may hold what was asked."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = "" if place is None else f" in {place.tb_frame.f_code.co_filename}:{place.tb_lineno}"
    log.error("a call failed: %s%s", type(error).__name__, where)
