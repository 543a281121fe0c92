"""Journeys under kill -9: nobody is lost on the way, and every step has its effect once, by the books of whoever was told.

HUB_JOURNEY_KILLS (50 over both databases; nightly 1000) and HUB_CHAOS_SEED make another run of the same test; `-s` shows how
far it is. At most two minutes and three seconds a kill."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DATABASES = os.environ.get("HUB_TEST_DATABASES", "sqlite,postgresql").split(",")
KILLS = int(os.environ.get("HUB_JOURNEY_KILLS", "50")) // len(DATABASES)
SEED = int(os.environ.get("HUB_CHAOS_SEED", "7"))
PEOPLE = 20


@pytest.mark.parametrize("database", DATABASES)
def test_nobody_is_lost_and_nothing_doubled_while_their_processes_are_killed(database, request, tmp_path):
    environ = dict(os.environ)
    if database == "postgresql":
        postgres = request.getfixturevalue("postgres")
        name = f"walkers_{os.urandom(4).hex()}"
        environ["HUB_DATABASE_EU"] = postgres.create(name)
        request.addfinalizer(lambda: postgres.drop(name))

    command = [sys.executable, str(HERE / "walkers.py"), str(tmp_path), *map(str, (KILLS, SEED, PEOPLE))]
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, timeout=120 + 3 * KILLS, check=False)

    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert not any(found["lost"].values()), found
    assert not any(found["doubled"].values()), found
    sent, unknown = found["texts"].get("sent", 0), found["texts"].get("unknown", 0)
    assert sum(found["texts"].values()) == sent + unknown == PEOPLE * found["rounds"], (
        "a blind effect is sent or unknown"
    )
    assert sent <= found["texts_in_the_book"] <= sent + unknown, "and at most once"
    assert found["struck"]["working"], "some of the kills have to meet work under way"
    each = found["seconds"] / max(KILLS, 1)
    print(
        f"\n{database}: {found['kills']} kills in {found['seconds']} s ({each:.2f} s each), {found['struck']} when they fell; "
        f"{PEOPLE * found['rounds'] * 3} keyed, natural and askable effects: 0 lost, 0 doubled; "
        f"blind effects: {sent} sent, {unknown} unknown, {found['texts_in_the_book']} in the book"
    )
