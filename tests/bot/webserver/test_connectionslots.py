"""A new connection always finds a slot while another is idle; the one idle longest gives way."""

from bot.webserver.connectionslots import ConnectionSlots, Slot


class Table:
    """Slots, and the names of those that were cut."""

    def __init__(self, most: int) -> None:
        self.slots = ConnectionSlots(most)
        self.cut: list[str] = []

    def take(self, name: str, address: str) -> Slot | None:
        return self.slots.take(address, lambda: self.cut.append(name))


def test_the_connection_that_is_idle_longest_gives_way_when_all_places_are_taken() -> None:
    table = Table(4)
    for number in range(6):
        assert table.take(f"n{number}", f"10.0.0.{number}")
    assert table.cut == ["n0", "n1"]
    assert len(table.slots) == 4


def test_one_address_takes_places_from_itself_alone() -> None:
    table = Table(10)
    table.take("other", "10.0.0.1")
    for number in range(50):
        table.take(f"n{number}", "10.0.0.2")
    assert "other" not in table.cut
    assert len(table.slots) == 6
    assert table.cut == [f"n{number}" for number in range(45)]


def test_a_network_of_ipv6_is_one_address_and_an_ipv4_address_in_ipv6_is_itself() -> None:
    table = Table(4)
    for number in range(9):
        table.take(f"n{number}", f"2001:db8::{number}%eth0")
    assert len(table.slots) == 2
    table.take("four", "::ffff:10.0.0.1")
    for number in range(9):
        table.take(f"m{number}", "10.0.0.1")
    assert len(table.slots) == 4
    assert "four" in table.cut
    assert table.take("none", "")


def test_what_is_worked_on_is_never_cut_and_who_is_known_last() -> None:
    table = Table(3)
    working, known, stranger = (table.take(name, name) for name in ("working", "known", "stranger"))
    assert working
    assert known
    assert stranger
    table.slots.work(working)
    table.slots.wait(known, known=True)
    assert table.take("new", "a")
    assert table.cut == ["stranger"]
    newest = table.take("newest", "b")
    assert newest
    assert table.cut == ["stranger", "new"]
    table.slots.work(newest)
    last = table.take("last", "c")
    assert last
    assert table.cut == ["stranger", "new", "known"]
    table.slots.work(last)
    assert table.take("too many", "d") is None
    table.slots.leave(last)
    assert table.take("again", "d")


def test_who_was_cut_is_no_more_counted_whatever_becomes_of_it() -> None:
    table = Table(2)
    first = table.take("first", "a")
    assert first
    table.take("second", "b")
    table.take("third", "c")
    assert table.cut == ["first"]
    table.slots.wait(first, known=True)
    table.slots.work(first)
    table.slots.leave(first)
    assert len(table.slots) == 2
    table.take("fourth", "d")
    assert table.cut == ["first", "second"]
