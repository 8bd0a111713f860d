"""The desk takes no more work than it can do, and each piece has one Answerer to its end."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from bot.state.pace import TokenBuckets
from bot.webaccess import desk as desk_module
from bot.webaccess.desk import Busy, Desk, TooManyRequests
from bot.webaccess.visitor import Visitor
from bot.webserver.callers import caller_of

ANYBODY = Visitor()


class Answerers:
    """A LiveAnswerer whose Answerer is the number of its generation and the groups."""

    def __init__(self) -> None:
        self.number = 1

    @property
    def everything(self) -> Any:
        return SimpleNamespace(generation=self.number)

    def seen_by(self, groups: frozenset[str]) -> Any:
        return self.number, groups


@pytest.fixture
def answerers() -> Answerers:
    return Answerers()


@pytest.fixture
def opened(answerers: Answerers) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def open_desk(**more: Any) -> Desk:
        made.append(Desk(answerers, **more))
        return made[-1]

    yield open_desk
    for each in made:
        each.close()


def test_work_gets_the_answerer_of_its_visitors_groups_and_keeps_it(
    answerers: Answerers, opened: Callable[..., Desk]
) -> None:
    desk = opened()

    def work(answerer: Any) -> Any:
        answerers.number += 1
        return answerer

    staff = Visitor(frozenset({"staff"}))
    assert asyncio.run(desk.read(staff, work)) == (1, frozenset({"staff"}))
    assert asyncio.run(desk.ask(ANYBODY, "a", work)) == (2, frozenset())
    assert desk.generation == 3


def test_an_address_asks_at_its_rate_and_others_do_not_wait_for_it(
    opened: Callable[..., Desk],
) -> None:
    now = [0.0]
    desk = opened(paces=TokenBuckets(per_minute=6, burst=2, clock=lambda: now[0]))

    async def run() -> None:
        for _ in range(2):
            await desk.ask(ANYBODY, "2001:db8::1", lambda _: None)
        with pytest.raises(TooManyRequests) as refused:
            await desk.ask(ANYBODY, "2001:db8::ffff", lambda _: None)  # the same subscriber
        assert refused.value.retry_after_s == 10
        await desk.ask(ANYBODY, "2001:db8:1::1", lambda _: None)
        await desk.read(ANYBODY, lambda _: None)
        now[0] = 10.0
        await desk.ask(ANYBODY, "2001:db8::1", lambda _: None)

    asyncio.run(run())


def test_more_work_than_the_queue_holds_is_refused_and_room_comes_back(
    opened: Callable[..., Desk],
) -> None:
    desk = opened(asking_threads=1, most_asked=3, reading_threads=1, most_read=2)
    go_on = threading.Event()

    async def run() -> None:
        asked = [asyncio.create_task(desk.ask(ANYBODY, "a", lambda _: go_on.wait(10)))
                 for _ in range(3)]  # fmt: skip
        await asyncio.sleep(0.05)
        with pytest.raises(Busy) as refused:
            await desk.ask(ANYBODY, "b", lambda _: None)
        assert refused.value.retry_after_s >= 1
        assert desk.waiting == 3
        await desk.read(ANYBODY, lambda _: None)  # pages do not wait for questions
        go_on.set()
        await asyncio.gather(*asked)
        async with asyncio.timeout(5):
            while desk.waiting:
                await asyncio.sleep(0.01)
        await desk.ask(ANYBODY, "b", lambda _: None)

    asyncio.run(run())


def test_a_question_that_finds_no_room_costs_nothing(opened: Callable[..., Desk]) -> None:
    desk = opened(most_asked=0, paces=TokenBuckets(per_minute=1, burst=1))

    async def run() -> None:
        for _ in range(3):
            with pytest.raises(Busy):
                await desk.ask(ANYBODY, "a", lambda _: None)

    asyncio.run(run())


def test_work_whose_caller_gave_up_before_it_began_is_not_done_and_leaves_its_place(
    opened: Callable[..., Desk],
) -> None:
    desk = opened(asking_threads=1, most_asked=2)
    go_on, done = threading.Event(), []

    async def run() -> None:
        first = asyncio.create_task(desk.ask(ANYBODY, "a", lambda _: go_on.wait(10)))
        second = asyncio.create_task(desk.ask(ANYBODY, "b", lambda _: done.append("b")))
        await asyncio.sleep(0.05)
        second.cancel()
        await asyncio.sleep(0.05)
        third = asyncio.create_task(desk.ask(ANYBODY, "c", lambda _: done.append("c")))
        await asyncio.sleep(0.05)
        go_on.set()
        await asyncio.gather(first, third)

    asyncio.run(run())
    assert done == ["c"]


def test_an_error_of_the_work_comes_to_its_caller(opened: Callable[..., Desk]) -> None:
    desk = opened()

    def fail(_: object) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(desk.read(ANYBODY, fail))


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_one_subscriber_is_one_caller(address: str, caller: str) -> None:
    assert caller_of(address) == caller


def test_work_that_waited_so_long_that_its_caller_has_gone_is_refused(
    opened: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "_LONGEST_WAIT_S", 0.1)
    desk = opened(asking_threads=1)
    go_on = threading.Event()

    async def run() -> None:
        first = asyncio.create_task(desk.ask(ANYBODY, "a", lambda _: go_on.wait(10)))
        second = asyncio.create_task(desk.ask(ANYBODY, "b", lambda _: "never"))
        await asyncio.sleep(0.3)
        go_on.set()
        await first
        with pytest.raises(Busy):
            await second

    asyncio.run(run())
