"""``verbatim mcp`` and ``/mcp`` as programs use them: real processes, and the official client."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeVar

import pytest
from processes import VERBATIM, environment, verbatim
from webprocess import Web, web

from bot.mcp.resulttexts import NO_PASSAGE_ANSWERS, QUOTE_UNCHANGED
from corpus import Corpus

pytest.importorskip("mcp")
import httpx2
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from toolcalls import quotes_in, text_of, used

T = TypeVar("T")
QUESTION = "How many members does the Coalition have?"
DOCUMENT = "2022-05-12-global-coalition-against-daesh"
TOKEN = "a-long-token-of-a-reader"


def with_client(
    home: Path, use: Callable[[Client], Awaitable[T]], *words: str, mode: str = "auto", **more: str
) -> T:
    """What a program gets from the command that it starts."""
    started = StdioServerParameters(
        command=str(VERBATIM), args=["mcp", *words], env=environment(home, **more)
    )
    return used(Client(started, mode=mode), use)


def request(number: int, method: str, **params: Any) -> bytes:
    """A message as a program writes it."""
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return json.dumps(message).encode() + b"\n"


INITIALIZE = request(
    0,
    "initialize",
    protocolVersion="2025-11-25",
    capabilities={},
    clientInfo={"name": "test", "version": "1"},
)
BEGUN = b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n'


class Spoken:
    """A running ``verbatim mcp``, spoken to by lines."""

    def __init__(self, process: "subprocess.Popen[bytes]", errors: Path) -> None:
        self.process = process
        self._errors = errors
        assert process.stdin is not None
        assert process.stdout is not None
        self.stdin, self.stdout = process.stdin, process.stdout

    def say(self, *messages: bytes) -> None:
        self.stdin.write(b"".join(messages))
        self.stdin.flush()

    def hear(self) -> Any:
        return json.loads(self.stdout.readline())

    @property
    def errors(self) -> str:
        return self._errors.read_text("utf-8")


@contextmanager
def spoken(home: Path, folder: Path, **more: str) -> Iterator[Spoken]:
    errors = folder / "stderr"
    with errors.open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603
            [VERBATIM, "mcp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stream,
            env=environment(home, **more),
        )
        program = Spoken(process, errors)
        try:
            yield program
        finally:
            process.kill()
            process.wait()
            with suppress(BrokenPipeError):  # of what was not sent
                program.stdin.close()
            program.stdout.close()


# ------------------------------------------------------------------ standard input and output


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_program_asks_and_gets_the_words_of_the_source_with_their_citation(
    built_home: Path, shipped: Corpus, mode: str
) -> None:
    result = with_client(
        built_home, lambda client: client.call_tool("ask", {"question": QUESTION}), mode=mode
    )
    assert not result.is_error
    best = result.structured_content["quotes"][0]
    cited = best["citation"]
    assert shipped.document(DOCUMENT).text[cited["start"] : cited["end"]] == best["quote"]
    text = text_of(result)
    assert text.startswith(QUOTE_UNCHANGED)
    assert quotes_in(text)[0] == (best["quote"], cited["reference"])
    assert f"\n{best['evidence']}\n</evidence>" in text
    assert "Global Affairs Canada · 2022-05-12 · ¶ 7" in text
    checked = verbatim("verify", "-", home=built_home, stdin=json.dumps(result.structured_content))
    assert checked.returncode == 0


def test_where_nothing_answers_the_program_is_asked_to_say_so(built_home: Path) -> None:
    question = {"question": "What is the best pizza topping?"}
    result = with_client(built_home, lambda client: client.call_tool("ask", question))
    assert text_of(result).startswith(NO_PASSAGE_ANSWERS)
    assert result.structured_content["quotes"] == []


def test_a_question_of_ten_thousand_characters_is_answered(built_home: Path) -> None:
    question = f"{QUESTION} {'again ' * 2_000}"[:10_000]
    result = with_client(built_home, lambda client: client.call_tool("ask", {"question": question}))
    assert not result.is_error
    assert "only its first 1,000 characters were searched" in text_of(result)


def test_on_a_new_machine_calls_wait_for_the_index_and_report_its_progress(tmp_path: Path) -> None:
    reports: list[str | None] = []

    async def ask(client: Client) -> Any:
        async def on_progress(_: float, __: float | None, said: str | None) -> None:
            reports.append(said)

        arguments = {"question": QUESTION}
        return await client.call_tool("ask", arguments, progress_callback=on_progress)

    result = with_client(tmp_path / "home", ask)
    assert "eighty-five" in text_of(result)
    assert all(reports)


def test_a_program_sees_documents_of_a_group_only_if_the_command_names_it(
    built_home: Path, tmp_path: Path
) -> None:
    home, memo = tmp_path / "home", tmp_path / "memo.txt"
    shutil.copytree(built_home, home)
    memo.write_text("The quokkas of Zanzibar sleep in the ministry's garden.\n")
    added = verbatim("add", str(memo), "--access", "Staff", "--refresh", home=home)
    assert (added.returncode, added.stderr) == (0, "")

    async def everything(client: Client) -> str:
        asked = {"question": "Where do the quokkas of Zanzibar sleep?"}
        got = [await client.call_tool("ask", asked), await client.list_resources()]
        for name, arguments in (
            ("list", {}),
            ("show", {"document": "memo"}),
            ("said", {"text": "quokkas of Zanzibar sleep"}),
        ):
            got.append(await client.call_tool(name, arguments))
        try:
            got.append(await client.read_resource("verbatim://documents/memo"))
        except MCPError as error:
            assert str(error) == (
                'There is no resource "verbatim://documents/memo"; resources/list has them.'
            )
        return "".join(each.model_dump_json() for each in got)

    for words, sees in (((), False), (("--group", "staff"), True)):
        assert ("garden" in with_client(home, everything, *words)) == sees
    assert verbatim("mcp", "--group", "a b", home=home).returncode == 2


def test_a_new_generation_answers_without_a_restart(built_home: Path, tmp_path: Path) -> None:
    home, memo = tmp_path / "home", tmp_path / "memo.txt"
    shutil.copytree(built_home, home)
    memo.write_text("The ministers praised the quokkas of Zanzibar.\n")

    async def use(client: Client) -> int:
        before = await client.call_tool("list", {})
        assert before.structured_content["total"] == 1
        assert verbatim("add", str(memo), home=home).returncode == 0
        end = time.monotonic() + 60
        while time.monotonic() < end:
            now = await client.call_tool("list", {})
            if now.structured_content["total"] == 2:
                return 2
        return 1

    assert with_client(home, use) == 2


def test_nothing_but_the_protocol_is_on_standard_output_and_no_question_in_the_log(
    built_home: Path, tmp_path: Path
) -> None:
    with spoken(built_home, tmp_path, VERBATIM_LOG_LEVEL="DEBUG") as program:
        asked = request(1, "tools/call", name="ask", arguments={"question": "Of zanzibarquokkas?"})
        wrong = request(2, "tools/call", name="ask", arguments={"zanzibarquokka": 1})
        program.say(INITIALIZE, BEGUN, asked, wrong)
        heard = [program.hear() for _ in range(3)]
        assert {each["id"] for each in heard} == {0, 1, 2}
        assert all(each["jsonrpc"] == "2.0" for each in heard)
        program.stdin.close()
        assert program.process.wait(20) == 0
        assert program.stdout.read() == b""
        assert "Traceback" not in program.errors
        assert "zanzibarquokka" not in program.errors


def test_lines_that_are_no_messages_get_an_error_and_the_next_call_an_answer(
    built_home: Path, tmp_path: Path
) -> None:
    with spoken(built_home, tmp_path) as program:
        program.say(INITIALIZE, BEGUN)
        assert program.hear()["id"] == 0
        lines = (b"hello\n", b"\n", b"[]\n", b"\xff\n", b"x" * 5_000_000 + b"\n", b"{\n")
        program.say(*lines, request(7, "tools/list"))
        heard = [program.hear() for _ in range(6)]
        refused = [each["error"]["code"] for each in heard if each["id"] is None]
        assert refused == [-32700, -32600, -32700, -32700, -32700]
        (answer,) = (each for each in heard if each["id"] == 7)
        assert len(answer["result"]["tools"]) == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_a_signal_with_exit_code_0_and_no_traceback(
    built_home: Path, tmp_path: Path, number: int
) -> None:
    with spoken(built_home, tmp_path) as program:
        program.say(INITIALIZE, BEGUN)
        assert program.hear()["id"] == 0
        program.process.send_signal(number)
        assert program.process.wait(20) == 0
        assert program.errors == ""


def test_it_ends_at_a_signal_though_the_program_reads_nothing(
    built_home: Path, tmp_path: Path
) -> None:
    with spoken(built_home, tmp_path) as program:
        calls = [
            request(n, "tools/call", name="show", arguments={"document": "2022"})
            for n in range(1, 40)
        ]
        program.say(INITIALIZE, BEGUN, *calls)
        assert program.hear()["id"] == 0
        time.sleep(3)  # the pipe is full by now
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(20) == 0


def test_it_ends_when_the_program_is_gone(built_home: Path, tmp_path: Path) -> None:
    with spoken(built_home, tmp_path) as program:
        program.say(INITIALIZE, BEGUN)
        assert program.hear()["id"] == 0
        program.stdout.close()
        program.say(request(1, "tools/list"))
        assert program.process.wait(20) == 0
        assert "Traceback" not in program.errors


def test_statements_that_cannot_be_opened_end_it_with_one_line(tmp_path: Path) -> None:
    with spoken(tmp_path / "home", tmp_path, VERBATIM_CORPUS=str(tmp_path / "nowhere")) as program:
        program.say(INITIALIZE, BEGUN)
        assert program.process.wait(60) == 1
        (line,) = program.errors.splitlines()[-1:]
        assert line.startswith("verbatim: ")
        assert "nowhere" in line
        assert "Traceback" not in program.errors


def without_library(folder: Path) -> str:
    """A path by which the library of the protocol is not found."""
    for name in ("mcp", "mcp_types"):
        missing = f'raise ModuleNotFoundError("No module named {name!r}", name={name!r})\n'
        (folder / f"{name}.py").write_text(missing)
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


def test_without_the_extra_one_sentence_says_what_to_install(
    built_home: Path, tmp_path: Path
) -> None:
    run = verbatim("mcp", home=built_home, PYTHONPATH=without_library(tmp_path))
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "verbatim: MCP needs mcp_types, which is not installed. Type pip install "
        '"verbatim-bot[mcp]".\n'
    )


# ------------------------------------------------------------------ HTTP


def over_http(
    running: Web,
    use: Callable[[Client], Awaitable[T]],
    *,
    mode: str = "auto",
    token: str | None = None,
) -> T:
    """What a program gets from ``/mcp``."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    address = f"http://127.0.0.1:{running.port}/mcp"

    @asynccontextmanager
    async def transport() -> AsyncIterator[Any]:
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as client,
            streamable_http_client(address, http_client=client) as streams,
        ):
            yield streams

    return used(Client(transport(), mode=mode), use)


def posted(running: Web, body: bytes, **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of a request to ``/mcp``."""
    sent = {"Content-Type": "application/json", "Accept": "application/json"}
    connection = HTTPConnection("127.0.0.1", running.port, timeout=60)
    try:
        connection.request("POST", "/mcp", body, {**sent, **headers})
        reply = connection.getresponse()
        named = {name.lower(): value for name, value in reply.getheaders()}
        return reply.status, named, reply.read().decode("utf-8")
    finally:
        connection.close()


def test_the_web_server_serves_the_same_tools_and_resources(
    built_home: Path, tmp_path: Path, port: int
) -> None:
    asked = {"question": QUESTION}

    async def use(client: Client) -> tuple[str, str]:
        result = await client.call_tool("ask", asked)
        read = await client.read_resource(f"verbatim://documents/{DOCUMENT}")
        return text_of(result), read.contents[0].text  # type: ignore[union-attr]

    expected = with_client(built_home, use)
    with web(built_home, port, tmp_path / "log", VERBATIM_LOG_LEVEL="DEBUG") as running:
        assert over_http(running, use) == expected
        assert over_http(running, use, mode="legacy") == expected
        assert running.get("/mcp")[0] == 405
        assert QUESTION not in running.log
        assert "Traceback" not in running.log


def test_a_token_decides_what_a_program_sees(built_home: Path, tmp_path: Path, port: int) -> None:
    home, memo = tmp_path / "home", tmp_path / "memo.txt"
    shutil.copytree(built_home, home)
    memo.write_text("The quokkas of Zanzibar sleep in the ministry's garden.\n")
    assert verbatim("add", str(memo), "--access", "Staff", home=home).returncode == 0
    more = {"VERBATIM_WEB_TOKENS": f"ada:{TOKEN}:staff bob:{TOKEN}s:legal"}

    async def listed(client: Client) -> int:
        found: int = (await client.call_tool("list", {})).structured_content["total"]
        return found

    with web(home, port, tmp_path / "log", **more) as running:
        assert over_http(running, listed) == 1
        assert over_http(running, listed, token=TOKEN) == 2
        assert over_http(running, listed, token=f"{TOKEN}s") == 1
        assert posted(running, request(1, "tools/list"), Authorization="Bearer x")[0] == 401
    with web(home, port, tmp_path / "log", VERBATIM_ACCESS="listed", **more) as running:
        assert posted(running, request(1, "tools/list"))[0] == 401
        assert over_http(running, listed, token=TOKEN) == 2


def test_too_many_questions_of_an_address_and_requests_of_elsewhere_are_refused(
    built_home: Path, tmp_path: Path, port: int
) -> None:
    ask = request(1, "tools/call", name="ask", arguments={"question": "Where did they meet?"})
    with web(built_home, port, tmp_path / "log", VERBATIM_WEB_RATE="2") as running:
        statuses = [posted(running, ask)[0] for _ in range(3)]
        assert statuses == [200, 200, 429]
        status, headers, body = posted(running, ask)
        assert status == 429
        assert 1 <= int(headers["retry-after"]) <= 60
        error = json.loads(body)["error"]
        assert error["message"].startswith("Too many questions came from this address; ask again")
        assert error["data"] == {"retry_after_s": int(headers["retry-after"])}
        assert posted(running, request(1, "tools/call", name="list", arguments={}))[0] == 200
        for origin in ("https://evil.example", "null", "http://[", "http://127.0.0.1.evil.example"):
            status, _, text = posted(running, ask, Origin=origin)
            assert (status, text) == (403, "A page of another site may not call this address.\n")
        assert posted(running, request(1, "tools/list"), Origin="http://localhost:6274")[0] == 200
        assert posted(running, ask, Host="evil.example")[0] == 421
        status, _, text = posted(running, b"{}")
        assert status == 400
        assert json.loads(text)["error"]["message"].endswith('"jsonrpc": "2.0".')
        assert posted(running, b" " * 2_000_000)[0] == 413


def test_the_web_server_without_the_extra_says_what_to_install(
    built_home: Path, tmp_path: Path, port: int
) -> None:
    path = without_library(tmp_path)
    with web(built_home, port, tmp_path / "log", PYTHONPATH=path) as running:
        status, _, text = posted(running, request(1, "tools/list"))
        assert status == 501
        assert 'Type pip install "verbatim-bot[mcp]".' in text
        assert running.get("/")[0] == 200
