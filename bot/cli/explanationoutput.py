"""Turns the explanation of an answer into lines for a person, and into JSON.

docs/json.md describes the fields, which are stable.
"""

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from bot.answering.answers import Outcome
from bot.answering.explanation import Explanation, JudgedCandidate, Verdict
from bot.cli.terminal import printable
from bot.jsonforms.answerfields import answer_fields, filter_fields
from bot.language.bidiisolation import isolated
from bot.language.filtertexts import in_words
from bot.language.translation import translator
from corpus import Corpus, Passage
from embeddings import SearchExplanation

_SIGNALS_SHOWN = 3
_WORDS_SHOWN = 12
_SIGNAL_NAMES = {
    "passage": "meaning of the passage",
    "context_passage": "meaning with its title",
    "sentence": "meaning of a sentence",
    "fitting_sentence": "a sentence of the kind asked for",
    "context_sentence": "meaning of a sentence with its title",
    "context_words_raw": "rare words of the question",
    "pairs": "neighbouring words",
    "document": "the document",
    "numbers": "numbers",
    "year": "the year",
    "month": "the month",
    "quantity": "a quantity",
    "date": "a date",
    "dateline": "the dateline",
    "sentence_rare_tokens": "rare words in a sentence",
    "context_tokens": "words near in meaning",
    "context_rare_tokens": "rare words near in meaning",
}
_COUNTED_NAMES = {
    "one": "to begin with",
    "reader": "the reader",
    "sentence": "its best sentence",
    "answer": "a short answer",
    "retrieval": "retrieval",
    "log_passages": "the number of passages",
    "later": "a follow-up",
    "retrieval_later": "retrieval of a follow-up",
}
_ASKED = (("asks_quantity", "a quantity"), ("asks_date", "a date"), ("asks_person", "a person"))


def explanation_fields(found: Explanation) -> dict[str, Any]:
    """Return the fields of an explanation: those of the answer, and how it came about."""
    search = found.search
    return {
        "answer": answer_fields(found.answer),
        "thresholds": {
            "answer": found.thresholds.answer,
            "related": found.thresholds.related,
            "further": found.thresholds.further,
            "further_share": 0.0,  # of versions in which it was a share of the first one's
        },
        "question": None if search is None else _question_fields(found, search),
        "searched": 0 if search is None else search.searched,
        "looked_at": 0 if search is None else search.looked_at,
        "reader": None if search is None else search.reader,
        "calibrated": None if search is None or search.reader is None else search.is_calibrated,
        "candidates": [_candidate_fields(each) for each in found.candidates],
    }


def _question_fields(found: Explanation, search: SearchExplanation) -> dict[str, Any]:
    parsed = search.parsed
    return {
        "read_as": parsed.text,
        "language": found.language,
        "corrected": search.corrected,
        "used_correction": search.used_correction,
        "follow_up_share": round(search.follow_up_share, 4),
        "stated_filter": None
        if found.stated is None
        else {**filter_fields(found.stated[0]), "words": list(found.stated[1])},
        "stems": list(parsed.stems),
        "names": sorted(parsed.names),
        "numbers": sorted(parsed.numbers),
        "years": sorted(parsed.years),
        "months": sorted(parsed.months),
        "asks_for": [what for name, what in _ASKED if getattr(parsed, name)],
    }


def _candidate_fields(judged: JudgedCandidate) -> dict[str, Any]:
    each, hit = judged.candidate, judged.candidate.hit
    answer = each.answer
    return {
        **_place_fields(hit.passage),
        "rank": hit.rank,
        "verdict": judged.verdict.value,
        "probability": round(hit.score, 4),
        "retrieval_rank": each.retrieval_rank,
        "retrieval_score": round(each.retrieval_score, 4),
        "reader_logit": _rounded(each.logit),
        "reader_probability": round(hit.score, 4) if hit.counted else None,
        "counted": [{"part": name, "added": round(value, 4)} for name, value in hit.counted],
        "signals": [{"signal": name, "added": round(value, 4)} for name, value in each.signals],
        "words": list(each.words),
        "missing": list(each.missing),
        "sentences": [
            {
                "start": one.sentence.span.start,
                "end": one.sentence.span.end,
                "text": one.sentence.text,
                "words": list(one.words),
                "score": _rounded(one.score),
                "evidence": one.is_evidence,
            }
            for one in each.sentences
        ],
        "short_answer": None
        if answer is None
        else {
            "start": answer.start,
            "end": answer.end,
            "text": _text_of(hit.passage, answer.start, answer.end),
            "score": _rounded(each.answer_score),
        },
        "also": [_place_fields(other) for other in hit.also],
    }


def _place_fields(passage: Passage) -> dict[str, Any]:
    return {
        "document": passage.document_id,
        "paragraph": passage.number,
        "start": passage.span.start,
        "end": passage.span.end,
    }


def explanation_lines(found: Explanation, corpus: Corpus) -> Iterator[Text]:
    """Yield the lines of an explanation."""
    answer, search = found.answer, found.search
    if search is None:
        yield Text(answer.message or "")
        return
    yield Text("The question", style="bold")
    for name, value in _question_lines(found, search, corpus):
        yield Text(f"  {name:<12} {printable(value)}")
    yield Text("")
    yield Text("The answer", style="bold")
    yield Text(f"  {_outcome(found)}")
    if found.candidates and found.answer.outcome in {Outcome.RELATED, Outcome.NONE}:
        yield Text(f"  {_shortfall(found)}")
    for judged in found.candidates:
        yield Text("")
        yield from _candidate_lines(judged, corpus, search)


def _question_lines(
    found: Explanation, search: SearchExplanation, corpus: Corpus
) -> Iterator[tuple[str, str]]:
    parsed, words = search.parsed, translator("en")
    if search.used_correction:
        yield "asked", found.answer.question
    yield "read as", parsed.text
    if search.corrected is not None and not search.used_correction:
        yield "not used", f"{search.corrected} (it finds nothing more probable)"
    yield "language", found.language or "unsure"
    yield "stems", _listed(parsed.stems)
    for name, values in (("names", parsed.names), ("numbers", parsed.numbers)):
        if values:
            yield name, _listed(tuple(sorted(values)))
    asked = [what for name, what in _ASKED if getattr(parsed, name)]
    if asked:
        yield "asks for", ", ".join(asked)
    if search.follow_up_share:
        yield "follow-up", f"what was asked before has {search.follow_up_share:.2f} of the weight"
    if found.answer.only is not None:
        yield "filter", in_words(found.answer.only, corpus, words)
    reader = "no reader" if search.reader is None else f"read by {search.reader}"
    if search.reader is not None and not search.is_calibrated:
        reader += ", uncalibrated"
    yield "searched", f"{search.searched:,} passages, {search.looked_at:,} closely; {reader}"


def _outcome(found: Explanation) -> str:
    least = found.thresholds
    if not found.candidates:
        return "none: no passage has a word or a meaning of the question"
    first = found.candidates[0].candidate.hit.score
    if found.answer.outcome is Outcome.ANSWER:
        return f"answer: the first passage has {first:.2f}, at least {least.answer:.2f}"
    if found.answer.outcome is Outcome.RELATED:
        return (
            f"related, no answer: the first passage has {first:.2f}, less than {least.answer:.2f} "
            f"and at least {least.related:.2f}"
        )
    return f"none: the first passage has {first:.2f}, less than {least.related:.2f}"


def _shortfall(found: Explanation) -> str:
    """Return why the first passage is no answer: what counted against it, and what it lacks."""
    first = found.candidates[0].candidate
    against = sorted((value, name) for name, value in first.hit.counted if value < 0)
    named = [f"{_COUNTED_NAMES[name]} {value:+.2f}" for value, name in against if name != "one"]
    if first.missing:
        named.append(f"words that it has not: {_listed(first.missing)}")
    lacks = found.thresholds.answer - first.hit.score
    said = f"to be an answer it lacks {lacks:.2f}; against it: "
    return said + ("; ".join(named) if named else "nothing, but too little for it")


def _candidate_lines(
    judged: JudgedCandidate, corpus: Corpus, search: SearchExplanation
) -> Iterator[Text]:
    each, hit = judged.candidate, judged.candidate.hit
    document = corpus.document(hit.passage.document_id)
    style = "bold" if judged.verdict in {Verdict.ANSWER, Verdict.RELATED} else "cyan"
    place = f"{printable(hit.passage.document_id)} {hit.passage.label}"
    yield Text(f"{hit.rank}. {hit.score:.2f} {judged.verdict.value}: {place}", style=style)
    yield Text(f"   {printable(isolated(document.title))}")
    numbers = f"   retrieval: rank {each.retrieval_rank}, score {each.retrieval_score:.2f}"
    if each.logit is not None:
        numbers += f"; reader: logit {each.logit:.2f}"
        if not search.is_calibrated:
            numbers += ", uncalibrated: the probability is that of retrieval for this place"
    elif search.reader is not None:
        numbers += "; not read"
    yield Text(numbers)
    if hit.counted:
        parts = ", ".join(f"{_COUNTED_NAMES[name]} {value:+.2f}" for name, value in hit.counted)
        yield Text(f"   probability {hit.score:.2f}: {parts}")
    if signals := each.signals[:_SIGNALS_SHOWN]:
        said = ", ".join(f"{_SIGNAL_NAMES.get(name, name)} {value:+.2f}" for name, value in signals)
        yield Text(f"   signals: {said}")
    missing = f"; missing: {_listed(each.missing)}" if each.missing else ""
    yield Text(f"   words: {_listed(each.words)}{missing}")
    for one in each.sentences:
        if one.is_evidence:
            score = "" if one.score is None else f" {one.score:.2f}"
            yield Text(f"   evidence{score}: {printable(' '.join(one.sentence.text.split()))}")
    if each.answer is not None:
        text = _text_of(hit.passage, each.answer.start, each.answer.end)
        short = printable(" ".join(text.split()))
        yield Text(f"   short answer {each.answer_score:.2f}: {short}")
    if hit.also:
        others = ", ".join(f"{other.document_id} {other.label}" for other in hit.also)
        yield Text(f"   the same text: {printable(others)}")


def _listed(words: tuple[str, ...]) -> str:
    if not words:
        return "none"
    more = len(words) - _WORDS_SHOWN
    shown = printable(", ".join(words[:_WORDS_SHOWN]))
    return f"{shown} and {more} more" if more > 0 else shown


def _text_of(passage: Passage, start: int, end: int) -> str:
    return passage.text[start - passage.span.start : end - passage.span.start]


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
