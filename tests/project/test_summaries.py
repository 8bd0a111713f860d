"""Docstrings of the product begin with a plain sentence, which ruff's D401 alone does not hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").is_file(), reason="the sources are not here"
)
PACKAGES = ("bot", "corpus", "embeddings", "training")
NO_BEGINNING = frozenset("what who whose how which whether when where why so that".split())
FORBIDDEN = ("so many as", "of another's", "just so")

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def faults_of(source: str) -> list[str]:
    """The docstrings of a module that are no plain sentences, each with its fault."""
    tree = ast.parse(source)
    found = [fault for node in ast.walk(tree) for fault in faults_of_node(node)]
    return [*found, *stray_strings(tree)]


def faults_of_node(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, Documented):
        return
    text = ast.get_docstring(node)
    name = "module" if isinstance(node, ast.Module) else f"{node.name}, line {node.lineno}"
    if text is None:
        if isinstance(node, ast.Module):
            yield "module: no docstring"
        return
    summary = " ".join(text.split("\n\n")[0].split())
    first = re.match(r"\W*([\w']*)", summary)
    if first and first[1].casefold() in NO_BEGINNING:
        yield f"{name}: begins with {first[1]!r}"
    if not summary.endswith("."):
        yield f"{name}: its summary ends without a full stop"
    words = " ".join(text.split()).casefold()
    yield from (f"{name}: {phrase!r}" for phrase in FORBIDDEN if phrase in words)


def stray_strings(tree: ast.Module) -> Iterator[str]:
    """Strings that document nothing: neither the beginning of a body nor after an assignment."""
    for node in ast.walk(tree):
        body = getattr(node, "body", [])
        for before, statement in zip([None, *body], body, strict=False) if body_of(node) else []:
            is_text = (
                isinstance(statement, ast.Expr)
                and isinstance(statement.value, ast.Constant)
                and isinstance(statement.value.value, str)
            )
            begins = before is None and isinstance(node, Documented)
            if is_text and not begins and not isinstance(before, ast.Assign | ast.AnnAssign):
                yield f"line {statement.lineno}: a text that documents nothing"


def body_of(node: ast.AST) -> bool:
    return isinstance(getattr(node, "body", None), list)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_docstring_begins_with_a_plain_sentence(package: str) -> None:
    files = {str(file.relative_to(ROOT)): file for file in sorted((ROOT / package).rglob("*.py"))}
    faults = {
        name: found
        for name, file in files.items()
        if (found := faults_of(file.read_text(encoding="utf-8")))
    }
    assert files
    assert faults == {}


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("x = 1", "module: no docstring"),
        ('"""What handling needs of where updates are kept."""', "module: begins with 'What'"),
        ('"""Finds runs"""', "module: its summary ends without a full stop"),
        ('"""A."""\ndef f():\n    """Whether it is."""', "f, line 2: begins with 'Whether'"),
        ('"""A."""\ndef f():\n    """Yield so many\n    as fit."""', "f, line 2: 'so many as'"),
        ('"""A."""\nclass C:\n    """``who`` asks."""', "C, line 2: begins with 'who'"),
        (
            '"""A."""\nx = 1\n"""The number."""\n"""Gone."""',
            "line 4: a text that documents nothing",
        ),
        ('"""A."""\nif x:\n    """Gone."""', "line 3: a text that documents nothing"),
    ],
)
def test_a_docstring_that_is_no_plain_sentence_is_found(source: str, fault: str) -> None:
    assert faults_of(source) == [fault]


def test_plain_sentences_have_no_fault() -> None:
    source = '"""Finds runs.\n\nWhat follows is free."""\nX = 1\n"""The number."""\n'
    assert faults_of(source) == []
