"""The help names what plugins bring without importing them again, and never what they brought once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import brought, cli

CONFIG = Path(__file__).parents[3] / "config"
ASK = """
import sys
from click.testing import CliRunner
from hub.cli import cli
told = CliRunner().invoke(cli, ["--help"], prog_name="hub")
print(told.output)
print("imported:", sorted({"portal", "connectors", "sqlalchemy", "flask"} & set(sys.modules)))
"""


@pytest.fixture
def told(tmp_path, monkeypatch):
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    monkeypatch.setenv("HUB_CONFIG", str(CONFIG))

    def tell():
        return CliRunner().invoke(cli, ["--help"], prog_name="hub").output

    return tell


def test_the_second_help_says_the_same_and_imports_no_plugin(told):
    first = told()
    again = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True, env={**os.environ})

    assert "Legal holds" in first
    assert again.stdout.startswith(first)
    assert again.stdout.rstrip().endswith("imported: []")


def test_another_configuration_is_asked_anew(told, tmp_path, monkeypatch):
    told()
    other = tmp_path / "config"
    other.mkdir()
    (other / "hub.yaml").write_text((CONFIG / "hub.yaml").read_text() + "\n# changed\n")
    monkeypatch.setenv("HUB_CONFIG", str(other))

    assert brought.recall() is None


@pytest.mark.parametrize("wrong", ["", "{", "[]", '{"stamp": 1}'])
def test_what_was_written_down_and_is_no_help_is_written_anew(told, tmp_path, wrong):
    (tmp_path / brought.FILE).write_text(wrong)

    assert "Legal holds" in told()
    assert "holds" in json.loads((tmp_path / brought.FILE).read_text())["commands"]


def test_a_help_makes_no_folder_of_state(told, tmp_path, monkeypatch):
    monkeypatch.setenv("HUB_HOME", str(tmp_path / "none"))

    assert "Legal holds" in told()
    assert not (tmp_path / "none").exists()


def test_without_a_folder_of_state_it_is_the_users_cache_that_remembers_and_no_folder_is_made(
    told, tmp_path, monkeypatch
):
    monkeypatch.setenv("HUB_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    told()

    assert brought.recall()
    assert not (tmp_path / "none").exists()
