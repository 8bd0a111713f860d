"""Fetching web pages: the results, and the addresses that must never be asked or waited for.

The server is a strict one on loopback, which only tests may reach: they say so by ``allowed``.
"""

import contextlib
import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import FetchFailed
from corpus.web.fetching import Fetched, fetch
from corpus.web.publicaddresses import Address, is_public
from corpus.web.webaddress import label_of, parse_web_address

LOOPBACK = ip_address("127.0.0.1")
PAGE = b"<p>The Ministers met.</p>"

Answer = Callable[[socket.socket, str], None]


def everything(address: Address) -> bool:
    return True


class Server:
    """A web server on loopback that answers each path with a function, and refuses sloppy requests."""

    def __init__(self, answers: dict[str, Answer], *, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        self._answers = answers
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, ssl.SSLError):
            connection.settimeout(5)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    if not (read := connection.recv(4096)):
                        return
                    head += read
                line, *lines = head.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")
                method, target, protocol = line.split(" ")
                assert (method, protocol) == ("GET", "HTTP/1.1")
                headers = dict(each.split(": ", 1) for each in lines)
                assert len(headers) == len(lines)
                self.requests.append((target, headers))
                self._answers.get(target.partition("?")[0], status(404))(connection, target)


def respond(
    body: bytes = PAGE, *headers: str, code: int = 200, length: int | None = None
) -> Answer:
    """A whole response with its length."""
    size = len(body) if length is None else length
    return raw(f"HTTP/1.1 {code} Said", f"Content-Length: {size}", *headers, body=body)


def raw(*head: str, body: bytes = b"") -> Answer:
    def answer(connection: socket.socket, _: str) -> None:
        connection.sendall("\r\n".join([*head, "", ""]).encode("utf-8") + body)

    return answer


def status(code: int) -> Answer:
    return respond(b"no", code=code)


def redirect(to: str, code: int = 302) -> Answer:
    return respond(b"", f"Location: {to}", code=code)


def dripping(head: bytes, drop: bytes) -> Answer:
    """An endless answer: a drop every 50 ms, for 2 s at most."""

    def answer(connection: socket.socket, _: str) -> None:
        connection.sendall(head)
        for _ in range(40):
            time.sleep(0.05)
            connection.sendall(drop)

    return answer


@pytest.fixture
def served() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def serve(answers: dict[str, Answer], **more: ssl.SSLContext) -> Server:
        servers.append(Server(answers, **more))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


def get(url: str, **limits: object) -> Fetched:
    """Fetches with loopback allowed."""
    return fetch(url, **{"allowed": everything, "timeout_s": 5, **limits})  # type: ignore[arg-type]


def refusal(url: str, **limits: object) -> str:
    with pytest.raises(FetchFailed) as refused:
        get(url, **limits)
    return str(refused.value)


def test_a_page_is_fetched_with_its_address_type_and_name(served: Callable[..., Server]) -> None:
    server = served({"/news/page.html": respond(PAGE, "Content-Type: text/html; charset=utf-8")})
    found = get(f"{server.url}/news/page.html?a=b#part")
    assert found == Fetched(
        PAGE, f"{server.url}/news/page.html?a=b", "text/html; charset=utf-8", "page.html"
    )


def test_a_request_carries_the_product_and_nothing_else(
    served: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No proxy, cookie or password: not from the environment, not from an earlier answer."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = served(
        {"/a": respond(b"", "Location: /b", "Set-Cookie: c=1", code=302), "/b": respond()}
    )
    get(f"{server.url}/a")
    for _, headers in server.requests:
        assert headers == {
            "Host": f"127.0.0.1:{server.port}",
            "User-Agent": "verbatim-bot",
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
        }


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_followed_to_the_final_address(
    served: Callable[..., Server], code: int
) -> None:
    server = served({"/a": redirect("b/../c?x=é#there", code), "/c": respond()})
    found = get(f"{server.url}/a")
    assert found.url == f"{server.url}/c?x=%C3%A9"
    assert found.content == PAGE


def test_every_redirect_is_checked_again(served: Callable[..., Server]) -> None:
    """A public page that leads to the machine itself is refused before anything is asked there."""
    inner = served({"/secret": respond()})
    outer = served({"/a": redirect(f"http://inner.example:{inner.port}/secret")})
    names = {"outer.example": ["127.0.0.1"], "inner.example": ["127.0.0.2"]}
    said = refusal(
        f"http://outer.example:{outer.port}/a",
        allowed=lambda address: address == LOOPBACK,
        resolve=lambda host, port: names[host],
    )
    assert "inner.example" in said
    assert "its address 127.0.0.2 is not public" in said
    assert (len(outer.requests), len(inner.requests)) == (1, 0)


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", "not an http or https address"),
        ("ftp://example.org/x", "not an http or https address"),
        ("//user@127.0.0.1/", "user or password"),
        ("http://2130706433/", "names no host"),
        ("https:///x", "names no host"),
        ("/a", "more than 5 times"),
        ("", "without saying where"),
    ],
)
def test_a_redirect_to_what_is_no_public_page_is_refused(
    served: Callable[..., Server], location: str, reason: str
) -> None:
    server = served({"/a": redirect(location)})
    assert reason in refusal(f"{server.url}/a")
    assert len(server.requests) == (6 if location == "/a" else 1)


@pytest.mark.parametrize(
    ("code", "advice"),
    [(404, "Check"), (410, "Check"), (403, "add the file"), (500, "later"), (204, "")],
)
def test_an_answer_that_is_no_page_is_told_by_its_number(
    served: Callable[..., Server], code: int, advice: str
) -> None:
    said = refusal(f"{served({'/a': status(code)}).url}/a")
    assert f"/a: answers {code}." in said
    assert advice in said


# --- time and size


@pytest.mark.parametrize(
    "answer",
    [
        dripping(b"HTTP/1.1 200 OK\r\n", b"X-Drop: 1\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
        dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1", b"0"),
        dripping(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\xff", b"n"
        ),
        dripping(b"", b""),
    ],
    ids="headers header continue length close chunks chunk-size gzip-name silence".split(),
)
def test_a_server_that_drips_is_left_when_time_is_up(
    served: Callable[..., Server], answer: Answer
) -> None:
    server = served({"/a": answer})
    began = time.monotonic()
    assert "took longer than 0.4 s" in refusal(f"{server.url}/a", timeout_s=0.4)
    assert 0.3 < time.monotonic() - began < 1.5


def test_time_is_counted_over_all_redirects(served: Callable[..., Server]) -> None:
    def slowly(connection: socket.socket, target: str) -> None:
        time.sleep(0.2)
        redirect(target + "x")(connection, target)

    server = served({f"/{'x' * n}": slowly for n in range(9)})
    began = time.monotonic()
    assert "took longer than 0.5 s" in refusal(f"{server.url}/", timeout_s=0.5, most_redirects=99)
    assert time.monotonic() - began < 1.5


def test_a_resolver_that_does_not_answer_is_left_when_time_is_up() -> None:
    def never(host: str, port: int) -> Sequence[str]:
        time.sleep(3)
        return []

    began = time.monotonic()
    assert "took longer than 0.3 s" in refusal("http://example.org/", timeout_s=0.3, resolve=never)
    assert time.monotonic() - began < 1.5


def test_what_says_that_it_is_too_large_is_not_read(served: Callable[..., Server]) -> None:
    server = served({"/a": respond(b"", length=10**30), "/b": respond(b"x" * 1000)})
    assert "larger than 50 MB" in refusal(f"{server.url}/a", max_bytes=50_000_000)
    assert len(get(f"{server.url}/b", max_bytes=1000).content) == 1000
    assert "larger than 0.000999 MB" in refusal(f"{server.url}/b", max_bytes=999)


def test_what_does_not_say_its_size_is_counted_while_it_is_read(
    served: Callable[..., Server],
) -> None:
    sent = 0

    def endless(connection: socket.socket, _: str) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"x" * 100_000)
            sent += 100_000

    assert "larger than 1 MB" in refusal(f"{served({'/a': endless}).url}/a", max_bytes=1_000_000)
    assert sent < 50_000_000


def test_a_small_answer_that_unpacks_to_a_large_one_is_refused(
    served: Callable[..., Server],
) -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * 300_000_000, 9))
    once = gzip.decompress(bomb)
    assert len(once) < 400_000
    server = served(
        {
            "/a": respond(once, "Content-Encoding: gzip"),
            "/b": respond(bomb, "Content-Encoding: gzip, gzip"),
        }
    )
    assert "larger than 50 MB" in refusal(f"{server.url}/a", max_bytes=50_000_000)
    assert "compressed in an unknown way" in refusal(f"{server.url}/b")


def test_a_compressed_page_is_unpacked(served: Callable[..., Server]) -> None:
    server = served(
        {"/a": respond(gzip.compress(PAGE) + gzip.compress(PAGE), "Content-Encoding: GZIP")}
    )
    assert get(f"{server.url}/a").content == PAGE * 2


ZIPPED = gzip.compress(PAGE * 1000)


@pytest.mark.parametrize(
    "answer",
    [
        respond(PAGE, length=len(PAGE) + 1),
        raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"ff\r\nshort"),
        raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"5\r\nwhole\r\n"),
        raw("HTTP/1.1 200 OK", "Content-Encoding: gzip", body=ZIPPED[:-9]),
        respond(ZIPPED, "Content-Encoding: gzip", length=len(ZIPPED) + 1),
        respond(ZIPPED[:40] + b"\0\0" + ZIPPED[42:], "Content-Encoding: gzip"),
        respond(PAGE, "Content-Encoding: gzip"),
        raw("SSH-2.0-OpenSSH_9.9"),
        raw("HTTP/1.1 999999 Odd"),
        raw("HTTP/1.1 200 OK", *["X: y"] * 1000, body=PAGE),
        raw("HTTP/1.1 200 OK", "X: " + "y" * 100_000, body=PAGE),
        lambda connection, target: None,
    ],
)
def test_an_answer_that_is_not_whole_is_never_taken_for_a_page(
    served: Callable[..., Server], answer: Answer
) -> None:
    said = refusal(f"{served({'/a': answer}).url}/a")
    assert "/a: did not send a whole answer" in said
    assert "Try again later." in said


@pytest.mark.parametrize(
    "answer",
    [
        respond(b""),
        respond(gzip.compress(b""), "Content-Encoding: gzip"),
        lambda connection, target: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le"),
    ],
    ids=["empty", "zipped", "broken-off"],
)
def test_a_page_without_a_byte_is_no_page(served: Callable[..., Server], answer: Answer) -> None:
    assert "/a: gives an empty page" in refusal(f"{served({'/a': answer}).url}/a")


# --- addresses

NOT_PUBLIC = """
    127.0.0.1 127.255.255.254 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.1.1
    169.254.169.254 169.254.0.1 100.64.0.1 100.127.255.255 0.0.0.0 0.1.2.3 224.0.0.1 239.1.2.3
    240.0.0.1 255.255.255.255 192.0.0.1 192.0.0.170 192.0.2.1 198.18.0.1 198.19.255.255
    198.51.100.1 203.0.113.1 192.88.99.1
    168.63.129.16 ::ffff:168.63.129.16 64:ff9b::168.63.129.16 64:ff9b::a83f:8110 2002:a83f:8110::1
    100.100.100.200 192.0.0.192 fd20:ce::254 fe80::1234:5678:9abc 199.36.153.4 199.36.153.11
    161.26.0.10 166.8.0.1 166.11.255.255
    ::1 :: fe80::1 fe80::1%1 febf::1 fc00::1 fd00:ec2::254 fec0::1 ff02::1 ff0e::1
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 ::8.8.8.8 ::ffff:0:127.0.0.1
    64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 64:ff9b:1::8.8.8.8
    2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101::1 2002:a9fe:a9fe::1
    2001::1 2001:0:4136:e378:8000:63bf:80ff:fffe 2001:0:808:808:0:0:f7f7:f7f7
    2001:db8::1 3fff::1 100::1 5f00::1 4000::1 e000::1
""".split()
PUBLIC = """
    8.8.8.8 1.1.1.1 9.255.255.255 11.0.0.1 172.15.255.255 172.32.0.1 192.167.1.1 100.63.255.255
    100.128.0.1 169.253.1.1 223.255.255.254 126.1.1.1 128.1.1.1 192.0.1.1 192.88.98.1
    168.63.129.15 168.63.129.17 199.36.153.3 199.36.153.12 161.25.255.255 161.27.0.1 166.7.1.1
    166.12.0.1
    2606:4700::1111 2a00:1450::1 2001:4860:4860::8888 2001:200::1
    ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1
""".split()


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused_by_itself_and_behind_a_name(text: str) -> None:
    assert not is_public(ip_address(text))
    for answer in ([text], ["8.8.8.8", text], [text, "2606:4700::1111"]):
        with pytest.raises(FetchFailed, match="is not public"):
            fetch("http://example.org/", resolve=lambda host, port: answer)  # noqa: B023
    if "%" not in text:
        literal = f"[{text}]" if ":" in text else text
        with pytest.raises(FetchFailed, match="is not public"):
            fetch(f"http://{literal}:8080/")


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_public_inside_an_ipv6_one(address: Address) -> None:
    for inside in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert is_public(ip_address(inside)) == is_public(address)
    assert is_public(
        ip_address(f"2002:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}::1")
    ) == is_public(address)
    if is_public(address):
        assert address.is_global


@pytest.mark.parametrize("host", ["localhost", "localhost.", "LOCALHOST", "127.0.0.1."])
def test_the_machine_itself_is_refused_by_name(host: str, served: Callable[..., Server]) -> None:
    server = served({"/": respond()})
    with pytest.raises(FetchFailed, match="is not public"):
        fetch(f"http://{host}:{server.port}/")
    assert server.requests == []


@pytest.mark.parametrize(
    "host",
    "2130706433 0x7f000001 017700000001 0177.0.0.1 0x7f.1 127.1 127.0.1 127.0.0.01 127.0.0.1.. "
    "8.8.2056 134744072 2822734096 0xa83f8110 025017700420 0250.63.129.020 0xa8.63.129.0x10 168.4161808 １２７.1 127。1 [::1%25lo] [::1%lo] [127.0.0.1] [ [] ].x a..b .a "
    "exa%6dple.org %31%32%37.0.0.1 a,b a;b a|b <a> a'b".split(),
)
def test_a_number_in_disguise_or_what_is_no_host_is_refused_before_it_is_looked_up(
    host: str,
) -> None:
    def nobody_asks(host: str, port: int) -> Sequence[str]:
        raise AssertionError(host)

    refusal(f"http://{host}/", resolve=nobody_asks)


def test_digits_of_another_script_are_the_same_address() -> None:
    with pytest.raises(FetchFailed, match=r"its address 127\.0\.0\.1 is not public"):
        fetch("http://１２７。０。０。１/")


def test_a_name_is_resolved_once_and_the_connection_goes_where_was_checked(
    served: Callable[..., Server],
) -> None:
    """Rebinding: a name that is public when checked and private when connected to."""
    server = served({"/": respond()})
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.9"]

    checked: list[Address] = []

    def allowed(address: Address) -> bool:
        checked.append(address)
        return address == LOOPBACK

    found = get(f"http://Rebinding.Example:{server.port}/", allowed=allowed, resolve=rebinding)
    assert found.content == PAGE
    assert (asked, checked) == (["rebinding.example"], [LOOPBACK])
    assert server.requests[0][1]["Host"] == f"rebinding.example:{server.port}"


def test_the_next_address_is_tried_where_one_does_not_answer(
    served: Callable[..., Server],
) -> None:
    server = served({"/": respond()})
    answer = ["127.0.0.77", "127.0.0.1"]
    assert get(f"http://a.example:{server.port}/", resolve=lambda *_: answer).content == PAGE
    said = refusal(f"http://a.example:{server.port}/", resolve=lambda *_: answer[:1])
    assert "cannot be reached (Connection refused)" in said


def test_a_name_that_is_not_found_is_said() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    assert "no.example is not found" in refusal("http://no.example/", resolve=unknown)
    assert "no.example has no address" in refusal("http://no.example/", resolve=lambda *_: [])


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "not an http or https address"),
        ("example.org/page", "not an http or https address"),
        ("file:///etc/passwd", "To add a file, type its path"),
        ("gopher://example.org/", "not an http or https address"),
        ("javascript:alert(1)", "not an http or https address"),
        ("http:example.org", "names no host"),
        ("http://", "names no host"),
        ("http://a:0/", "names no host"),
        ("http://a:65536/", "Port out of range"),
        ("http://a:b/", "is not an address"),
        ("http://[::1/", "is not an address"),
        ("http://a\t.example/", "characters"),
        ("http://a.example/\r\nHost: b", "characters"),
        ("http://a.example/\0", "characters"),
        ("http://a.example\\@b.example/", "characters"),
        ("http://a.example/\ud800", "characters"),
        ("http://user:secret@a.example/", "user or password"),
        ("http://@a.example/", "user or password"),
        ("ftp://user:secret@a.example/", "user or password"),
        ("http://℀.example/", "is not an address"),
        ("http://☃.example/", "names no host"),
    ],
)
def test_what_is_no_web_address_is_refused_with_the_reason(url: str, reason: str) -> None:
    said = refusal(url)
    assert reason in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (" HTTP://Example.ORG ", "http://example.org/"),
        (
            "https://example.org.:443/a b/é?q=ü ü#part",
            "https://example.org/a%20b/%C3%A9?q=%C3%BC%20%C3%BC",
        ),
        ("http://example.org:443/%7Ea%2Fb?x=%zz", "http://example.org:443/%7Ea%2Fb?x=%zz"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("http://a_b.example:65535", "http://a_b.example:65535/"),
        ("http://[2606:4700:0::1111]:80/", "http://[2606:4700::1111]/"),
        ("http://example.org?x", "http://example.org/?x"),
    ],
)
def test_an_address_is_asked_for_as_a_browser_would(typed: str, asked: str) -> None:
    assert str(parse_web_address(typed)) == asked


@given(
    st.text(max_size=30),
    st.sampled_from(["", "http://", "https://a.example/", "http://[", "http:/"]),
)
def test_any_text_is_a_plain_ascii_address_or_refused(text: str, before: str) -> None:
    try:
        address = parse_web_address(before + text)
    except FetchFailed:
        return
    assert str(address).isascii()
    assert not any(c.isspace() or not c.isprintable() for c in str(address))
    assert parse_web_address(str(address)) == address


@pytest.mark.parametrize("port", ["1", "22", "025", "53", "79", "81", "442", "444", "993", "1023"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_port_of_another_service_is_refused_before_the_host_is_looked_up(
    scheme: str, port: str
) -> None:
    def nobody_asks(host: str, port: int) -> Sequence[str]:
        raise AssertionError(host)

    said = refusal(f"{scheme}://a.example:{port}/", resolve=nobody_asks)
    assert f"uses port {int(port)}, which belongs to other services than web pages" in said


@pytest.mark.parametrize("port", [80, 443, 1024, 8080, 65535])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_ports_of_the_web_and_those_that_anyone_may_open_are_asked(scheme: str, port: int) -> None:
    assert parse_web_address(f"{scheme}://a.example:{port}/").port == port


@pytest.mark.parametrize(
    "to",
    ["http://a.example:22/", "//a.example:25/", "http://a.example:1023/x", "//127.0.0.1:6/"],
)
def test_a_redirect_to_a_port_of_another_service_is_not_followed(
    served: Callable[..., Server], to: str
) -> None:
    server = served({"/a": redirect(to)})
    assert "which belongs to other services than web pages" in refusal(f"{server.url}/a")
    assert len(server.requests) == 1


# --- names


@pytest.mark.parametrize(
    ("path", "disposition", "name"),
    [
        ("/a/report.pdf", None, "report.pdf"),
        ("/a/", None, "a.example"),
        ("/a/b%20c%2F..%2F..%2Fetc%2Fpasswd", None, "passwd"),
        ("/x", 'attachment; filename="Rapport final.pdf"', "Rapport final.pdf"),
        ("/x", "attachment; filename*=UTF-8''D%C3%A9claration.pdf", "Déclaration.pdf"),
        ("/x", 'attachment; filename="DÃ©claration.pdf"', "Déclaration.pdf"),
        ("/x", 'attachment; filename="../../.ssh/authorized_keys"', "authorized_keys"),
        ("/x", 'attachment; filename="C:\\\\Windows\\\\win.ini"', "win.ini"),
        ("/x", 'attachment; filename=".."', "x"),
        ("/x", 'attachment; filename=""', "x"),
        ("/x", "attachment; filename*=nonsense''%ff", "ÿ"),
        ("/x", "inline", "x"),
        ("/NUL", None, "_NUL"),
        ("/con.txt", None, "_con.txt"),
        ("/a%00b%1B%5B31m%E2%80%AEc.txt", None, "ab[31mc.txt"),
        ("/" + "n" * 300 + ".html", None, "n" * 115 + ".html"),
        ("/" + "%C3%A9" * 300, None, "é" * 60),
    ],
)
def test_a_file_is_labelled_harmlessly(path: str, disposition: str | None, name: str) -> None:
    assert label_of(parse_web_address(f"http://a.example{path}"), disposition) == name


@given(st.text(max_size=200))
def test_no_name_leads_anywhere(text: str) -> None:
    address = parse_web_address("http://a.example/")
    label = label_of(address, f'attachment; filename="{text}"')
    assert label
    assert len(label.encode()) <= 120
    assert label not in {".", ".."}
    assert not set(label) & set('/\\:\0\n\r"<>|?*')


# --- https


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for good.example, signed by itself, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    folder = tmp_path_factory.mktemp("certificate")
    command = (
        f"{openssl} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=good.example -addext subjectAltName=DNS:good.example "
        "-keyout key.pem -out certificate.pem"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)  # noqa: S603
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "certificate.pem").read_bytes())
    return both


@pytest.fixture
def secure(served: Callable[..., Server], certificate: Path) -> Server:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return served({"/": respond(), "/down": redirect("http://good.example/")}, tls=context)


def here(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def test_a_certificate_is_checked_for_the_name_and_not_for_the_address(
    secure: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = f"https://good.example:{secure.port}/"
    unknown = refusal(good, resolve=here)
    assert "its certificate is not valid" in unknown
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert get(good, resolve=here).content == PAGE
    assert secure.requests[0][1]["Host"] == f"good.example:{secure.port}"
    for other in ("evil.example", "127.0.0.1"):
        said = refusal(f"https://{other}:{secure.port}/", resolve=here)
        assert "its certificate is not valid" in said
    assert len(secure.requests) == 1


def test_a_redirect_from_https_to_http_is_refused(
    secure: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    said = refusal(f"https://good.example:{secure.port}/down", resolve=here)
    assert "redirects from https to http://good.example/" in said


def test_a_handshake_that_drips_is_left_when_time_is_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"\x16\x03\x03\x40\x00")
                for _ in range(40):
                    time.sleep(0.05)
                    connection.sendall(b"\x02")

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        said = refusal(f"https://127.0.0.1:{listening.getsockname()[1]}/", timeout_s=0.4)
        assert "took longer than 0.4 s" in said
        assert time.monotonic() - began < 1.5
        thread.join()
