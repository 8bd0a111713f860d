"""Draws the pictures in docs/pictures from the product's present answers.

    python scripts/pictures.py            after an answer or the way it is shown was changed
    python scripts/pictures.py --check    writes nothing; exit code 1 if a picture is not as drawn

The real model answers over the shipped statement: once as ``verbatim ask`` prints it on a terminal,
once in a chat on the strict Bot API server on loopback, by a person who chose one quote. The same
answers give the same bytes. The pictures ask for no font and nothing else from elsewhere.
"""

import argparse
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from botapi_server import BotApiServer, Sent
from chatting import Chatter, InProcessBot, dialogue_of, live
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from bot.answering.answerer import Answerer
from bot.cli.terminal import print_answer
from corpus import shipped_corpus
from embeddings import FolderIndex, Retriever, find_model, open_embedder, refresh
from embeddings.models.modelfolder import shipped_model

FOLDER = ROOT / "docs" / "pictures"
QUESTION = "How many members does the Coalition have?"
UNANSWERABLE = "What is the best pizza topping?"
COLUMNS = 114

_FONTS = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)
_REGULAR = {
    191: "'",
    222: "ijl’",
    260: "|",
    278: " !,./:;I[\\]ft·",
    333: "()-`r“”",
    334: "{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jcksvxyz",
    537: "¶",
    556: "#$0123456789?L_abdeghnopqu–",
    584: "+<=>~",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1000: "…",
    1015: "@",
}
_BOLD = {
    238: "'",
    278: " ,./I\\ijl·’",
    280: "|",
    333: "!()-:;[]`ft",
    389: "*r{}",
    474: '"',
    500: "z“”",
    556: "#$0123456789J_aceksvxy¶–",
    584: "+<=>^~",
    611: "?FLTZbdghnopqu",
    667: "EPSVXY",
    722: "&ABCDHKNRU",
    778: "GOQw",
    833: "M",
    889: "%m",
    944: "W",
    975: "@",
    1000: "…",
}
"""Widths of Helvetica in thousandths of the size: lines are cut by them and drawn as wide."""
_WIDTH_OF = {
    bold: {character: width for width, all_of in table.items() for character in all_of}
    for bold, table in ((False, _REGULAR), (True, _BOLD))
}
_WIDEST = 1000
_SIZE, _LINE = 14, 20
_WIDE, _PAD, _GAP = 500, 12, 10
_CHAT, _BOT, _PERSON, _BAR, _SHADE, _LINK, _KEY = (
    "#d5e0ea", "#ffffff", "#e3fbd0", "#3a8fd6", "#eaf3fb", "#2678b6", "#8ca3b8",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line with one appearance."""

    text: str
    bold: bool = False
    link: bool = False


Line = tuple[bool, list[Run]]
"""Whether the line stands in a quote, and its pieces."""


def terminal(answerer: Answerer) -> str:
    """Return the picture of an answer on a terminal."""
    printed = io.StringIO()
    print_answer(
        answerer.answer(QUESTION, top=1),
        Console(file=printed, width=COLUMNS, force_terminal=True, highlight=False),
    )
    # a terminal breaks long lines, which a recording would cut
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f'$ verbatim ask "{QUESTION}" --top 1'))
    console.print(Text.from_ansi(printed.getvalue()), overflow="fold")
    return console.export_svg(
        title="verbatim", code_format=_FONTS.sub("", CONSOLE_SVG_FORMAT), unique_id="answer"
    )


def chat(answerer: Answerer, index: FolderIndex) -> str:
    """Return the picture of a chat with an answer, and with a question that has none."""
    dialogue = dialogue_of(live(answerer, index), wanted=1)
    with BotApiServer() as server, InProcessBot(server, dialogue) as bot:
        person = Chatter(bot, server.add_user("Ada"))
        parts, y = [], _GAP
        for question in (QUESTION, UNANSWERABLE):
            person.say("/new")
            seen = len(person.screen)
            person.say(question)
            parts.append(_question_bubble(question, y))
            y += _LINE + 2 * _PAD + _GAP
            for sent in person.screen[seen:]:
                drawn, y = _answer_bubble(sent, y)
                parts.append(drawn)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {y}" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="{_SIZE}">'
    )
    ground = f'<rect width="{_WIDE}" height="{y}" rx="8" fill="{_CHAT}"/>'
    return "\n".join([head, ground, *parts, "</svg>", ""])


def _question_bubble(question: str, y: int) -> str:
    wide = round(_width(Run(question))) + 2 * _PAD
    x = _WIDE - _GAP - wide
    box = _box(x, y, wide, _LINE + 2 * _PAD, _PERSON)
    return f"{box}\n{_text(x + _PAD, y + _PAD, [Run(question)])}"


def _answer_bubble(sent: Sent, y: int) -> tuple[str, int]:
    """Return the drawn message with its buttons, and where the next one begins."""
    wide = _WIDE - 6 * _GAP
    lines = list(_wrapped(sent, wide - 3 * _PAD))
    high = len(lines) * _LINE + 2 * _PAD
    drawn = [_box(_GAP, y, wide, high, _BOT)]
    quoted = [number for number, (in_quote, _) in enumerate(lines) if in_quote]
    if quoted:
        top, tall = y + _PAD + quoted[0] * _LINE, len(quoted) * _LINE
        top, tall = top - 3, tall + 3
        drawn.append(_box(_GAP + _PAD, top, wide - 2 * _PAD, tall, _SHADE))
        drawn.append(f'<rect x="{_GAP + _PAD}" y="{top}" width="3" height="{tall}" fill="{_BAR}"/>')
    for number, (in_quote, runs) in enumerate(lines):
        x = _GAP + _PAD + (_PAD if in_quote else 0)
        drawn.append(_text(x, y + _PAD + number * _LINE, runs))
    y += high + 4
    for row in sent.params.get("reply_markup", {}).get("inline_keyboard", []):
        each = (wide - 4 * (len(row) - 1)) / len(row)
        for place, button in enumerate(row):
            x = _GAP + round(place * (each + 4))
            drawn.append(_box(x, y, round(each), _LINE + _PAD, _KEY))
            middle = x + round(each / 2)
            drawn.append(
                f'<text x="{middle}" y="{y + _LINE + 1}" fill="#fff" text-anchor="middle">'
                f"{escape(button['text'])}</text>"
            )
        y += _LINE + _PAD + 4
    return "\n".join(drawn), y + _GAP - 4


def _wrapped(sent: Sent, wide: int) -> Iterator[Line]:
    """Yield the lines of a message, none wider than ``wide``."""
    start = 0
    for line in sent.text.split("\n"):
        runs: list[Run] = []
        taken, in_quote = 0.0, False
        for word in re.findall(r"\S+\s*|\s+", line):
            at = len(sent.text[:start].encode("utf-16-le")) // 2
            kinds = _kinds(sent, at)
            in_quote = any("blockquote" in kind for kind in kinds)
            run = Run(word, bold="bold" in kinds, link="text_link" in kinds)
            if taken + _width(Run(word.rstrip(), run.bold)) > wide and runs:
                yield in_quote, runs
                runs, taken = [], 0.0
            runs.append(run)
            taken += _width(run)
            start += len(word)
        yield in_quote, runs
        start += 1


def _kinds(sent: Sent, at: int) -> set[str]:
    """Return the kinds of the entities that cover a UTF-16 unit of a message."""
    return {e["type"] for e in sent.entities if e["offset"] <= at < e["offset"] + e["length"]}


def _width(run: Run) -> float:
    widths = _WIDTH_OF[run.bold]
    return sum(widths.get(character, _WIDEST) for character in run.text) * _SIZE / 1000


def _box(x: int, y: int, wide: int, high: int, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="7" fill="{colour}"/>'


def _text(x: int, y: int, runs: Sequence[Run]) -> str:
    """Return a line of text; neighbours with the same look are one piece."""
    pieces: list[Run] = []
    for run in runs:
        if pieces and (pieces[-1].bold, pieces[-1].link) == (run.bold, run.link):
            pieces[-1] = Run(pieces[-1].text + run.text, run.bold, run.link)
        else:
            pieces.append(run)
    drawn, at = [], float(x)
    for piece in pieces:
        drawn.append(_piece(at, y + _SIZE, piece))
        at += _width(piece)
    return "\n".join(drawn)


def _piece(x: float, y: int, run: Run) -> str:
    """Return a piece of text as wide as it is in Helvetica, whatever font draws it."""
    text = run.text.rstrip()
    wide = _width(Run(text, run.bold))
    look = ' font-weight="bold"' if run.bold else ""
    look += f' fill="{_LINK}"' if run.link else ""
    fit = f'textLength="{wide:.1f}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{x:.1f}" y="{y}" {fit}{look}>{escape(text)}</text>'


def pictures() -> dict[str, str]:
    """Return the pictures by the names of their files."""
    with tempfile.TemporaryDirectory() as folder:
        index = FolderIndex(Path(folder) / "index")
        exports = Path(os.environ.get("VERBATIM_EXPORTS") or f"{folder}/exports")
        embedder = open_embedder(find_model(shipped_model()), exports=exports)
        refresh(shipped_corpus(), index=index, embedder=embedder)
        answerer = Answerer(Retriever(index.open_current(), embedder))
        return {"terminal.svg": terminal(answerer), "telegram.svg": chat(answerer, index)}


def main() -> None:
    """Write the pictures, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    for name, drawn in pictures().items():
        file = FOLDER / name
        if not options.check:
            file.write_text(drawn, "utf-8")
        elif not file.exists() or file.read_text("utf-8") != drawn:
            sys.exit(f"{file} is not as drawn. Type: python scripts/pictures.py")


if __name__ == "__main__":
    main()
