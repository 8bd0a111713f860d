"""Turns a verified citation into one of today, with its words, so that it can be copied."""

from bot.citations.citation import Citation, cite
from bot.citations.quotelines import shown
from bot.citations.textfragment import PageText
from bot.language.deviationtexts import DeviationsOf, nothing_noted
from bot.verification.verification import Verification


def citable_words(
    found: Verification, *, deviations_of: DeviationsOf = nothing_noted
) -> tuple[Citation, str] | None:
    """Return the citation of the words as they stand now, and the words as they are shown.

    It is None if they do not stand as cited, or not within one paragraph. ``deviations_of`` gives
    the other words of the page, among which its link finds them.
    """
    now = found.now
    if now is None or now.passage is None or not found.verdict.as_cited:
        return None
    document, passage, part = now.document, now.passage, now.span
    if not passage.span.contains(part) or now.words != now.words.strip():
        return None
    page = PageText(document.text, deviations_of(document.digest))
    citation = cite(document, passage, part=part, shown=page)
    return citation, shown(part, quote=passage.span, source=document.text)
