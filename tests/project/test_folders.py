"""The folders of the project: each has one job, says it in a sentence, and stays small."""

import ast
from pathlib import Path

import pytest

import bot
import corpus
import embeddings

LEAST_MODULES, MOST_MODULES = 3, 12
FOLDERS = sorted(
    folder
    for package in (bot, corpus, embeddings)
    for folder in (Path(package.__path__[0]), *Path(package.__path__[0]).rglob("*"))
    if (folder / "__init__.py").is_file()
)


def name_of(folder: Path) -> str:
    parts = folder.parts
    tops = ("bot", "corpus", "embeddings")
    return "/".join(parts[max(parts.index(top) for top in tops if top in parts) :])


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_folder_has_few_modules_and_one_sentence(folder: Path) -> None:
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert LEAST_MODULES <= len(modules) <= MOST_MODULES
    said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))
    assert said
    assert said.split("\n\n")[0].endswith(".")


@pytest.mark.parametrize("package", [bot, corpus, embeddings], ids=lambda package: package.__name__)
def test_no_name_that_a_package_offers_hides_a_module_or_a_folder_of_its_own(
    package: object,
) -> None:
    folder = Path(package.__path__[0])  # type: ignore[attr-defined]
    rooms = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert not rooms & set(getattr(package, "__all__", ()))
