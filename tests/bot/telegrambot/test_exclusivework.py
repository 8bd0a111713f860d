"""What may end the process is worked on alone; nobody waits for it for ever."""

import asyncio

from bot.telegrambot.outgoing.busythreads import BusyThreads
from bot.telegrambot.outgoing.exclusivework import Turns


def quick_turns() -> Turns:
    return Turns(quiet_s=0.05, alone_s=0.1)


def test_nothing_else_is_begun_while_something_is_done_alone() -> None:
    done: list[str] = []

    async def run() -> None:
        turns = quick_turns()
        ended = asyncio.Event()

        async def suspect() -> None:
            async with turns.alone():
                done.append("suspect")
                await asyncio.sleep(0.02)
                done.append("suspect ended")

        async def other(name: str) -> None:
            async with turns.beside_others():
                done.append(name)
                await ended.wait()
                done.append(f"{name} ended")

        first = asyncio.create_task(other("first"))
        await asyncio.sleep(0)
        alone = [asyncio.create_task(suspect()) for _ in range(2)]
        await asyncio.sleep(0)
        second = asyncio.create_task(other("second"))
        await asyncio.sleep(0)
        ended.set()
        await asyncio.gather(first, second, *alone)

    asyncio.run(run())
    assert done[:4] == ["first", "first ended", "suspect", "suspect ended"]
    assert sorted(done[4:]) == sorted(["suspect", "suspect ended", "second", "second ended"])


def test_what_is_done_alone_and_never_ends_holds_up_nobody_for_long() -> None:
    async def run() -> None:
        turns = quick_turns()
        begun: list[int] = []

        async def stuck(number: int) -> None:
            async with turns.alone():
                begun.append(number)
                await asyncio.sleep(60)

        async def never_ends() -> None:
            async with turns.beside_others():
                await asyncio.sleep(60)

        tasks = [asyncio.create_task(never_ends())]
        await asyncio.sleep(0)
        tasks += [asyncio.create_task(stuck(number)) for number in range(3)]
        await asyncio.sleep(0)
        async with asyncio.timeout(5), turns.beside_others():
            pass
        while len(begun) < 3:
            await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(5), turns.alone():
            pass

    asyncio.run(asyncio.wait_for(run(), 20))


def test_all_threads_are_busy_as_long_as_the_last_of_them() -> None:
    now_s = [0.0]
    busy = BusyThreads(2, clock=lambda: now_s[0])
    with busy.one_with(1):
        now_s[0] = 10.0
        assert busy.none_free_s() == 0
        assert busy.longer_than(9) == [1]
        with busy.one_with(2, suspect=True):
            now_s[0] = 15.0
            assert busy.none_free_s() == 5
            with busy.one_with(3):  # it waits for a thread
                now_s[0] = 20.0
                assert busy.none_free_s() == 10
            assert busy.longer_than(9) == [1, 2]
            assert busy.longer_than(9, suspects=True) == [2]
        assert busy.none_free_s() == 0
