"""Who may ask, as it is set."""

from dataclasses import dataclass
from enum import Enum


class AccessKind(Enum):
    """Who may ask: everybody, who is listed, or also who accepted an invitation."""

    OPEN = "open"
    LISTED = "listed"
    INVITED = "invited"


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Who may ask. ``allowed`` are ids of persons, and of groups in which everybody may.

    A group that becomes a supergroup gets another id: that which it had stands for it, too.
    Administrators always may, as fast as they like.
    """

    kind: AccessKind = AccessKind.OPEN
    allowed: frozenset[int] = frozenset()
    administrators: frozenset[int] = frozenset()
