"""Calls the HTTP API by its OpenAPI document, in ways that nobody thought of."""

from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
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

MEANS_NOTHING = "422"
"""A date that no calendar has, or a text that is no citation: no schema can say so."""


def read(application: Any) -> Any:
    """The document of an application, as schemathesis reads it."""
    accepted = [*POSITIVE_DATA_ACCEPTANCE_EXPECTED_STATUSES, MEANS_NOTHING]
    checks = ChecksConfig(
        positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=accepted)
    )
    config = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(checks=checks)))
    return schemathesis.openapi.from_asgi(
        "/api/v1/openapi.json", application, config=config, headers={"Host": "127.0.0.1"}
    )


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
            @given(case=strategy)
            def asked(case: Any) -> None:
                response = case.call(headers={"Host": "127.0.0.1"})
                statuses[response.status_code] += 1
                try:
                    case.validate_response(response)
                except FailureGroup as error:
                    wrong.append(f"{case.as_curl_command()[:300]}: {[*map(str, error.exceptions)]}")

            with suppress(Unsatisfiable) if takes_nothing(operation) else nullcontext():
                (asked if start is None else seed(start)(asked))()
    return statuses, wrong


def takes_nothing(operation: Any) -> bool:
    """Whether an operation has no parameter that could be wrong."""
    return not operation.path_parameters and not operation.query and not operation.body
