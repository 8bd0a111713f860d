"""Defines the rules of access: the persons who may ask, and the groups whose documents they see."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from bot.chat.events import Event, GuestQuestion, InlineQuestion, PlaceKind

GroupsOf = Callable[[Event], frozenset[str]]
"""The groups that an event's person belongs to, in the place of the event."""


class AccessKind(Enum):
    """The persons who may ask: everybody, those listed, or also those who were invited."""

    OPEN = "open"
    LISTED = "listed"
    INVITED = "invited"


@dataclass(frozen=True, slots=True)
class AccessRules:
    """The persons who may ask. ``allowed`` are ids of persons, and of groups in which everybody
    may.

    A group that becomes a supergroup gets another id: its former id stands for it, too.
    Administrators always may, as fast as they like. ``groups`` are the groups that a person belongs
    to, by the person's id: a restricted document is for some groups.
    """

    kind: AccessKind = AccessKind.OPEN
    allowed: frozenset[int] = frozenset()
    administrators: frozenset[int] = frozenset()
    groups: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def in_words(self) -> str:
        """Return the people who may ask, in a few words for the log; no id is in them."""
        if self.kind is AccessKind.OPEN:
            return "open: everybody may ask"
        listed = f"the ids in VERBATIM_ALLOWED may ask ({len(self.allowed):,})"
        if self.kind is AccessKind.LISTED:
            return f"listed: {listed}"
        return f"invited: {listed}, and everybody who opened an invitation"

    def admits(self, person: int, *, is_let_in: Callable[[int], bool]) -> bool:
        """Return whether a person may ask, wherever they are.

        ``is_let_in`` says whether an invitation let the person in.
        """
        if self.kind is AccessKind.OPEN or person in self.allowed | self.administrators:
            return True
        return self.kind is AccessKind.INVITED and is_let_in(person)

    def groups_of_person(self, person: int) -> frozenset[str]:
        """Return the groups that a person belongs to, for a place in which nobody reads along."""
        return self.groups.get(person, frozenset())

    def groups_of(self, event: Event) -> frozenset[str]:
        """Return the groups whose restricted documents may answer the event.

        There are none if others read along: in a group chat, as a guest, and inline, where the
        result goes to any chat.
        """
        if isinstance(event, InlineQuestion | GuestQuestion):
            return frozenset()
        if event.place.kind is not PlaceKind.PRIVATE:
            return frozenset()
        return self.groups_of_person(event.person.id)
