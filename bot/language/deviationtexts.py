"""Describes in a person's language the deviations of a stored text from its source."""

from collections import Counter
from collections.abc import Callable, Iterable

from bot.language.translation import Translator, mark
from corpus.extraction.extract import Deviation, DeviationKind, DeviationName

DeviationsOf = Callable[[str], tuple[Deviation, ...] | None]
"""Takes the digest of a stored text; returns its deviations from the source, None if unknown."""


def nothing_noted(_digest: str) -> None:
    """Return None: no deviations are noted."""


LEFT_OUT = mark("Left out: {things}")
GUESSED = mark("Guessed: {things}")
REPAIRED = mark("Repaired: {things}")

_HEADS = {
    DeviationKind.LEFT_OUT: LEFT_OUT,
    DeviationKind.GUESSED: GUESSED,
    DeviationKind.REPAIRED: REPAIRED,
}


def deviation_lines(deviations: Iterable[Deviation], words: Translator) -> list[str]:
    """Return a line for each kind of deviation, as in "Left out: 3 notes, 1 running head"."""
    times = Counter((each.kind, each.name) for each in deviations)
    return [
        words.say(
            head,
            things=", ".join(
                _things(name, count, words) for (of, name), count in times.items() if of is kind
            ),
        )
        for kind, head in _HEADS.items()
        if any(of is kind for of, _ in times)
    ]


def _things(name: DeviationName, count: int, words: Translator) -> str:  # noqa: PLR0911, PLR0912
    """Return a number of things in words. Each text stands here in full, for the catalogues."""
    match name:
        case DeviationName.NOTE:
            return words.plural("1 note", "{count} notes", count)
        case DeviationName.RUNNING_HEAD:
            return words.plural("1 running head", "{count} running heads", count)
        case DeviationName.FOOT_LINE:
            return words.plural("1 foot line", "{count} foot lines", count)
        case DeviationName.PAGE_NUMBER:
            return words.plural("1 page number", "{count} page numbers", count)
        case DeviationName.PAGE:
            return words.plural("1 page", "{count} pages", count)
        case DeviationName.HIDDEN_TEXT:
            return words.plural("1 hidden text", "{count} hidden texts", count)
        case DeviationName.STRUCK_OUT_TEXT:
            return words.plural("1 struck-out text", "{count} struck-out texts", count)
        case DeviationName.DELETED_TEXT:
            return words.plural("1 deleted text", "{count} deleted texts", count)
        case DeviationName.SYMBOL:
            return words.plural("1 symbol", "{count} symbols", count)
        case DeviationName.CAPTION:
            return words.plural("1 caption", "{count} captions", count)
        case DeviationName.ASIDE:
            return words.plural("1 aside", "{count} asides", count)
        case DeviationName.NAVIGATION:
            return words.plural("1 navigation text", "{count} navigation texts", count)
        case DeviationName.PAGE_TEXT:
            return words.plural("1 piece of the page", "{count} pieces of the page", count)
        case DeviationName.CONTACT:
            return words.plural("1 contact block", "{count} contact blocks", count)
        case DeviationName.LIST_NUMBER:
            return words.plural("1 list number", "{count} list numbers", count)
        case DeviationName.TURNED_TEXT:
            return words.plural("1 piece of turned text", "{count} pieces of turned text", count)
        case DeviationName.SIGN_LINE:
            return words.plural("1 line of signs", "{count} lines of signs", count)
        case DeviationName.EXPONENT:
            return words.plural("1 exponent", "{count} exponents", count)
        case DeviationName.HYPHEN:
            return words.plural("1 hyphen", "{count} hyphens", count)
        case DeviationName.BYTE:
            return words.plural("1 byte", "{count} bytes", count)
        case DeviationName.ENCODING:
            return words.plural("1 encoding", "{count} encodings", count)
        case DeviationName.MARKUP:
            return words.plural("1 piece of markup", "{count} pieces of markup", count)
        case DeviationName.FRONT_MATTER:
            return words.plural("1 front matter", "{count} pieces of front matter", count)
        case DeviationName.ATTACHMENT:
            return words.plural("1 attachment", "{count} attachments", count)
