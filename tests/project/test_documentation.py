"""README, CONTRIBUTING and docs: each command runs, each path and setting exists.

Commands run as processes in a directory with the files that they name, on an index of two
statements and two generations. ``NOT_RUN`` lists those that are parsed alone, with the reason.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from documentpages import FRONT, PAGES, ROOT, Block, Typed, blocks, inline_codes, links, prose
from pdfs import At, pdf
from processes import VERBATIM, environment

from bot import __main__
from bot.cli import app, output
from bot.errors import SettingsError
from bot.settings import Settings
from bot.supervisor import watchdog
from bot.websettings import web_settings

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").is_file(), reason="the sources are not here"
)

BLOCKS = [block for page in PAGES for block in blocks(page)]
NOT_RUN = {
    r"verbatim serve\b": "needs Telegram, and stays",
    r"verbatim web\b": "stays",
    r"curl\b": "needs a web server; tests/processes/test_apipage.py has one",
    r"verbatim health\b": "needs a bot that runs",
    r"verbatim doctor --online\b": "needs Telegram",
    r"verbatim add https?://": "needs the network",
    r"verbatim eval\b": "needs evaluation sets and minutes",
    r"verbatim feedback export\b.*eval\b": "needs votes",
    r"verbatim .*--engine ray": "needs Ray",
    r"(setup|test|wheel|lint|docs|sbom|notices|eval)\b": "installs packages, or runs this test",
    r"docker\b": "needs a container engine",
    r"(sudo|printf|export|pip|pipx|git)\b": "changes the machine",
    r"python -m benchmarks": "needs environments of other libraries",
    r"\.ci/run": "runs all tests",
}
NOT_FORWARDED = ("setup", "test", "wheel", "lint", "docs", "sbom", "notices")
"""The words that ``./run`` does not pass on to ``verbatim``."""


def verbatim_line(line: str) -> str:
    """Returns the command that ``./run`` stands for."""
    words = line.removeprefix("./run ")
    return words if words == line or words.split()[0] in NOT_FORWARDED else f"verbatim {words}"


def not_run(line: str) -> str | None:
    """Returns the reason why a command is not run; None if it is."""
    line = re.sub(r"^(?:[A-Z_]+=\S+ )+", "", line)
    return next((why for form, why in NOT_RUN.items() if re.match(form, line)), None)


@pytest.fixture(scope="module")
def two_generations(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a second statement, and a second generation that has it."""
    home = tmp_path_factory.mktemp("documented") / "home"
    shutil.copytree(built_home, home)
    statement = home / "corpus" / "2021-02-01-fisheries.txt"
    statement.write_text("---\ntitle: On fisheries\ndate: 2021-02-01\n---\nWe met in Oslo.\n")
    subprocess.run([VERBATIM, "refresh"], check=True, env=environment(home), timeout=120)  # noqa: S603
    return home


@pytest.fixture
def desk(two_generations: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A data directory of the test's own, and a directory with the files that pages name."""
    home, here = tmp_path / "home", tmp_path / "here"
    shutil.copytree(two_generations, home)
    (here / "folder").mkdir(parents=True)
    (here / "statement.pdf").write_bytes(pdf([At(72, 700, "The ministers met in Rabat.")]))
    (here / "folder" / "other.txt").write_text("The delegates met in Lisbon.\n", "utf-8")
    (here / "run").symlink_to(VERBATIM)
    return home, here


RUN = [b for b in BLOCKS if any(not_run(verbatim_line(t.line)) is None for t in b.typed)]


@pytest.mark.parametrize("block", RUN, ids=str)
def test_the_commands_of_a_page_run_and_print_what_it_shows(
    block: Block, desk: tuple[Path, Path]
) -> None:
    home, here = desk
    path = f"{VERBATIM.parent}{os.pathsep}{os.environ['PATH']}"
    for typed in block.typed:
        if not_run(verbatim_line(typed.line)) is not None:
            continue
        done = subprocess.run(  # noqa: S603
            ["bash", "-c", typed.line],  # noqa: S607
            cwd=here,
            env=environment(home, PATH=path),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{typed.line}\n{done.stdout}\n{done.stderr}"
        if typed.shown:
            assert done.stdout == typed.shown


# ------------------------------------------------------------------ commands that are not run


def commands_named() -> Iterator[tuple[str, str]]:
    """Yields every command in blocks and in inline code, with its page; one each of "a && b"."""
    begins = ("verbatim ", "./run", "python ", "docker ", "sudo ", "pip install", ".ci/run")
    lines = {(block.page, typed.line) for block in BLOCKS for typed in block.typed}
    lines |= {(p.stem, code) for p in PAGES for code in inline_codes(p) if code.startswith(begins)}
    for page, line in sorted(lines):
        for each in re.split(r" && | \| ", line):
            yield page, verbatim_line(each.strip())


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """Returns the command that words name, and the words after it."""
    command = typer.main.get_command(app.app)
    while hasattr(command, "commands") and words and re.match(r"[a-z]", words[0]):
        assert words[0] in command.commands, f"there is no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    return command, words


def words_of(line: str) -> list[str]:
    """Returns the words, with those that stand for others as they are typed."""
    return Typed(line.replace("[¶]", "7").partition(">")[0]).words


def test_every_command_of_verbatim_has_the_options_that_a_page_names() -> None:
    seen = 0
    for page, line in commands_named():
        if not line.startswith("verbatim "):
            continue
        command, words = command_of(words_of(line)[1:])
        known = {option for parameter in command.params for option in parameter.opts}
        known |= {"--help"}
        for word in words:
            option = word.partition("=")[0]
            assert not option.startswith("--") or option in known, f"{page}: {line}: {option}"
        seen += 1
    assert seen > 60


def test_every_word_of_run_that_a_page_names_is_known_to_it() -> None:
    script = (ROOT / "run").read_text("utf-8")
    known = set(re.findall(r"^  ([a-z| ]+)\)$", script, re.M))
    known = {word.strip() for each in known for word in each.split("|")}
    assert set(NOT_FORWARDED) | {"eval"} == known
    for line in re.findall(r"^#   ./run (\w+)", script, re.M):
        assert line in known | {"ask"}


SCRIPTS = sorted(
    {line for _, line in commands_named() if re.match(r"(sudo )?python scripts/", line)}
)


@pytest.mark.parametrize(
    "script", sorted({line.split("scripts/")[1].split()[0] for line in SCRIPTS})
)
def test_a_script_that_a_page_names_has_the_options_and_words_that_it_names(script: str) -> None:
    file = ROOT / "scripts" / script
    source = file.read_text("utf-8")
    asked = "argparse" in source
    if asked:
        shown = subprocess.run(  # noqa: S603
            [sys.executable, file, "--help"], capture_output=True, check=True, text=True, timeout=60
        ).stdout
        assert "usage:" in shown
    for line in SCRIPTS:
        words = line.split("scripts/")[1].split()
        if words[0] != script:
            continue
        for word in words[1:]:
            if word.startswith("--") or (asked and re.fullmatch(r"[a-z]+", word)):
                assert f'"{word}"' in source or word in shown, line


def test_services_extras_and_modules_that_a_page_names_exist() -> None:
    services = set(yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"])
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    seen = set()
    for _, line in commands_named():
        if found := re.match(r"docker compose up -d(.*)", line):
            assert set(found[1].split()) <= services
            seen.add("docker")
        elif found := re.search(r'pip install "verbatim-bot\[(\w+)\]"', line):
            assert f"\n{found[1]} = [" in project
            seen.add("pip")
        elif found := re.match(r"python -m (benchmarks[.\w]*)", line):
            module = ROOT / found[1].replace(".", "/")
            assert module.with_suffix(".py").exists() or (module / "__main__.py").exists(), line
            seen.add("module")
    assert seen == {"docker", "pip", "module"}


def test_every_other_line_of_a_block_is_one_that_a_shell_can_parse() -> None:
    for block in BLOCKS:
        for typed in block.typed:
            done = subprocess.run(  # noqa: S603
                ["bash", "-n", "-c", typed.line],  # noqa: S607
                capture_output=True,
                check=False,
                timeout=10,
            )
            assert done.returncode == 0, typed.line


# ------------------------------------------------------------------ paths, links, pictures

MEASURED = ("quality", "reliability")


def test_every_path_that_a_page_names_exists() -> None:
    tops = r"(?:bot|corpus|embeddings|tests|scripts|docs|benchmarks|deploy|\.ci)"
    named = re.compile(
        rf"(?:{tops}/[\w./-]*|[A-Za-z-]+\.(?:toml|yml|lock)|Dockerfile|[A-Z]{{4,}}\.md)"
    )
    seen = 0
    for page in PAGES:
        for code in inline_codes(page):
            for word in code.split():
                if named.fullmatch(word) and not word.startswith("docs/pictures/…"):
                    assert (ROOT / word).exists(), f"{page.name}: {word}"
                    seen += 1
    assert seen > 40


@pytest.mark.parametrize("page", FRONT, ids=lambda page: page.stem)
def test_every_link_of_the_front_pages_leads_to_a_file(page: Path) -> None:
    inside = [link for link in links(page) if "://" not in link]
    assert inside
    for link in inside:
        assert (ROOT / link.partition("#")[0]).exists(), link


def test_the_readme_is_one_page() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.encode()) <= 8_000
    assert len(text.split()) <= 900
    for wanted in ("/setinline", "/setprivacy", "docs/pictures/telegram.svg", "./run verify"):
        assert wanted in text


def test_the_figures_of_the_readme_stand_in_the_pages_with_their_commands() -> None:
    text = (ROOT / "README.md").read_text("utf-8").partition("## Your own bot")[2]
    figures = set(re.findall(r"(?<!\w)\.\d{3}|\d+ %|\d,\d{3}", text))
    assert len(figures) > 6
    pages = "".join((ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in MEASURED)
    assert {each for each in figures if each not in pages} == set()


def test_the_pictures_are_of_answers_that_the_product_gives_now() -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, ROOT / "scripts" / "pictures.py", "--check"],
        capture_output=True,
        check=False,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr


def test_the_site_builds_without_the_network_and_asks_for_nothing_from_elsewhere(
    tmp_path: Path,
) -> None:
    zensical = Path(sys.executable).with_name("zensical")
    if not zensical.exists():
        pytest.skip("the generator is not installed")
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    alone = ["unshare", "--net", "--map-root-user"]
    works = subprocess.run([*alone, "true"], capture_output=True, check=False)  # noqa: S603
    done = subprocess.run(  # noqa: S603
        [*(alone if works.returncode == 0 else []), zensical, "build", "--strict"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    built = [each for each in (tmp_path / "site").rglob("*") if each.is_file()]
    assert len([each for each in built if each.suffix == ".html"]) >= len(PAGES) - 2
    for file in built:
        if file.suffix in {".html", ".css", ".svg"}:
            assert not requests_of(file.read_text("utf-8")), file.name


def requests_of(text: str) -> list[str]:
    """Returns what a page or picture loads from elsewhere as it is opened."""
    loads = re.findall(
        r'<(?:script|img|iframe|image|use|source)\b[^>]*?(?:src|href)="([^"]*)', text
    )
    loads += re.findall(r'<link\b(?=[^>]*rel="(?!canonical))[^>]*href="([^"]*)', text)
    loads += re.findall(r"url\(['\"]?([^)'\"]*)", text)
    loads += re.findall(r"@import ['\"]([^'\"]*)", text)
    return [each for each in loads if re.match(r"(?:https?:)?//", each)]


def test_a_request_to_elsewhere_would_be_seen() -> None:
    for text in (
        '<script src="https://cdn.example/a.js">',
        '<link rel="stylesheet" href="//fonts.example/css">',
        "@font-face{src:url(https://fonts.example/a.woff2)}",
    ):
        assert requests_of(text), text


# ------------------------------------------------------------------ made pages and tables


def test_the_page_of_commands_is_as_made() -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, ROOT / "scripts" / "reference.py", "--check"],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
        env={**os.environ, "COLUMNS": "40", "VERBATIM_WEBHOOK": "https://elsewhere.example"},
    )
    assert done.returncode == 0, done.stderr


def test_every_exit_code_stands_in_the_page_of_commands() -> None:
    codes = {v for k, v in vars(output).items() if k.startswith("EXIT_")}
    codes |= {watchdog.EXIT_WATCHDOG, __main__.EXIT_INTERRUPTED}
    codes.add(2)  # wrong usage: the command line's library exits by itself
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.M)} == codes


ROW = re.compile(r"^\| (`[A-Z_`, ]+`(?: †)?) \| (.*?) \| (.*) \|$", re.M)


def settings_rows() -> Iterator[tuple[str, str, str]]:
    """Yields each variable of the page of settings with its default and its meaning."""
    for names, default, meaning in ROW.findall((ROOT / "docs" / "settings.md").read_text("utf-8")):
        for name in re.findall(r"`([A-Z_]+)`", names):
            yield name, default, meaning


def test_the_page_of_settings_has_the_variables_that_the_code_reads_and_no_other() -> None:
    used = set()
    for package in ("bot", "corpus", "embeddings"):
        for file in (ROOT / package).rglob("*.py"):
            found = re.findall(r"\b(?:VERBATIM|TELEGRAM_BOT)_[A-Z_]*[A-Z]", file.read_text("utf-8"))
            used |= {name.removesuffix("_FILE") for name in found}
    rows = [name for name, _, _ in settings_rows()]
    assert set(rows) == used
    assert len(rows) == len(set(rows))
    by_file = re.findall(r"`([A-Z_]+)` †", (ROOT / "docs" / "settings.md").read_text("utf-8"))
    for name in by_file:
        with pytest.raises(SettingsError, match="cannot be read"):
            read_all({f"{name}_FILE": "/nowhere/at/all"})


def read_all(given: dict[str, str]) -> Settings:
    """Returns the settings of an environment, after what ``serve`` reads beside them."""
    from bot.settings import telegram_token, webhook_settings

    settings = settings_of(given)
    webhook_settings("https://a.example", listen="a:1", environment=given)
    telegram_token({"TELEGRAM_BOT_TOKEN": "1:a", **given} if len(given) != 1 else given)
    return settings


def settings_of(given: dict[str, str]) -> Settings:
    """Returns the settings of an environment, after what ``web`` reads beside them."""
    settings = Settings.from_environment(given)
    web_settings(settings, listen="127.0.0.1:8080", source="--listen")
    return settings


def test_the_defaults_and_bounds_in_the_page_of_settings_are_those_of_the_code() -> None:
    usual = settings_of({})
    compared = 0
    for name, default, meaning in settings_rows():
        first = re.match(r"`?([\w:/.]+)`?(?:$|;)", default)
        if first and not name.startswith("TELEGRAM") and default not in {"none", "public"}:
            assert settings_of({name: first[1]}) == usual, name
            compared += 1
        if bounds := re.search(r"from (\d+) to ([\d,]+)", meaning):
            least, most = int(bounds[1]), int(bounds[2].replace(",", ""))
            for value in (least, most):
                settings_of({name: str(value)})
            outside = [most + 1, least - 1] if name != "VERBATIM_HEALTH_PORT" else [most + 1]
            for value in outside:
                with pytest.raises(SettingsError, match=name):
                    settings_of({name: str(value)})
            compared += 1
    assert compared > 10


def keys_of(value: object) -> set[str]:
    """Returns the names of all fields in a JSON value; keys under "deviations" are documents."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    if not isinstance(value, dict):
        return set()
    found = set(value)
    for name, below in value.items():
        if name != "deviations" or isinstance(below, list):
            found |= keys_of(below)
    return found


def test_every_field_of_the_json_stands_in_its_page(desk: tuple[Path, Path]) -> None:
    home, here = desk
    cited = "2022-05-12-global-coalition-against-daesh[4000:5203]@bc8f0aa202ec"
    question = "How many members does the Coalition have?"
    text = (ROOT / "docs" / "json.md").read_text("utf-8")
    known = set(re.findall(r"`(\w+)`", text)) | set(re.findall(r'"(\w+)":', text))
    for words in (
        ["ask", question, "--since", "2022", "--json"],
        ["explain", question, "--json"],
        ["list", "--json"],
        ["add", "statement.pdf", "gone.pdf", "--json"],
        ["verify", cited, "--json"],
        ["cite", cited, "--format", "ris", "--json"],
        ["verify", cited.replace("[4000", "[4001"), "--json"],
        ["refresh", "--json"],
        ["rollback", "--json"],
        ["check", "--citations", "--json"],
        ["doctor", "--json"],
    ):
        done = subprocess.run(  # noqa: S603
            [VERBATIM, *words],
            cwd=here,
            env=environment(home),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        found = keys_of(json.loads(done.stdout))
        assert found, words
        assert found <= known, f"{words[0]}: {found - known}"


def test_the_hooks_before_a_commit_are_the_checks_of_lint() -> None:
    lint = re.search(r"^  lint\)\n(.*?);;", (ROOT / "run").read_text("utf-8"), re.M | re.S)
    assert lint is not None
    checks = [
        f".venv/bin/{program}{rest}"
        for program, rest in re.findall(r'^    "\$venv/bin/([\w-]+)"(.*)$', lint[1], re.M)
    ]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert [hook["entry"] for repo in hooks for hook in repo["hooks"]] == checks
    assert {repo["repo"] for repo in hooks} == {"local"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_in_plain_words(page: Path) -> None:
    bent = r"\b(?:tells|told)\b|(?:^|[.:;] )(?:What|Who|So long) [a-z ]+ (?:is|are|was|were)\b"
    by_hand = prose(page).partition("<!-- made by")[0]
    for paragraph in re.split(r"\n\s*\n", by_hand):
        found = re.search(bent, paragraph)
        assert found is None, f"{page.name}: {found and found[0]}"
