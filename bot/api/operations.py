"""Lists the operations of the HTTP API: routes and OpenAPI document are made of this table."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.answering.answerer import Answerer
from bot.api.api import Api, Fields, Given
from bot.api.parameters import Parameter
from bot.api.questions import ASKED, SAID, ask, said
from bot.api.statements import (
    DOCUMENT_ID,
    LISTED,
    NUMBER,
    PARAGRAPHS,
    document,
    list_documents,
    passage,
)
from bot.api.verifications import VERIFIED, refresh_status, verify
from bot.jsonforms.schemas import (
    ANSWER,
    CITATION,
    COUNT,
    COUNT_OR_NULL,
    DOCUMENT,
    FLAG,
    TEXT,
    VERIFICATION,
    Schema,
    list_of,
    object_of,
)

PREFIX = "/api/v1"

PASSAGE = object_of(
    "A paragraph of a statement.",
    {
        "paragraph": COUNT,
        "page": COUNT_OR_NULL,
        "last_page": COUNT_OR_NULL,
        "start": COUNT,
        "end": COUNT,
        "text": TEXT,
        "reference": TEXT,
    },
)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: its address below ``PREFIX``, what it takes, what it gives, and who makes it.

    ``asks`` says that it counts against the rate of questions; ``takes_json`` that its parameters
    may also be posted; ``holds_a_moment`` that its answer may change within a generation.
    ``may_lack`` is the sentence for 404, ``cannot_mean`` that for 422, None without the status.
    """

    name: str
    path: str
    summary: str
    make: Callable[[Api, Given, Answerer], Fields]
    gives: Schema
    takes: tuple[Parameter, ...] = ()
    in_path: tuple[Parameter, ...] = ()
    asks: bool = False
    takes_json: bool = False
    holds_a_moment: bool = False
    may_lack: str | None = None
    cannot_mean: str | None = None

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that it takes; HEAD goes with GET."""
        return ("GET", "POST") if self.takes_json else ("GET",)


_NO_NAME = "No statement of that id, or none by that publisher."

OPERATIONS = (
    Operation(
        "ask",
        "/ask",
        "Answers a question with quotes and their citations.",
        ask,
        ANSWER,
        ASKED,
        asks=True,
        takes_json=True,
        may_lack=_NO_NAME,
        cannot_mean="A date is no day, or no day lies between two.",
    ),
    Operation(
        "said",
        "/said",
        "Says whether words were said: exactly, almost, until a day, or not.",
        said,
        ANSWER,
        SAID,
        asks=True,
        takes_json=True,
        may_lack=_NO_NAME,
        cannot_mean="There is no word in the text, a date is no day, or no day lies between two.",
    ),
    Operation(
        "verify",
        "/verify",
        "Checks citations against their sources, as cited and as they are now.",
        verify,
        object_of(
            "Verdicts about citations.", {"generation": COUNT, "citations": list_of(VERIFICATION)}
        ),
        VERIFIED,
        asks=True,
        takes_json=True,
        cannot_mean="The text is no citation, or has too many.",
    ),
    Operation(
        "documents",
        "/documents",
        "Lists the statements that answers quote, the newest first.",
        list_documents,
        object_of(
            "A part of a list of statements.",
            {"generation": COUNT, "total": COUNT, "offset": COUNT, "documents": list_of(DOCUMENT)},
        ),
        LISTED,
        may_lack="No statement is by that publisher.",
        cannot_mean="A date is no day, or no day lies between two.",
    ),
    Operation(
        "document",
        "/documents/{document}",
        "Gives a statement with its paragraphs.",
        document,
        object_of(
            "A statement with some of its paragraphs; `next` is the number of the next one.",
            {
                "generation": COUNT,
                "document": DOCUMENT,
                "passages": list_of(PASSAGE),
                "next": COUNT_OR_NULL,
            },
        ),
        PARAGRAPHS,
        (DOCUMENT_ID,),
        may_lack="There is no statement of that id.",
    ),
    Operation(
        "passage",
        "/passages/{document}/{number}",
        "Gives one paragraph with its citation.",
        passage,
        object_of(
            "A paragraph, and the numbers of those beside it.",
            {
                "generation": COUNT,
                "passage": object_of(
                    "A paragraph as it is quoted.", {"quote": TEXT, "citation": CITATION}
                ),
                "before": COUNT_OR_NULL,
                "after": COUNT_OR_NULL,
            },
        ),
        (),
        (DOCUMENT_ID, NUMBER),
        may_lack="There is no such statement, or no such paragraph.",
    ),
    Operation(
        "refresh",
        "/refresh",
        "Says which generation of the index answers, since when, and whether a newer one is made.",
        refresh_status,
        object_of(
            "The state of the index.",
            {
                "generation": COUNT,
                "created": TEXT,
                "documents": COUNT,
                "passages": COUNT,
                "running": FLAG,
            },
        ),
        holds_a_moment=True,
    ),
)
