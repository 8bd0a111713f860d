"""Under a steady load of questions no swap makes an answer fail, or mixes two generations."""

from pathlib import Path

import pytest
from swapping import Place, edition, swap_under_load


@pytest.mark.parametrize("engine", ["disk", "postgres"])
def test_no_answer_fails_or_is_mixed_while_generations_are_swapped(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_database") if engine == "postgres" else ""
    figures = swap_under_load(Place(tmp_path / "index", 8, url), count=20, pause_s=0.02)
    assert figures.failed == []
    assert figures.mixed == []
    assert figures.swaps == 20
    assert figures.generations > 15
    assert figures.answers > 100


def test_no_two_editions_share_a_paragraph() -> None:
    texts = [{p.text for p in edition(n, documents=3).quotable()} for n in range(30)]
    assert len(set.union(*texts)) == sum(map(len, texts))
