"""A sync mapping: what it says, and every mistake with its line."""

from pathlib import Path

import pytest

from hub.targets import SYNCED
from rules.errors import RuleError
from rules.parse import read_text
from rules.syncmap import load_syncs, read_sync

GOOD = """sync: office
title: In step
objects:
  contact:
    ours: customer
    purpose: crm_sync
    fields:
      mail: {ours: email, transform: email}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(RuleError) as error:
        read_sync(read_text(text.encode(), "office.yaml"), SYNCED)
    return [str(one) for one in error.value.problems]


def test_a_field_is_both_ways_and_newest_unless_said_otherwise():
    [rule] = read_sync(read_text(GOOD.encode(), "office.yaml"), SYNCED).objects[0].fields

    assert (rule.direction, rule.owner, rule.purpose) == ("both", "newest", "crm_sync")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("ours: email", "ours: mail", 8, "no field"),
        ("transform: email", "transform: mailish", 8, "no transform"),
        ("transform: email", "transform: day", 8, "does not fit"),
        ("transform: email", "owner: union", 8, "no list"),
        ("transform: email", "owner: highest", 8, "order"),
        ("transform: email", "owner: nobody", 8, "no owner"),
        ("transform: email", "words: {a: b}", 8, "words"),
        ("mail: {ours: email, transform: email}", "mail: {ours: tier, direction: both}", 8, "worked out by us"),
        ("mail: {ours: email, transform: email}", "a: email\n      b: email", 9, "Two fields"),
        ("ours: customer", "ours: boat", 5, "nothing that we keep"),
        ("title: In step", "title: In step\nflush: -1", 3, "no number of seconds"),
        ("title: In step", "title: In step\ncolour: red", 3, "colour"),
    ],
)
def test_every_mistake_has_its_place(old, new, line, says):
    [one] = problems(GOOD.replace(old, new))

    assert one.startswith(f"office.yaml:{line}:")
    assert says in one


def test_the_shipped_mappings_are_right():
    folder = Path(__file__).parents[2] / "config"

    assert load_syncs(folder, SYNCED).keys() == {"hubspot", "salesforce"}


def test_a_file_is_named_like_its_connector(tmp_path):
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "other.yaml").write_text(GOOD)

    with pytest.raises(RuleError, match=r"office\.yaml"):
        load_syncs(tmp_path, SYNCED)
