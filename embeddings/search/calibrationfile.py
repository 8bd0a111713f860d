"""Finds the calibration of a reader: beside its weights, or among those that were kept."""

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

from corpus.files import make_directory, replace_file
from embeddings.errors import ModelDamaged
from embeddings.reader.readerchoice import SHIPPED_READER, SHIPPED_WEIGHTS
from embeddings.reader.reading import Reader
from embeddings.search.calibration import Calibration

log = logging.getLogger(__name__)

CALIBRATION_FILE = "calibration.json"

_SUM = "sha256"


def calibration_of(reader: Reader | None, *, kept: Path | None = None) -> Calibration | None:
    """Return the calibration beside a reader's weights, else one of the folder ``kept``; None
    if there is neither.

    Without one a reader puts passages in order, and their probabilities are those of retrieval.

    Raises:
        ModelDamaged: if the file beside the weights is not what it should be.
    """
    if reader is None:
        return None
    own = own_calibration(reader)
    return own if own is not None or kept is None else kept_calibration(kept, reader.digest)


def own_calibration(reader: Reader) -> Calibration | None:
    """Return the calibration beside a reader's weights; None without one.

    Raises:
        ModelDamaged: if the file is not what it should be.
    """
    shipped = reader.name == SHIPPED_READER
    folder = SHIPPED_WEIGHTS if shipped else Path(reader.name).expanduser()
    return read_calibration(folder, digest=reader.digest)


def read_calibration(folder: Path, *, digest: str) -> Calibration | None:
    """Return the calibration in a folder of a reader's weights.

    None if there is none, or it is that of another reader.

    Raises:
        ModelDamaged: if the file is not what it should be.
    """
    file = folder / CALIBRATION_FILE
    try:
        found = Calibration.from_fields(json.loads(file.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise ModelDamaged(f"{file} is damaged: {error}.") from error
    return found if found.digest == digest else None


def keep_calibration(fields: dict[str, Any], folder: Path) -> Path:
    """Write the fields of a calibration into a folder, under its reader's digest, and return the
    file. It is whole at every moment.

    Raises:
        OSError: if it cannot be written.
        ValueError: if the fields are no calibration.
    """
    digest = Calibration.from_fields(fields).digest
    make_directory(folder)
    file = _kept_file(folder, digest)
    content = {**fields, _SUM: _sum_of(fields)}
    replace_file(file, (json.dumps(content, indent=2) + "\n").encode())
    return file


def kept_calibration(folder: Path, digest: str) -> Calibration | None:
    """Return the kept calibration of the reader with this digest; None without a whole one.

    A line in the log says what is wrong with one that is there.
    """
    file = _kept_file(folder, digest)
    try:
        fields = json.loads(file.read_text("utf-8"))
        if not isinstance(fields, dict) or fields.pop(_SUM, None) != _sum_of(fields):
            raise ValueError("its content is not what was written")
        found = Calibration.from_fields(fields)
        if found.digest != digest:
            raise ValueError("it is that of another reader")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        log.warning(
            "%s is damaged: %s. The reader's scores are uncalibrated. Type "
            '"verbatim eval --calibrate SET" to make it anew.',
            file,
            error,
        )
        return None
    return found


def _kept_file(folder: Path, digest: str) -> Path:
    return folder / f"{digest}.json"


def _sum_of(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
