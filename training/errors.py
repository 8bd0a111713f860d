"""Defines the errors of training.

TrainingError ├── MaterialError data to learn from is missing or malformed ├── ForeignDocument a
document that nothing may be learned from is among the rows └── WeightsDamaged exported weights or a
checkpoint are not whole
"""


class TrainingError(Exception):
    """Anything that training raises."""


class MaterialError(TrainingError):
    """Data to learn from is missing or malformed."""


class ForeignDocument(TrainingError):
    """A document that nothing may be learned from is among the rows."""


class WeightsDamaged(TrainingError):
    """Exported weights or a checkpoint are not whole."""
