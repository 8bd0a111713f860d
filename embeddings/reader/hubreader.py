"""Reads with any cross-encoder of the hub, which scores passages and names no words."""

from collections.abc import Sequence
from pathlib import Path

from embeddings.models.modelfolder import folder_digest
from embeddings.models.runtimes.crossencoder import CrossEncoderScores
from embeddings.reader.reading import PassageReading, PassageText


class HubReader:
    """Reads with a cross-encoder from a checked folder, by torch.

    Earlier questions are read before the question, title and date before the passage. It scores no
    sentences and finds no short answer. Its logits have a scale of their own for each model, so
    they need a calibration of their own.
    """

    def __init__(self, folder: Path, *, name: str) -> None:
        """Load the model.

        Raises:
            ModelDamaged: if the folder is not a cross-encoder with one score.
        """
        self.name = name
        self.digest = folder_digest(folder)
        self._model = CrossEncoderScores(folder)

    def read(
        self, question: str, history: Sequence[str], passages: Sequence[PassageText]
    ) -> list[PassageReading]:
        """See ``Reader.read``."""
        asked = " ".join([*history[-_MOST_TURNS:], question])
        logits = self._model.scores(asked, [_with_heading(each) for each in passages])
        return [
            PassageReading(float(logit), (0.0,) * len(passage.sentences))
            for logit, passage in zip(logits, passages, strict=True)
        ]


_MOST_TURNS = 2


def _with_heading(passage: PassageText) -> str:
    heading = ", ".join(part for part in (passage.title, passage.date) if part)
    return f"{heading}\n{passage.text}".strip()
