"""The reader process: parses untrusted sources, each in a fork of its own under hard limits.

``python -m corpus.extraction.child`` is started by ``corpus.extraction.sandbox`` and speaks with
it over its standard input and output. It imports the parsers once; a fork of it starts in a
millisecond, sees no file descriptor but the pipe for its answer, and can write no file. The
process itself never parses a source, so that no source can bring it down. It ends when its
standard input does, and takes a fork that is at work with it.
"""

import gc
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from corpus.confinement.descriptors import close_from
from corpus.confinement.walls import Plan, Walls, confine, trial
from corpus.errors import UnreadableSource
from corpus.extraction import wire
from corpus.extraction.extract import Extract
from corpus.extraction.kinds import Kind

Reader = Callable[[bytes, str, str | None], Extract]

_REQUEST_BYTES = 100_000
_FRAME_OVERHEAD = 100_000  # titles and notes beside the text, and what JSON adds
_JSON_GROWTH = 2  # a line feed is two bytes in JSON
_FILE_DESCRIPTORS = 32
_GRACE_S = 2.0
_UNCONFINED = "not read: its parser could not be confined. Try it again."
_SAVE_AS_TEXT = "Save it as text (.txt) and add that."


def main() -> None:
    """Serves with the parsers of PDF, Word files and web pages."""
    answers = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (1, 2):
        os.dup2(null, fd)  # what a parser prints must not end up among the answers
    try:
        readers = _readers()
    except ImportError as error:
        wire.send(answers, wire.encode({"failed": f"{type(error).__name__}: {error}"}))
        return
    serve(readers, requests=0, answers=answers)


def _readers() -> dict[str, Reader]:
    from corpus.extraction import pdftext, webpage, worddocument

    for module in (pdftext, webpage, worddocument):
        module.load()
    return {
        Kind.PDF.name: lambda data, _name, _media_type: pdftext.read_pdf(data),
        Kind.DOCX.name: lambda data, _name, _media_type: worddocument.read_word_document(data),
        Kind.HTML.name: lambda data, name, media_type: webpage.read_web_page(
            data, name=name, media_type=media_type
        ),
    }


def serve(readers: Mapping[str, Reader], *, requests: int, answers: int) -> None:
    """Answers each request with a message of an Extract or of a reason, until the requests end.

    A request is two frames: its header, and the bytes of the source.
    """
    gc.collect()
    gc.freeze()  # a collection in a fork must not copy every page
    plan = Plan.for_this_kernel()
    walls = trial(plan)
    wire.send(answers, wire.encode({"ready": True, "walls": asdict(walls)}))
    try:
        while (header := wire.receive(requests, most=_REQUEST_BYTES)) is not None:
            request = wire.decode(header)
            data = wire.receive(requests, most=int(request["source_bytes"]))
            if data is None:
                return
            answer = _read_in_fork(
                readers[request["kind"]], request, data, requests=requests, plan=plan, walls=walls
            )
            if answer is None:
                return
            wire.send(answers, answer)
    except wire.BrokenWire:
        return


def _read_in_fork(
    reader: Reader,
    request: Mapping[str, Any],
    data: bytes,
    *,
    requests: int,
    plan: Plan,
    walls: Walls,
) -> bytes | None:
    """The answer of a fork that reads the source; None if whoever asked is gone."""
    most = int(request["text_bytes"]) * _JSON_GROWTH + _FRAME_OVERHEAD
    deadline = time.monotonic() + int(request["wall_s"]) + _GRACE_S
    from_fork, to_server = os.pipe()
    pid = os.fork()
    if pid == 0:
        _be_the_fork(reader, request, data, answers=to_server, plan=plan, walls=walls)
    os.close(to_server)
    frame: bytes | None = None
    asked = True
    late = False
    try:
        asked = _answer_comes(from_fork, requests=requests, deadline=deadline)
        if asked:
            frame = wire.receive(from_fork, most=most, deadline=deadline)
    except wire.BrokenWire:
        frame = None
    finally:
        os.close(from_fork)
        if frame is None:
            late = time.monotonic() >= deadline
            _kill(pid, at_once=late or not asked)
    _, status, usage = os.wait4(pid, 0)
    if not asked:
        return None
    if frame is not None:
        return frame
    return wire.encode({"reason": _reason_of_death(status, usage, request, late=late)})


def _answer_comes(from_fork: int, *, requests: int, deadline: float) -> bool:
    """Waits until the fork says something, dies or is late; False if whoever asked is gone."""
    poll = select.poll()
    poll.register(from_fork, select.POLLIN)
    poll.register(requests, select.POLLIN)
    left_s = max(0.0, deadline - time.monotonic())
    ready = {fd for fd, _event in poll.poll(left_s * 1000)}
    # no request may come before the answer to the last, so that this is the end of them
    return requests not in ready or from_fork in ready


def _kill(pid: int, *, at_once: bool) -> None:
    """Ends a fork that gave no whole answer; one that is dying may say why by its status."""
    if not at_once:
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)


def _be_the_fork(
    reader: Reader,
    request: Mapping[str, Any],
    data: bytes,
    *,
    answers: int,
    plan: Plan,
    walls: Walls,
) -> NoReturn:
    """Reads the source under limits, sends the answer and ends the process.

    If fewer walls stand than at the trial, something is wrong and the source is not read.
    """
    try:
        os.dup2(answers, 3)
        close_from(4)
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.close(null)
        _limit(request)
        if confine(plan) != walls:
            wire.send(3, wire.encode({"reason": _UNCONFINED}))
            os._exit(0)
        wire.send(3, _answer(reader, request, data))
    finally:
        os._exit(0)


def _answer(reader: Reader, request: Mapping[str, Any], data: bytes) -> bytes:
    try:
        extract = reader(data, str(request["name"]), request["media_type"])
        if len(extract.text) > int(request["text_bytes"]):
            raise UnreadableSource("more text than one document may have. Split it.")
        return wire.encode(wire.message_of(extract))
    except UnreadableSource as error:
        reason = str(error)
    except MemoryError:
        reason = _out_of_memory(request)
    except RecursionError:
        reason = f"nested too deeply to be read. {_SAVE_AS_TEXT}"
    except Exception as error:  # noqa: BLE001 (a parser may raise anything over a damaged source)
        reason = f"damaged: its reader failed ({type(error).__name__}). {_SAVE_AS_TEXT}"
    return wire.encode({"reason": reason})


def _limit(request: Mapping[str, Any]) -> None:
    """Puts the limits of the request on this process; a limit that a system lacks is left out."""
    cpu_s = int(request["cpu_s"])
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, int(request["wall_s"]))  # also if the server is killed
    room = _mapped_bytes() + int(request["memory_bytes"])
    limits: dict[str, tuple[int, int]] = {
        "RLIMIT_AS": (room, room),
        "RLIMIT_CPU": (cpu_s, cpu_s + 1),
        "RLIMIT_FSIZE": (0, 0),
        "RLIMIT_CORE": (0, 0),
        "RLIMIT_NPROC": (0, 0),
        "RLIMIT_NOFILE": (_FILE_DESCRIPTORS, _FILE_DESCRIPTORS),
    }
    for name, limit in limits.items():
        try:
            resource.setrlimit(getattr(resource, name), limit)
        except (AttributeError, ValueError, OSError):
            continue  # macOS refuses RLIMIT_AS; the other limits hold there


def _mapped_bytes() -> int:
    """The address space that this process holds, where the system tells it."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError):
        return 0
    return pages * resource.getpagesize()


def _reason_of_death(
    status: int, usage: resource.struct_rusage, request: Mapping[str, Any], *, late: bool
) -> str:
    """Why a fork died without an answer; ``late`` if it had to be ended."""
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number == signal.SIGXCPU or usage.ru_utime + usage.ru_stime >= int(request["cpu_s"]):
        return f"took more than {request['cpu_s']} s to read. {_SAVE_AS_TEXT}"
    if late or number == signal.SIGALRM:
        return f"took more than {request['wall_s']} s to read. {_SAVE_AS_TEXT}"
    grown = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if grown >= int(request["memory_bytes"]) // 2:
        return _out_of_memory(request)
    return f"crashed its reader. {_SAVE_AS_TEXT}"


def _out_of_memory(request: Mapping[str, Any]) -> str:
    megabytes = int(request["memory_bytes"]) // 1_000_000
    return f"needed more than {megabytes} MB of memory to read. {_SAVE_AS_TEXT}"


if __name__ == "__main__":
    main()
