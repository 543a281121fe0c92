"""A history that is poured in says what the same history says when it comes in by the ordinary door."""

from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import LargeBinary, select

from hub.demo.history import history, write_rows
from hub.demo.rows import Pen
from hub.demo.world.books import DAYS
from hub.flow import sync
from hub.flow.sync import history_of, import_pages
from hub.flow.values import value_context
from hub.models import Base, Person, PersonalValue, Vehicle, new_ref
from hub.work import BulkWork, Work
from hubs import NOW
from worlds import books_of

# what no two runs of anything share: keys of rows, random refs, keys and what they seal
OWN = {"id", "ref", "data_key_id", "about_id", "epoch", "taken_at", "number"}
HASHES = {"hash", "key_hash", "source_hash", "visit_hash", "entity"}
LEFT_OUT = {"nodes", "epochs", "data_keys", "personal_values"}


def everything(hub):
    """Table -> its rows as sorted texts. Rows that others point at are named by what they are found by."""
    with hub.look() as session:
        tables = [one for one in Base.metadata.sorted_tables if one.name not in LEFT_OUT]
        rows = {one.name: [dict(row) for row in session.execute(select(one)).mappings()] for one in tables}
        values = list(
            session.execute(
                select(PersonalValue, Person.data_key_id).join(Person, Person.id == PersonalValue.person_id)
            )
        )
        keys = hub.vault.open_keys(session, {key for _, key in values})
    names = named(rows)
    sealed = {
        one.name: {column.name for column in one.columns if isinstance(column.type, LargeBinary)} - HASHES
        for one in tables
    }
    found = {name: sorted(repr(plain(row, OWN | sealed[name], names)) for row in those) for name, those in rows.items()}
    found["values"] = sorted(repr(opened(hub, names, keys[key], one)) for one, key in values)
    return found


def opened(hub, names, key, one):
    context = value_context(one.person_id, one.field, one.about_id)
    return names[one.person_id], one.field, names.get(one.about_id), hub.vault.unseal(key, one.sealed, context)


def plain(row, dropped, names):
    def told(value):
        if isinstance(value, datetime) and abs(value - NOW) < timedelta(hours=1):
            return "now"
        return names.get(value, value) if isinstance(value, int) else value

    return {key: told(value) for key, value in row.items() if key not in dropped}


def named(rows):
    """Id -> the keyed hash, or the words, by which it is the same thing in both."""
    for row in rows["consents"]:
        del row["source_hash"]  # made of the person's id
    numbers = {row["person_id"]: row["hash"] for row in rows["aliases"] if row["kind"] == "customer_number"}
    found = numbers | {row["id"]: numbers[row["person_id"]] for row in rows["customers"]}
    found |= {row["about_id"]: row["hash"] for row in rows["links"]}
    found |= {row["id"]: row["key_hash"] for those in rows.values() for row in those if "key_hash" in row}
    found |= {row["id"]: row["code"] for row in rows["branches"]} | {
        row["id"]: row["name"] for row in rows["connections"]
    }
    found |= {row["id"]: (found[row["branch_id"]], row["title"]) for row in rows["bays"]}
    return found | {row["id"]: (found[row["bay_id"]], row["starts_at"]) for row in rows["slots"]}


def bring(hub, file, monkeypatch, kind):
    monkeypatch.setattr(sync, "BulkWork", kind)
    partner = hub.partners["shop"]
    return vars(import_pages(hub, partner, history_of(hub, partner, file), Random(1)))


@pytest.fixture
def file(tmp_path):
    books, path = books_of("eu", 60)[0], tmp_path / "history.ndjson"
    write_rows(path, history(Pen(books), DAYS, NOW))
    return path


def test_what_is_poured_in_equals_what_came_by_the_ordinary_door(twins, file, monkeypatch):
    done = [bring(hub, file, monkeypatch, kind) for hub, kind in zip(twins, (BulkWork, Work), strict=True)]

    poured, ordinary = (everything(hub) for hub in twins)
    assert done[0] == done[1]
    print(
        [
            (name, set(rows) - set(ordinary[name]), set(ordinary[name]) - set(rows))
            for name, rows in poured.items()
            if rows != ordinary[name]
        ]
    )
    assert {name: rows for name, rows in poured.items() if rows != ordinary[name]} == {}
    assert len(poured["events"]) > 200
    assert all(poured[name] for name in ("offers", "referrals", "values"))


def test_a_history_that_is_poured_in_twice_is_there_once(hub, file):
    partner = hub.partners["shop"]
    import_pages(hub, partner, history_of(hub, partner, file), Random(1))
    before = everything(hub)
    with file.open("a") as more:  # another page, so that every row is looked at again
        more.write(file.read_text().splitlines()[-1] + "\n")

    import_pages(hub, partner, history_of(hub, partner, file), Random(1))
    after = everything(hub)
    grown = {name for name, rows in after.items() if len(rows) != len(before[name])}
    assert grown == {"deliveries"}


def test_a_row_that_was_poured_is_not_changed_behind_its_back(hub):
    with hub.begin(BulkWork) as work:
        car = work.put(Vehicle, ref=new_ref(), made_at=work.now)
        car.make = "Škoda"
        assert work.session.scalars(select(Vehicle)).one().make == "Škoda"
        with pytest.raises(RuntimeError):
            car.make = "Seat"


def test_what_is_taken_back_is_not_poured(hub):
    with hub.begin(BulkWork) as work:
        work.put(Vehicle, ref=new_ref(), made_at=work.now, make="kept")
        with suppress(ZeroDivisionError), work.savepoint():
            work.put(Vehicle, ref=new_ref(), made_at=work.now, make="gone")
            raise ZeroDivisionError

    with hub.look() as session:
        assert list(session.scalars(select(Vehicle.make))) == ["kept"]
