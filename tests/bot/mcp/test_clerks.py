"""Calls wait for the statements, report their progress, and are bounded in number."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")
from mcp import Client, MCPError
from toolcalls import text_of, with_server
from websites import Site

from bot.answering.answerer import Answerer
from bot.errors import BotError
from bot.mcp import toolserver
from bot.mcp.clerks import MOST_AT_ONCE, Caller, LocalClerk, NotNow, OpeningWork
from bot.verification.visibletexts import VisibleTexts
from corpus import Corpus, document_from_text


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("site"))
    site.publish(Corpus((document_from_text("We met in Rabat.", document_id="d1", title="One"),)))
    site.application()
    return site


def clerk_that_opens(
    opens: Callable[[], Callable[[], Answerer]], work: OpeningWork | None = None
) -> LocalClerk:
    return LocalClerk(opens, work=work or OpeningWork(), caller=Caller())


def test_a_call_waits_for_the_statements_and_reports_what_is_done_meanwhile(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolserver, "FIRST_REPORT_S", 0.05)
    work, may_open = OpeningWork(), threading.Event()

    def opens() -> Callable[[], Answerer]:
        with work.progress_bar("Embedding") as progress:
            progress(15, 42_000)
            assert may_open.wait(30)
        return lambda: site.answerers.public

    clerk = clerk_that_opens(opens, work)
    reports: list[tuple[float, str | None]] = []

    async def use(client: Client) -> str:
        clerk.open()

        async def on_progress(done: float, _: float | None, said: str | None) -> None:
            reports.append((done, said))
            if len(reports) == 3:
                may_open.set()

        result = await client.call_tool(
            "ask", {"question": "Where did they meet?"}, progress_callback=on_progress
        )
        return text_of(result)

    assert "We met in Rabat." in with_server(VisibleTexts(site.snapshots), clerk, use)
    said = [text for _, text in reports]
    assert "Embedding: 15 of 42,000" in said
    seconds = [done for done, _ in reports]
    assert seconds == sorted(seconds)
    assert clerk.work == "Reading"


def test_more_calls_than_the_most_are_refused_until_others_have_ended(site: Site) -> None:
    async def run() -> None:
        may_answer = threading.Event()
        clerk = clerk_that_opens(lambda: lambda: site.answerers.public)
        clerk.open()
        waiting = [
            asyncio.ensure_future(clerk.ask(lambda _: may_answer.wait(30)))
            for _ in range(MOST_AT_ONCE)
        ]
        await asyncio.sleep(0.05)
        with pytest.raises(NotNow, match=r"^Too many calls wait; try again in a moment\.$"):
            await clerk.ask(lambda _: True)
        may_answer.set()
        assert all(await asyncio.gather(*waiting))
        assert await clerk.ask(lambda answerer: answerer.generation) == 1

    asyncio.run(run())


def test_a_call_that_is_not_taken_is_an_error_with_the_seconds_to_wait(site: Site) -> None:
    class Closed(LocalClerk):
        async def ask(self, call: Any) -> Any:
            raise NotNow("Try again.", status=503, retry_after_s=7)

        read = ask

    clerk = Closed(lambda: lambda: site.answerers.public, work=OpeningWork(), caller=Caller())
    visible = VisibleTexts(site.snapshots)
    for use in (
        lambda client: client.call_tool("ask", {"question": "Where?"}),
        lambda client: client.list_resources(),
    ):
        with pytest.raises(MCPError) as caught:
            with_server(visible, clerk, use)
        assert caught.value.error.code == toolserver.TRY_LATER
        assert caught.value.error.message == "Try again."
        assert caught.value.error.data == {"retry_after_s": 7}


def test_statements_that_cannot_be_opened_fail_the_future(site: Site) -> None:
    def opens() -> Callable[[], Answerer]:
        raise BotError("There is no index.")

    clerk = clerk_that_opens(opens)
    with pytest.raises(BotError, match="There is no index"):
        clerk.open().result(10)


def test_a_call_that_was_given_up_frees_its_place(site: Site, tmp_path: Path) -> None:
    async def run() -> None:
        may_open = threading.Event()

        def opens() -> Callable[[], Answerer]:
            assert may_open.wait(30)
            return lambda: site.answerers.public

        clerk = clerk_that_opens(opens)
        clerk.open()
        calls = [asyncio.ensure_future(clerk.ask(lambda _: 1)) for _ in range(MOST_AT_ONCE)]
        await asyncio.sleep(0.05)
        for each in calls:
            each.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        may_open.set()
        began = time.monotonic()
        assert await clerk.ask(lambda _: 1) == 1
        assert time.monotonic() - began < 10

    asyncio.run(run())
