"""Injects faults into an index or a bot, many times; exit code 1 reports harm.

    python scripts/faults.py damage --count 2000
    python scripts/faults.py swaps --count 200 [--postgres]
    python scripts/faults.py kills
    python scripts/faults.py disk --count 100
    python scripts/faults.py botkills --count 1000
    python scripts/faults.py statekills --count 2000
    python scripts/faults.py texts --count 10000
    python scripts/faults.py canaries --count 10000 [--postgres]
    python scripts/faults.py webcanaries --count 2000
    python scripts/faults.py apirequests --count 100 [--start 7]
    python scripts/faults.py pgkills --count 20

The campaigns are those of the tests, longer: ``tests/support/damage.py``,
``tests/support/swapping.py``, ``tests/support/refreshfaults.py``, ``tests/support/botkills.py``,
``tests/support/statekills.py``, ``tests/support/randomtexts.py``, ``tests/support/canaries.py``,
``tests/support/webcanaries.py``, ``tests/support/apicampaign.py`` and
``tests/support/postgreskills.py``. A new one is a function with its options in ``main``.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from botkills import kill_under_load
from canaries import compared, opens_in
from damage import DamageTrials
from fakes import LetterEmbedder
from postgresserver import PostgresServer
from randomtexts import send_random_texts
from refreshfaults import Figures, fill_disk, kill_at_lines, kill_at_times
from statekills import share_and_kill
from swapping import Place, edition, swap_under_load

from embeddings import FolderIndex, find_model, open_embedder, refresh
from embeddings.models.modelfolder import shipped_model


def damage(options: argparse.Namespace) -> bool:
    """Damage files of generations: no answer comes from one."""
    with tempfile.TemporaryDirectory() as folder:
        index = FolderIndex(Path(folder))
        for number in range(3):
            corpus = edition(number, documents=options.documents)
            refresh(corpus, index=index, embedder=LetterEmbedder())
        questions = ("zebras zigzag", "what did the ministers of edition two say?")
        trials = DamageTrials(index, LetterEmbedder(), questions=questions, seed=options.seed)
        figures = trials.run(options.count)
    print(f"{figures.files} files damaged: {_counts(figures.kinds)}")
    print(f"{figures.outcomes.total()} times asked: {_counts(figures.outcomes)}")
    print(f"{len(figures.served)} served from damaged files, or refused without need")
    for fault in figures.served[:20]:
        print(f"  {fault}")
    return not figures.served


def swaps(options: argparse.Namespace) -> bool:
    """Swap under a steady load of questions: none fails, none is mixed, and few wait."""
    with tempfile.TemporaryDirectory() as folder, _database(options) as url:
        figures = swap_under_load(
            Place(Path(folder), options.documents, url),
            count=options.count,
            threads=options.threads,
            pause_s=options.pause,
        )
    ratio = figures.p99_ms / figures.idle_p99_ms
    print(
        f"{figures.swaps} swaps, {figures.answers} answers meanwhile from {figures.generations} "
        f"generations: {len(figures.failed)} failed, {len(figures.mixed)} mixed"
    )
    print(
        f"p50 {figures.p50_ms:.1f} ms, idle {figures.idle_p50_ms:.1f} ms; "
        f"p99 {figures.p99_ms:.1f} ms, idle {figures.idle_p99_ms:.1f} ms: {ratio:.2f} times; "
        f"longest {figures.longest_ms:.0f} ms"
    )
    for fault in [*figures.failed, *figures.mixed][:20]:
        print(f"  {fault}")
    good = not figures.failed and not figures.mixed and figures.swaps == options.count
    return good and ratio <= options.ratio


def kills(options: argparse.Namespace) -> bool:
    """Kill refreshes at lines of the code and at random times: the index stays whole."""
    by_line = kill_at_lines(options.lines, seed=options.seed)
    by_time = kill_at_times(options.times, seed=options.seed)
    return _report("killed at lines", by_line) and _report("killed at random times", by_time)


def disk(options: argparse.Namespace) -> bool:
    """Refresh without room: each write is refused in turn, then files are cut at many sizes."""
    return _report("without room", fill_disk(options.count))


def botkills(options: argparse.Namespace) -> bool:
    """Kill bots under load: no question is lost, at most one answer for each kill comes twice."""
    figures = kill_under_load(options.count, seed=options.seed, per_second=options.load)
    print(
        f"{figures.kills} kills, {figures.questions} questions, {figures.messages} messages: "
        f"{len(figures.missing)} missing, {figures.duplicates} twice, {len(figures.faults)} faults"
    )
    for fault in [*figures.missing, *figures.faults][:20]:
        print(f"  {fault}")
    good = not figures.missing and not figures.faults
    return good and figures.duplicates <= figures.kills


def statekills(options: argparse.Namespace) -> bool:
    """Kill some of the bots that share PostgreSQL: each question is answered once, few answers come
    twice.
    """
    with PostgresServer(durable=True) as server, server.database() as url:
        figures = share_and_kill(
            options.count,
            url,
            seed=options.seed,
            bots=options.bots,
            kills=options.kills,
            per_second=options.per_second,
        )
    print(
        f"{options.bots} bots, {figures.kills} kills, {figures.questions} questions, "
        f"{figures.messages} messages in {figures.seconds:.0f} s: {len(figures.missing)} missing, "
        f"{figures.duplicates} twice, {figures.wrong_order} in the wrong order, "
        f"{len(figures.faults)} faults"
    )
    print(
        f"updates done by each bot: {', '.join(map(str, figures.by))}; Telegram had to post "
        f"{figures.posts_again} times again"
    )
    for fault in [*figures.missing, *figures.faults][:20]:
        print(f"  {fault}")
    good = not figures.missing and not figures.faults and not figures.wrong_order
    return good and figures.kills == options.kills and figures.duplicates <= figures.kills


def texts(options: argparse.Namespace) -> bool:
    """Ask random texts: the server takes every message, and every quote is its source's."""
    figures = send_random_texts(options.count, seed=options.seed)
    print(
        f"{figures.texts} random texts asked: {figures.messages} messages "
        f"({_counts(figures.outcomes)}), {figures.pressed} buttons pressed, {figures.offers} "
        f"inline offers; {figures.quotes} quotes compared; {len(figures.faults)} faults"
    )
    for fault in figures.faults[:20]:
        print(f"  {fault}")
    return not figures.faults


def canaries(options: argparse.Namespace) -> bool:
    """Ask for hidden text: each reply is that of an index without it."""
    with tempfile.TemporaryDirectory() as folder, _database(options) as url:
        number, wrong = compared(opens_in(Path(folder), url), options.count // 3 + 1)
    print(f"{number} questions of three readers: {len(wrong)} replies show what is hidden")
    for groups, question in wrong[:20]:
        print(f"  {sorted(groups)}: {question}")
    return not wrong


def webcanaries(options: argparse.Namespace) -> bool:
    """Ask every route of the web for hidden text: each answer is that of a server without it."""
    import webcanaries as requests  # needs the extra of the tests

    with tempfile.TemporaryDirectory() as folder:
        statuses, wrong = requests.compared(Path(folder), options.count // 3 + 1)
    counts = _counts({str(status): count for status, count in statuses.items()})
    number = sum(statuses.values())
    print(
        f"{number} requests of three callers ({counts}): {len(wrong)} answers show what is hidden"
    )
    for fault in wrong[:20]:
        print(f"  {fault}")
    return not wrong


def apirequests(options: argparse.Namespace) -> bool:
    """Call the HTTP API by its OpenAPI document: each answer is as the document says."""
    from apicampaign import campaign_in  # needs the extra of the tests

    with tempfile.TemporaryDirectory() as folder:
        statuses, wrong = campaign_in(Path(folder), examples=options.count, start=options.start)
    counts = {str(status): count for status, count in statuses.items()}
    print(f"{sum(statuses.values())} requests ({_counts(counts)}): {len(wrong)} failures")
    for fault in wrong[:20]:
        print(f"  {fault}")
    return not wrong


def pgkills(options: argparse.Namespace) -> bool:
    """Kill PostgreSQL servers inside a refresh, then refresh: the index stays whole."""
    from postgreskills import kill_trials  # needs an extra

    good = True
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        exports = home / "models"
        embedder = open_embedder(find_model(shipped_model()), exports=exports)
        for what, kill_client in (("server", False), ("refresh", True)):
            with kill_trials(
                home / what, embedder, exports=exports, documents=options.documents
            ) as trials:
                found = trials.run(options.count, seed=options.seed, kill_client=kill_client)
            print(
                f"{found.kills} times the {what} was killed: {found.refused} refreshes failed in "
                f"one line, {found.finished} finished; then {found.served_old} times the old and "
                f"{found.served_new} times the new corpus answered; the lock was held for "
                f"{found.lock_free_s:.2f} s at most; {len(found.faults)} faults"
            )
            print(f"  killed after: {_counts(found.hit)}")
            for fault in found.faults[:20]:
                print(f"  {fault}")
            good = good and not found.faults
    return good


@contextmanager
def _database(options: argparse.Namespace) -> Iterator[str]:
    """Yield the address of an empty database for ``--postgres``, otherwise None."""
    if not options.postgres:
        yield ""
        return
    with PostgresServer(durable=True) as server, server.database() as url:
        yield url


def _report(what: str, figures: Figures) -> bool:
    """Print the figures; returns whether no trial broke a promise."""
    print(
        f"{figures.trials} refreshes {what}: {figures.killed} killed, {figures.refused} refused in "
        f"one line, {figures.finished} finished; then {figures.served_old} times the old and "
        f"{figures.served_new} times the new index answered; {len(figures.faults)} faults"
    )
    for fault in figures.faults[:20]:
        print(f"  {fault}")
    return not figures.faults


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


_Campaigns = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _of_the_index(campaigns: _Campaigns) -> None:
    """Return the options of campaigns against an index."""
    one = campaigns.add_parser("damage", help=damage.__doc__)
    one.add_argument("--count", type=int, default=2_000, help="files to damage")
    one.add_argument("--documents", type=int, default=5, help="documents of the index")
    one.add_argument("--seed", type=int, default=0)
    one.set_defaults(campaign=damage)
    one = campaigns.add_parser("swaps", help=swaps.__doc__)
    one.add_argument("--count", type=int, default=200, help="swaps")
    one.add_argument("--documents", type=int, default=50, help="documents of the index")
    one.add_argument("--threads", type=int, default=3, help="people who ask")
    one.add_argument("--pause", type=float, default=0.05, help="seconds between two questions")
    one.add_argument("--ratio", type=float, default=2.0, help="most p99 in idle p99s")
    one.add_argument("--postgres", action="store_true", help="the index in a PostgreSQL server")
    one.set_defaults(campaign=swaps)
    one = campaigns.add_parser("kills", help=kills.__doc__)
    one.add_argument("--lines", type=int, default=530, help="refreshes to kill at lines")
    one.add_argument("--times", type=int, default=260, help="refreshes to kill at random times")
    one.add_argument("--seed", type=int, default=0)
    one.set_defaults(campaign=kills)
    one = campaigns.add_parser("disk", help=disk.__doc__)
    one.add_argument("--count", type=int, default=100, help="sizes at which files are cut")
    one.set_defaults(campaign=disk)
    one = campaigns.add_parser("pgkills", help=pgkills.__doc__)
    one.add_argument("--count", type=int, default=20, help="kills of each kind")
    one.add_argument("--documents", type=int, default=150, help="documents of the index")
    one.add_argument("--seed", type=int, default=0)
    one.set_defaults(campaign=pgkills)


def _of_the_bot(campaigns: _Campaigns) -> None:
    """Return the options of campaigns against bots."""
    one = campaigns.add_parser("botkills", help=botkills.__doc__)
    one.add_argument("--count", type=int, default=1_000, help="kills")
    one.add_argument("--load", type=float, default=15.0, help="questions a second")
    one.add_argument("--seed", type=int, default=0)
    one.set_defaults(campaign=botkills)
    one = campaigns.add_parser("statekills", help=statekills.__doc__)
    one.add_argument("--count", type=int, default=2_000, help="questions")
    one.add_argument("--bots", type=int, default=2, help="bots that share the work")
    one.add_argument("--kills", type=int, default=1, help="kills, at regular distances")
    one.add_argument("--per-second", type=int, default=1_000, help="messages a second of each bot")
    one.add_argument("--seed", type=int, default=0)
    one.set_defaults(campaign=statekills)
    one = campaigns.add_parser("texts", help=texts.__doc__)
    one.add_argument("--count", type=int, default=10_000, help="random texts")
    one.add_argument("--seed", type=int, default=0)
    one.set_defaults(campaign=texts)
    one = campaigns.add_parser("canaries", help=canaries.__doc__)
    one.add_argument("--count", type=int, default=10_000, help="questions")
    one.add_argument("--postgres", action="store_true", help="the index in a PostgreSQL server")
    one.set_defaults(campaign=canaries)


def _of_the_web(campaigns: _Campaigns) -> None:
    """Return the options of campaigns against the web server."""
    one = campaigns.add_parser("webcanaries", help=webcanaries.__doc__)
    one.add_argument("--count", type=int, default=2_000, help="requests")
    one.set_defaults(campaign=webcanaries)
    one = campaigns.add_parser("apirequests", help=apirequests.__doc__)
    one.add_argument("--count", type=int, default=100, help="requests of each kind")
    one.add_argument("--start", type=int, help="a number by which the requests are others")
    one.set_defaults(campaign=apirequests)


def main() -> None:
    """Run one campaign."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    campaigns = parser.add_subparsers(required=True, metavar="CAMPAIGN")
    _of_the_index(campaigns)
    _of_the_bot(campaigns)
    _of_the_web(campaigns)
    options = parser.parse_args()
    started = time.monotonic()
    good = options.campaign(options)
    print(f"{'passed' if good else 'FAILED'} in {time.monotonic() - started:.0f} s")
    sys.exit(not good)


if __name__ == "__main__":
    main()
