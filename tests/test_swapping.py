"""Under a steady load of questions no swap makes an answer fail, or mixes two generations."""

from pathlib import Path

from swapping import edition, swap_under_load


def test_no_answer_fails_or_is_mixed_while_generations_are_swapped(tmp_path: Path) -> None:
    figures = swap_under_load(tmp_path / "index", count=20, documents=8, pause_s=0.02)
    assert figures.failed == []
    assert figures.mixed == []
    assert figures.swaps == 20
    assert figures.generations > 15
    assert figures.answers > 100


def test_no_two_editions_share_a_paragraph() -> None:
    texts = [{p.text for p in edition(n, documents=3).quotable()} for n in range(30)]
    assert len(set.union(*texts)) == sum(map(len, texts))
