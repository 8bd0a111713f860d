"""Puts the parts together that serve a program by the Model Context Protocol."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from bot.answering.answerer import Answerer
from bot.composition.extractor import open_extractor
from bot.composition.serving import open_served
from bot.errors import SettingsError
from bot.mcp.clerks import Caller, LocalClerk, OpeningWork
from bot.mcp.standardstreams import serve_wire, take_standard_streams
from bot.mcp.tools import tools
from bot.settings import Settings
from bot.verification.visibletexts import VisibleTexts
from corpus import Snapshots

if TYPE_CHECKING:
    from bot.mcp.toolserver import ToolServer

log = logging.getLogger(__name__)


def run_mcp(settings: Settings, *, groups: frozenset[str]) -> None:
    """Serve the program that started this process, until it closes standard input.

    It sees public documents and those for members of the groups. The process ends here.

    Raises:
        SettingsError: if the library is not installed.
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the model or the index cannot be used.
    """
    wire = take_standard_streams()
    server_class = require_mcp()
    work, opened = OpeningWork(), ExitStack()

    def open_answerers() -> Callable[[], Answerer]:
        answerers = open_served(settings, progress_bar=work.progress_bar).answerers
        opened.enter_context(answerers.watching())
        return partial(answerers.seen_by, groups)

    caller = Caller(groups, settings.language)
    clerk = LocalClerk(open_answerers, work=work, caller=caller)
    snapshots = Snapshots(settings.snapshots_directory)
    visible = VisibleTexts(snapshots, lay_out=open_extractor(chat=True).stored_document)
    server = server_class(tools(visible), clerk_of=lambda _: clerk)

    async def run() -> None:
        needs = asyncio.wrap_future(clerk.open())
        await serve_wire(wire, server.serve_lines, needs=needs)

    asyncio.run(run())
    sys.stderr.flush()
    os._exit(0)  # a thread may still build an index, or wait for who does not read


def require_mcp() -> "type[ToolServer]":
    """Return the class of the server, whose library is an extra.

    Raises:
        SettingsError: if the library is not installed.
    """
    try:
        from bot.mcp.toolserver import ToolServer  # slow to import
    except ImportError as error:
        raise SettingsError(
            f'MCP needs {error.name}, which is not installed. Type pip install "verbatim-bot[mcp]".'
        ) from error
    return ToolServer
