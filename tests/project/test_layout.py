"""The layout of the project: who imports what, and what the wheel holds."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import bot
import corpus
import embeddings

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "corpus", "embeddings")
ONE_MODULE = {
    "sentencex": "corpus.documents.sentences",
    "yaml": "corpus.frontmatter.yamlfields",
    "urllib3": "corpus.web.fetching",
    "idna": "corpus.web.webaddress",
    "trafilatura": "corpus.extraction.web.webpage",
    "lxml": "corpus.extraction.text.markup",
    "pypdfium2": "corpus.extraction.pdf.pdffile",
    "docx": "corpus.extraction.office.worddocument",
    "charset_normalizer": "corpus.extraction.text.plaintext",
    "faiss": "embeddings.index.vectorindex",
    "Stemmer": "embeddings.text.stemming",
    "sentence_transformers": "embeddings.models.runtimes.sentencetransformer",
    "transformers": "embeddings.models.runtimes.sentencetransformer",
    "onnx": "embeddings.models.runtimes.onnxgraph",
    "tokenizers": "embeddings.models.runtimes.onnxsession",
    "huggingface_hub": "embeddings.models.modelfolder",
    "filelock": "corpus.filelocks",
    "rapidfuzz": "corpus.worddistance",
    "py3langid": "bot.answering.questionlanguage",
    "platformdirs": "bot.settings",
    "ir_measures": "bot.evaluation.measures",
    "matplotlib": "bot.evaluation.plot",
    "ray": "embeddings.refreshing.rayengine",
}
ONE_PACKAGE = {
    "typer": "bot.cli",
    "telegram": "bot.telegrambot",
    "pgvector": "embeddings.storage.postgres",
}
A_SERVER = {"psycopg": ("bot.state.postgres.", "embeddings.storage.postgres.")}
"""State and index can lie in one database or in two, and know nothing of each other."""


def sources() -> list[Path]:
    return [Path(p) for package in (bot, corpus, embeddings) for p in source_files(package)]


def source_files(package: object) -> list[Path]:
    return sorted(Path(package.__path__[0]).rglob("*.py"))  # type: ignore[attr-defined]


def module_name(path: Path) -> str:
    """The name to import it by: bot.evaluation.outcomes."""
    for package in (bot, corpus, embeddings):
        root = Path(package.__path__[0]).parent
        if path.is_relative_to(package.__path__[0]):
            return ".".join(path.relative_to(root).with_suffix("").parts)
    raise ValueError(path)


def test_each_large_library_is_imported_in_exactly_one_module() -> None:
    found: dict[str, set[str]] = {}
    for path in sources():
        module = module_name(path)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                found.setdefault(name.split(".")[0], set()).add(module)
    for name, module in ONE_MODULE.items():
        assert found.get(name) == {module}, name
    for name, package in ONE_PACKAGE.items():
        assert all(module.startswith(f"{package}.") for module in found[name]), name
    for name, places in A_SERVER.items():
        assert all(module.startswith(places) for module in found[name]), name


def test_importing_every_module_loads_no_model_and_starts_nothing() -> None:
    modules = [module_name(path) for path in sources() if path.stem != "__init__"]
    program = (
        "import importlib, sys, threading\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'matplotlib'}\n"
        "heavy |= {'ir_measures', 'py3langid', 'ray'}\n"
        "heavy |= {'onnx', 'onnxruntime', 'tokenizers'}\n"
        "heavy |= {'trafilatura', 'lxml', 'pypdfium2', 'docx'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=60)  # noqa: S603


@pytest.mark.parametrize("package", [corpus, embeddings])
def test_what_a_package_offers_is_exactly_what_it_declares(package: object) -> None:
    visible = {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and not isinstance(value, type(sys))
    }
    assert visible == set(package.__all__)  # type: ignore[attr-defined]


def test_the_wheel_holds_the_three_packages_the_statements_and_nothing_else(
    tmp_path: Path,
) -> None:
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("the sources are not here")
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert len(tops) == len(PACKAGES) + 1
    assert "corpus/statements/2022-05-12-global-coalition-against-daesh.txt" in names
    assert "bot/locale/fr/LC_MESSAGES/verbatim.mo" in names
    assert not any(name.startswith("tests") or "__pycache__" in name for name in names)


def test_no_file_is_named_like_a_library_or_a_drawer() -> None:
    stems = {path.stem for path in sources()}
    assert not stems & {"utils", "util", "helpers", "manager", *ONE_MODULE}


READ_THE_ENVIRONMENT = {
    "bot.settings",
    # a child process finds its shared libraries as this one did
    "corpus.confinement.importpaths",
    "corpus.extraction.process.sandbox",
    # variables of other programs, which are set and not read
    "embeddings.models.runtimes.sentencetransformer",
    "embeddings.refreshing.rayengine",
}


def test_settings_are_read_from_the_environment_in_one_place() -> None:
    found = {
        module_name(path)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"})
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    }
    assert found <= READ_THE_ENVIRONMENT
    assert "bot.settings" in found
