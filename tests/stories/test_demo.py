"""The main job on one machine: three regions, real processes, customers by the real doors, everything settled."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.alone
CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def environ(tmp_path):
    """The house's own configuration on ports that are free."""
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    text = (config / "hub.yaml").read_text()
    for port in ("8101", "8102", "8103", "8190", "8191"):
        text = text.replace(port, str(free_port()))
    (config / "hub.yaml").write_text(text)
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    return {**kept, "HUB_HOME": str(tmp_path / "var"), "HUB_CONFIG": str(config)}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def demo(environ, *words):
    command = [sys.executable, "-m", "hub.cli", "demo", "--once", "--json", *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=240, check=False)


def test_the_demo_settles_and_a_second_time_nothing_is_new(environ, tmp_path):
    first = demo(environ, "--customers", "31")

    assert first.returncode == 0, first.stderr[-3000:]
    summary = json.loads(first.stdout)
    assert (summary["customers"], summary["dead_letters"]) == (31, 0)
    assert summary["memberships"] > 3
    assert summary["messages_settled"] > summary["memberships"]

    second = json.loads(demo(environ, "--customers", "31").stdout)
    assert [second[name] for name in ("customers", "memberships", "messages_settled")] == [
        summary[name] for name in ("customers", "memberships", "messages_settled")
    ]
    assert rows_told(second) == rows_told(summary)


def rows_told(summary):
    """By the shop and the club: the CRM is read again whenever it is time."""
    return {
        row["name"]: row["inbox"]
        for region in summary["regions"].values()
        for row in region["connections"]
        if row["connector"] in {"shop", "loyalty"}
    }


def test_nothing_is_left_running_when_the_demo_ends(environ):
    demo(environ, "--customers", "3")

    home = environ["HUB_HOME"]
    left = [path.name for path in Path("/proc").glob("[0-9]*") if home in _environment(path)]
    assert left == []


def _environment(process):
    try:
        return (process / "environ").read_text(errors="replace") + (process / "cmdline").read_text(errors="replace")
    except OSError:
        return ""
