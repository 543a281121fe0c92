"""Every file of a branch fits its mapping, row by row, and is the same bytes for the same seed."""

import csv
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from connectors.csvfile import CsvFile
from hub.demo.files import sheets_of, write_sheet
from hub.demo.world.books import make_world
from hub.sdk import Account
from hub.targets import TARGETS
from rules.mapping import load_mapping
from worlds import TODAY, all_books, books_of

MAPPINGS = Path(__file__).parents[3] / "config" / "mappings"


def written(books, folder):
    folder.mkdir(exist_ok=True)
    return {sheet.name: (write_sheet(folder, sheet), sheet) for sheet in sheets_of(books)}


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("books", all_books(), ids=lambda books: books.branch.code)
def test_every_row_of_every_file_comes_in_by_the_import_door(books, tmp_path):
    connector = CsvFile(Account.__new__(Account))
    for name, (path, sheet) in written(books, tmp_path).items():
        plan = replace(load_mapping(MAPPINGS / f"demo_{name}.yaml", TARGETS), zone=books.branch.zone)
        pages = list(connector.read(path, plan))
        assert [page.problems for page in pages if page.problems] == []
        assert sum(page.rows for page in pages) == sheet.count == len(rows_of(path))
        records = [record for page in pages for record in connector.normalise(page.incoming.payload)]
        assert len(records) == sheet.count


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    first = written(books_of("gcc")[0], tmp_path / "one")
    second = written(next(make_world("gcc", 60, TODAY, 7)), tmp_path / "two")

    assert {name: path.read_bytes() for name, (path, _) in first.items()} == {
        name: path.read_bytes() for name, (path, _) in second.items()
    }


def test_a_customers_rows_stand_together_so_that_nobody_is_judged_by_half_a_history(tmp_path):
    path, _ = written(books_of("eu")[0], tmp_path)["visits"]
    owners = [row["customer_number"] for row in rows_of(path)]
    turns = 1 + sum(one != other for one, other in pairwise(owners))

    assert turns == len(set(owners))


def test_people_can_be_told_apart_as_fictional(tmp_path):
    for books in all_books():
        path, _ = written(books, tmp_path)["customers"]
        for row in rows_of(path):
            assert row["email"].endswith("@example.org")
            assert row["phone"].startswith(books.branch.phones[0])
            assert row["residence"] == books.branch.country


def test_names_fit_the_region():
    scripts = {region: Counter(books.people.tongue_of(one).script for books in books_of(region)
                               for one in range(books.people.count)) for region in ("eu", "gcc", "apac")}  # fmt: skip

    assert set(scripts["eu"]) == {"Latn"}
    assert scripts["gcc"].most_common(1)[0][0] == "Arab"
    assert scripts["apac"]["Thai"] > 10


def test_members_of_a_household_share_name_and_address():
    books = books_of("eu")[0]
    homes = Counter(books.people.household.tolist())
    home = next(one for one, count in homes.items() if count > 1)
    members = [one for one in range(books.people.count) if books.people.household[one] == home]

    assert len({books.people.address(one) for one in members}) == 1
    assert len({books.people.name(one).split()[-1] for one in members}) == 1
