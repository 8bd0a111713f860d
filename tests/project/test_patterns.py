"""No regular expression of the product takes time that grows faster than its input."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from growth import TOO_FAST, cpu_s, exponent
from patternattacks import attacks
from patternsites import Site, foreign_ways, sites

SHORT, LONG = 400, 4_000
"""Lengths at which every attack is tried first."""
SHORTEST = 8
"""From here lengths rise slowly to ``SHORT``, so that exponential growth is seen in time."""
SUSPICIOUS_S_A_CHARACTER = 1.5e-7
SUSPICIOUS_GROWTH = 2.5
LONGEST = 32_000


def at_run_time() -> None:
    """Calls the code that puts patterns together of what it is given."""
    from embeddings.question.questionfilter import _by_publisher, _rules

    _rules.__wrapped__()
    _by_publisher({"the white house", "g7", "u s department of state", "a a a a a"})


def used(pattern: re.Pattern[Any], method: str) -> Callable[[Any], object]:
    """The use of a pattern on a text: one search, or all matches."""
    if method in {"match", "fullmatch", "search"}:
        return getattr(pattern, method)  # type: ignore[no-any-return]
    return lambda text: sum(1 for _ in pattern.finditer(text))


def too_fast(pattern: re.Pattern[Any], methods: frozenset[str]) -> str | None:
    """An attack under which the time of the pattern grows faster than linearly; None for none."""
    for start, pump, end in attacks(pattern):
        for method in sorted(methods):
            run = used(pattern, method)

            def take(n: int, run: Any = run, parts: Any = (start, pump, end)) -> object:
                before, piece, after = parts
                return run(before + piece * (n // len(piece)) + after)

            if is_suspicious(take) and (found := exponent(take, most=LONGEST)) > TOO_FAST:
                return f"{method}({start!r} + {pump!r} * n + {end!r}) is O(n ** {found:.1f})"
    return None


def is_suspicious(take: Callable[[int], object]) -> bool:
    """True if the action takes long for its length, and much longer for a greater one."""
    length = SHORTEST
    while length < SHORT:
        if cpu_s(take, length) > SUSPICIOUS_S_A_CHARACTER * LONG:
            return True
        length = max(length + 4, length * 8 // 7)
    short = cpu_s(take, SHORT)
    if short > SUSPICIOUS_S_A_CHARACTER * LONG:
        short = min(cpu_s(take, SHORT) for _ in range(3))
    if short > 0.1:  # nothing is so slow that is not wrong
        return True
    long = cpu_s(take, LONG)
    return long > max(SUSPICIOUS_S_A_CHARACTER, SUSPICIOUS_GROWTH * short / SHORT) * LONG


SITES = sites(at_run_time)


@pytest.mark.skipif(
    not (Path(__file__).parents[2] / "pyproject.toml").is_file(), reason="the sources are not here"
)
def test_no_pattern_is_used_in_a_way_that_the_scan_does_not_see() -> None:
    assert foreign_ways() == []
    assert len(SITES) > 100
    assert len({site.file for site in SITES}) > 30


@pytest.mark.parametrize("site", SITES, ids=str)
def test_the_time_of_a_pattern_grows_with_its_input_and_not_faster(site: Site) -> None:
    assert site.pattern is not None
    assert too_fast(site.pattern, site.uses) is None


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (rb"(?:<!--.*?-->|<\?xml.*?\?>|\s)*<html", "match"),
        (r"\s*[\"']?\s*access\s*[\"']?\s*:.*", "match"),
        (r"(a+)+$", "match"),
        (r"(?:a|aa)+$", "fullmatch"),
        (r"\s+$", "search"),
        (r"<meta[^>]+charset", "search"),
        (r"\w+@\w+", "finditer"),
        (r"\d+\s*,?\s*\d+!", "search"),
        (r"x*(?:y+z?)*w", "match"),
    ],
)
def test_the_scan_finds_patterns_that_are_slow(pattern: str | bytes, method: str) -> None:
    assert too_fast(re.compile(pattern, re.S), frozenset({method}))


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"(?:<!--(?>.*?-->)|\s)*+<html", "match"),
        (r"\s*+access\s*+:.*", "match"),
        (r"[^\W\d_]+(?:['’][^\W\d_]+)*", "finditer"),
        (r"\s+", "finditer"),
    ],
)
def test_the_scan_passes_patterns_that_are_linear(pattern: str, method: str) -> None:
    assert too_fast(re.compile(pattern, re.S), frozenset({method})) is None
