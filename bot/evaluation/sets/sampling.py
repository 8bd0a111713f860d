"""Chooses some questions of an evaluation set, from as many documents as possible."""

from collections.abc import Sequence
from random import Random

from bot.evaluation.sets.questionsets import EvaluationQuestion


def sampled(
    questions: Sequence[EvaluationQuestion], *, most: int | None, seed: int
) -> tuple[EvaluationQuestion, ...]:
    """Return ``most`` of the questions in their order, all of them for None.

    Answerable and unanswerable ones are chosen in the proportion of the set. Among each, documents
    and conversations take turns in an order drawn by the seed, so that none gives a second question
    before every one gave its first.
    """
    if most is None or most >= len(questions):
        return tuple(questions)
    able = [place for place, question in enumerate(questions) if question.answers]
    unable = [place for place, question in enumerate(questions) if not question.answers]
    from_able = round(most * len(able) / len(questions))
    if able and unable and most > 1:
        from_able = min(max(from_able, 1), most - 1)
    random = Random(seed)  # noqa: S311 (a sample, no secret)
    group_of = {question.id: question.group for question in questions}

    def group(place: int) -> str:
        question = questions[place]
        return group_of.get(question.twin_of or "", question.group)

    chosen = _in_turn(able, [group(place) for place in able], random)[:from_able]
    chosen += _in_turn(unable, [group(place) for place in unable], random)[: most - from_able]
    return tuple(questions[place] for place in sorted(chosen))


def _in_turn(places: Sequence[int], groups: Sequence[str], random: Random) -> list[int]:
    """Return the places in an order in which groups take turns."""
    by_group: dict[str, list[int]] = {}
    for place, name in zip(places, groups, strict=True):
        by_group.setdefault(name, []).append(place)
    members = list(by_group.values())
    random.shuffle(members)
    for each in members:
        random.shuffle(each)
    rounds = max(map(len, members), default=0)
    return [each[turn] for turn in range(rounds) for each in members if turn < len(each)]
