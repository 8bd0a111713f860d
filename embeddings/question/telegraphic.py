"""Makes a question of key words that name what is asked for at their end: "summit dates"."""

import re

from embeddings.text.searchform import search_form

_FORMS = {
    **dict.fromkeys(("date", "dates"), "when does {thing} take place?"),
    **dict.fromkeys(("venue", "venues"), "where does {thing} take place?"),
}
_ASKING = frozenset(
    "who whom whose what which when where why how is are was were do does did can could will would "
    "should has have had tell give show list any".split()
)
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")
_MOST_WORDS = 10
_FEWEST_WORDS = 2


def as_question(text: str) -> str | None:
    """Return key words as a question; None where they name nothing that is asked for."""
    text = search_form(text).rstrip(" ?.!")
    words = _WORD.findall(text)
    if not _FEWEST_WORDS <= len(words) <= _MOST_WORDS:
        return None
    form = _FORMS.get(words[-1].casefold())
    if form is None or _ASKING.intersection(word.casefold() for word in words):
        return None
    thing = text[: text.rindex(words[-1])].strip()
    return form.format(thing=thing) if thing else None
