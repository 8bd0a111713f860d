"""Random texts through the whole way out: statements and questions of random characters become
answers, their entities are stored by the strict server, and each quote is compared with its source.
"""

import random
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from botapi_server import BotApiServer, Call, Sent, buttons, entity_text, entity_texts
from chatting import Chatter, InProcessBot, dialogue_of, live_letters
from strategies import AWKWARD

from bot.chat.messages import Message
from bot.citations.quotelines import without_line_ends
from bot.language.utf16 import utf16_length
from bot.telegrambot.outgoing.telegramtext import as_shown
from corpus import Corpus, Document, document_from_text
from embeddings import FolderIndex

QUOTES = ("blockquote", "expandable_blockquote")
ASKED_OF_A_CORPUS = 100
_STATEMENTS = 8
_INLINE = 0.5
_PLANES = ((0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x590, 0x700), (0x2000, 0x2070), (0x1F300, 0x1F700), (0x20, 0xD800), (0xE000, 0x110000))  # fmt: skip
_WORDS = (
    "the ministers met in Marrakesh zebras zigzag members of coalition said 85 No. U.S.".split()
)


@dataclass(slots=True)
class TextFigures:
    """The results for the texts; ``faults`` are refusals, violations and quotes that differ."""

    texts: int = 0
    messages: int = 0
    quotes: int = 0
    pressed: int = 0
    offers: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def send_random_texts(count: int, *, seed: int = 0) -> TextFigures:
    """What came of ``count`` random texts, each asked in a chat, its buttons pressed, and inline."""
    figures = TextFigures()
    draw = random.Random(seed)
    while figures.texts < count:
        corpus = random_corpus(draw)
        if not any(corpus.quotable()):
            continue
        number = min(ASKED_OF_A_CORPUS, count - figures.texts)
        ask_of(corpus, (_question(draw, corpus) for _ in range(number)), draw, figures)
    return figures


def ask_of(
    corpus: Corpus, questions: Iterable[str], draw: random.Random, figures: TextFigures
) -> None:
    """Ask the questions of a bot with this corpus, and add what came of it to the figures."""
    shown = [_as_shown(passage.text) for passage in corpus.quotable()]
    with (
        tempfile.TemporaryDirectory() as folder,
        BotApiServer() as server,
        InProcessBot(server, dialogue_of(live_letters(corpus, FolderIndex(Path(folder))))) as bot,
    ):
        person = Chatter(bot)
        for question in questions:
            _ask(person, question, shown, draw, figures)
        figures.faults += server.violations
        refused = [c for c in server.calls if c.status not in (200, None) and not _same(c)]
        figures.faults += [f"{c.method} refused: {c.params}" for c in refused]


def _same(call: Call) -> bool:
    """True if only an edit to the same text was refused, which Telegram does, too."""
    return call.method == "editMessageText" and "is not modified" in call.description


def _ask(
    person: Chatter, question: str, paragraphs: list[str], draw: random.Random, figures: TextFigures
) -> None:
    server = person.server
    figures.texts += 1
    before = len(server.sent(person.user.id))
    try:
        person.say(question)
        sent = server.sent(person.user.id)[before:]
        last = buttons(sent[-1]) if sent else []
        # a button that copies sends nothing to the bot
        offered = [b["callback_data"] for b in last if "callback_data" in b]
        if offered:
            server.press(sent[-1], draw.choice(offered))
        inline = draw.random() < _INLINE
        if inline:
            server.inline_query(question[:256], user=person.user)
        person.bot.handle()
    except Exception as error:  # noqa: BLE001 (whatever goes wrong is a fault to tell of)
        figures.faults.append(f"{type(error).__name__}: {error}: {question!r}")
        person.bot.skip()
        return
    figures.pressed += bool(offered)
    sent = server.sent(person.user.id)[before:]
    if not sent:
        figures.faults.append(f"not answered: {question!r}")
    for each in sent:
        figures.messages += 1
        figures.outcomes["quoted" if entity_texts(each, *QUOTES) else "said"] += 1
        compare(each, paragraphs, figures)
    if not inline:
        return
    results = server.calls_to("answerInlineQuery")[-1].params["results"]
    figures.offers += len(results)
    for result in results:
        content = result["input_message_content"]
        entities = tuple(content.get("entities", ()))
        text = content["message_text"]
        compare(Sent("inline", 0, 0, text, entities, {}, 0.0), paragraphs, figures)


def _as_shown(text: str) -> str:
    """The text as Telegram shows it in the middle of a message, its mere line ends as spaces."""
    return as_shown(Message(f"[{without_line_ends(text)}]")).text[1:-1]


def compare(sent: Sent, paragraphs: list[str], figures: TextFigures) -> None:
    """Every quote is a slice of a paragraph of the corpus, character by character as Telegram shows
    any text, and what is folded is a whole paragraph.

    Telegram trims spaces and line ends at the ends of a message, not within it. A paragraph such as
    "… met \\u202e" ends with a space once its mark of direction is left out, so the paragraph lacks
    that space where it ends a message. Nothing else may be missing.
    """
    for quote in entity_texts(sent, "blockquote"):
        figures.quotes += 1
        if not any(quote in paragraph for paragraph in paragraphs):
            figures.faults.append(f"a quote differs from its source: {quote!r}")
    trimmed = [paragraph.rstrip(" \n") for paragraph in paragraphs]
    for entity in sent.entities:
        if entity["type"] != "expandable_blockquote":
            continue
        figures.quotes += 1
        quote = entity_text(sent, entity)
        ends_message = entity["offset"] + entity["length"] == utf16_length(sent.text)
        if quote not in (trimmed if ends_message else paragraphs):
            figures.faults.append(f"a folded paragraph differs from its source: {quote!r}")


def random_corpus(draw: random.Random) -> Corpus:
    """A few statements of random characters, titles and publishers among them."""
    return Corpus(tuple(_statement(draw, f"d{number}") for number in range(_STATEMENTS)))


def _statement(draw: random.Random, document_id: str) -> Document:
    text = "\n\n".join(
        _text(draw, draw.choices((5, 20, 60, 700), (20, 20, 10, 1))[0])
        for _ in range(draw.randint(1, 5))
    )
    return document_from_text(
        text,
        document_id=document_id,
        title=_text(draw, 10) if draw.random() < 0.8 else None,
        publisher=_text(draw, 5) if draw.random() < 0.5 else None,
        place=_text(draw, 3) if draw.random() < 0.5 else None,
        url="https://example.org/a?b=c#d" if draw.random() < 0.7 else None,
    )


def _question(draw: random.Random, corpus: Corpus) -> str:
    """Random characters, or words of a statement among some; something that people can send."""
    if draw.random() < 0.6:
        words = draw.choice(list(corpus.quotable())).text.split()
        start = draw.randrange(len(words))
        text = " ".join(words[start : start + draw.randint(1, 12)])
        if draw.random() < 0.5:
            text += _text(draw, 3)
    else:
        text = _text(draw, draw.choice((1, 5, 30, 500)))
    # Telegram delivers no control characters and no text without a visible one
    text = "".join(c for c in text if c in "\n\t" or ord(c) >= 0x20).strip(" \n\t")[:2_000]
    return text.replace("/", "∕") or "?"


def _text(draw: random.Random, parts: int) -> str:
    return "".join(_part(draw) for _ in range(draw.randint(1, parts)))


def _part(draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.5:
        return f"{draw.choice(_WORDS)} "
    if kind < 0.75:
        return draw.choice(AWKWARD)
    low, high = draw.choice(_PLANES)
    return "".join(chr(draw.randrange(low, high)) for _ in range(draw.randint(1, 4)))
