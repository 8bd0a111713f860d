"""Puts a verdict about words into sentences for a person."""

from collections.abc import Iterator, Sequence

from bot.language import saidtexts, texts
from bot.language.bidiisolation import in_line, isolated
from bot.language.translation import Translator
from bot.language.utf16 import shorten
from bot.verification.saying import SaidPlace, SaidVerdict, Saying

MOST_PLACES = 10
_MOST_DIFFERENCES = 8
_TITLE_UNITS = 80
_WORDS_UNITS = 120


def said_lines(saying: Saying, words: Translator) -> Iterator[str]:
    """Yield the lines that say the verdict, and what was searched where nothing was found."""
    if saying.sentences:
        yield _of_sentences(saying, words)
        return
    match saying.verdict:
        case SaidVerdict.EXACTLY:
            today = [place for place in saying.places if not place.is_earlier]
            yield words.say(saidtexts.SAID_EXACTLY, places=_named(today, words))
            for place in today[:1]:
                for gap in place.left_out:
                    said = _shown(gap)
                    yield words.say(saidtexts.SAID_WITH_GAP, words=said)
            yield from _until(saying.places, words)
        case SaidVerdict.UNTIL:
            yield from _until(saying.places, words)
            if saying.today:
                yield words.say(saidtexts.SAID_NOW_NEARLY)
                yield from _differing(saying.today, words)
        case SaidVerdict.ALMOST:
            only_earlier = all(place.is_earlier for place in saying.places)
            yield words.say(saidtexts.SAID_ALMOST_UNTIL if only_earlier else saidtexts.SAID_ALMOST)
            yield from _differing(saying.places, words)
        case SaidVerdict.NOT_FOUND:
            yield _not_found(saying, words)


def _until(places: Sequence[SaidPlace], words: Translator) -> Iterator[str]:
    for place in places:
        if not place.is_earlier:
            continue
        named = _place(place, words)
        if place.until is None:
            yield words.say(saidtexts.SAID_ONCE, place=named)
        else:
            day = place.until.isoformat()
            yield words.say(saidtexts.SAID_UNTIL, day=day, place=named)
        if place.read_anew:
            yield words.say(saidtexts.SAID_READ_ANEW)


def _differing(places: Sequence[SaidPlace], words: Translator) -> Iterator[str]:
    """Yield a line for each difference at the first place, and at others that differ otherwise."""
    lines: dict[str, None] = {}
    for place in places[:MOST_PLACES]:
        named = _place(place, words)
        for removed, added in place.replacements:
            said, asked = _shown(removed), _shown(added)
            if not added:
                line = words.say(saidtexts.WORDS_MISSING, said=said, place=named)
            elif not removed:
                line = words.say(saidtexts.WORDS_ADDED, asked=asked, place=named)
            else:
                line = words.say(saidtexts.WORDS_DIFFER, asked=asked, said=said, place=named)
            lines[line] = None
    yield from list(lines)[:_MOST_DIFFERENCES]


def _not_found(saying: Saying, words: Translator) -> str:
    statements = saidtexts.statements_searched(saying.searched.statements, words)
    if not saying.searched.earlier:
        return words.say(saidtexts.NOT_SAID, statements=statements)
    earlier = saidtexts.earlier_searched(saying.searched.earlier, words)
    return words.say(saidtexts.NOT_SAID_EARLIER, statements=statements, earlier=earlier)


def _of_sentences(saying: Saying, words: Translator) -> str:
    counts = {
        verdict: words.number(sum(each.verdict is verdict for each in saying.sentences))
        for verdict in SaidVerdict
    }
    return words.say(
        saidtexts.SENTENCES_SAID,
        sentences=words.number(len(saying.sentences)),
        exact=counts[SaidVerdict.EXACTLY],
        almost=counts[SaidVerdict.ALMOST],
        earlier=counts[SaidVerdict.UNTIL],
        none=counts[SaidVerdict.NOT_FOUND],
        statements=saidtexts.statements_searched(saying.searched.statements, words),
    )


def _named(places: Sequence[SaidPlace], words: Translator) -> str:
    named = words.say(texts.BETWEEN_PLACES).join(
        _place(place, words) for place in places[:MOST_PLACES]
    )
    return texts.and_more(named, max(0, len(places) - MOST_PLACES), words)


def _place(place: SaidPlace, words: Translator) -> str:
    title = in_line(shorten(place.location.document.title, units=_TITLE_UNITS))
    return words.say(saidtexts.PLACE_OF_WORDS, title=title, label=place.location.where)


def _shown(text: str) -> str:
    return isolated(shorten(" ".join(text.split()), units=_WORDS_UNITS))
