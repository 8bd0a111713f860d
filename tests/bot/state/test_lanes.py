"""Lanes: order within a chat, and no chat holds up another."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bot.state.lanes import Lanes


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50)), max_size=30))
def test_all_is_worked_on_and_in_a_lane_by_number_when_it_waits(
    adds: list[tuple[str, int]],
) -> None:
    done: list[tuple[str, int]] = []
    lane_of: dict[int, str] = {}
    numbered = [(lane, 2 * number + 1) for lane, number in adds]
    for lane, number in numbered:
        lane_of[number] = lane

    async def work(number: int) -> bool:
        await asyncio.sleep(0)
        done.append((lane_of[number], number))
        return True

    async def run() -> None:
        lanes = Lanes(work)
        for number, lane in lane_of.items():
            lanes.add(lane, number)
        assert await lanes.drain(timeout_s=5)

    asyncio.run(run())
    assert sorted(done) == sorted((lane, number) for number, lane in lane_of.items())
    for lane in "abc":
        of_lane = [number for each, number in done if each == lane]
        assert of_lane == sorted(of_lane)


def test_a_lane_that_never_ends_holds_up_no_other_and_is_cancelled_at_the_end() -> None:
    done: list[int] = []

    async def work(number: int) -> bool:
        if number == 0:
            await asyncio.Event().wait()
        done.append(number)
        return True

    async def run() -> None:
        lanes = Lanes(work)
        lanes.add("stuck", 0)
        lanes.add("stuck", 1)
        for number in range(2, 200):
            lanes.add(f"lane {number % 50}", number)
        assert not await lanes.drain(timeout_s=0.2)

    asyncio.run(run())
    assert sorted(done) == list(range(2, 200))


def test_a_lane_whose_work_is_not_done_ends_and_can_begin_anew() -> None:
    done: list[int] = []

    async def work(number: int) -> bool:
        done.append(number)
        return number != 1

    async def run() -> None:
        lanes = Lanes(work)
        lanes.add("a", 1)
        lanes.add("a", 2)
        assert await lanes.drain(timeout_s=1)
        lanes.add("a", 3)
        assert await lanes.drain(timeout_s=1)

    asyncio.run(run())
    assert done == [1, 3]


def test_a_lane_goes_on_after_what_failed() -> None:
    done: list[int] = []

    async def work(number: int) -> bool:
        if number == 0:
            raise ValueError
        done.append(number)
        return True

    async def run() -> None:
        lanes = Lanes(work)
        for number in range(3):
            lanes.add("lane", number)
        assert await lanes.drain(timeout_s=5)

    asyncio.run(run())
    assert done == [1, 2]
