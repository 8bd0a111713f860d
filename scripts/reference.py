"""Writes what pages say of commands, of folders and of the HTTP API, and its OpenAPI document.

    python scripts/reference.py            after a command, a help text, a folder or the API changed
    python scripts/reference.py --check    writes nothing; exit code 1 if a page is not as made

The lines between the two marks of a page are made, those around them are written by hand. The same
code gives the same bytes on any terminal and with any settings.
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bot.api.openapidocument import openapi_document
from bot.api.operations import OPERATIONS, PREFIX
from bot.cli.app import app

COMMANDS_PAGE = ROOT / "docs" / "commands.md"
ARCHITECTURE_PAGE = ROOT / "docs" / "architecture.md"
API_PAGE = ROOT / "docs" / "api.md"
OPENAPI_FILE = ROOT / "docs" / "openapi.json"
PACKAGES = ("corpus", "embeddings", "bot")
BEGIN = "<!-- made by scripts/reference.py: change the code, not these lines -->"
END = "<!-- end of what scripts/reference.py made -->"
_EXAMPLE = "Example: "
_KINDS = {"<str>": "TEXT", "<int range>": "NUMBER", "<path>": "FILE", "<file>": "FILE"}
"""The words for kinds of values that have no name of their own."""


def commands(command: Any, name: str = "verbatim") -> Iterator[tuple[str, Any]]:
    """Yield each command that can be typed, with its whole name, in the order of the help."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, below in command.commands.items():
        yield from commands(below, f"{name} {word}")


def folders() -> str:
    """Return the made lines of the architecture page: each folder with its sentence."""
    lines = ["| folder | job |", "|---|---|"]
    for package in PACKAGES:
        for file in sorted(ROOT.joinpath(package).rglob("__init__.py")):
            said = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
            sentence = _cell(" ".join(said.split("\n\n")[0].split()).replace("``", "`"))
            lines.append(f"| `{file.parent.relative_to(ROOT).as_posix()}/` | {sentence} |")
    return "\n".join(lines)


def reference() -> str:
    """Return the made lines of the commands page: a table of all, then a section for each."""
    found = list(commands(typer.main.get_command(app)))
    lines = ["| command | effect |", "|---|---|"]
    for name, command in found:
        summary = _cell(_paragraphs(command)[0])
        lines.append(f"| [`{name}`](#{name.replace(' ', '-')}) | {summary} |")
    for name, command in found:
        lines += ["", f"## {name}", "", *_section(name, command)]
    return "\n".join(lines)


def operations() -> str:
    """Return the made lines of the page of the API: its operations, then the parameters of each."""
    lines = ["| address | effect |", "|---|---|"]
    for each in OPERATIONS:
        address = f"{' or '.join(each.methods)} {PREFIX}{each.path}"
        lines.append(f"| `{address}` | {_cell(each.summary)} |")
    for each in OPERATIONS:
        if parameters := (*each.in_path, *each.takes):
            lines += ["", f"**{each.name}**", "", "| parameter | meaning |", "|---|---|"]
            lines += [f"| `{one.name}` | {_cell(_meaning(one))} |" for one in parameters]
    return "\n".join(lines)


def _meaning(parameter: Any) -> str:
    """Return the meaning of a parameter with its bounds, in sentences."""
    schema = parameter.kind.schema
    said = [parameter.says]
    if parameter.required:
        said.append("Required.")
    if "maximum" in schema:
        said.append(f"From {schema['minimum']} to {schema['maximum']:,}.")
    if "maxLength" in schema:
        said.append(f"At most {schema['maxLength']:,} characters.")
    if "enum" in schema:
        said.append(f"{' or '.join(f'`{word}`' for word in schema['enum'])}.")
    if parameter.is_list:
        said.append(f"May be given {parameter.most_values} times; a list in JSON.")
    if parameter.default is not None:
        said.append(f"Default: `{parameter.default}`.")
    return " ".join(said)


def openapi() -> str:
    """Return the OpenAPI document as the text of its file."""
    return json.dumps(openapi_document(), ensure_ascii=False, indent=1) + "\n"


MADE: dict[Path, Callable[[], str]] = {
    COMMANDS_PAGE: reference,
    ARCHITECTURE_PAGE: folders,
    API_PAGE: operations,
}


def made_page(page: Path, written: str) -> str:
    """Return the page with its made lines renewed.

    Raises:
        ValueError: if the page lacks one of the marks.
    """
    before, begin, rest = written.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f'{page.name} needs the lines "{BEGIN}" and "{END}".')
    return f"{before}{BEGIN}\n\n{MADE[page]()}\n\n{END}{after}"


def _section(name: str, command: Any) -> Iterator[str]:
    context = typer.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    yield from ("```text", usage, "```")
    for paragraph in _paragraphs(command):
        yield ""
        if paragraph.startswith(_EXAMPLE):
            examples = paragraph.removeprefix(_EXAMPLE).split(", later ")
            yield from ("```sh", *examples, "```")
        else:
            yield _plain(paragraph)
    rows = [row for parameter in command.params for row in _row(parameter, context)]
    if rows:
        yield from ("", "| argument or option | meaning |", "|---|---|", *rows)


def _paragraphs(command: Any) -> list[str]:
    text = command.help or ""
    return [" ".join(each.split()) for each in re.split(r"\n\s*\n", text) if each.strip()]


def _row(parameter: Any, context: typer.Context) -> Iterator[str]:
    """Yield the row of an argument or option; none if it is hidden or is the help itself."""
    if getattr(parameter, "hidden", False) or parameter.name == "help":
        return
    metavar = parameter.make_metavar(context).replace("|", " or ")
    metavar = _KINDS.get(metavar, metavar.strip("<>"))
    if parameter.param_type_name == "argument":
        shown = metavar.strip("[]{}")
    elif parameter.is_flag:
        shown = ", ".join(parameter.opts)
    else:
        shown = f"{', '.join(parameter.opts)} {metavar}"
    help_text = _cell(getattr(parameter, "help", None) or "")
    default = parameter.default
    if isinstance(default, (str, int)) and not isinstance(default, bool) and default != "":
        help_text += f" Default: `{getattr(default, 'value', default)}`."
    if variable := getattr(parameter, "envvar", None):
        help_text += f" Setting: `{variable}`."
    yield f"| `{shown}` | {help_text.strip()} |"


def _cell(text: str) -> str:
    """Return the text as a cell of a table, in which "|" would begin the next one."""
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """Return the text with its options and file names as code, so that nothing is markup."""
    text = text.replace("<", "&lt;").replace("*", "\\*")
    return re.sub(r"(?<![\w`-])(--[a-z][a-z-]*|[A-Z]+_[A-Z_]+|/[a-z_]+\b)(?![\w`])", r"`\1`", text)


def main() -> None:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    files = {page: made_page(page, page.read_text("utf-8")) for page in MADE}
    for file, made in {**files, OPENAPI_FILE: openapi()}.items():
        if not options.check:
            file.write_text(made, "utf-8")
        elif not file.exists() or made != file.read_text("utf-8"):
            sys.exit(f"{file} is not as made. Type: python scripts/reference.py")


if __name__ == "__main__":
    main()
