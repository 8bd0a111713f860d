"""A PostgreSQL server, or a refresh that writes to it, that is killed harms no index."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes import LetterEmbedder, corpus_of
from postgreskills import kill_trials
from postgresserver import PostgresServer

from embeddings import Embedder, IndexUnavailable, refresh
from embeddings.postgres.database import Database
from embeddings.postgres.index import PostgresIndex


@pytest.mark.parametrize("kill_client", [False, True], ids=["server", "refresh"])
def test_a_kill_inside_a_refresh_leaves_a_whole_index_that_answers_and_the_next_one_finishes(
    kill_client: bool, tmp_path: Path, real_embedder: Embedder, exports: Path
) -> None:
    with kill_trials(tmp_path, real_embedder, exports=exports, documents=30) as trials:
        figures = trials.run(4 if not kill_client else 3, kill_client=kill_client)
    assert figures.faults == []
    assert figures.kills == figures.served_old + figures.served_new
    assert figures.served_old > 0
    if kill_client:
        assert figures.lock_free_s < 5
    else:
        assert figures.refused > 0


_HOLD = """
import sys
from embeddings.postgres.database import Database
with Database(sys.argv[1]).writing("holder") as connection:
    connection.execute("SELECT pg_advisory_lock(7)")
    print("held", flush=True)
    connection.execute("SELECT pg_sleep(60)")
"""


def test_the_lock_of_a_killed_refresh_is_free_though_the_server_still_works_for_it(
    postgres_database: str,
) -> None:
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", _HOLD, postgres_database], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    killed = time.monotonic()
    with Database(postgres_database).writing("next") as connection:
        while connection.execute("SELECT pg_try_advisory_lock(7)").fetchone() != (True,):
            assert time.monotonic() - killed < 10
            time.sleep(0.05)


def test_who_writes_and_reads_meanwhile_is_told_in_one_line_that_the_server_is_gone(
    tmp_path: Path,
) -> None:
    with PostgresServer() as server, server.database() as url:
        index = PostgresIndex(url, directory=tmp_path)
        refresh(corpus_of("Alpha met."), store=index, embedder=LetterEmbedder())
        with index.writer():
            assert index.numbers() == [1]
            server.stop(kill=True)
            for read in (index.numbers, index.current_number, lambda: index.file(1, "terms.txt")):
                with pytest.raises(
                    IndexUnavailable, match=r"does not answer \(.+\)\. Check"
                ) as told:
                    read()
                assert "\n" not in str(told.value)
        index.close()
        server.start()
