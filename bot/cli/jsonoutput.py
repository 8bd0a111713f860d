"""Turns reports of commands into JSON. docs/json.md describes the fields, which are stable."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bot.jsonforms.documentfields import document_fields
from bot.operations.doctorservers import Finding
from corpus.extraction.extract import Deviation
from embeddings import IndexCheck, Manifest

if TYPE_CHECKING:
    from corpus.directory.additions import SourceOutcome


def outcome_fields(outcome: "SourceOutcome") -> dict[str, Any]:
    """Return the fields of a source that was added; ``state`` is "failed" if nothing was."""
    added = outcome.added
    return {
        "source": outcome.source.label,
        "state": added.state if added else "failed",
        "reason": outcome.reason,
        "notes": list(outcome.notes),
        "deviations": deviation_fields(added.deviations or ()) if added else [],
        "fetched": outcome.fetched,
        "document": document_fields(added.document) if added else None,
    }


def deviation_fields(deviations: Iterable[Deviation]) -> list[dict[str, Any]]:
    """Return the number of deviations of each kind."""
    times = Counter((each.kind, each.name) for each in deviations)
    return [
        {"kind": kind.value, "name": name.value, "count": count}
        for (kind, name), count in times.items()
    ]


def generation_fields(manifest: Manifest, *, before: int | None) -> dict[str, Any]:
    """Return the fields of the generation that answers now, for ``verbatim rollback --json``."""
    return {
        "generation": manifest.generation,
        "before": before,
        "documents": manifest.documents,
        "passages": manifest.passages,
        "sentences": manifest.sentences,
        "created": manifest.created,
        "corpus_digest": manifest.corpus_digest,
    }


def check_fields(
    found: IndexCheck,
    deviating: Mapping[str, tuple[Deviation, ...]],
    lost: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the fields of ``verbatim check``: the index, and texts that deviate from sources.

    ``lost`` are the documents whose originals are not stored.
    """
    return {
        "deviations": {name: deviation_fields(each) for name, each in deviating.items()},
        "originals_not_kept": list(lost),
        "intact": found.intact,
        "problems": list(found.problems),
        "unknown": list(found.unknown),
        "generations": [
            {
                "generation": each.generation,
                "current": each.current,
                "intact": each.intact,
                "files": each.files,
                "bytes": each.size_bytes,
                "documents": each.documents,
                "passages": each.passages,
                "sentences": each.sentences,
                "citations": each.citations,
                "problems": list(each.problems),
                "unknown": list(each.unknown),
            }
            for each in found.generations
        ],
    }


def finding_fields(found: Sequence[Finding]) -> dict[str, Any]:
    """Return the fields of the findings of ``verbatim doctor``."""
    return {
        "well": all(each.well for each in found),
        "findings": [{"name": f.name, "well": f.well, "text": f.text} for f in found],
    }
