"""Reads the licences of installed packages from their metadata."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
}
_NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "New BSD": "BSD-3-Clause",
    "The BSD 2-Clause License": "BSD-2-Clause",
    "BSD": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "MIT License": "MIT",
    "BSD-3-Clause, Apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0",
}
"""Names of licences in packages → their names in SPDX; of "BSD" the usual one."""

_FILES = re.compile(
    r"(?i)(?:LICEN[CS]E|COPYING|NOTICE|AUTHORS|THIRD-?_?PARTY)[^/.]*+(?:\.(?!pyc?$)[^/]*+)?"
)
_LONGEST_NAME = 60


def licence_of(name: str) -> str:
    """Return the SPDX expression of an installed package's licence, or its metadata's own name for
    it.

    Raises:
        LookupError: if they tell none.
    """
    found = distribution(name).metadata
    if expression := found.get("License-Expression"):
        return str(expression)
    declared = [
        each.rpartition(" :: ")[2]
        for each in found.get_all("Classifier", [])
        if each.startswith("License :: ") and not each.endswith("OSI Approved")
    ]
    named = str(found.get("License") or "").strip()
    if declared and not (named and len(declared) == 1 and declared[0] == "BSD License"):
        return " OR ".join(sorted({_CLASSIFIERS.get(each, each) for each in declared}))
    if named and len(named) <= _LONGEST_NAME and "\n" not in named:
        return _NAMES.get(named, named)
    if declared:
        return _CLASSIFIERS.get(declared[0], declared[0])
    raise LookupError(f"{name} does not tell its licence")


def licence_texts(name: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file about licences that an installed package carries."""
    package = distribution(name)
    for path in sorted(package.files or (), key=str):
        if "dist-info/licenses/" in str(path) or _FILES.fullmatch(path.name):
            yield str(path), _text(package, str(path))


def _text(package: Distribution, path: str) -> str:
    return Path(str(package.locate_file(path))).read_text("utf-8", "replace")
