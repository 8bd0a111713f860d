"""Measures how far the wording of a question gives away whether it is answerable, without any
passage.

People write unanswerable questions longer and with more names. A reader must not learn these signs:
see ``Pair.prior``.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
_MOST_LOGIT = 3.0
_WORD = r"\w+|\?"


def wording_logits(
    questions: Sequence[str], answerable: Sequence[bool], documents: Sequence[str]
) -> NDArray[np.float64]:
    """Return, for each question, the logit that it is answerable, by its words alone.

    Each comes from a model that was fitted on other documents (a logistic regression on words and
    pairs of words), centred, between -3 and 3. Few documents, or questions of one kind alone, give
    0.
    """
    labels = np.asarray(answerable, bool)
    logits = np.zeros(len(labels))
    if len(set(documents)) < FOLDS or labels.all() or not labels.any():
        return logits
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    counted = CountVectorizer(
        ngram_range=(1, 2), min_df=2, binary=True, token_pattern=_WORD
    ).fit_transform(questions)
    for train, other in GroupKFold(FOLDS).split(counted, labels, documents):
        if labels[train].all() or not labels[train].any():
            continue
        model = LogisticRegression(C=0.3, solver="liblinear")
        model.fit(counted[train], labels[train])
        logits[other] = model.decision_function(counted[other])
    base = np.log(labels.mean() / (1 - labels.mean()))
    return np.asarray(np.clip(logits - base, -_MOST_LOGIT, _MOST_LOGIT), np.float64)
