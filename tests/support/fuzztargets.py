"""What is fuzzed: each place where foreign bytes or texts come in, and what it may answer.

An input is a crash if it raises anything but the errors that the target names, and a hang if it
takes more than ``HANG_S`` of processor time. A library that fails over a damaged file is none:
the extractor process says so of the file.
"""

import contextlib
import copy
import functools
import io
import json
import random
import re
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bot.state.files.people import people_in

HANG_S = 1.0
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "corpus", "embeddings")

Run = Callable[[bytes], object]
Mutate = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True)
class Target:
    """A place where foreign bytes come in.

    ``open`` gives the function that takes an input; ``documented`` gives the errors that it may
    raise. ``bounded`` targets work in the extractor process, which ends them: there a library may
    fail, and what takes long is held against the process's own limits.
    """

    name: str
    about: str
    open: Callable[[], Run]
    seeds: Callable[[], Sequence[bytes]]
    documented: Callable[[], tuple[type[Exception], ...]]
    tokens: tuple[bytes, ...] = ()
    mutate: Mutate | None = None
    bounded: bool = False
    longest: int = 20_000


@dataclass(frozen=True)
class Finding:
    """A fault of an input: ``kind`` is "crash" or "hang"; ``where`` tells it from others."""

    kind: str
    where: str
    report: str = field(compare=False)


def check(target: Target, run: Run, data: bytes) -> tuple[Finding | None, float]:
    """The fault of an input, None for none, and its processor time in seconds."""
    start = time.thread_time()
    found = None
    try:
        run(data)
    except target.documented():
        pass
    except Exception as error:  # noqa: BLE001 (that is what is looked for)
        if not (target.bounded and _is_of_library(error)):
            found = Finding("crash", _where(error), "".join(traceback.format_exception(error)))
    spent = time.thread_time() - start
    if found is None and spent > HANG_S:
        found = Finding("hang", f"{target.name} {spent:.0f} s", f"{spent:.2f} s")
    return found, spent


def _is_of_library(error: BaseException) -> bool:
    """True if an error was raised outside this project's packages."""
    if isinstance(error, (MemoryError, RecursionError)):
        return True
    frames = traceback.extract_tb(error.__traceback__)
    return not any(frames[-1].filename.startswith(str(ROOT / name)) for name in PACKAGES)


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if f.filename.startswith(str(ROOT))] or frames
    return f"{type(error).__name__} {Path(ours[-1].filename).name}:{ours[-1].lineno}"


def mutated(target: Target, data: bytes, draw: random.Random, others: Sequence[bytes]) -> bytes:
    """The input with a few changes: in its own form where the target knows it, else in its bytes."""
    for _ in range(draw.choice((1, 1, 2, 4))):
        if target.mutate is not None and draw.random() < 0.7:
            with contextlib.suppress(Exception):
                data = target.mutate(data, draw)
                continue
        data = _changed(data, draw, target.tokens, others)
    return data[: target.longest]


def _changed(
    data: bytes, draw: random.Random, tokens: Sequence[bytes], others: Sequence[bytes]
) -> bytes:
    at = draw.randrange(len(data) + 1)
    end = min(len(data), at + draw.choice((1, 2, 4, 16, 100, 1_000)))
    start, piece, rest = data[:at], data[at:end], data[at:]
    token = draw.choice(tokens) if tokens else draw.choice(_CHARACTERS).encode()
    other = draw.choice(others) if others else data
    changes = (
        (bytes([draw.randrange(256)]), data[at + 1 :]),
        (b"", data[end:]),
        (piece * draw.choice((2, 3, 50, 2_000)), data[end:]),
        (token, rest),
        (token * draw.choice((2, 30, 3_000)), rest),
        (other[draw.randrange(len(other) + 1) :], b""),
        (draw.randbytes(draw.choice((1, 2, 8))), data[end:]),
        (draw.choice(_CHARACTERS).encode("utf-8", "surrogatepass") * draw.choice((1, 5)), rest),
    )
    return start + b"".join(draw.choice(changes))


_CHARACTERS = (
    "\x00", "\n", "\r", "\t", " ", "\u00a0", "\u2028", "\ufeff", "\u200b", "\u202e", "é", "ﬁ", "漢", "。", "😀", "\u0301", "٣",
    "İ", "ß", "ﷺ", "\U000e0001", "\ud7ff", "\uffff", ":", "-", "'", '"',
)  # fmt: skip


def changed_json(data: bytes, draw: random.Random) -> bytes:
    """JSON with one value changed, taken away, doubled or put in another's place.

    Raises:
        ValueError: if it is no JSON.
    """
    value = json.loads(data)
    places: list[tuple[Any, Any]] = []

    def walk(each: Any) -> None:
        pairs = each.items() if isinstance(each, dict) else enumerate(each)
        for key, inner in list(pairs):
            places.append((each, key))
            if isinstance(inner, dict | list):
                walk(inner)

    if not isinstance(value, dict | list):
        raise ValueError("nothing to change")  # noqa: TRY004
    walk(value)
    holder, key = draw.choice(places)
    inner = holder[key]
    match draw.randrange(6):
        case 0:
            del holder[key]
        case 1:
            other_holder, other_key = draw.choice(places)
            holder[key] = json.loads(json.dumps(other_holder[other_key]))
        case 2 if isinstance(inner, str):
            holder[key] = _changed(inner.encode(), draw, _TEXTS, ()).decode("utf-8", "replace")
        case 3 if isinstance(holder, dict):
            holder[draw.choice(_KEYS)] = inner
        case 4 if isinstance(inner, int) and not isinstance(inner, bool):
            holder[key] = inner + draw.choice((-1, 1, -1000, 10**6, 10**18, 10**25))
        case _:
            holder[key] = draw.choice(_VALUES)
    return json.dumps(value, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")


_TEXTS = tuple(
    token.encode()
    for token in (
        "/start",
        "@bot",
        "漢。",
        " ",
        "\u0301",
        "ﷺ",
        "since 2021 ",
        '"',
        "[0:5]@",
        "\n\n",
    )
)
_KEYS = ("message", "edited_message", "callback_query", "text", "entities", "id", "chat", "digest")
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**31, 2**63, 10**30, 1.5, float("inf"), "", "a", "\u0000", "\ud800", "0", [], {}, [[]],
    {"id": 1}, ["a"], "漢。" * 500, " " * 5_000, "a" * 4_096, "-100", "2022-05-12",
)  # fmt: skip


def changed_zip(data: bytes, draw: random.Random) -> bytes:
    """A zip file with the contents of one member changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    likely = [name for name in members if name.endswith("document.xml")] or list(members)
    name = draw.choice(likely if draw.random() < 0.6 else list(members))
    if name.endswith((".xml", ".rels")) and draw.random() < 0.8:
        members[name] = _changed_xml(members[name], draw)
    else:
        members[name] = _changed(members[name], draw, _XML, list(members.values()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in members.items():
            archive.writestr(zipfile.ZipInfo(each), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _changed_xml(data: bytes, draw: random.Random) -> bytes:
    """XML that is well-formed still: elements taken away, copied, repeated, nested or renamed."""
    tree = ElementTree.fromstring(data)  # noqa: S314 (it is the harness's own)
    for _ in range(draw.choice((1, 2, 5))):
        elements = list(tree.iter())
        holder, other = draw.choice(elements), draw.choice(elements)
        copied = copy.deepcopy(other)
        match draw.randrange(7):
            case 0 if len(holder):
                holder.remove(draw.choice(list(holder)))
            case 1:
                holder.insert(draw.randrange(len(holder) + 1), copied)
            case 2:
                holder.extend([copied] * draw.choice((2, 50, 500)))
            case 3 if holder.attrib:
                key = draw.choice(list(holder.attrib))
                holder.set(
                    key, draw.choice(("", "0", "-1", "99999999999", "a", "%1.%2.%9", "true"))
                )
            case 4:
                holder.tag = other.tag
            case 5:
                holder.attrib.update(other.attrib)
            case _:
                name = draw.choice(_WORD_TAGS)
                holder.append(ElementTree.Element(f"{{{_WORD_SPACE}}}{name}", other.attrib))
        if sum(1 for _ in tree.iter()) > 5_000:
            break
    return ElementTree.tostring(tree)


_WORD_SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_WORD_TAGS = (
    "ins del moveFrom moveTo txbxContent sdt sdtContent hyperlink fldSimple fldChar instrText vanish rPr pPr numPr numId "
    "ilvl tbl tr tc gridSpan vMerge footnoteReference endnoteReference br tab noBreakHyphen softHyphen sym t r p sectPr"
).split()

_XML = tuple(
    token.encode()
    for token in (
        "<w:p>", "</w:p>", "<w:r><w:t>a. b</w:t></w:r>", "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>", "<w:ins>",
        "<w:del>", '<w:pStyle w:val="Heading1"/>', "<w:numPr>", '<w:numId w:val="1"/>', '<w:ilvl w:val="99"/>',
        '<w:footnoteReference w:id="1"/>', '<w:vanish/>', "<w:txbxContent>", '<w:gridSpan w:val="9999999"/>',
        "<w:vMerge/>", '<w:fldChar w:fldCharType="begin"/>', "<w:instrText>", "<mc:AlternateContent>", "<w:sdt>",
        '<w:start w:val="-1"/>', '<w:lvlText w:val="%1.%2"/>', '<w:numFmt w:val="lowerRoman"/>', "<!DOCTYPE a>", "&a;",
    )
)  # fmt: skip


# ---- the targets


def _unreadable() -> tuple[type[Exception], ...]:
    from corpus.errors import UnreadableSource

    return (UnreadableSource,)


_NAMES = (
    ("a", None), ("a.txt", None), ("a.md", None), ("a.html", None), ("a.pdf", None), ("a.docx", None), ("a.doc", None),
    ("https://example.org/a", "text/html; charset=utf-8"), ("https://example.org/a.pdf", "application/pdf"),
    ("https://example.org/a", "text/plain"), ("https://example.org/a", ""), ("a.12", None),
)  # fmt: skip


def _kind() -> Run:
    from corpus.extraction.kinds import kind_of

    def run(data: bytes) -> None:
        name, media_type = _NAMES[data[0] % len(_NAMES)] if data else _NAMES[0]
        kind_of(data[1:], name=name, media_type=media_type)

    return run


def _kind_seeds() -> list[bytes]:
    starts = (
        b"<!-- a --><!DOCTYPE html><html>", b"<?xml version='1.0'?><svg>", b"%PDF-1.7", b"PK\x03\x04word/", b"{\\rtf1",
        b"\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00", b"MIME-Version: 1.0\nMessage-ID: <a>\n\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"<!doctype svg a><svg >", b"\x00\x00\x00\x18ftypheic", b"RIFF    WEBP", b"Hello.", b"\xef\xbb\xbf<html>",
    )  # fmt: skip
    return [bytes([n % len(_NAMES)]) + start for n, start in enumerate(starts)]


def _operation(which: str, **request: Any) -> Callable[[], Run]:
    def opened() -> Run:
        from corpus.extraction import libraries
        from corpus.extraction.process import operations

        operations.warm_up()
        libraries.load(libraries.NAMES)
        operation = operations.OPERATIONS[which]
        return lambda data: _as_a_fork(operation(request, data))

    return opened


def _as_a_fork(answer: Any) -> None:
    """The rest of a fork's work on an answer: it is sent as JSON, text and numbers."""
    from corpus.extraction.process import frames
    from corpus.normalisation import is_stored

    frames.encode(answer.head)
    answer.text.encode("utf-8", errors="replace")
    assert is_stored(answer.text)


_FRONT_MATTER = (
    b"---\ntitle: A title\npublisher: The White House\ndate: 2022-05-12\nplace: Marrakesh\nurl: https://example.org/a\n"
    b"language: en\naccess: [staff, press]\ntags: [a, b]\n---\n\nWe met in Marrakesh. We left.\n",
    b"---\naccess: public\n---\n# Title\n\nMay 12 2022 \xe2\x80\x93 Marrakesh, Morocco - Global Affairs Canada\n\nWe met.\n\nContacts\n\nA\n",
    b"---\ntitle: &a [x]\nb: *a\n---\nText.\n",
    b"+++\ntitle = 'a'\naccess = ['b']\n+++\nText.\n",
    b'{"title": "a", "access": ["b"]}\n\nText.\n',
    b"Title\n\nFrom: The Office\n\nWe met. \"We left,\" he said (U.S. 12.5 %).\n\n## Heading ##\n\n- one\n- two\n\n* * *\n",
    b"---\ndate: 2022-05-12T10:00:00Z\n...\nAccess: staff\n\nText\n",
)  # fmt: skip
_MARKDOWN = tuple(
    token.encode()
    for token in (
        "---\n", "+++\n", "access: ", "Access：", "access:\n - staff\n", "title: ", "&a ", "*a", "<<: *a\n", "? ", "!!binary ", "{", "[",
        "|\n", ">\n", "\n\n", "## ", " ##", "From: ", "May 12 2022 – ", "Contacts\n\n", "漢。", "“", "”", "'", "(", "。", "U.S. ",
        "2022-05-12", "public", "readers: ", "\u202e", "а", "\u200b", "#", " \n", "- ",
    )
)  # fmt: skip


def _plain_seeds() -> list[bytes]:
    text = "Déclaration – «Nous avons décidé», Москва 漢字。 ¿Qué? 85 %\n\nZweite Zeile… “So.”\n"
    return [
        text.encode("utf-8"),
        text.encode("utf-16"),
        text.encode("utf-8-sig"),
        text.encode("utf-32"),
        text.encode("cp1252", "ignore"),
        text.encode("cp1251", "ignore"),
        "会议决定。".encode("gb18030") * 30,
        "シリアについて。".encode("shift_jis") * 30,
        *_FRONT_MATTER,
    ]


def _page_seeds() -> list[bytes]:
    head = (
        '<title>A title | Site</title><meta charset="utf-8"><meta property="og:title" content="A title">'
        '<meta property="og:site_name" content="Site"><link rel="canonical" href="https://example.org/a">'
        '<meta name="date" content="2022-05-12"><script type="application/ld+json">{"@type":"NewsArticle",'
        '"headline":"A title","datePublished":"2022-05-12","publisher":{"name":"Site"},"@graph":[{}]}</script>'
        "<style>.a{display:none}</style>"
    )
    body = (
        "<nav>Menu</nav><article><h1>A title <time datetime='2022-05-12'>May</time></h1><p>We met in Marrakesh. "
        "<b>We</b> left<sup>1</sup>.</p><ul><li>one<ul><li>two</li></ul></li></ul><ol start=3 reversed><li>a</li></ol>"
        "<table><tr><th>a</th><td colspan=2>b<br>c</td></tr></table><blockquote>Quoted.</blockquote><pre>x\n y</pre>"
        "<p class=a hidden>unseen</p><dl><dt>d<dd>e</dl></article><div id=cookie-notice>Cookies</div><footer>f</footer>"
    )
    return [
        f"<!DOCTYPE html><html lang=en><head>{head}</head><body>{body}</body></html>".encode(),
        b"<html><body><p>Short.</p></body></html>",
        b"\xff\xfe" + f"<html><body>{body}</body></html>".encode("utf-16-le"),
        b'<?xml version="1.0" encoding="iso-8859-1"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>\xe9t\xe9.</p></body></html>',
    ]  # fmt: skip


_HTML = tuple(
    token.encode()
    for token in (
        "<p>", "</p>", "<div>", "</div>", "<table>", "<tr><td>", "<ul><li>", "<ol start=-5 type=i>", "<h1>", "<article>", "<main>",
        "<br>", "<sup>1</sup>", "<a href='https://example.org/'>", "<script type='application/ld+json'>", '{"@graph":[', "</script>",
        "<style>p{display:none}", "<!--", "-->", "&#x202e;", "&amp;", "<base href=//a>", "<link rel=canonical href=http://b>",
        "<meta charset=utf-16>", "<time datetime='2022-05-12'>", " style='display:none'", " hidden", " class='cookie'", "<svg>",
        "<template>", "<details>", "\x00", "&#0;", "<![CDATA[", "<frameset>", "<b><i>", "<span>",
    )
)  # fmt: skip


def _pdf_seeds() -> list[bytes]:
    from pdfs import At, column, mixed, pdf

    lines = ["A title of the statement", "", "We met in Marrakesh on 12 May and de-", "cided to go on. 85 members", "were there.", "", "1. One", "2. Two"]  # fmt: skip
    return [
        pdf(column(*lines)),
        pdf(column(*lines), [At(72, 700, "Second page", bold=True), At(290, 40, "2")], info="/Title (A title)"),
        pdf([mixed("85{^1} members"), At(72, 80, "1 A note.", size=8)], rotate=90),
        pdf(column(*lines, x=72), column(*lines, x=320)),
    ]  # fmt: skip


_PDF = tuple(
    token.encode()
    for token in (
        "/Type /Page", "/Kids [", " 0 R", "/Rotate 90", "/MediaBox [0 0 1e9 1e9]", "/Length 0", "/Filter /FlateDecode", "endobj", "obj",
        "stream\n", "endstream", "xref", "trailer", "%%EOF", "/Encrypt", "/ToUnicode", "/Lang (xx)", "/Title (", "BT /F1 1e30 Tf",
        "Tj", "Td", "<<", ">>", "/Parent 2 0 R", "/Count 999999999", "/ObjStm", "/Contents [",
    )
)  # fmt: skip


def _word_seeds() -> list[bytes]:
    import docx

    buffers = []
    for rich in (True, False):
        document = docx.Document()
        document.add_heading("A title", 1)
        document.add_paragraph("We met in Marrakesh. We left.")
        if rich:
            document.add_paragraph("one", style="List Number")
            document.add_paragraph("two", style="List Bullet")
            table = document.add_table(2, 2)
            table.cell(0, 0).merge(table.cell(1, 0)).text = "merged"
            document.core_properties.title = "A title"
        buffer = io.BytesIO()
        document.save(buffer)
        members = {}
        with zipfile.ZipFile(buffer) as archive:
            for name in archive.namelist():
                members[name] = archive.read(name)
        if not rich:  # as little as there may be, so that changes hit what counts
            styles = members["word/styles.xml"]
            members["word/styles.xml"] = re.sub(
                rb"<w:latentStyles.*</w:latentStyles>", b"", styles, flags=re.S
            )
        small = io.BytesIO()
        with zipfile.ZipFile(small, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        buffers.append(small.getvalue())
    return buffers


_PERSON = {"id": 11, "is_bot": False, "first_name": "Ada", "language_code": "en"}
_CHAT = {"id": 11, "type": "private", "first_name": "Ada"}
_GROUP = {"id": -100, "type": "supergroup", "title": "Group", "is_forum": True}


def _update_seeds() -> list[bytes]:
    def message(text: str, **more: Any) -> dict[str, Any]:
        return {
            "message_id": 5,
            "date": 1652400000,
            "chat": _CHAT,
            "from": _PERSON,
            "text": text,
            **more,
        }

    command = [{"type": "bot_command", "offset": 0, "length": 6}]
    mention = [
        {"type": "mention", "offset": 0, "length": 4},
        {"type": "bold", "offset": 5, "length": 3},
    ]
    updates = [
        {"message": message("What do zebras do?")},
        {"message": message("/start 1-aabbccdd-0-5-aabbccddeeff", entities=command)},
        {"message": message("/quotes@bot 3", entities=[{"type": "bot_command", "offset": 0, "length": 11}])},
        {"message": message("/delete_me", entities=[{"type": "bot_command", "offset": 0, "length": 10}])},
        {"edited_message": message("And moles?", edit_date=1652400001)},
        {"message": message("@bot 😀 what?", chat=_GROUP, entities=mention, message_thread_id=7, is_topic_message=True)},
        {"message": message("x", chat=_GROUP, sender_chat={"id": -1009, "type": "channel", "title": "C"})},
        {"message": message("x", chat=_GROUP, reply_to_message=message("before", **{"from": {"id": 1, "is_bot": True, "first_name": "b", "username": "bot"}}))},
        {"message": {**message(""), "text": None, "caption": "/add", "document": {"file_id": "f", "file_unique_id": "u", "file_name": "a.txt", "file_size": 10}}},
        {"message": message("x", forward_origin={"type": "user", "date": 1, "sender_user": _PERSON})},
        {"callback_query": {"id": "1", "from": _PERSON, "chat_instance": "1", "data": "m:1-aabbccdd-0-5-aabbccddeeff:1", "message": message("An answer")}},
        {"inline_query": {"id": "1", "from": _PERSON, "query": "zebras", "offset": ""}},
        {"my_chat_member": {"chat": _CHAT, "from": _PERSON, "date": 1, "old_chat_member": {"status": "member", "user": _PERSON}, "new_chat_member": {"status": "left", "user": _PERSON}}},
        {"message": {**message("x"), "migrate_to_chat_id": -1001}},
    ]  # fmt: skip
    return [json.dumps({"update_id": n, **each}).encode() for n, each in enumerate(updates)]


@functools.cache
def _chat() -> Any:
    """All that a bot without an administrator can do, answering by letters."""
    from gestures import live_answerer

    from bot.answering.smalltalk import Examples
    from bot.chat.accessrules import AccessKind, AccessRules
    from bot.chat.dialogue import Dialogue
    from bot.replies.chatreplies import ChatReplies
    from bot.responders.access import Access
    from bot.responders.feedback import ConsentAfterVote, Feedback
    from bot.responders.inlinequestions import InlineQuestions
    from bot.responders.pressedbuttons import PressedButtons
    from bot.responders.privacy import Privacy
    from bot.responders.questions import Questions
    from bot.responders.settingsmenu import SettingsMenu, chosen_language, chosen_preferences
    from embeddings import FolderIndex

    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    answerers = live_answerer(FolderIndex(folder / "index"), "Zebras zigzag.", "Moles dig on.")
    people = people_in(folder / "people.sqlite")
    feedback = Feedback(people)
    replies = ChatReplies(answerers, preferences_of=lambda event: chosen_preferences(event, people))
    examples = Examples()
    no_text = lambda _: lambda _: None  # noqa: E731
    buttons = PressedButtons(replies, examples, source_text=no_text, keep_vote=feedback.keep)
    rules = AccessRules(AccessKind.OPEN)
    return Dialogue(
        [
            Access(people, rules=rules),
            SettingsMenu(people),
            Privacy(people, forget=(replies.forget_person, feedback.forget_person)),
            feedback,
            Questions(replies, examples, source_text=no_text),
            ConsentAfterVote(buttons, feedback),
            InlineQuestions(answerers),
        ],
        language_of=lambda event: chosen_language(event, people),
    )


def _update() -> Run:
    from telegram import Update

    from bot.telegrambot.incoming.rawupdates import (
        arrival_of,
        chat_move_in,
        chat_written_in,
        is_by,
        place_of_lane,
    )
    from bot.telegrambot.incoming.updates import event_of

    dialogue = _chat()

    def run(data: bytes) -> None:
        try:
            raw = json.loads(data)
        except (ValueError, RecursionError):
            return  # what is not JSON never comes so far
        arrival = arrival_of(raw)
        if arrival is None:
            return
        raw = json.loads(arrival.payload)
        place_of_lane(arrival.lane)
        chat_written_in(raw)
        chat_move_in(raw)
        is_by(arrival.payload, 11)
        try:
            update = Update.de_json(dict(raw), None)
        except Exception:  # noqa: BLE001 (the handler leaves what the library cannot read)
            return
        if update is None or not _is_sound(raw):
            return
        event = event_of(update, bot_name="bot")
        if event is not None:
            list(dialogue.acts(event))

    return run


@functools.cache
def _types() -> dict[tuple[str, str], set[type]]:
    """The types that Telegram gives the fields of the seeds, by the name of what they are in."""
    found: dict[tuple[str, str], set[type]] = {}

    def walk(value: Any, name: str) -> None:
        for key, each in value.items() if isinstance(value, dict) else [(name, v) for v in value]:
            if isinstance(value, dict):
                found.setdefault((name, key), set()).add(type(each))
            if isinstance(each, dict | list):
                walk(each, key)

    for seed in _update_seeds():
        walk(json.loads(seed), "")
    return found


def _is_sound(value: Any, name: str = "") -> bool:
    """Whether fields have the types, and numbers the size, that Telegram gives them: the library
    checks neither, and the handler leaves what it stumbles over.
    """
    if isinstance(value, list):
        return all(_is_sound(each, name) for each in value)
    if isinstance(value, dict):
        types = _types()
        return all(
            type(each) in types.get((name, key), {type(each)}) and _is_sound(each, key)
            for key, each in value.items()
        )
    return not isinstance(value, int | float) or abs(value) < 2**52


def _pointer() -> Run:
    from gestures import pressed, written

    from bot.replies.answerbuttons import read_press
    from bot.verification.shortreference import parse_short_reference

    dialogue = _chat()

    def run(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        parse_short_reference(text)
        read_press(text)
        list(dialogue.acts(written(f"/start {text}")))
        if len(data) <= 64:
            list(dialogue.acts(pressed(data.decode("utf-8", "ignore"))))

    return run


def _pointer_seeds() -> list[bytes]:
    from corpus import digest_of

    document = digest_of("a")[:8]
    codes = [f"1-{document}-0-14-{digest_of('Zebras zigzag.')[:12]}", "1-00000000-0-5-000000000000"]
    more = (
        "", "m:5:1", "b:5", "v:1:5:+", "e:0011aabb", "settings:11:quotes=3", "settings:11:language=fr", "consent:yes",
        "admin:publish:0011223344556677", "invite-abcDEF_-1", "privacy", "help",
    )  # fmt: skip
    buttons = [f"{kind}:{code}" for kind in "<>s" for code in codes]
    return [each.encode() for each in (*codes, *buttons, *more)]


def _citation() -> Run:
    from bot.citations.citationparser import read_citations
    from bot.verification.explanation import explanation
    from bot.verification.verification import verify
    from corpus import shipped_corpus

    corpus = shipped_corpus()
    texts = {document.digest: document.text for document in corpus.documents}

    def kept(digest: str) -> str | None:
        return next((text for known, text in texts.items() if known.startswith(digest)), None)

    def run(data: bytes) -> None:
        for cited in read_citations(data.decode("utf-8", "replace"))[:5]:
            explanation(verify(cited, corpus, kept))

    return run


def _citation_seeds() -> list[bytes]:
    from bot.answering.answers import Answer, Outcome, Quote
    from bot.citations.citation import cite
    from bot.jsonforms.answerfields import answer_fields
    from corpus import shipped_corpus

    document = shipped_corpus().documents[0]
    quotes = tuple(
        Quote(
            text=passage.text,
            evidence_text=passage.sentences[0].text,
            evidence=passage.sentences[0].span,
            sentences=tuple(sentence.span for sentence in passage.sentences),
            score=0.5,
            citation=cite(document, passage),
            also=(cite(document, document.passages[2]),),
        )
        for passage in document.quotable[:3]
    )
    fields = answer_fields(Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=quotes))
    reference = quotes[1].citation.reference
    shown = f"{document.title}\n\n\u00b6 1 [0:50]  {reference}\n{document.text[:50]}\n"
    return [
        json.dumps(fields).encode(),
        json.dumps(fields["quotes"][0]).encode(),
        json.dumps(fields["quotes"][1]["citation"]).encode(),
        reference.encode(),
        f"{reference}\n{reference}\n".encode(),
        shown.encode(),
    ]


def _manifest() -> Run:
    from corpus.provenance.sourcedigests import Sources
    from embeddings.arrays import array_from_bytes
    from embeddings.generations.corpusfile import corpus_from_bytes
    from embeddings.generations.groupaccess import access_from_bytes
    from embeddings.generations.manifest import Manifest, _seal
    from embeddings.index.lexicalindex import LexicalIndex
    from embeddings.index.stemtable import StemTable
    from embeddings.index.tokenvectors import TokenVectors

    def sealed(content: bytes) -> None:
        """A manifest with the seal that belongs to it, so that its fields are looked at."""
        try:
            fields = json.loads(content)
            fields = {name: value for name, value in fields.items() if name != "digest"}
            data = json.dumps({**fields, "digest": _seal(fields)}).encode()
        except (ValueError, AttributeError, RecursionError):
            return
        Manifest.from_bytes(data)

    def without_value_error(read: Callable[[bytes], object]) -> Run:
        """Of these the documented error is ``ValueError``."""

        def run(content: bytes) -> None:
            with contextlib.suppress(ValueError):
                read(content)

        return run

    def words(content: bytes) -> None:
        files = _unzipped(content)
        terms = StemTable.from_files(files)
        LexicalIndex.from_files(files, "lexical", vocabulary=terms.vocabulary)

    kinds: dict[bytes, Callable[[bytes], object]] = {
        b"m": Manifest.from_bytes,
        b"n": sealed,
        b"c": lambda content: corpus_from_bytes(content).digest,
        b"s": without_value_error(Sources.from_bytes),
        b"k": access_from_bytes,
        b"a": without_value_error(array_from_bytes),
        b"t": words,
        b"v": lambda content: TokenVectors.from_files(_unzipped(content), "tokens"),
    }

    def run(data: bytes) -> None:
        kinds.get(data[:1], lambda _: None)(data[1:])

    return run


def _unzipped(content: bytes) -> dict[str, bytes]:
    """The files in a zip file, none of one that is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # noqa: BLE001 (the zip file is the harness's own)
        return {}


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _manifest_seeds() -> list[bytes]:
    from fakes import LetterEmbedder, corpus_of

    from corpus.provenance.sourcedigests import Sources
    from embeddings import FolderIndex, refresh
    from embeddings.generations.groupaccess import access_to_bytes

    with tempfile.TemporaryDirectory() as folder:
        store = FolderIndex(Path(folder))
        corpus = corpus_of("Zebras zigzag. They do.", "Moles dig on.")
        refresh(corpus, index=store, embedder=LetterEmbedder())
        known = store.open_current().known_access
        files = {path.name: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
    words = ("terms", "words", "lexical")
    return [
        b"m" + files["manifest.json"],
        b"n" + files["manifest.json"],
        b"c" + files["corpus.jsonl"],
        b"s" + Sources({"a.md": "0" * 64}, {"b.md": "no rights"}, frozenset({"staff"})).to_bytes(),
        b"k" + access_to_bytes(known),
        b"a" + files["token-basis.npy"],
        b"t"
        + _zipped({n: c for n, c in files.items() if n.startswith(words) or n.endswith(".npy")}),
        b"v" + _zipped({n: c for n, c in files.items() if n.startswith("tokens")}),
    ]


def _changed_manifest(data: bytes, draw: random.Random) -> bytes:
    change = changed_zip if data[:1] in {b"t", b"v"} else changed_json
    if data[:1] in {b"c", b"s"}:  # lines, each of its own
        lines = data[1:].split(b"\n")
        at = draw.randrange(len(lines))
        lines[at] = changed_json(lines[at], draw)
        return data[:1] + b"\n".join(lines)
    return data[:1] + change(data[1:], draw)


def _manifest_errors() -> tuple[type[Exception], ...]:
    from embeddings.errors import IndexDamaged, IndexMismatch

    return (IndexDamaged, IndexMismatch)


def _citation_errors() -> tuple[type[Exception], ...]:
    from bot.errors import MalformedCitation

    return (MalformedCitation,)


def _question() -> Run:
    from bot.answering.answerer import searched_part
    from bot.answering.conversation import topic
    from bot.answering.questionlanguage import question_language
    from bot.answering.smalltalk import small_talk
    from corpus import shipped_corpus
    from embeddings.index.lexicalindex import LexicalIndex
    from embeddings.question.documentquestion import DocumentQuestion
    from embeddings.question.followups import dependence, readings
    from embeddings.question.parsedquestion import parse_question
    from embeddings.question.questionfilter import QuestionFilters
    from embeddings.text.nearduplicates import gist_of
    from embeddings.text.spelling import Spelling

    corpus = shipped_corpus()
    passages = [(p.text, language) for p in corpus.quotable() for language in ("en", "fr")]
    lexical = LexicalIndex.build(passages)
    spelling = Spelling(sorted({w for text, _ in passages for w in text.casefold().split() if w}))
    filters = QuestionFilters(corpus)

    def run(data: bytes) -> None:
        question = data.decode("utf-8", "replace").strip()
        part = searched_part(question)
        small_talk(part)
        filters.read(part)
        parse_question(part, lexical)
        spelling.correct(part, known=lambda _: False)
        DocumentQuestion(part).is_about(frozenset({"a"}))
        dependence(part)
        readings(part, (part, part))
        topic((part, part))
        question_language(part)
        gist_of.__wrapped__(part)

    return run


_QUESTIONS = tuple(
    question.encode()
    for question in (
        "What did the ministers say about Marrakesh since March 2021?", "statements by Global Affairs Canada from 2022",
        "Qu'est-ce qui a été dit depuis le 12 mai 2022 ?", 'in the statement "Joint communiqué by Ministers of the Coalition"',
        "When was it signed?", "And who attended?", "会议决定了什么？", "ﷺ", "hello verbatim", "How many U.S. troops (85) in Iraq-Syria?",
    )
)  # fmt: skip


def _nothing() -> tuple[type[Exception], ...]:
    return ()


TARGETS: dict[str, Target] = {}


def _add(target: Target) -> None:
    TARGETS[target.name] = target


_add(
    Target(
        "kind",
        "the kind of a file, by its bytes, its name and its media type",
        _kind,
        _kind_seeds,
        _unreadable,
        tokens=(
            b"<!---->",
            b"<!--",
            b"-->",
            b"<?xml?>",
            b"<?xml",
            b"<!doctype svg>",
            b"<html>",
            b"<svg ",
            b" ",
            b"\r\n",
            b"%PDF-",
            b"word/",
            b"received:",
        ),
    )
)
_add(
    Target(
        "frontmatter",
        "a Markdown file of the corpus directory: front matter, rights, paragraphs, sentences",
        _operation("document", name="a.md"),
        lambda: _FRONT_MATTER,
        _unreadable,
        tokens=_MARKDOWN,
    )
)
_add(
    Target(
        "plaintext",
        "a text file that is added: its encoding and stored form",
        _operation("extract", name="a.txt", media_type=None),
        _plain_seeds,
        _unreadable,
        tokens=_MARKDOWN,
    )
)
_add(
    Target(
        "html",
        "a web page: its main text, and what it says of itself",
        _operation("extract", name="https://example.org/a", media_type="text/html"),
        _page_seeds,
        _unreadable,
        tokens=_HTML,
        bounded=True,
    )
)
_add(
    Target(
        "pdf",
        "a PDF: its paragraphs and its title",
        _operation("extract", name="a.pdf", media_type=None),
        _pdf_seeds,
        _unreadable,
        tokens=_PDF,
        bounded=True,
    )
)
_add(
    Target(
        "word",
        "a Word file: its paragraphs, lists, tables, notes and title",
        _operation("extract", name="a.docx", media_type=None),
        _word_seeds,
        _unreadable,
        tokens=_XML,
        mutate=changed_zip,
        bounded=True,
        longest=100_000,
    )
)
_add(
    Target(
        "update",
        "an update in Telegram's JSON, to what the bot does about it",
        _update,
        _update_seeds,
        _nothing,
        tokens=_TEXTS,
        mutate=changed_json,
    )
)
_add(
    Target(
        "pointer",
        "the payload of /start, and the data of a button",
        _pointer,
        _pointer_seeds,
        _nothing,
        tokens=(
            b"-",
            b":",
            b"m:",
            b"<:",
            b"s:",
            b"settings:11:",
            b"0",
            b"aabbccdd",
            b"consent:",
            b"invite-",
        ),
        longest=4_096,
    )
)
_add(
    Target(
        "citation",
        "what is given to verify: a reference, JSON, or shown passages",
        _citation,
        _citation_seeds,
        _citation_errors,
        tokens=_TEXTS,
        mutate=changed_json,
    )
)
_add(
    Target(
        "manifest",
        "files of an index and of a corpus directory: manifest, corpus, words, tokens, sources, rights",
        _manifest,
        _manifest_seeds,
        _manifest_errors,
        mutate=_changed_manifest,
        longest=200_000,
    )
)
_add(
    Target(
        "question",
        "a question, to all that is read from its words",
        _question,
        lambda: _QUESTIONS,
        _nothing,
        tokens=(*_TEXTS, *_MARKDOWN),
        longest=12_000,
    )
)
