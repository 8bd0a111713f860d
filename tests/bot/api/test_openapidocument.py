"""The OpenAPI document: it says what the code does, and requests made by it find nothing else."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from apicampaign import campaign
from documentpages import ROOT
from starlette.testclient import TestClient
from webapps import client_of
from webcanaries import SETTINGS, now

from bot.api.openapidocument import openapi_document
from bot.api.operations import OPERATIONS, PREFIX
from corpus import Corpus

EXAMPLES = 8


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("described")
    with client_of(home, Corpus(tuple(now())), **SETTINGS) as opened:
        yield opened


@pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="the sources are not here")
def test_the_document_in_the_repository_is_that_of_the_server(client: TestClient) -> None:
    served = client.get("/api/v1/openapi.json").json()
    assert served == json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    assert served["openapi"] == "3.1.0"


def test_every_route_of_the_api_stands_in_the_document_and_no_other(client: TestClient) -> None:
    routes = {
        (route.path.removeprefix(PREFIX), method.lower())
        for route in client.app.routes  # type: ignore[attr-defined]
        if route.path.startswith(PREFIX)
        for method in route.methods - {"HEAD"}
    } - {("/openapi.json", "get")}
    described = {
        (path, method)
        for path, methods in openapi_document()["paths"].items()
        for method in methods
    }
    assert routes == described


def strict(schema: Any) -> Any:
    """A schema by which an object has no field that is not in it."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: strict(value) for name, value in schema.items()}
    return {**found, "additionalProperties": False} if "properties" in schema else found


CALLS = [
    ("/ask", {"q": "amber birch", "top": "50"}),
    ("/ask", {"q": "statements by the public ministry"}),
    ("/ask", {"q": "hello"}),
    ("/ask", {"q": "amber", "since": "2020", "publisher": "public ministry"}),
    ("/ask", {"q": '"amber birch cedar"'}),
    ("/said", {"text": "amber"}),
    ("/said", {"text": "nobody said that. nor that."}),
    ("/verify", {"citation": "s00[0:5]@000000000000"}),
    ("/documents", {}),
    ("/documents/s00", {}),
    ("/passages/s00/1", {}),
    ("/refresh", {}),
]


@pytest.mark.parametrize(("path", "given"), CALLS, ids=str)
def test_an_answer_has_every_field_of_the_document_and_no_other(
    client: TestClient, path: str, given: dict[str, str]
) -> None:
    described = openapi_document()
    operation = re.sub(r"^(/\w+)/\w+(/\d+)?$", _parameters, path)
    schema = described["paths"][operation]["get"]["responses"]["200"]["content"]
    whole = {
        **strict(schema["application/json"]["schema"]),
        "components": strict(described["components"]),
    }
    response = client.get(f"{PREFIX}{path}", params=given)
    assert response.status_code == 200
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    assert [error.message for error in validator.iter_errors(response.json())] == []


def _parameters(match: re.Match[str]) -> str:
    return f"{match[1]}/{{document}}" + ("/{number}" if match[2] else "")


def test_every_operation_is_among_these() -> None:
    called = {path.split("/")[1] for path, _ in CALLS}
    assert called == {operation.path.split("/")[1] for operation in OPERATIONS}


def test_requests_made_from_the_document_are_answered_as_it_says(client: TestClient) -> None:
    statuses, wrong = campaign(client.app, examples=EXAMPLES)
    assert wrong == []
    assert sum(statuses.values()) > EXAMPLES * len(OPERATIONS)
    assert statuses[200] > EXAMPLES
    assert set(statuses) <= {200, 400, 404, 413, 415, 422}
