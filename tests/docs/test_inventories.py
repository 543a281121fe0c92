"""The inventories of keys and of logs name every use there is in the code, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("compliance", "connectors", "hub", "portal", "rules", "scoring")
CRYPTO = {"cryptography", "hmac", "hashlib", "secrets", "webauthn", "joserfc", "authlib", "standardwebhooks", "ssl"}
LEVELS = {"info": "info", "warning": "warning", "error": "error", "exception": "error"}


def trees() -> Iterator[tuple[str, ast.Module]]:
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_every_file_that_uses_cryptography_is_listed_with_what_for() -> None:
    page = (ROOT / "docs/explanation/cryptography.md").read_text().partition("## Where it is used")[2]

    listed = re.findall(r"^\| `([^`]+\.py)` \| \S", page, re.MULTILINE)

    used = {name for name, tree in trees() if imported(tree) & CRYPTO}
    assert (used - set(listed), set(listed) - used) == (set(), set()), (
        "add it to, or take it from, the last table of the page"
    )


def test_every_event_that_is_logged_is_listed_with_its_level() -> None:
    page = (ROOT / "docs/explanation/logging.md").read_text().partition("## Events")[2]
    logged = set()
    for _, tree in trees():
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="log"), attr=level), args=[ast.Constant(value=str(event)), *_]
                ):
                    logged |= {(event, LEVELS[level])} if level in LEVELS else set()

    assert logged
    assert set(re.findall(r"^\| ([^|]+) \| (info|warning|error) \|$", page, re.MULTILINE)) == logged


def test_every_test_that_shows_what_the_law_asks_is_there() -> None:
    page = (ROOT / "docs/explanation/compliance.md").read_text()
    shown = re.findall(r"`(tests/[a-z_/]+\.py)::(test_\w+)`", page)

    assert len(shown) == page.count("\n| ") - page.count("\n| what is asked for")
    missing = [f"{path}::{name}" for path, name in shown if f"\ndef {name}(" not in (ROOT / path).read_text()]
    assert missing == []
