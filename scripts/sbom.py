"""Writes the parts of Verbatim as an SBOM in CycloneDX's JSON, from its lock files.

    python scripts/sbom.py              on the terminal
    python scripts/sbom.py sbom.json    into a file

Each package is there with its version, the hashes of all files that may be installed of it, its
licence, and what it needs in its turn. Run it where the lock files are installed (./run sbom does).
The same lock files give the same bytes.
"""

import argparse
import sys
from importlib.metadata import distribution
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from locks import ROOT, Pin, read_lock
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from thirdparty import licence_of

SHIPPED = ("requirements.lock", "requirements-postgres.lock")
"""The lock files of a running bot; the tools of the tests are no part of it."""


def bill_of_materials() -> Bom:
    """Return the parts of the project."""
    own = distribution("verbatim-bot")
    main = Component(
        name="verbatim-bot",
        version=own.version,
        type=ComponentType.APPLICATION,
        bom_ref=f"verbatim-bot@{own.version}",
        licenses=[LicenseFactory().make_from_string(licence_of("verbatim-bot"))],
    )
    pins = {
        canonicalize_name(pin.name): pin for name in SHIPPED for pin in read_lock(ROOT / name).pins
    }
    components = {name: _component(pin) for name, pin in sorted(pins.items())}
    bom = Bom(components=components.values())
    bom.metadata.component = main
    content = "\n".join(str(pin) for _, pin in sorted(pins.items()))
    bom.serial_number = uuid5(NAMESPACE_URL, f"verbatim-bot {own.version}\n{content}")
    bom.register_dependency(main, components.values())
    for name, component in components.items():
        needed = _needed(name) & components.keys()
        bom.register_dependency(component, [components[each] for each in sorted(needed)])
    return bom


def as_json(bom: Bom) -> str:
    """Return the SBOM as text, without a time, so that a later run gives the same one."""
    import json

    content = json.loads(JsonV1Dot6(bom).output_as_string())
    content["metadata"].pop("timestamp", None)
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def _component(pin: Pin) -> Component:
    name = canonicalize_name(pin.name)
    return Component(
        name=name,
        version=pin.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{name}@{pin.version}",
        purl=PackageURL("pypi", name=name, version=pin.version),
        licenses=[LicenseFactory().make_from_string(licence_of(pin.name))],
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(str(PackageURL("pypi", name=name, version=pin.version))),
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in pin.hashes],
            )
        ],
    )


def _needed(name: str) -> set[str]:
    """Return the names of a package's requirements here, without its extras."""
    needed = map(Requirement, distribution(name).requires or ())
    return {
        canonicalize_name(each.name)
        for each in needed
        if each.marker is None or each.marker.evaluate({"extra": ""})
    }


def main() -> None:
    """Write the SBOM."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("file", nargs="?", type=Path, help="the terminal without it")
    file = parser.parse_args().file
    text = as_json(bill_of_materials())
    if file is None:
        sys.stdout.write(text)
    else:
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
