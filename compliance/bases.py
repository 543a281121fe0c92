"""The lawful basis of a purpose, as config/privacy/purposes.yaml declares it: a fact of the question whether something may be told.

It is asked of every message, so the file is read again only when it has changed."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from compliance.purposes import read_purposes

FILES = 16  # that one process keeps: as many regions' and their changes


def with_basis(config: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a basis already, stays. A purpose that the file does not name has none, and so its fact is missing. Raises
    ConfigError for a file that is wrong: then the answer is no."""
    basis = _bases(config, _changed(config)).get(facts["purpose"]) if "purpose" in facts else None
    return {"basis": basis, **facts} if basis is not None else dict(facts)


@lru_cache(maxsize=FILES)
def _bases(config: Path, _changed: int) -> Mapping[str, str]:
    return {name: one.basis for name, one in read_purposes(config).purposes.items()}


def _changed(config: Path) -> int:
    """Nanoseconds; 0 for a file that is not there, which reading it says."""
    try:
        return (config / "privacy" / "purposes.yaml").stat().st_mtime_ns
    except FileNotFoundError:
        return 0
