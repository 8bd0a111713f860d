"""Writes the OpenAPI document of the HTTP API from the tables by which it reads and answers."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from bot.api.operations import OPERATIONS, PASSAGE, PREFIX, Operation
from bot.api.parameters import Parameter
from bot.jsonforms import schemas
from bot.jsonforms.schemas import Schema, object_of

_DISTRIBUTION = "verbatim-bot"

PROBLEM = object_of(
    "A problem (RFC 9457): its status, and one sentence.",
    {
        "type": {"type": "string", "format": "uri-reference"},
        "title": schemas.TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": schemas.TEXT,
    },
)

_NAMED: Mapping[str, Schema] = {
    "Answer": schemas.ANSWER,
    "Change": schemas.CHANGE,
    "Citation": schemas.CITATION,
    "Document": schemas.DOCUMENT,
    "Filter": schemas.FILTER,
    "Location": schemas.LOCATION,
    "Passage": PASSAGE,
    "Problem": PROBLEM,
    "Quote": schemas.QUOTE,
    "SaidPlace": schemas.SAID_PLACE,
    "SaidSentence": schemas.SAID_SENTENCE,
    "Saying": schemas.SAYING,
    "Verification": schemas.VERIFICATION,
}

_PROBLEMS = {
    "401": "The server answers only people whom it knows, or the token is not known to it.",
    "421": "The server does not answer for the host in the request.",
    "429": "Too many questions came from this address; Retry-After says when to ask again.",
    "503": "Too many people ask, or the index cannot be read.",
}


@cache
def openapi_document() -> dict[str, Any]:
    """Return the document, in OpenAPI 3.1; nobody may change it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Verbatim",
            "version": version(_DISTRIBUTION),
            "summary": "Answers questions about official statements, only in their own words.",
            "description": "Each quote has a citation that anyone can check again. Show quotes "
            "unchanged. A field may be added to an object, none is removed or changed.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": PREFIX}],
        "security": [{}, {"token": []}],
        "paths": {each.path: _path(each) for each in OPERATIONS},
        "components": {
            "schemas": {name: _inside(schema) for name, schema in _NAMED.items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "headers": {
                "ETag": {
                    "description": "Changes with the generation of the index.",
                    "schema": schemas.TEXT,
                },
                "Retry-After": {
                    "description": "The seconds to wait.",
                    "schema": {"type": "integer", "minimum": 1},
                },
            },
        },
    }


def _path(operation: Operation) -> dict[str, Any]:
    found = {
        "get": {
            "operationId": operation.name,
            "summary": operation.summary,
            "parameters": [
                *(_parameter(each, "path") for each in operation.in_path),
                *(_parameter(each, "query") for each in operation.takes),
            ],
            "responses": _responses(operation, "get"),
        }
    }
    if operation.takes_json:
        found["post"] = {
            "operationId": f"{operation.name}Posted",
            "summary": operation.summary,
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _body(operation.takes)}},
            },
            "responses": _responses(operation, "post"),
        }
    return found


def _parameter(parameter: Parameter, place: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": parameter.name,
        "in": place,
        "description": parameter.says,
        "required": parameter.required,
        "schema": parameter.schema,
    }
    return found


def _body(parameters: Sequence[Parameter]) -> Schema:
    return {
        "type": "object",
        "properties": {
            each.name: {"description": each.says, **each.field_schema} for each in parameters
        },
        "required": [each.name for each in parameters if each.required],
        "additionalProperties": False,
    }


def _responses(operation: Operation, method: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "200": {
            "description": operation.gives["description"],
            "content": {"application/json": {"schema": _reference(operation.gives)}},
        }
    }
    problems = dict(_PROBLEMS)
    if not operation.asks:
        del problems["429"]
    problems["400"] = "A parameter is missing, unknown, or not of its form."
    if operation.may_lack is not None:
        problems["404"] = operation.may_lack
    if operation.cannot_mean is not None:
        problems["422"] = operation.cannot_mean
    if method == "get" and not operation.holds_a_moment:
        found["200"]["headers"] = {"ETag": {"$ref": "#/components/headers/ETag"}}
        found["304"] = {"description": "The answer of that ETag is still the one."}
    if method == "post":
        problems["413"] = "The body is too long."
        problems["415"] = "The body is not application/json."
    for status, description in problems.items():
        found[status] = {
            "description": description,
            "content": {"application/problem+json": {"schema": _reference(PROBLEM)}},
        }
        if status in {"429", "503"}:
            found[status]["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return dict(sorted(found.items()))


def _reference(schema: Any) -> Any:
    """Return a schema with a reference in the place of each one that has a name."""
    for name, named in _NAMED.items():
        if schema is named:
            return {"$ref": f"#/components/schemas/{name}"}
    return _inside(schema)


def _inside(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: _reference(value) for name, value in schema.items()}
    if isinstance(schema, list):
        return [_reference(value) for value in schema]
    return schema
