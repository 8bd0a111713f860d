"""Calls the HTTP API by its OpenAPI document, in ways that nobody thought of."""

from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.config import (
    ChecksConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.config._checks import POSITIVE_DATA_ACCEPTANCE_EXPECTED_STATUSES
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from webapps import client_of
from webcanaries import SETTINGS, now

from corpus import Corpus

_PATIENCE_S = 120
"""A busy computer is no failure of the API."""

MEANS_NOTHING = "422"
"""A date that no calendar has, or a text that is no citation: no schema can say so."""


def read(application: Any) -> Any:
    """The document of an application, as schemathesis reads it."""
    accepted = [*POSITIVE_DATA_ACCEPTANCE_EXPECTED_STATUSES, MEANS_NOTHING]
    checks = ChecksConfig(
        positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=accepted)
    )
    config = SchemathesisConfig(
        projects=ProjectsConfig(default=ProjectConfig(checks=checks, request_timeout=_PATIENCE_S))
    )
    return schemathesis.openapi.from_asgi(
        "/api/v1/openapi.json", application, config=config, headers={"Host": "127.0.0.1"}
    )


def campaign_in(
    folder: Path, *, examples: int, start: int | None = None
) -> tuple[Mapping[int, int], list[str]]:
    """A campaign against the application over a small index in a folder."""
    with client_of(folder, Corpus(tuple(now())), **SETTINGS) as client:
        return campaign(client.app, examples=examples, start=start)


def campaign(
    application: Any, *, examples: int, start: int | None = None
) -> tuple[Mapping[int, int], list[str]]:
    """The number of answers by status, and what was wrong with them.

    Each operation gets ``examples`` requests that fit the document and as many that do not; the
    same ones each time, or others for another ``start``.
    """
    statuses: Counter[int] = Counter()
    wrong: list[str] = []
    for found in read(application).get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            strategy = operation.as_strategy(generation_mode=mode)

            @settings(
                max_examples=examples,
                derandomize=start is None,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=strategy, known=st.booleans())
            def asked(case: Any, *, known: bool) -> None:
                if known and mode is GenerationMode.POSITIVE:  # noqa: B023 (called in its turn)
                    name_what_is_there(case)
                response = case.call(headers={"Host": "127.0.0.1"})
                statuses[response.status_code] += 1
                try:
                    case.validate_response(response)
                except FailureGroup as error:
                    wrong.append(f"{case.as_curl_command()[:300]}: {[*map(str, error.exceptions)]}")

            with suppress(Unsatisfiable) if takes_nothing(operation) else nullcontext():
                (asked if start is None else seed(start)(asked))()
    return statuses, wrong


def name_what_is_there(case: Any) -> None:
    """Names statements and publishers that there are, in the place of random ones."""
    known = {"document": "s00", "publisher": "public ministry", "number": "1"}
    given = case.body if isinstance(case.body, dict) else (case.query or {})
    for name in known.keys() & given.keys():
        given[name] = [known[name]]
    for name in known.keys() & (case.path_parameters or {}).keys():
        case.path_parameters[name] = known[name]
    if "citation" in given:
        given["citation"] = "s00[0:5]@000000000000"


def takes_nothing(operation: Any) -> bool:
    """Whether an operation has no parameter that could be wrong."""
    return not operation.path_parameters and not operation.query and not operation.body
