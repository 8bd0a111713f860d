"""Recognises requests for whatever is said about a topic: "tell me about Belarus", "and Syria?"."""

import re
from collections.abc import Sequence

from bot.plainquestions.names import Key, identities, keys_of, text_keys
from embeddings import search_form

_MOST_KEYS = 4
_WORD = re.compile(r"\w+(?:[.'’]\w+)*")
_ABOUT = ("about", "on", "regarding", "concerning")
_OPENINGS = tuple(
    sorted(
        (
            tuple(opening.split())
            for opening in (
                "what about",
                "how about",
                *(
                    f"{wish} {about}"
                    for about in _ABOUT
                    for wish in (
                        "tell me",
                        "tell me more",
                        "tell me something",
                        "anything",
                        "anything else",
                        "something",
                        "is there anything",
                        "information",
                        "more",
                        *(
                            f"what {verb} {who} {say}"
                            for verb in ("do", "did", "does")
                            for who in ("they", "it", "the statement", "the statements", "the text")
                            for say in ("say", "mention", "write")
                        ),
                        "what says the statement",
                        "what say the statements",
                    )
                ),
            )
        ),
        key=len,
        reverse=True,
    )
)
_BEFORE = frozenset({"and", "please", "ok", "okay", "so"})
_AFTER = frozenset({"please"})
_ASKING = frozenset(
    "who whom whose what which when where why how is are was were do does did can could will would "
    "should has have had if whether".split()
)


def requested_topic(question: str, earlier: Sequence[str] = ()) -> tuple[Key, ...]:
    """Return the topic about which a person wants to know whatever there is; () for any other
    question.

    A question that only names something else ("and Syria?") is such a request after one.
    """
    words = _WORD.findall(search_form(question))
    plain = [word.casefold() for word in words]
    start, end = 0, len(words)
    while start < end and plain[start] in _BEFORE:
        start += 1
    while end > start and plain[end - 1] in _AFTER:
        end -= 1
    opened = next(
        (opening for opening in _OPENINGS if tuple(plain[start : start + len(opening)]) == opening),
        (),
    )
    goes_on = not opened or (opened[0] in {"what", "how"} and opened[1] == "about")
    if goes_on and not (earlier and requested_topic(earlier[-1], earlier[:-1])):
        return ()
    if not opened and not plain[:start]:
        return ()
    start += len(opened)
    if _ASKING.intersection(plain[start:end]):
        return ()
    keys = keys_of(words[start:end])
    return keys if 0 < len(keys) <= _MOST_KEYS else ()


def is_named(topic: Sequence[Key], text: str) -> bool:
    """Return whether a text names each part of a topic, which has one."""
    return bool(topic) and all(identities([key]) & identities(text_keys(text)) for key in topic)
