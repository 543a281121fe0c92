"""What leaves the database says nothing of anybody: each job argument, log field and file kind is in a register, or the build fails."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import jobs
from hub.bell import ARGUMENTS, DRAIN
from hub.files import unclassified
from hub.log import FIELDS

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for top in ("hub", "compliance", "connectors", "portal", "scoring", "rules")
    for path in (ROOT / top).rglob("*.py")
]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}


def calls(text: str) -> Iterator[tuple[str, ast.Call]]:
    """Name of the method, and the call."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node


def unknown_fields(text: str) -> list[str]:
    """Fields of log lines that the register lacks; `?` where they are not written out, so that nobody can tell."""
    found = []
    for name, call in calls(text):
        for extra in (one.value for one in call.keywords if one.arg == "extra" and name in LEVELS):
            keys = extra.keys if isinstance(extra, ast.Dict) else [None]
            names = [key.value if isinstance(key, ast.Constant) else "?" for key in keys]
            found += [str(one) for one in names if one not in FIELDS]
    return found


def test_every_field_of_every_log_line_is_in_the_register() -> None:
    wrong = {str(path.relative_to(ROOT)): found for path in SOURCES if (found := unknown_fields(path.read_text()))}

    assert wrong == {}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('log.warning("x", extra={"region": 1})', []),
        ('log.warning("x", extra={"email": 1})', ["email"]),
        ('log.info("x", extra=row)', ["?"]),
        ('log.info("x", extra={**row})', ["?"]),
    ],
)
def test_a_field_that_nobody_classified_is_found(line: str, said: list[str]) -> None:
    assert unknown_fields(line) == said


def test_jobs_are_put_in_one_place_with_arguments_that_are_in_the_register() -> None:
    putting = [(path, call) for path in SOURCES for name, call in calls(path.read_text()) if name.startswith("enqueue")]

    [(path, call)] = putting
    assert path == ROOT / "hub" / "bell.py"
    job, *given = call.args
    assert (ast.unparse(job), [ast.unparse(one) for one in given]) == ("DRAIN", list(ARGUMENTS))
    assert f"{jobs.drain.__module__}.{jobs.drain.__name__}" == DRAIN
    assert list(inspect.signature(jobs.drain).parameters) == list(ARGUMENTS)


def test_a_file_that_nobody_classified_is_found(tmp_path: Path) -> None:
    region = tmp_path / "regions" / "eu"
    for name in ("hub.db", "hub.db-wal", "keys/epoch-000001.key", f"documents/ab/{'ab' * 16}", "anchors.jsonl"):
        (region / name).parent.mkdir(parents=True, exist_ok=True)
        (region / name).touch()
    assert unclassified(tmp_path) == []

    (region / "customers.csv").touch()

    assert unclassified(tmp_path) == ["regions/eu/customers.csv"]
