"""The SBOM and the notice of licences tell all that is run, and the same each time."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest
from containerfiles import ROOT
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.skipif(not (ROOT / "scripts").is_dir(), reason="the sources are not here")
pytest.importorskip("cyclonedx")
sys.path.insert(0, str(ROOT / "scripts"))
locks = pytest.importorskip("locks")
sbom = pytest.importorskip("sbom")
notices = pytest.importorskip("notices")


@pytest.fixture(scope="module")
def pins() -> list[Any]:
    """The pins of a running bot, with PostgreSQL."""
    return [
        pin
        for name in ("requirements.lock", "requirements-postgres.lock")
        for pin in locks.read_lock(ROOT / name).pins
    ]


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    command = [sys.executable, str(ROOT / "scripts" / "sbom.py")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_pin_is_in_the_sbom_with_its_version_files_and_licence(
    pins: list[Any], content: dict[str, Any]
) -> None:
    components = {each["name"]: each for each in content["components"]}
    assert components.keys() == {canonicalize_name(pin.name) for pin in pins}
    for pin in pins:
        found = components[canonicalize_name(pin.name)]
        assert found["version"] == pin.version
        assert found["purl"] == f"pkg:pypi/{canonicalize_name(pin.name)}@{pin.version}"
        (files,) = found["externalReferences"]
        assert {each["content"] for each in files["hashes"]} == set(pin.hashes)
        assert found["licenses"]


def test_the_sbom_is_valid_cyclonedx_and_tells_who_needs_what(content: dict[str, Any]) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert content["bomFormat"] == "CycloneDX"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(content)) is None
    assert content["metadata"]["component"]["name"] == "verbatim-bot"
    needed = {each["ref"]: each.get("dependsOn", []) for each in content["dependencies"]}
    refs = {each["bom-ref"]: each["name"] for each in content["components"]}
    assert set(needed) == {*refs, content["metadata"]["component"]["bom-ref"]}
    (httpx,) = (of for ref, of in needed.items() if ref.startswith("httpx@"))
    assert {refs[each] for each in httpx} >= {"httpcore", "certifi", "anyio", "idna"}


def test_the_same_lock_files_give_the_same_sbom(content: dict[str, Any]) -> None:
    again = sbom.as_json(sbom.bill_of_materials())
    assert json.loads(again) == content
    assert again == sbom.as_json(sbom.bill_of_materials())


def test_the_notice_names_every_pin_with_its_licence_and_has_the_texts(pins: list[Any]) -> None:
    lines = list(notices.notices())
    for pin in pins:
        (line,) = (each for each in lines if each.startswith(f"{pin.name} {pin.version}: "))
        assert re.match(r"[A-Za-z0-9]", line.partition(": ")[2])
        if "carries no text" not in line:
            assert any(each.startswith(f"{pin.name} {pin.version}, ") for each in lines)
    text = "\n".join(lines)
    assert text.count("carries no text") < 10
    assert text.count("Permission is hereby granted, free of charge") > 30


def test_nothing_that_is_run_has_a_licence_that_asks_for_our_source(pins: list[Any]) -> None:
    for pin in pins:
        licence = sbom.licence_of(pin.name)
        choices = licence.split(" OR ")
        assert any(not re.search(r"\bA?GPL-", each) for each in choices), f"{pin.name}: {licence}"
