"""The web server: who is refused, or sends slowly, takes nobody's place."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.errors import SettingsError
from bot.webserver import bodies, longanswers, webconnections, webserver
from bot.webserver.refusals import Refusals
from bot.webserver.webserver import WebServer

PLACES = 200


def application(respond: Callable[[Request], Awaitable[Response]]) -> ASGIApp:
    async def called(scope: Scope, receive: Receive, send: Send) -> None:
        response = await respond(Request(scope, receive))
        await response(scope, receive, send)

    return called


@application
async def echo(request: Request) -> Response:
    return Response(await request.body())


@application
async def only_right(request: Request) -> Response:
    if request.url.path != "/right":
        return PlainTextResponse("no\n", 404)  # before the body is read
    return Response(await request.body())


@asynccontextmanager
async def connected(
    port: int, sent: str
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent.encode())
    await writer.drain()
    try:
        yield reader, writer
    finally:
        writer.close()


def post(path: str, body: str, *, announced: int | None = None) -> str:
    length = len(body) if announced is None else announced
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}"


async def status(reader: asyncio.StreamReader) -> int:
    line = await asyncio.wait_for(reader.readline(), 5)
    return int(line.split()[1])


async def right_one(port: int) -> tuple[int, bytes]:
    async with connected(port, post("/right", "hello")) as (reader, _):
        found = await status(reader)
        return found, (await reader.readuntil(b"hello"))[-5:]


def serving(port: int) -> WebServer:
    return WebServer(only_right, host="127.0.0.1", port=port, most_body_bytes=1000)


def test_who_is_refused_is_told_before_the_body_has_come_and_keeps_nobody_out(port: int) -> None:
    async def run() -> None:
        async with serving(port):
            for _ in range(PLACES + 10):
                unfinished = connected(port, post("/wrong", "x", announced=100))
                async with unfinished as (reader, _):
                    assert await status(reader) == 404
                    rest = await asyncio.wait_for(reader.read(), 2)  # the server closes
                    assert rest.endswith(b"no\n")
            # all at once, and none of them closes by itself
            held = [connected(port, post("/wrong", "x", announced=100)) for _ in range(PLACES - 10)]
            ends = [await each.__aenter__() for each in held]
            assert [await status(reader) for reader, _ in ends] == [404] * len(held)
            assert await asyncio.wait_for(right_one(port), 2) == (200, b"hello")
            for each in held:
                await each.__aexit__(None, None, None)

    asyncio.run(run())


def test_a_body_that_does_not_come_in_time_is_not_waited_for(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_BODY_S", 0.2)

    async def run() -> None:
        async with serving(port):
            async with connected(port, post("/right", "x", announced=100)) as (reader, _):
                assert await status(reader) == 408
                await asyncio.wait_for(reader.read(), 2)
            assert await right_one(port) == (200, b"hello")

    asyncio.run(run())


def test_a_request_with_two_lengths_is_refused_and_nothing_behind_it_is_read(port: int) -> None:
    head = (
        "POST /right HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    )

    async def run() -> None:
        async with (
            serving(port),
            connected(port, f"{head}0\r\n\r\n{post('/right', 'hello')}") as (reader, _),
        ):
            whole = await asyncio.wait_for(reader.read(), 2)  # the server closes
            assert whole.startswith(b"HTTP/1.1 400 ")
            assert whole.count(b"HTTP/1.1") == 1
            assert whole.endswith(b"The request says its length in two ways.\n")

    asyncio.run(run())


def test_a_body_that_drips_is_not_waited_for_either(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_BODY_S", 0.3)

    async def run() -> None:
        async with serving(port), connected(port, post("/right", "", announced=100)) as ends:
            reader, writer = ends
            answered = asyncio.create_task(status(reader))
            while not answered.done():
                writer.write(b"x")
                await asyncio.sleep(0.05)
            assert await answered == 408

    asyncio.run(run())


@pytest.mark.parametrize("sent", ["", "POST /right HTTP/1.1\r\nHost:"])
def test_headers_that_do_not_come_in_time_are_not_waited_for(
    port: int, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    monkeypatch.setattr(webconnections, "_HEAD_S", 0.2)

    async def run() -> None:
        async with serving(port):
            async with connected(port, sent) as (reader, _):
                assert await asyncio.wait_for(reader.read(), 2) == b""
            # on a connection that is kept, too
            async with connected(port, post("/right", "hello")) as (reader, writer):
                assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
                writer.write(b"POST /right")
                assert await asyncio.wait_for(reader.read(), 2) == b""

    asyncio.run(run())


def test_a_kept_connection_answers_again_and_an_answer_may_take_longer_than_the_headers(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webconnections, "_HEAD_S", 0.2)

    @application
    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.5)
        return Response(await request.body())

    async def run() -> None:
        async with (
            WebServer(slow, host="127.0.0.1", port=port, most_body_bytes=1000),
            connected(port, post("/right", "hello")) as (reader, writer),
        ):
            await reader.readuntil(b"hello")
            writer.write(post("/right", "again").encode())
            assert (await asyncio.wait_for(reader.readuntil(b"again"), 2))[-5:] == b"again"

    asyncio.run(run())


def test_a_body_whose_sender_leaves_is_answered_by_nobody(port: int) -> None:
    asked: list[bytes] = []

    @application
    async def noted(request: Request) -> Response:
        asked.append(await request.body())
        return Response()

    async def run() -> None:
        async with WebServer(noted, host="127.0.0.1", port=port, most_body_bytes=1000):
            async with connected(port, post("/right", "{}", announced=100)):
                await asyncio.sleep(0.1)
            chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
            async with connected(port, chunked):
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.1)

    asyncio.run(run())
    assert asked == []


@pytest.mark.parametrize("how", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_server_that_takes_no_body_waits_for_none(port: int, how: str) -> None:
    async def run() -> None:
        sent = f"POST / HTTP/1.1\r\nHost: x\r\n{how}\r\n\r\n"
        async with (
            WebServer(echo, host="127.0.0.1", port=port),
            connected(port, sent) as (reader, _),
        ):
            assert await status(reader) == 413
            await asyncio.wait_for(reader.read(), 2)

    asyncio.run(run())


def test_who_does_not_read_the_answer_is_cut_all_the_same(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webconnections, "_LEAVE_S", 0.2)
    held: list[int] = []

    @application
    async def much(_: Request) -> Response:
        return Response("x" * 50_000_000)

    async def run() -> None:
        async with WebServer(much, host="127.0.0.1", port=port) as server:
            sent = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            async with connected(port, sent):
                await asyncio.sleep(0.1)
                held.append(server.connections)
                await asyncio.sleep(1)
                held.append(server.connections)

    asyncio.run(run())
    assert held == [1, 0]


def test_what_is_no_http_or_asks_for_another_protocol_is_counted_and_not_logged(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    counted: list[str] = []
    upgrade = "GET /right HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"

    async def run() -> None:
        refusals = Refusals("the web server", on_refused=counted.append)
        async with WebServer(echo, host="127.0.0.1", port=port, refusals=refusals):
            for sent in ("\x16\x03\x01\r\n\r\n", "A" * 100_000, upgrade):
                async with connected(port, sent) as (reader, _):
                    assert await status(reader) == (200 if sent == upgrade else 400)

    with caplog.at_level("WARNING"):
        asyncio.run(run())
    assert counted == ["no HTTP", "no HTTP"]
    assert [each for each in caplog.messages if "refused" not in each] == []


def test_who_does_not_read_a_long_answer_gives_way_and_is_cut_in_time(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webconnections, "_READ_S", 0.5)
    counted: list[str] = []

    @application
    async def much(_: Request) -> Response:
        return Response("x" * 50_000_000)

    async def run() -> None:
        refusals = Refusals("the web server", on_refused=counted.append)
        server = WebServer(much, host="127.0.0.1", port=port, refusals=refusals)
        async with server, connected(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3):
            await asyncio.sleep(0.2)
            assert server.connections == 1
            await asyncio.sleep(1)
            assert server.connections == 0

    asyncio.run(run())
    assert counted == ["unread answer"]


def test_callers_who_read_nothing_keep_nobody_out(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webserver, "_most_connections", lambda: 20)

    @application
    async def much(request: Request) -> Response:
        return Response("x" * (1_000_000 if request.url.path == "/long" else 1))

    async def run() -> None:
        server = WebServer(much, host="127.0.0.1", port=port)
        long = "GET /long HTTP/1.1\r\nHost: x\r\n\r\n" * 3
        async with server, AsyncExitStack() as held:
            for _ in range(40):
                await held.enter_async_context(connected(port, long))
            await asyncio.sleep(0.2)
            async with connected(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") as (reader, _):
                assert await status(reader) == 200

    asyncio.run(run())


def test_long_answers_that_nobody_reads_hold_a_bounded_memory(port: int) -> None:
    @application
    async def much(request: Request) -> Response:
        return Response("x" * (30_000_000 if request.url.path == "/long" else 1))

    async def run() -> None:
        server = WebServer(much, host="127.0.0.1", port=port)
        server._long_answers = longanswers.LongAnswers(most_bytes=70_000_000)
        long = "GET /long HTTP/1.1\r\nHost: x\r\n\r\n"
        async with server, AsyncExitStack() as held:
            found = []
            for _ in range(4):
                reader, _ = await held.enter_async_context(connected(port, long))
                found.append(await status(reader))
            assert found == [200, 200, 503, 503]
            async with connected(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") as (reader, _):
                assert await status(reader) == 200
            await held.aclose()
            await asyncio.sleep(0.2)
            async with connected(port, long) as (reader, _):
                assert await status(reader) == 200
                assert len(await reader.readuntil(b"xxx")) < 1_000_000

    asyncio.run(run())


def test_a_failure_is_one_sentence_for_the_caller_and_a_place_without_words_in_the_log(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    @application
    async def broken(request: Request) -> Response:
        raise ValueError(request.query_params["q"])

    async def run() -> None:
        sent = "GET /?q=hidden HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        async with (
            WebServer(broken, host="127.0.0.1", port=port),
            connected(port, sent) as (reader, _),
        ):
            reply = (await reader.read()).decode()
            assert reply.startswith("HTTP/1.1 500")
            assert reply.endswith("The server failed at this request.\n")

    with caplog.at_level("INFO"):
        asyncio.run(run())
    assert "ValueError at " in caplog.text
    assert "hidden" not in caplog.text


def test_a_head_may_be_as_long_as_the_server_says(port: int) -> None:
    begun = f"GET /?q={'x' * 120_000} HTTP/1.1\r\nHost: x\r\n"

    async def run() -> None:
        for most, expected in ((160_000, 200), (64_000, 400)):
            server = WebServer(echo, host="127.0.0.1", port=port, most_head_bytes=most)
            async with server, connected(port, begun) as (reader, writer):
                await asyncio.sleep(0.1)
                writer.write(b"Connection: close\r\n\r\n")
                assert await status(reader) == expected

    asyncio.run(run())


def test_an_address_that_is_taken_is_named_once() -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    with taken, pytest.raises(SettingsError) as refused:
        asyncio.run(WebServer(echo, host="127.0.0.1", port=port).__aenter__())
    said = str(refused.value)
    assert said.startswith(f"127.0.0.1 port {port} cannot be opened (Address already in use).")
