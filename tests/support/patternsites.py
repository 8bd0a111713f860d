"""Every regular expression of the three packages, and how the code uses each.

A site is a call of ``re``. Its pattern is evaluated in its module; where it is put together of
what only a call knows, it is recorded while ``AT_RUN_TIME`` calls the code. A site that is found
neither way is an error, so that none can be left out.
"""

import ast
import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "corpus", "embeddings")
METHODS = ("match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split")
ALL_USES = frozenset({"match", "fullmatch", "search", "finditer"})


@dataclass(frozen=True)
class Site:
    """A call of ``re`` in a file, the pattern there, and how it is used; ``name`` is that of the
    global variable that keeps it.
    """

    file: str
    line: int
    end: int
    name: str | None
    uses: frozenset[str]
    pattern: re.Pattern[Any] | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.name or ''}".strip()


def modules() -> Iterator[tuple[str, ModuleType]]:
    """Each module's file, from the root, and the module."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name == "__main__.py":
                continue
            file = path.relative_to(ROOT)
            parts = file.with_suffix("").parts
            dotted = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield str(file), importlib.import_module(dotted)


def sites(at_run_time: Callable[[], object]) -> list[Site]:
    """All sites, each as often as it has patterns."""
    trees = {file: ast.parse((ROOT / file).read_text("utf-8")) for file, _ in modules()}
    uses = _uses(trees)
    found: list[Site] = []
    unknown: list[Site] = []
    for file, module in modules():
        for call, name in _calls(trees[file]):
            assert isinstance(call.func, ast.Attribute)
            method = call.func.attr
            if method == "compile":
                kind = uses.get((file, name)) or uses.get((file, None)) or ALL_USES
            else:
                kind = frozenset({_SAME.get(method, method)})
            site = Site(file, call.lineno, call.end_lineno or call.lineno, name, kind)
            pattern = _evaluated(call, module)
            (found if pattern else unknown).append(replace(site, pattern=pattern))
    recorded = _recorded(at_run_time)
    for site in unknown:
        here = [
            pattern
            for file, line, pattern in recorded
            if file == site.file and site.line <= line <= site.end
        ]
        if not here:
            raise AssertionError(f"{site}: its pattern is made at run time and was never seen")
        found += [replace(site, pattern=pattern) for pattern in here]
    return found


def foreign_ways() -> list[str]:
    """The uses of ``re`` that ``sites`` does not see."""
    wrong = []
    for file, _ in modules():
        for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
            names = [alias.name for alias in getattr(node, "names", ()) if hasattr(alias, "name")]
            from_re = isinstance(node, ast.ImportFrom) and node.module in {"re", "regex", "sre"}
            renamed = isinstance(node, ast.Import) and any(
                alias.name == "regex" or (alias.name == "re" and alias.asname)
                for alias in node.names
            )
            if from_re or renamed:
                wrong.append(f"{file}:{node.lineno} imports {names}")
            if isinstance(node, ast.Attribute) and _is_re(node.value):
                known = {*METHODS, "compile", "escape", "Pattern", "Match", "error"}
                if node.attr not in known and not node.attr.isupper():
                    wrong.append(f"{file}:{node.lineno} uses re.{node.attr}")
            if isinstance(node, ast.Call):
                wrong += [
                    f"{file}:{node.lineno} passes re.{each.attr} on"
                    for each in (*node.args, *(k.value for k in node.keywords))
                    if isinstance(each, ast.Attribute)
                    and _is_re(each.value)
                    and each.attr in {*METHODS, "compile"}
                ]
    return wrong


def _is_re(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "re"


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str | None]]:
    """The calls of ``re`` that take a pattern, each with the global name that keeps it."""
    kept = {
        node.value: target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and _is_re(node.func.value)
            and node.func.attr in {*METHODS, "compile"}
        ):
            yield node, kept.get(node)


_SAME = {"findall": "finditer", "sub": "finditer", "subn": "finditer", "split": "finditer"}


def _uses(trees: dict[str, ast.Module]) -> dict[tuple[str, str | None], frozenset[str]]:
    """The methods that are called of a global pattern, by file and name.

    Under None stand those that a file calls of other names: of patterns that are passed on, or
    kept in a list. A name without an underscore may be used in any file.
    """
    found: dict[tuple[str, str | None], set[str]] = {}
    named = {file: {name for _, name in _calls(tree) if name} for file, tree in trees.items()}
    everywhere = {name for names in named.values() for name in names if name[0] != "_"}
    for file, tree in trees.items():
        kept = named[file] | everywhere
        attributes = {
            id(node.value): node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }
        of_others = found.setdefault((file, None), set())
        passed_on = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                method = attributes.get(id(node))
                if node.id in kept and method is None:
                    passed_on.add(node.id)
                elif method in METHODS and node.id != "re":
                    name = node.id if node.id in kept else None
                    found.setdefault((file, name), set()).add(_SAME.get(method, method))
        for name in passed_on:
            found.setdefault((file, name), set()).update(of_others or ALL_USES)
    public = {name for _, name in found if name and not name.startswith("_")}
    for name in public:
        together = set().union(*(uses for (_, each), uses in found.items() if each == name))
        found |= {(file, name): set(together) for file in trees}
    return {key: frozenset(uses) for key, uses in found.items() if uses}


def _evaluated(call: ast.Call, module: ModuleType) -> re.Pattern[Any] | None:
    """The pattern of a call that depends on nothing but its module; None for another."""
    flags = [k.value for k in call.keywords if k.arg == "flags"]
    if isinstance(call.func, ast.Attribute) and call.func.attr == "compile":
        flags += call.args[1:2]
    elif isinstance(call.func, ast.Attribute) and call.func.attr in {"sub", "subn", "split"}:
        flags += call.args[4:5]
    else:
        flags += call.args[2:3]
    try:
        pattern, *flag = (
            eval(compile(ast.Expression(node), "pattern", "eval"), dict(vars(module)))  # noqa: S307
            for node in (call.args[0], *flags)
        )
    except NameError:
        return None
    return re.compile(pattern, *flag)


def _recorded(action: Callable[[], object]) -> list[tuple[str, int, re.Pattern[Any]]]:
    """The patterns that were compiled while the action ran: file, line and pattern."""
    import sys

    recorded: list[tuple[str, int, re.Pattern[Any]]] = []
    real = re._compile  # type: ignore[attr-defined]

    def compile_and_record(pattern: Any, flags: int) -> re.Pattern[Any]:
        compiled: re.Pattern[Any] = real(pattern, flags)
        frame = sys._getframe(2)
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT):
            recorded.append((str(path.relative_to(ROOT)), frame.f_lineno, compiled))
        return compiled

    with mock.patch.object(re, "_compile", compile_and_record):
        action()
    return recorded
