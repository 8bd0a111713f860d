"""Calls of tools with the official client library, in the tests' own process."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from mcp import Client, MCPError
from mcp_types import CallToolResult

from bot.answering.answerer import Answerer
from bot.mcp.clerks import Caller, Clerk
from bot.mcp.tools import tools
from bot.mcp.toolserver import ToolServer
from bot.verification.visibletexts import VisibleTexts

T = TypeVar("T")
_QUOTE = re.compile(
    r'<(quote(?:-\d+)?) number="\d+">\n(.*?)\n</\1>.*?^Reference: (\S+)$', re.S | re.M
)


class AtOnce:
    """A clerk that answers each call at once, for members of some groups."""

    work = "Reading"

    def __init__(
        self, answerer: Answerer, groups: frozenset[str] = frozenset(), language: str = "en"
    ) -> None:
        self._answerer = answerer
        self.caller = Caller(groups, language)

    async def ask(self, call: Callable[[Answerer], T]) -> T:
        return call(self._answerer)

    read = ask


def with_server(
    visible: VisibleTexts,
    clerk: Clerk,
    use: Callable[[Client], Awaitable[T]],
    *,
    mode: str = "auto",
) -> T:
    """What a client gets from a server with this clerk."""
    server = ToolServer(tools(visible), clerk_of=lambda _: clerk).server
    return used(Client(server, mode=mode), use)


def used(client: Client, use: Callable[[Client], Awaitable[T]]) -> T:
    """What a client gets; an error of the protocol is raised as itself."""

    async def run() -> T | MCPError:
        async with asyncio.timeout(120), client:
            try:
                return await use(client)
            except MCPError as error:
                return error

    found = asyncio.run(run())
    if isinstance(found, MCPError):
        raise found
    return found


def called(
    visible: VisibleTexts, clerk: Clerk, name: str, arguments: Mapping[str, Any]
) -> CallToolResult:
    """The result of one call."""
    return with_server(visible, clerk, lambda client: client.call_tool(name, dict(arguments)))


def text_of(result: CallToolResult) -> str:
    """The text of a result."""
    (content,) = result.content
    assert content.type == "text"
    return content.text


def quotes_in(text: str) -> list[tuple[str, str]]:
    """The words between the tags of quotes in a text, each with its reference."""
    return [(match[2], match[3]) for match in _QUOTE.finditer(text)]
