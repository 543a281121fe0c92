"""The version before works on the new schema: a revision that takes something away from it says so, and since when nobody needs it."""

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.migrations import migrate
from hub.regions import open_engine

VERSIONS = Path(__file__).parents[2] / "hub" / "migrations" / "versions"
FIRST = 28  # the rule stands since then; before it nothing was ever released
TAKES_AWAY = {"drop_column", "drop_table", "rename_table", "alter_column", "drop_constraint"}
WORDS = ("DROP ", "RENAME ", "SET NOT NULL", "DELETE ", "TRUNCATE ")


def contracts(source: str) -> list[str]:
    """What `upgrade`, and what it calls, does that the version before could stumble over; with lines."""
    tree = ast.parse(source)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found: list[str] = []
    for name, node in functions.items():
        if name != "downgrade":
            for call in (one for one in ast.walk(node) if isinstance(one, ast.Call)):
                found += [f"{call.lineno}: {what}" for what in _harm(call)]
    return found


def _harm(call: ast.Call) -> list[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    texts = " ".join(
        one.value for one in ast.walk(call) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ).upper()
    if name == "execute":
        return [f"execute {word.strip()}" for word in WORDS if word in texts]
    if name == "add_column":
        given = {
            word.arg: ast.unparse(word.value)
            for one in ast.walk(call)
            if isinstance(one, ast.Call)
            for word in one.keywords
        }
        return (
            ["a column that must be filled"]
            if given.get("nullable") == "False" and "server_default" not in given
            else []
        )
    widens = name == "alter_column" and [word.arg for word in call.keywords if word.arg != "nullable"] == [] and any(
        word.arg == "nullable" and ast.unparse(word.value) == "True" for word in call.keywords
    )  # fmt: skip
    return [name] if name in TAKES_AWAY and not widens else []


def marked(source: str) -> bool:
    """CONTRACT says what, and since when."""
    return any(
        isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CONTRACT"
        and isinstance(node.value, ast.Constant) and len(str(node.value.value)) > 20
        for node in ast.parse(source).body
    )  # fmt: skip


@pytest.mark.parametrize(
    "path", [one for one in sorted(VERSIONS.glob("*.py")) if int(one.name[:4]) >= FIRST], ids=lambda path: path.stem
)
def test_a_revision_takes_nothing_away_that_the_version_before_reads(path: Path) -> None:
    source = path.read_text()

    assert not contracts(source) or marked(source), "expand first: hub/migrations/README.md"


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ('op.drop_column("a", "b")', ["2: drop_column"]),
        ('op.drop_table("a")', ["2: drop_table"]),
        ('op.alter_column("a", "b", new_column_name="c")', ["2: alter_column"]),
        ('op.alter_column("a", "b", nullable=False)', ["2: alter_column"]),
        ('op.execute("ALTER TABLE a DROP COLUMN b")', ["2: execute DROP"]),
        ('op.execute(sa.text("DELETE FROM a"))', ["2: execute DELETE"]),
        ('op.add_column("a", sa.Column("b", sa.Text(), nullable=False))', ["2: a column that must be filled"]),
        ('op.add_column("a", sa.Column("b", sa.Text(), nullable=False, server_default=""))', []),
        ('op.add_column("a", sa.Column("b", sa.Text(), nullable=True))', []),
        ('op.alter_column("a", "b", nullable=True)', []),
        ('op.create_table("a", sa.Column("b", sa.Text(), nullable=False))', []),
        ('op.drop_index("ix_a_b")', []),
    ],
)
def test_what_takes_away_is_told_apart_from_what_adds(step: str, told: list[str]) -> None:
    assert contracts(f"def upgrade():\n    {step}\n\ndef downgrade():\n    op.drop_table('z')\n") == told


def test_a_step_in_a_function_of_its_own_is_seen_and_only_a_marker_that_says_something_counts() -> None:
    source = "def upgrade():\n    _go()\n\ndef _go():\n    op.drop_table('a')\n"

    assert contracts(source) == ["5: drop_table"]
    assert [marked(f"CONTRACT = {text!r}\n{source}") for text in ("x", "a: nobody reads it since 0031")] == [
        False,
        True,
    ]


@pytest.mark.postgres
def test_two_that_open_a_region_at_once_take_turns(postgres_url: str) -> None:
    engines = [open_engine(postgres_url) for _ in range(2)]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrate, engines))

    with engines[0].connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar() == 1
    for engine in engines:
        engine.dispose()
