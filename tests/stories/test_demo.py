"""The main job on one machine: three regions, real processes, customers by the real doors, everything settled."""

import json
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.alone
CONFIG = Path(__file__).parents[2] / "config"
BRANCHES = 9


@pytest.fixture
def environ(tmp_path):
    return environ_in(tmp_path)


def environ_in(folder):
    """The house's own configuration on ports that are free."""
    config = folder / "config"
    shutil.copytree(CONFIG, config)
    text = (config / "hub.yaml").read_text()
    for port in ("8101", "8102", "8103", "8190", "8191", "8192", "8193", "8194"):
        text = text.replace(port, str(free_port()))
    (config / "hub.yaml").write_text(text)
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    return {**kept, "HUB_HOME": str(folder / "var"), "HUB_CONFIG": str(config)}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(*words):
    return [sys.executable, "-m", "hub.cli", "demo", "--once", "--json", *words]


def demo(environ, *words):
    return subprocess.run(command(*words), env=environ, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """A demo that has run to its end, and what it summed up."""
    environ = environ_in(tmp_path_factory.mktemp("settled"))
    done = demo(environ, "--customers", "31")
    assert done.returncode == 0, done.stderr[-3000:]
    return environ, json.loads(done.stdout)


def test_the_demo_settles_and_leaves_nothing_running(settled):
    environ, summary = settled

    assert summary["dead_letters"] == 0
    assert 31 <= summary["customers"] <= 31 + BRANCHES, "somebody new comes to a branch, at most"
    assert summary["memberships"] > 3
    assert summary["messages_settled"] > summary["memberships"]
    assert [path.name for path in Path("/proc").glob("[0-9]*") if environ["HUB_HOME"] in _environment(path)] == []


# What 31 customers have a cause for; promises to fleets are broken after hours, warranties end by papers, and scores need more people.
BEGUN = {"battery_health", "declined_brakes", "gulf_summer", "inspection_due", "new_owner", "no_show", "parts_arrived",
         "points_expiring", "referral", "service_by_mileage", "welcome", "winter_tyres"}  # fmt: skip


def test_people_come_into_every_journey_that_this_world_has_a_cause_for(settled):
    environ, _ = settled
    found = set()
    for path in Path(environ["HUB_HOME"]).glob("regions/*/hub.db"):
        with closing(sqlite3.connect(path)) as books:
            found |= {name for (name,) in books.execute("SELECT DISTINCT journey FROM enrollments")}

    assert found >= BEGUN


def test_a_second_time_nothing_is_new(settled):
    """But for journeys that go on by the clock: at some hours of the week a wait is over by now, or the next one may come in."""
    environ, summary = settled
    people, steps = of_journeys(environ)

    second = json.loads(demo(environ, "--customers", "31").stdout)

    people_now, steps_now = of_journeys(environ)
    assert people.keys().isdisjoint(people_now - people), "whoever comes in by the clock had not been in before"
    assert [second["customers"], second["memberships"], second["messages_settled"] - steps_now] == [
        summary["customers"], summary["memberships"], summary["messages_settled"] - steps
    ]  # fmt: skip
    assert rows_told(second) == rows_told(summary)


def of_journeys(environ):
    """How often each came into which, and how many messages of theirs are settled."""
    theirs = "json_extract(refs, '$.enrollment_id') IS NOT NULL AND state IN ('sent', 'unknown', 'refused')"
    people, steps = Counter(), 0
    for path in Path(environ["HUB_HOME"]).glob("regions/*/hub.db"):
        with closing(sqlite3.connect(path)) as books:
            people.update(books.execute("SELECT journey, subject_id FROM enrollments WHERE entered_at IS NOT NULL"))
            steps += books.execute(f"SELECT count(*) FROM messages WHERE {theirs}").fetchone()[0]  # noqa: S608 - words of our own
    return people, steps


def rows_told(summary):
    """By the shop and the club: the CRM is read again whenever it is time."""
    return {
        row["name"]: row["inbox"]
        for region in summary["regions"].values()
        for row in region["connections"]
        if row["connector"] in {"shop", "loyalty"}
    }


def _environment(process):
    try:
        return (process / "environ").read_text(errors="replace") + (process / "cmdline").read_text(errors="replace")
    except OSError:
        return ""


def test_a_disk_that_gets_full_on_the_way_ends_it_in_words_and_what_was_done_stays(environ):
    def narrow():
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000, resource.RLIM_INFINITY))

    words = ("--customers", "300", "--regions", "eu")
    full = subprocess.run(
        command(*words), env=environ, capture_output=True, text=True, timeout=240, check=False, preexec_fn=narrow
    )

    assert full.returncode == 3
    assert "The history of eu does not come in. The database of eu cannot write: its disk is full" in full.stderr
    assert "Traceback" not in full.stderr


def test_a_port_in_use_is_named_before_anything_is_made(environ):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        file = Path(environ["HUB_CONFIG"]) / "hub.yaml"
        file.write_text(
            file.read_text().replace("host: gcc.localhost\n    port: ", f"host: gcc.localhost\n    port: {port} # ")
        )
        done = demo(environ, "--customers", "3")

    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert f"Port {port} is in use; the web server of gcc wants it." in done.stderr
    assert not Path(environ["HUB_HOME"]).exists()
