"""Embeds blocks with Ray, on this machine or a cluster. The only module that imports ``ray``.

It imports it when the first block is to be embedded.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from corpus.filelocks import LockHeld, file_lock
from embeddings.arrays import FloatMatrix
from embeddings.cores import usable_cores
from embeddings.errors import EmbeddingsError, EngineFailed, EngineUnavailable
from embeddings.models.embedder import Embedder
from embeddings.refreshing.engine import Block, EmbeddedBlock, OnEmbedded
from embeddings.refreshing.raynode import EmbedderSource, NodeWork, embed_on_node

RETRIES = 5
"""The number of times a block is embedded again after its process or node is gone."""

_BLOCKS_A_PROCESSOR = 3
"""Blocks given out at a time: one in work, one next, one for a block that has to begin again.

They are what a refresh that is killed loses at most.
"""

_FOLDER = "verbatim-ray-"  # a socket's path in it must stay short
_BYTES_A_BLOCK = 4_000_000
_LEAST_STORE_BYTES = 80_000_000  # what Ray takes at least
_CONNECT_S = 5.0
_JOIN_S = 25.0
_LOOK_S = 2.0
_NO_NODE_S = 60.0
_NOTHING_S = 1_800.0
"""A node that makes the export first may take half of it."""

_LOCK = "in-use"  # lies in a folder and is held as long as its Ray runs

_OF_THIS_PROCESS = {
    # a block for which no memory is enough is else begun anew for ever
    "RAY_task_oom_retries": str(RETRIES),
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_enable_metrics_collection": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else it warns that a default will change
}
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Keeps a Ray of this machine alone to 127.0.0.1: who reaches its ports can run code."""

_JOIN = """
import sys, ray
ray.init(address=sys.argv[1], log_to_driver=False, logging_level="ERROR")
ray.shutdown()
"""


class RayEngine:
    """An ``Engine`` on Ray, which is started or joined when the first block comes.

    The embedder of this machine is the standard: a node with another model, runtime or other
    numbers, bit for bit, is refused. A block is embedded again if its process or node dies, or its
    result is lost with a node. Blocks that nobody waits for any more end with ``close``. Not for
    several threads at once.
    """

    def __init__(
        self, embedder: Embedder, source: EmbedderSource, *, address: str | None = None
    ) -> None:
        """Prepare the engine; Ray starts later.

        ``address`` is "auto" or the HOST:PORT of a cluster that this machine belongs to; None
        starts Ray on this machine alone.

        Raises:
            EngineUnavailable: if Ray is not installed.
            EngineFailed: if torch runs the model: its sums depend on the number of threads.
        """
        require_ray()
        if embedder.runtime.startswith("torch"):
            raise EngineFailed(
                f"The model {embedder.identity.name} cannot be exported, and torch does not give "
                'the same numbers on every node. Type "verbatim refresh" without --engine ray.'
            )
        self._embedder = embedder
        self._source = source
        self._address = address
        self._started: _StartedRay | None = None

    def close(self) -> None:
        """Leave Ray, and stop it if this engine started it."""
        if self._started is not None:
            self._started.close()
            self._started = None

    def embed(
        self, blocks: Iterable[Block], *, basis: FloatMatrix, on_embedded: OnEmbedded | None = None
    ) -> Generator[EmbeddedBlock, None, None]:
        """See ``Engine.embed``.

        Raises:
            EngineUnavailable: if Ray cannot be started or joined.
            EngineFailed: if a node is refused, a block raises an error there, which is not tried
                again, or its process dies ``RETRIES`` times more; if there is no node for a
                minute, or none has finished anything for half an hour.
        """
        waiting = iter(blocks)
        block = next(waiting, None)
        if block is None:
            return
        ray = self._ray()
        embed = ray.remote(num_cpus=1, max_retries=RETRIES, retry_exceptions=False)(embed_on_node)
        work = ray.put(NodeWork.of(self._embedder, self._source, basis))
        given: deque[_Given] = deque()
        unfinished: dict[Any, int] = {}
        done = 0
        watch = _NodeWatch(ray)
        while block is not None or given:
            most = _BLOCKS_A_PROCESSOR * watch.processors()
            while block is not None and len(given) < most:
                key = block.key(self._embedder.identity)
                result = embed.options(name=f"embed {key[:12]}").remote(block, work)
                given.append(_Given(key, result))
                unfinished[result] = len(block)
                block = next(waiting, None)
            while given[0].result in unfinished:
                finished, _ = ray.wait(list(unfinished), timeout=_LOOK_S)
                for one in finished:
                    done += unfinished.pop(one)
                    if on_embedded is not None:
                        on_embedded(done)
                if finished:
                    watch.went_on()
                else:
                    watch.look()
            yield self._received(ray, given.popleft(), watch)

    def _ray(self) -> Any:
        """Return Ray, started or joined."""
        if self._started is None:
            self._started = _StartedRay(self._address)
        return self._started.ray

    @staticmethod
    def _received(ray: Any, given: "_Given", watch: "_NodeWatch") -> EmbeddedBlock:
        """Return the result of a block, computed again if it was lost with a node."""
        while True:
            try:
                key, found = ray.get(given.result, timeout=_LOOK_S)
            except ray.exceptions.GetTimeoutError:
                watch.look()
            except ray.exceptions.RayTaskError as error:
                raise _failed(error.cause) from error
            except ray.exceptions.OutOfMemoryError as error:
                raise EngineFailed(
                    f"A node of Ray ran out of memory over a block, {RETRIES} times again. Give it "
                    'more, or fewer processors ("ray start --num-cpus"). What was embedded is '
                    'kept: type "verbatim refresh" to go on, here or on Ray.'
                ) from error
            except ray.exceptions.RayError as error:
                reason = _one_line(error)
                raise EngineFailed(
                    f"A block was lost with its process or node, {RETRIES} times again ({reason}). "
                    'What was embedded is kept: type "verbatim refresh" to go on, here or on Ray.'
                ) from error
            else:
                if key != given.key:
                    raise EngineFailed(
                        "A node of Ray answered for another block. Every node needs the same "
                        "verbatim-bot."
                    )
                result: EmbeddedBlock = found
                return result


@dataclass(frozen=True, slots=True)
class _Given:
    """A block that was given out, by its key, and Ray's reference to its result."""

    key: str
    result: Any


class _NodeWatch:
    """Watches whether a node is left and makes progress."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self.went_on()

    def went_on(self) -> None:
        """Note progress."""
        self._seen = self._finished = time.monotonic()

    def processors(self) -> int:
        """Return the present number of processors, at least 1."""
        return max(int(self._ray.cluster_resources().get("CPU", 0)), 1)

    def look(self) -> None:
        """Check that there is a node, or was one lately, and that it makes progress.

        Raises:
            EngineFailed: if there has been none for a while, or nothing finished for long.
        """
        now = time.monotonic()
        if self._ray.cluster_resources().get("CPU", 0) >= 1:
            self._seen = now
        if now - self._seen > _NO_NODE_S:
            why = f"For {_NO_NODE_S:.0f} seconds no node of Ray has had a processor."
        elif now - self._finished > _NOTHING_S:
            why = (
                f"For {_NOTHING_S / 60:.0f} minutes no node of Ray has finished a block. Look at "
                '"ray status" and the memory of the nodes.'
            )
        else:
            return
        raise EngineFailed(
            f'{why} What was embedded is kept: type "verbatim refresh" to go on, here or on Ray.'
        )


class _StartedRay:
    """Ray while it is used: joined at an address, or started on this machine."""

    def __init__(self, address: str | None) -> None:
        os.environ.update(_OF_THIS_PROCESS)
        if address is None:
            os.environ.update(_LOOPBACK)
            # Ray would write one into the home directory
            os.environ.setdefault("RAY_AUTH_MODE", "token")
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        else:
            _check_cluster(address)
        with ExitStack() as used:
            take_sigterm = used.enter_context(_ended_by_sigterm())
            _remove_stale_folders()
            folder = used.enter_context(
                TemporaryDirectory(prefix=_FOLDER, ignore_cleanup_errors=True)
            )
            used.enter_context(file_lock(Path(folder) / _LOCK))
            nowhere = used.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            # Ray prints there when a node dies, and would between the lines of a report
            used.enter_context(redirect_stdout(nowhere))
            try:
                import ray

                used.callback(ray.shutdown)
                # other processes import what lies where Ray is started: nothing may lie there
                with chdir(folder):
                    ray.init(
                        log_to_driver=False,
                        logging_level="ERROR",
                        configure_logging=False,
                        **(_of_this_machine(folder) if address is None else {"address": address}),
                    )
                take_sigterm()
            except Exception as error:  # it raises many types
                where = "on this machine" if address is None else f"at {address}"
                raise EngineUnavailable(
                    f"Ray {where} cannot be used ({_one_line(error)}). Type "
                    '"verbatim refresh" without --engine ray to embed here.'
                ) from error
            self.ray: Any = ray
            self._used = used.pop_all()

    def close(self) -> None:
        """Leave Ray, and stop it if it was started here."""
        self._used.close()


def _remove_stale_folders() -> None:
    """Remove the temporary files that killed processes left in the folder."""
    for folder in Path(gettempdir()).glob(f"{_FOLDER}*"):
        with suppress(OSError, LockHeld):
            # of another user, or made to look so, it is left alone
            if folder.lstat().st_uid == os.geteuid() and (folder / _LOCK).is_file():
                with file_lock(folder / _LOCK):
                    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ended_by_sigterm() -> Iterator[Callable[[], None]]:
    """Turn SIGTERM into ``SystemExit`` within the block, so that Ray is stopped and its files
    removed.

    Ray's own answer to the signal may be a dump of the stack. The yielded function is to be called
    when Ray has started, because Ray takes the signal for itself. In a thread other than the main
    one, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    came = False

    def end(number: int, _: object) -> None:
        nonlocal came
        came = True
        raise SystemExit(128 + number)

    def take() -> None:
        signal.signal(signal.SIGTERM, end)

    before = signal.getsignal(signal.SIGTERM)
    take()
    try:
        yield take
    finally:
        signal.signal(signal.SIGTERM, before)
        if came:  # Ray makes another exit of one that comes while it waits
            raise SystemExit(128 + signal.SIGTERM)


def _of_this_machine(folder: str) -> dict[str, Any]:
    """Return the arguments that start Ray for all cores of this machine, with its files in a
    folder.
    """
    cores = usable_cores()
    blocks = cores * _BLOCKS_A_PROCESSOR
    return {
        "address": "local",
        "num_cpus": cores,
        "num_gpus": 0,
        "include_dashboard": False,
        "object_store_memory": max(_LEAST_STORE_BYTES, blocks * _BYTES_A_BLOCK),
        "_temp_dir": folder,
    }


def require_ray() -> None:
    """Check that Ray is installed.

    Raises:
        EngineUnavailable: if it is not.
    """
    try:
        found = find_spec("ray") is not None
    except ValueError:  # put out of reach
        found = False
    if not found:
        raise EngineUnavailable(
            'Ray is not installed. Type: pip install "verbatim-bot[ray]", on every node.'
        )


def _check_cluster(address: str) -> None:
    """Check that Ray can be joined at the address.

    Ray itself would try for minutes, and end the process that tries, so another process does it.

    Raises:
        EngineUnavailable: if it cannot, after ``_CONNECT_S`` or ``_JOIN_S`` seconds.
    """
    hint = (
        'Start it there ("ray start --head"), let this machine join it ("ray start '
        '--address=HOST:PORT"), or leave --ray-address out to use this machine alone.'
    )
    host, _, port = address.rpartition(":")
    if host:
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S).close()
        except (OSError, ValueError, OverflowError) as error:
            raise EngineUnavailable(
                f"No Ray cluster answers at {address} ({_one_line(error)}). {hint}"
            ) from error
    try:
        subprocess.run(  # noqa: S603 (this Python, a program of ours)
            [sys.executable, "-P", "-c", _JOIN, address],
            check=True,
            capture_output=True,
            timeout=_JOIN_S,
        )
    except subprocess.TimeoutExpired as error:
        raise EngineUnavailable(
            f"What answers at {address} is no Ray cluster that this machine can join: nothing "
            f"came of it in {_JOIN_S:.0f} seconds. {hint}"
        ) from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise EngineUnavailable(
            f"The Ray cluster at {address} cannot be joined ({said[-1][:300]}). {hint}"
        ) from error


def _failed(cause: BaseException) -> EngineFailed:
    """Return the error that a block raised on a node, for the user."""
    if isinstance(cause, EmbeddingsError):
        return EngineFailed(str(cause))
    return EngineFailed(
        f"A block could not be embedded on a node of Ray ({_one_line(cause)}). Every node needs "
        'the same verbatim-bot and the model. Type "verbatim refresh" without --engine ray to '
        "embed here."
    )


def _one_line(error: BaseException) -> str:
    said = " ".join(str(error).split()).partition(" traceback: ")[0]  # Ray's own have one
    return f"{type(error).__name__}: {said[:300]}".removesuffix(": ")
