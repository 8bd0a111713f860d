"""Checks each PostgreSQL server that the index's address names."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import SettingsError
from embeddings import EmbeddingsError
from embeddings.storage.postgres import LEAST_POSTGRES, LEAST_VECTOR

if TYPE_CHECKING:
    from embeddings.storage.postgres.serverfacts import ServerFacts


MOST_BEHIND_S = 60.0
MOST_BEHIND_BYTES = 64_000_000
"""A standby that has less than this to replay is not late, however long the last commit is ago."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of one thing: its name, whether it is well, and a line that says so."""

    name: str
    well: bool
    text: str


Servers = Callable[[], "list[ServerFacts | EmbeddingsError]"]


def server_findings(servers: Servers, *, most_behind_s: float = MOST_BEHIND_S) -> Iterator[Finding]:
    """Yield the findings about each server; a standby may be ``most_behind_s`` late."""
    try:
        found = servers()
    except (EmbeddingsError, SettingsError) as error:
        yield Finding("server", False, str(error))
        return
    answering = [facts for facts in found if not isinstance(facts, EmbeddingsError)]
    # it measures how late they are; they know but when the last commit was, which in the middle
    # of a refresh is long ago
    measured_by_primary = any(each.state is not None for f in answering for each in f.standbys)
    for facts in found:
        if isinstance(facts, EmbeddingsError):
            yield Finding("server", False, str(facts))
        else:
            yield from _server(facts)
            yield from _replication(
                facts, measured_by_primary=measured_by_primary, most_behind_s=most_behind_s
            )
    primaries = {f.same_as: f for f in answering if not f.is_standby}
    if len(primaries) > 1:
        places = " and ".join(facts.place for facts in primaries.values())
        text = f"{places} both accept writes. Stop the one that was replaced, at once."
        yield Finding("replication", False, text)


def _server(facts: "ServerFacts") -> Iterator[Finding]:
    where, version = facts.place, f"{facts.version // 10_000}.{facts.version % 10_000}"
    role = "standby" if facts.is_standby else "primary"
    if facts.version < LEAST_POSTGRES:
        need = f"{LEAST_POSTGRES // 10_000} or later is needed."
        yield Finding("server", False, f"{where} is PostgreSQL {version}: {need}")
    else:
        yield Finding("server", True, f"{where} is PostgreSQL {version}, {role}")
    least = ".".join(map(str, LEAST_VECTOR))
    if facts.vector is None:
        text = f"{where} has no pgvector. Install {least} or later there."
        yield Finding("pgvector", False, text)
    elif _numbers(facts.vector) < LEAST_VECTOR:
        text = (
            f"{where} has pgvector {facts.vector}: {least} or later is needed. Install it, then "
            "ALTER EXTENSION vector UPDATE."
        )
        yield Finding("pgvector", False, text)
    elif not facts.vector_usable:
        text = (
            f"{where} has pgvector {facts.vector}, but not in this database, and this login may "
            "not create it. Have a superuser type CREATE EXTENSION vector in it."
        )
        yield Finding("pgvector", False, text)
    else:
        yield Finding("pgvector", True, f"{where} has pgvector {facts.vector}")
    schema = "the schema" if facts.has_schema else "no schema yet"
    if facts.broken_graphs:
        names = ", ".join(facts.broken_graphs)
        text = f"{where}: {names} cannot be used. Type REINDEX INDEX verbatim.NAME there."
        yield Finding("graphs", False, text)
    for table in facts.missing_graphs:
        text = (
            f"{where}: {table} has no graph, so every search compares every row. Type "
            f"CREATE INDEX ON verbatim.{table} USING hnsw (vector vector_ip_ops)."
        )
        yield Finding("graphs", False, text)
    if not facts.broken_graphs and not facts.missing_graphs:
        yield Finding("graphs", True, f"{where}: {schema}, graphs: {facts.graphs}, all whole")


def _replication(
    facts: "ServerFacts", *, measured_by_primary: bool, most_behind_s: float
) -> Iterator[Finding]:
    """Report whether a standby follows, or the standbys of a primary do.

    With ``measured_by_primary`` a primary says how late they are.
    """
    where = facts.place
    if facts.is_standby:
        if not facts.follows:
            text = f"{where} receives nothing from a primary. Check primary_conninfo and its log."
            yield Finding("replication", False, text)
        else:
            text = f"{where} is {facts.behind_bytes:,} bytes behind its primary"
            if facts.behind_bytes:
                text += f", and its last commit is {facts.behind_s:.1f} s old"
            late = facts.behind_bytes > MOST_BEHIND_BYTES and facts.behind_s > most_behind_s
            yield Finding("replication", measured_by_primary or not late, text)
        return
    if not facts.standbys:
        yield Finding("replication", True, f"{where} has no standby")
    for each in facts.standbys:
        if each.state is None:
            text = f"{where}: this login may not see {each.name}. GRANT pg_monitor to it."
            yield Finding("replication", False, text)
            continue
        behind = f"{each.behind_bytes or 0:,} bytes and {each.behind_s:.1f} s behind"
        well = each.state == "streaming" and each.behind_s <= most_behind_s
        yield Finding("replication", well, f"{where}: {each.name} is {each.state}, {behind}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
