"""A conversation with the bot, to read: what Ada does, and all that she then sees.

What is quoted visibly stands after ">", what is folded to three lines until she taps it after ">>",
and bold words between "**"; buttons stand in brackets, a row on a line.
"[…]" stands for words left out here, and line breaks are only for the page.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from botapi_server import BotApiServer, Sent
from chatting import Chatter, InProcessBot, dialogue_of, live

from bot.answering.answerer import Answerer
from bot.said.archive import Archive
from bot.said.saidanswers import SaidAnswers
from corpus import Snapshots
from embeddings import FolderIndex
from embeddings.generations.groupaccess import NO_ACCESS

CONVERSATION = """
Ada: /start
Bot: I answer questions about one official statement, only in its own words: every answer is a
     quote with its source.

     Just type a question, for example: Where did the ministers meet?

     /sources shows the statements, /help says more.
     [What is said about Defeat Daesh?]
     [What is said about Global Coalition?]
     [What is said about Africa Focus Group?]

Ada presses: What is said about Africa Focus Group?
Bot: You asked: What is said about Africa Focus Group?
Bot: > The Ministers stressed the need for the Africa Focus Group to foster synergies with other
     existing international, sub-regional and regional counterterrorism efforts and initiatives
     on the African continent.
     Joint Statement by Ministers of the Global Coalition against Daesh · Global Affairs Canada
     · 2022-05-12 · ¶ 6 · Read at canada.ca
     [◀] [¶ 6] [▶] [Source] [📋] [👍] [👎]

Ada: And what will it bolster?
Bot: About: Africa Focus Group, from your earlier questions. /new forgets them.

     > Under the auspices of the Global Coalition to Defeat Daesh/ISIS, the Africa Focus Group
     will bolster the civilian-led counterterrorism capabilities of African members of the
     Defeat Daesh/ISIS Coalition by drawing upon the Coalition's experiences in Iraq and Syria,
     and leveraging lessons learned, as appropriate, from the Defeat Daesh/ISIS campaign there
     to the African continent.
     Joint Statement by Ministers of the Global Coalition against Daesh · Global Affairs Canada
     · 2022-05-12 · ¶ 6 · Read at canada.ca
     [Ask this alone]
     [◀] [¶ 6] [▶] [Source] [📋] [👍] [👎]

Ada: /new
Bot: Forgotten. What would you like to know?

Ada: How many members does the Coalition have?
Bot: > The Ministers saluted the entry of Benin into the Defeat Daesh/ISIS Coalition, bringing
     the total number of members up to **eighty-five**.
     Joint Statement by Ministers of the Global Coalition against Daesh · Global Affairs Canada
     · 2022-05-12 · ¶ 7 · Read at canada.ca
     >> The Ministers stressed the importance of addressing underlying causes to insecurity in
     Africa, […]. **The Ministers saluted the entry of Benin into the Defeat Daesh/ISIS
     Coalition, bringing the total number of members up to eighty-five.** The Coalition's
     efforts constitute an integral part of the global counterterrorism structure.
     [◀ ¶ 6] [¶ 8 ▶] [Source] [📋] [👍] [👎]

Ada presses: ▶
Bot changes it to: > The Ministers confirmed the common view that ISIS-Khorasan is a growing
     threat to the South and Central Asian region. […] and elsewhere in the globe.
     Joint Statement by Ministers of the Global Coalition against Daesh · Global Affairs Canada
     · 2022-05-12 · ¶ 8 · Read at canada.ca
     [◀ ¶ 7] [¶ 9 ▶] [↩ Answer] [Source] [📋] [↗]

Ada presses: ↩ Answer
Bot changes it to: > The Ministers saluted the entry of Benin into the Defeat Daesh/ISIS
     Coalition, bringing the total number of members up to **eighty-five**.
     Joint Statement by Ministers of the Global Coalition against Daesh · Global Affairs Canada
     · 2022-05-12 · ¶ 7 · Read at canada.ca
     >> The Ministers stressed the importance of addressing underlying causes to insecurity in
     Africa, […]. **The Ministers saluted the entry of Benin into the Defeat Daesh/ISIS
     Coalition, bringing the total number of members up to eighty-five.** The Coalition's
     efforts constitute an integral part of the global counterterrorism structure.
     [◀ ¶ 6] [¶ 8 ▶] [Source] [📋] [👍] [👎]

Ada presses: Source
Bot: Joint Statement by Ministers of the Global Coalition against Daesh
     Global Affairs Canada · 2022-05-12 · Marrakesh, Morocco
     ¶ 7, characters 4975 to 5109 of the stored text
     https://www.canada.ca/en/global-affairs/news/2022/05/[…].html

     Reference: 2022-05-12-global-coalition-against-daesh[4975:5109]@bc8f0aa202ec
     SHA-256 of the text: bc8f0aa202ec2387bca8a542e4f33ea399477c50a88914c0869abaca4020a9bc
     Generation of the index: 1
     Model of the index: […]

     Checked just now: the source has exactly these words.
     Open here
     [📋 Copy citation] [📋 Copy reference]
     [Other formats] [↗ Share this quote]

Ada presses: 👍
Bot shows: Thank you.

Ada: What is this statement about?
Bot: I cannot summarise. This is how “Joint Statement by Ministers of the Global Coalition
     against Daesh” begins: the first sentences of its first paragraphs.

     > The Ministers of the Global Coalition to Defeat Daesh/ISIS reconvened in Marrakesh,
     Morocco, at the invitation of Moroccan Foreign Minister Nasser Bourita and U.S. Secretary
     of State Antony J. Blinken.
     1. Joint Statement by Ministers of the Global Coalition against Daesh · Global Affairs
     Canada · 2022-05-12 · ¶ 1 · Read at canada.ca

     > The Ministers welcomed the first Global Coalition to Defeat Daesh/ISIS meeting to be
     convened in Africa and reaffirmed their shared determination to continue the fight against
     Daesh/ISIS through both military and civilian-led efforts contributing to the enduring
     defeat of the terrorist group.
     2. Joint Statement by Ministers of the Global Coalition against Daesh · Global Affairs
     Canada · 2022-05-12 · ¶ 2 · Read at canada.ca

     > The Ministers affirmed that ensuring the enduring defeat of Daesh/ISIS in Iraq and Syria
     remains the number one priority for the Defeat Daesh/ISIS Coalition.
     3. Joint Statement by Ministers of the Global Coalition against Daesh · Global Affairs
     Canada · 2022-05-12 · ¶ 3 · Read at canada.ca
     [◀] [▶] [Source] [📋] [More] [👍] [👎]

Ada: /new
Bot: Forgotten. What would you like to know?

Ada: Wher did the minsters meet?
Bot: Showing results for “Wher did the ministers meet?”.

     I found no passage that answers this. Related, but not an answer: it is about the same
     subject, and no sentence in it is likely to answer.

     > The Ministers also recognized the need to meet the evolving threat of Daesh/ISIS in
     Africa and welcomed the first three Africa Focus Group meetings, which took place in
     Brussels, Rome, and Marrakesh.
     Joint Statement by Ministers of the Global Coalition against Daesh · Global Affairs Canada
     · 2022-05-12 · ¶ 6 · Read at canada.ca
     [What is said about Africa Focus Group?]
     [What is said about Global Coalition?]
     [What is said about Defeat Daesh?]
     [◀] [¶ 6] [▶] [Source] [📋] [👍] [👎]

Ada: /said bringing the total number of members up to eighty-six
Bot: Almost said, not exactly. The words that differ:
     • you: “eighty-six”; “Joint Statement by Ministers of the Global Coalition against Daesh”,
     ¶ 7: “eighty-five”

     > The Ministers saluted the entry of Benin into the Defeat Daesh/ISIS Coalition, bringing
     the total number of members up to **eighty-five**.
     Joint Statement by Ministers of the Global Coalition against Daesh · Global Affairs Canada
     · 2022-05-12 · ¶ 7 · Read at canada.ca
     >> The Ministers stressed the importance […] The Ministers saluted the entry of Benin into
     the Defeat Daesh/ISIS Coalition, **bringing the total number of members up to
     eighty-five**. The Coalition's efforts constitute an integral part of the global
     counterterrorism structure.
     [◀ ¶ 6] [¶ 8 ▶] [Source] [📋] [👍] [👎]

Ada: /said The Ministers saluted the entry of Benin
Bot: Said, exactly, at: “Joint Statement by Ministers of the Global Coalition against Daesh”, ¶ 7.

     > **The Ministers saluted the entry of Benin** into the Defeat Daesh/ISIS Coalition, bringing
     the total number of members up to eighty-five.
     […]
     [◀ ¶ 6] [¶ 8 ▶] [Source] [📋] [👍] [👎]

Ada: thanks!
Bot: You are welcome.
     You can ask, for example:
     • What is said about Defeat Daesh?
     • What is said about Global Coalition?
     • What is said about Africa Focus Group?

Ada: /new
Bot: Forgotten. What would you like to know?

Ada: What is the best pizza topping?
Bot: I found no passage that answers this.

     /sources shows the statements that I quote from.
     [What is said about Africa Focus Group?]
     [What is said about Global Coalition?]
     [What is said about Defeat Daesh?]
     [👍] [👎]

Ada changes that to: What did the Ministers say about Afghanistan?
Bot changes it to: > The Ministers are mindful of the need to remain resolute in countering the
     ISIS-Khorasan threat in Afghanistan, through Coalition working groups and individual member
     initiatives, in order to ensure the lasting defeat of Daesh/ISIS in South and Central Asia,
     and elsewhere in the globe.
     Joint Statement by Ministers of the Global Coalition against Daesh · Global Affairs Canada
     · 2022-05-12 · ¶ 8 · Read at canada.ca
     [◀] [¶ 8] [▶] [Source] [📋] [👍] [👎]

Ada: Who signed the agreement with Panama?
Bot: I found no passage that answers this.

     /sources shows the statements that I quote from.
     [What is said about Global Coalition?]
     [What is said about Defeat Daesh?]
     [What is said about Moroccan Foreign Minister Nasser Bourita?]
     [👍] [👎]
"""
_ACTION = re.compile(r"^Ada(?P<how> presses| changes that to)?: (?P<what>.*)$", re.MULTILINE)


def turns(conversation: str) -> Iterator[tuple[str, str, str]]:
    """How Ada acts ("", " presses", …), with what, and what is seen then."""
    found = list(_ACTION.finditer(conversation))
    ends = [match.start() for match in found[1:]] + [len(conversation)]
    for match, end in zip(found, ends, strict=True):
        yield match["how"] or "", match["what"], conversation[match.end() : end].strip()


class Watched:
    """Ada's chat; each action returns what she sees of it, as it is written here."""

    def __init__(self, ada: Chatter) -> None:
        self._ada = ada
        self._last_message = 0
        self._seen = 0
        self._told = 0

    def act(self, how: str, what: str) -> str:
        if how == " presses":
            self._ada.press(what)
        elif how == " changes that to":
            self._ada.edit(self._last_message, what)
        else:
            self._last_message = self._ada.say(what)
        server, chat = self._ada.server, self._ada.user.id
        sent, told = server.sent(chat)[self._seen :], server.calls_to("answerCallbackQuery")
        said = [each.params["text"] for each in told[self._told :] if "text" in each.params]
        self._seen, self._told = self._seen + len(sent), len(told)
        return "\n".join([*map(as_written, sent), *(f"Bot shows: {text}" for text in said)])


def as_written(sent: Sent) -> str:
    """A message as it is written here."""
    marks: list[tuple[int, str]] = []  # a quote begins before what is bold in it
    for entity in sent.entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if "blockquote" in entity["type"]:
            folded = entity["type"] == "expandable_blockquote"
            marks.append((start, ">> " if folded else "> "))
        elif entity["type"] == "bold":
            marks += [(start, "**"), (end, "**")]
    units = sent.text.encode("utf-16-le")
    for at, mark in sorted(marks, key=lambda m: (m[0], m[1] == "**"), reverse=True):
        units = units[: 2 * at] + mark.encode("utf-16-le") + units[2 * at :]
    text = units.decode("utf-16-le")
    keyboard = sent.params.get("reply_markup", {}).get("inline_keyboard", [])
    rows = [" ".join(f"[{button['text']}]" for button in row) for row in keyboard]
    begin = "Bot changes it to" if sent.method == "editMessageText" else "Bot"
    return "\n".join([f"{begin}: {text}", *rows])


def pattern(expected: str) -> re.Pattern[str]:
    """What the expected words match, any words for "[…]", whatever white space is between."""
    parts = (re.escape(" ".join(part.split())) for part in expected.split("[…]"))
    return re.compile(".*".join(part.replace(r"\ ", " ").strip() for part in parts))


@pytest.fixture
def answerer(shipped_answerer: Answerer, tmp_path: Path) -> Answerer:
    """The answerer of the shipped statement, as "serve" opens it: it knows what was said."""
    retriever = shipped_answerer._retriever
    snapshots = Snapshots(tmp_path / "snapshots")
    archive = Archive(shipped_answerer.corpus, snapshots, known_access=NO_ACCESS)
    return Answerer(retriever, whether_said=SaidAnswers(archive))


@pytest.fixture
def watched(answerer: Answerer, store: FolderIndex) -> Iterator[Watched]:
    with (
        BotApiServer() as server,
        InProcessBot(server, dialogue_of(live(answerer, store))) as bot,
    ):
        yield Watched(Chatter(bot, server.add_user("Ada")))
        assert server.violations == []


def test_the_conversation_goes_as_it_is_written(watched: Watched) -> None:
    done = 0
    for how, what, expected in turns(CONVERSATION):
        seen = watched.act(how, what)
        if pattern(expected).fullmatch(" ".join(seen.split())) is None:
            pytest.fail(f"Written:\n{expected}\n\nSeen:\nAda{how}: {what}\n{seen}")
        done += 1
    assert done >= 19
