"""A history that is poured in says what the same history says when it comes in by the ordinary door."""

from contextlib import suppress
from random import Random

import pytest
from sqlalchemy import select

from everything import everything
from hub.demo.history import history, write_rows
from hub.demo.rows import Pen
from hub.demo.world.books import DAYS
from hub.errors import Busy
from hub.flow import pipeline, sync
from hub.flow.sync import history_of, import_pages, patiently
from hub.models import Person, Vehicle, new_ref
from hub.work import BulkWork, Work
from hubs import NOW
from worlds import books_of


def bring(hub, file, monkeypatch, kind):
    monkeypatch.setattr(sync, "BulkWork", kind)
    partner = hub.partners["shop"]
    return vars(import_pages(hub, partner, history_of(hub, partner, file), Random(1)))


@pytest.fixture
def file(tmp_path):
    books, path = books_of("eu", 60)[0], tmp_path / "history.ndjson"
    write_rows(path, history(Pen(books), DAYS, NOW))
    return path


def test_what_is_poured_in_equals_what_came_by_the_ordinary_door(twins, file, monkeypatch, caplog):
    done = [bring(hub, file, monkeypatch, kind) for hub, kind in zip(twins, (BulkWork, Work), strict=True)]

    poured, ordinary = (everything(hub) for hub in twins)
    assert done[0] == done[1]
    assert "batch failed" not in caplog.messages  # or it was not poured at all, but came in row by row
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


def test_a_row_on_its_way_answers_for_columns_that_nobody_set(hub):
    with hub.begin(BulkWork) as work:
        person = work.put(Person, ref=new_ref(), jurisdiction="DE", made_at=work.now)
        assert person.moved_to is None
        work.session.scalars(select(Person)).all()
        assert person.moved_to is None


def test_what_is_taken_back_is_not_poured(hub):
    with hub.begin(BulkWork) as work:
        work.put(Vehicle, ref=new_ref(), made_at=work.now, make="kept")
        with suppress(ZeroDivisionError), work.savepoint():
            work.put(Vehicle, ref=new_ref(), made_at=work.now, make="gone")
            raise ZeroDivisionError

    with hub.look() as session:
        assert list(session.scalars(select(Vehicle.make))) == ["kept"]


def test_the_last_of_a_file_waits_too(hub, file, monkeypatch):
    goes_in = [False] if hub.region.on_sqlite else []  # elsewhere a page waits for others: it is the last, too
    taken, busy = pipeline.process, iter([*goes_in, True])

    def process(*args, **keywords):
        if next(busy, False):
            raise Busy("busy")
        return taken(*args, **keywords)

    monkeypatch.setattr(pipeline, "process", process)
    assert bring(hub, file, monkeypatch, BulkWork)["imported"] > 200
    assert list(busy) == []


def test_a_page_waits_for_a_database_that_others_write_to_and_gives_up_in_the_end():
    answers = iter([Busy("busy"), Busy("busy"), "in"])

    def step():
        answer = next(answers)
        if isinstance(answer, Busy):
            raise answer
        return answer

    assert patiently(step) == "in"
    answers = iter([Busy("busy")])
    with pytest.raises(Busy):
        patiently(step, patience=-1)
