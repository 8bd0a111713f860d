"""Who may ask, and see what, as it is set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from bot.chat.events import Event, InlineQuestion, PlaceKind

GroupsOf = Callable[[Event], frozenset[str]]
"""The groups that an event's person belongs to, in the place of the event."""


class AccessKind(Enum):
    """Who may ask: everybody, who is listed, or also who accepted an invitation."""

    OPEN = "open"
    LISTED = "listed"
    INVITED = "invited"


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Who may ask. ``allowed`` are ids of persons, and of groups in which everybody may.

    A group that becomes a supergroup gets another id: that which it had stands for it, too.
    Administrators always may, as fast as they like. ``groups`` are the groups of readers that a
    person belongs to, by the person's id.
    """

    kind: AccessKind = AccessKind.OPEN
    allowed: frozenset[int] = frozenset()
    administrators: frozenset[int] = frozenset()
    groups: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def groups_of(self, event: Event) -> frozenset[str]:
        """Return the groups whose documents the event may be answered from.

        None where others read along: in a group, and inline, whose results go to any chat.
        """
        if isinstance(event, InlineQuestion) or event.place.kind is not PlaceKind.PRIVATE:
            return frozenset()
        return self.groups.get(event.person.id, frozenset())
