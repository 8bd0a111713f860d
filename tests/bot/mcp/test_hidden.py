"""No tool and no resource shows members of other groups a trace of what is restricted."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from canaries import CANARIES, TENANTS, adversarial, documents, seen

pytest.importorskip("mcp")
from mcp import Client, MCPError
from toolcalls import AtOnce, text_of, with_server
from websites import Site

from bot.verification.visibletexts import VisibleTexts
from corpus import Corpus

QUESTIONS = 25


def site_of(folder: Path, corpus: Corpus) -> Site:
    site = Site(folder)
    site.publish(corpus)
    site.application()
    return site


def requests() -> list[tuple[str, dict[str, Any]]]:
    """Calls that would show what is hidden, if anything did."""
    found: list[tuple[str, dict[str, Any]]] = [("list", {})]
    for question in adversarial(QUESTIONS):
        found.append(("ask", {"question": question}))
        found.append(("said", {"text": question}))
        found.append(("list", {"words": question[:200]}))
    for document in documents():
        reference = f"{document.id}[0:9]@{document.digest[:12]}"
        found.append(("verify", {"citation": reference}))
        found.append(("show", {"document": document.id}))
        found.append(("ask", {"question": "amber", "publisher": document.publisher}))
        elsewhere = f"s00[0:9]@{document.digest[:12]}"
        found.append(("verify", {"citation": elsewhere}))
        quoted = {"reference": elsewhere, "quote": document.passages[0].text}
        found.append(("verify", {"citation": quoted}))
    for tenant in ("red", "blue"):
        found.append(("list", {"publisher": f"{tenant} ministry"}))
        found.append(("ask", {"question": "amber", "publisher": CANARIES[tenant]}))
    return found


async def everything_of(client: Client) -> list[str]:
    """All that a program gets, one text for each request."""
    got = []
    for name, arguments in requests():
        result = await client.call_tool(name, arguments)
        fields = result.structured_content or {}
        for quote in fields.get("quotes", ()):
            quote["score"] = round(quote["score"], 2)
        if "question" in fields:
            fields["question"] = ""
        got.append(f"{text_of(result)}\n{json.dumps(fields)}")
    got += [each.model_dump_json() for each in (await client.list_resources()).resources]
    for document in documents():
        got.append(await said_by(client.read_resource, f"verbatim://documents/{document.id}"))
    return got


async def said_by(read: Callable[[str], Awaitable[Any]], uri: str) -> str:
    try:
        return str((await read(uri)).model_dump_json())
    except MCPError as error:
        return error.error.message


@pytest.mark.parametrize("groups", TENANTS, ids=lambda groups: "-".join(groups) or "public")
def test_a_program_gets_what_it_would_get_if_nothing_restricted_had_ever_been(
    tmp_path: Path, groups: frozenset[str]
) -> None:
    whole = site_of(tmp_path / "whole", Corpus(tuple(documents())))
    alone = site_of(tmp_path / "alone", seen(groups))
    got, expected = (
        with_server(
            VisibleTexts(site.snapshots),
            AtOnce(site.answerers.seen_by(groups), groups),
            everything_of,
        )
        for site in (whole, alone)
    )
    assert got == expected
    hidden = [word for group, word in CANARIES.items() if group not in groups]
    asked = [*(json.dumps(each) for each in requests()), *[""] * (len(got) - len(requests()))]
    for text, request in zip(got, asked, strict=True):
        assert not any(
            word in text.casefold() and word not in request.casefold() for word in hidden
        )
    own = [word for group, word in CANARIES.items() if group in groups]
    assert all(any(word in text for text in got) for word in own)
