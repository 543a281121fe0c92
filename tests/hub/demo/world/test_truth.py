"""The truth of the default world is written down: whoever changes a cause changes it in the open."""

import hashlib
import json
import os
import subprocess
import sys

from hub.demo.world.causes import CAUSES
from hub.demo.world.truth import DEFAULT_HASH, default_worlds, truth_of, write_truth
from worlds import all_books, books_of

PRINT = """
import hashlib, json
from datetime import date
from hub.demo.world.books import make_world
from hub.demo.world.truth import truth_of
digest = hashlib.sha256()
for books in make_world("gcc", 60, date(2026, 6, 30), 7):
    for table in (books.visits, books.lines, books.findings, books.ledger):
        for name in sorted(table):
            digest.update(table[name].tobytes())
    for entry in truth_of(books):
        digest.update(json.dumps(entry).encode())
    digest.update("".join(map(books.people.name, range(books.people.count))).encode())
print(digest.hexdigest())
"""


def test_the_truth_of_the_default_world_is_the_one_that_was_written_down(tmp_path):
    assert write_truth(tmp_path / "truth.jsonl", default_worlds()) == DEFAULT_HASH
    assert hashlib.sha256((tmp_path / "truth.jsonl").read_bytes()).hexdigest() == DEFAULT_HASH


def test_two_processes_with_other_hash_seeds_make_the_same_bytes():
    digests = [
        subprocess.run(
            [sys.executable, "-c", PRINT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "4242")
    ]

    assert digests[0] == digests[1] != ""


def test_the_truth_names_numbers_only_never_a_person():
    for books in all_books():
        text = json.dumps(list(truth_of(books)), ensure_ascii=False)
        for one in range(books.people.count):
            for personal in (
                books.people.name(one),
                books.people.email(one),
                books.people.phone_number(one),
                books.people.address(one),
            ):
                assert personal not in text
        assert not any(f'"{books.cars.vin(car, books.today)}"' in text for car in range(books.cars.count))


def test_every_customer_has_a_truth_and_whoever_left_has_a_cause():
    entries = [entry for books in books_of("eu") for entry in truth_of(books)]

    assert len(entries) == 60
    assert all((entry["left_on"] is None) == (entry["left_for"] is None) for entry in entries)
    assert all(0 <= entry["weekly_hazard"] < 0.5 for entry in entries)
    calm = round(CAUSES.leave_anyway, 4)
    assert sum(entry["weekly_hazard"] <= calm * 1.2 for entry in entries) > 30


def test_who_left_makes_no_more_visits():
    for entry in (entry for books in books_of("eu") for entry in truth_of(books)):
        if entry["left_on"] and entry["left_on"] <= "2026-06-30":
            assert entry["next_visits"] == []
