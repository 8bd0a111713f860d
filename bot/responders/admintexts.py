"""Holds the texts for administrators. As in ``texts``, a ``Translator`` says them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bot.citations.origin import address_of, fetched_from, only_for, publisher_of
from bot.citations.quotelines import without_line_ends
from bot.language.bidiisolation import in_line, isolated
from bot.language.deviationtexts import deviation_lines
from bot.language.texts import AS_FILE_SAYS
from bot.language.translation import Translator, mark
from bot.language.utf16 import MESSAGE_UNITS, shorten
from bot.monitoring.troubles import Troubles
from bot.operations.background import WorkProgress
from bot.operations.submissions import Submission
from corpus import LeftOut
from corpus.model import Outline, label_of
from embeddings import Generation, RefreshReport

COMMANDS = (
    ("status", mark("Show the generation, waiting messages and uptime")),
    ("refresh", mark("Bring the index up to date")),
    ("add", mark("Add a statement: /add and an address, or a file with the caption /add")),
    ("remove", mark("Remove a statement: /remove and its id")),
    ("rollback", mark("Go back to an earlier generation")),
)

READING = mark("reading")
EMBEDDING = mark("embedding")
_DOING = {"Reading": READING, "Embedding": EMBEDDING}

REFRESH_BEGINS = mark("The refresh begins.")
REFRESH_GOES_ON = mark("Refresh: {doing}, {done} of {in_all}")
UP_TO_DATE = mark("Nothing has changed. Generation {number} still answers.")
REFRESHED = mark(
    "Generation {number} now answers.\nDocuments: {documents}\nParagraphs: {added} added, "
    "{kept} kept, {moved} moved, {removed} removed\nSeconds: {seconds}"
)
FAILED = mark("That failed: {reason}\n\nGeneration {number} still answers.")
ADD_WHAT = mark(
    "Send a file with the caption /add, or type /add and the address of a page or file."
)
NO_FILE = mark("Only a file can be added: send it as a file, with the caption /add.")
TOO_LARGE = mark("The file is larger than {most} MB. Telegram gives no such file to a bot.")
FILES_ARE_OFF = mark("Files cannot be fetched here. Type /add and an address.")
NEW_DOCUMENT = mark("New, as {id}")
IN_PLACE_OF = mark("Replaces the earlier text of {id}")
ALREADY_THERE = mark("{id} already has this text")
PUBLISH = mark("Publish")
DISCARD = mark("Discard")
PUBLISHED = mark("Published: {id}")
DISCARDED = mark("Discarded. Nothing was added.")
GONE = mark("This is no longer waiting. Send it again.")
REMOVE_WHAT = mark("Type /remove and the id of a statement, or its beginning.")
REMOVE_REALLY = mark("Remove {id}?\n\n{title}")
REMOVE = mark("Remove")
LEAVE = mark("Leave it")
LEFT = mark("{id} stays.")
REMOVED = mark("Removed: {id}")
LAST_ONE = mark("{id} is the only statement. Add another one first.")
NO_GENERATION = mark("Type /rollback, or /rollback and the number of a generation.")
ROLLED_BACK = mark(
    "Generation {number}, built {created}, now answers. The next refresh returns to the current "
    "statements."
)
STATUS = mark(
    "Generation: {number}\nDocuments: {documents}\nParagraphs: {paragraphs}\nWaiting messages: "
    "{waiting}\nUptime: {uptime}\nMemory: {memory} MB"
)
CHANGED_SINCE = mark("The statements have changed since then. /refresh takes the changes in.")
SET_ASIDE = mark("Updates that were set aside because they ended the bot: {ids}.")
SET_ASIDE_UNKNOWN = mark("The list of updates that were set aside cannot be read at the moment.")
ENDED = mark("The last time, {day}: {reason}")
DAMAGED = mark("Damaged files that were set aside: {names}. Delete them if you do not need them.")
UNKNOWN = "–"

_PREVIEW_UNITS = 500
_PREVIEWED = 3
_TITLE_UNITS = 300
_NOTE_UNITS = 200
_NAME_UNITS = 80
_REASON_UNITS = 1_000
_MOST_FILES = 8
_MOST_IDS = 20
_MOST_FILES_ASIDE = 5
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


def progress(step: WorkProgress, words: Translator) -> str:
    """Return the progress of a refresh."""
    return words.say(
        REFRESH_GOES_ON,
        doing=words.say(_DOING.get(step.doing, step.doing)),
        done=words.number(step.done),
        in_all=words.number(step.in_all),
    )


def refreshed(report: RefreshReport, words: Translator) -> str:
    """Report what a refresh did, and the files that it left out."""
    text = _done(report, words)
    if report.left_out:
        text = joined(text, not_read(report.left_out, words))
    if report.passed_over:
        text = joined(text, passed_over(report.passed_over, words))
    return text


def not_read(left_out: Sequence[LeftOut], words: Translator) -> str:
    """List the files that nothing is quoted from, with their reasons in English."""
    lines = [
        shorten(f"{each.file}: {each.reason}", units=_NOTE_UNITS) for each in left_out[:_MOST_FILES]
    ]
    head = words.plural("1 file is not read:", "{count} files are not read:", len(left_out))
    more = [f"… + {len(left_out) - _MOST_FILES}"] if len(left_out) > _MOST_FILES else []
    return "\n".join([head, *lines, *more])


def passed_over(files: Sequence[LeftOut], words: Translator) -> str:
    """Name the files of kinds that are not read, in one line."""
    named = [shorten(each.file, units=_NAME_UNITS) for each in files[:_MOST_FILES]]
    more = [f"… + {len(files) - _MOST_FILES}"] if len(files) > _MOST_FILES else []
    head = words.plural(
        "1 file is of a kind that is not read:",
        "{count} files are of kinds that are not read:",
        len(files),
    )
    return f"{head} {', '.join([*named, *more])}"


def _done(report: RefreshReport, words: Translator) -> str:
    if not report.published:
        return words.say(UP_TO_DATE, number=str(report.generation))
    return words.say(
        REFRESHED,
        number=str(report.generation),
        documents=words.number(report.documents),
        added=words.number(report.added),
        kept=words.number(report.kept),
        moved=words.number(report.moved),
        removed=words.number(report.removed),
        seconds=words.number(report.seconds, decimals=1),
    )


def failed(error: Exception, generation: int, words: Translator) -> str:
    """Return the reason why work was not done, in English as on the command line."""
    reason = shorten(str(error), units=_REASON_UNITS)
    return words.say(FAILED, reason=reason, number=str(generation))


def rolled_back(now: Generation, words: Translator) -> str:
    """Name the generation that answers after a rollback."""
    return words.say(ROLLED_BACK, number=str(now.number), created=now.manifest.created)


def preview(submission: Submission, words: Translator) -> str:
    """Return the preview of a source, before it is published."""
    document = submission.added.document
    states = {"added": NEW_DOCUMENT, "updated": IN_PLACE_OF, "unchanged": ALREADY_THERE}
    fetched = submission.fetched
    title = isolated(shorten(document.title, units=_TITLE_UNITS))
    if fetched is None and document.title != document.id:
        title = words.say(AS_FILE_SAYS, claim=title)
    facts = (
        publisher_of(document, words, units=_TITLE_UNITS),
        document.published.isoformat() if document.published else None,
        document.place and in_line(shorten(document.place, units=_TITLE_UNITS)),
        document.language,
        address_of(document, words, units=_TITLE_UNITS) if document.url != fetched else None,
    )
    origin = (
        fetched_from(fetched, words, units=_TITLE_UNITS) if fetched else None,
        only_for(document, words),
    )
    lines = [
        title,
        " · ".join(fact for fact in facts if fact),
        *(line for line in origin if line),
        words.say(states[submission.added.state], id=document.id),
        words.plural("1 paragraph", "{count} paragraphs", document.passage_count),
        *(shorten(note, units=_NOTE_UNITS) for note in submission.notes[:_PREVIEWED]),
        *deviation_lines(submission.added.deviations or (), words),
    ]
    return "\n\n".join(["\n".join(lines), *_previewed(document)])


def _previewed(outline: Outline) -> Iterator[str]:
    """Yield the first paragraphs and the last, each cut."""
    for number, text in outline.beginnings:
        yield shorten(f"{label_of(number)}: {without_line_ends(text)}", units=_PREVIEW_UNITS)


def troubles(found: Troubles, words: Translator) -> str:
    """Report recent troubles, with reasons in English; returns nothing if there are none."""
    lines = []
    if found.set_aside is None:
        lines.append(words.say(SET_ASIDE_UNKNOWN))
    elif found.set_aside:
        ids = ", ".join(map(str, found.set_aside[-_MOST_IDS:]))
        lines.append(words.say(SET_ASIDE, ids=ids))
    if found.ends:
        last = found.ends[-1]
        lines.append(
            words.plural(
                "The bot crashed or had to be ended once since yesterday.",
                "The bot crashed or had to be ended {count} times since yesterday.",
                len(found.ends),
            )
        )
        day = datetime.fromtimestamp(last.at_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
        lines.append(words.say(ENDED, day=day, reason=shorten(last.why, units=_NOTE_UNITS)))
    if found.damaged:
        lines.append(words.say(DAMAGED, names=", ".join(found.damaged[-_MOST_FILES_ASIDE:])))
    return "\n".join(lines)


def joined(*parts: str) -> str:
    """Join texts to one message, with a blank line between them."""
    return shorten("\n\n".join(parts), units=MESSAGE_UNITS)


def duration(seconds: float) -> str:
    """Return a duration as in "3 d 4 h 12 min", in English and French alike; minutes alone below an
    hour.
    """
    whole = int(seconds)
    days, hours, minutes = whole // _DAY_S, whole % _DAY_S // _HOUR_S, whole % _HOUR_S // _MINUTE_S
    parts = [f"{days} d" if days else "", f"{hours} h" if days or hours else "", f"{minutes} min"]
    return " ".join(part for part in parts if part)
