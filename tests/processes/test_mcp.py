"""``verbatim mcp`` as a program uses it: a real process, and the official client library."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from processes import VERBATIM, environment

from bot.mcp.resulttexts import NO_PASSAGE_ANSWERS, QUOTE_UNCHANGED
from corpus import Corpus

pytest.importorskip("mcp")
from mcp import Client
from mcp.client.stdio import StdioServerParameters

T = TypeVar("T")
QUESTION = "How many members does the Coalition have?"
DOCUMENT = "2022-05-12-global-coalition-against-daesh"


def with_client(
    home: Path, use: Callable[[Client], Awaitable[T]], *words: str, mode: str = "auto"
) -> T:
    """What a program gets from the command that it starts."""

    async def run() -> T:
        started = StdioServerParameters(
            command=str(VERBATIM), args=["mcp", *words], env=environment(home)
        )
        async with asyncio.timeout(120), Client(started, mode=mode) as client:
            return await use(client)

    return asyncio.run(run())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_program_asks_and_gets_the_words_of_the_source_with_their_citation(
    built_home: Path, shipped: Corpus, mode: str
) -> None:
    result = with_client(
        built_home, lambda client: client.call_tool("ask", {"question": QUESTION}), mode=mode
    )
    assert not result.is_error
    best = result.structured_content["quotes"][0]
    cited = best["citation"]
    assert shipped.document(DOCUMENT).text[cited["start"] : cited["end"]] == best["quote"]
    text = result.content[0].text
    assert text.startswith(QUOTE_UNCHANGED)
    assert f"\n{best['quote']}\n</quote>" in text
    assert f"\n{best['evidence']}\n</evidence>" in text
    assert f"\nReference: {cited['reference']}\n" in text
    assert "Global Affairs Canada · 2022-05-12 · ¶ 7" in text


def test_where_nothing_answers_the_program_is_asked_to_say_so(built_home: Path) -> None:
    question = {"question": "What is the best pizza topping?"}
    result = with_client(built_home, lambda client: client.call_tool("ask", question))
    assert result.content[0].text.startswith(NO_PASSAGE_ANSWERS)
    assert result.structured_content["quotes"] == []
