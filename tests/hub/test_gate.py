"""Every delete goes through the gate, and the gate asks the holds."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.errors import Denied
from hub.gate import erase_rows
from hub.models import LegalHold, Person, PersonalValue


@pytest.fixture
def anna(hub, noting, told_by_club):
    told_by_club(member_id="m-1", name="Anna Weiß", email="anna@example.org")
    with hub.look() as session:
        return session.scalars(select(Person.id)).one()


def hold(hub, person, record_set="profile", **more):
    with hub.begin() as work:
        given = {"purpose": "a claim", "basis": "§ 147 AO", "owner": "legal", "placed_at": work.now, **more}
        work.add(LegalHold(person_id=person, record_set=record_set, **given))


def erase(hub, person):
    with hub.begin() as work:
        mine = PersonalValue.person_id == person
        return erase_rows(work.session, PersonalValue, mine, record_set="profile", persons=[person], now=work.now)


def test_rows_go_when_nothing_holds_them(hub, anna):
    assert erase(hub, anna) == 2


@pytest.mark.parametrize("record_set", ["profile", "*"])
def test_a_hold_stops_the_delete_and_nothing_is_half_done(hub, anna, record_set):
    hold(hub, anna, record_set)

    with pytest.raises(Denied, match="legal hold"):
        erase(hub, anna)

    with hub.look() as session:
        assert len(session.scalars(select(PersonalValue)).all()) == 2


def test_a_hold_on_other_records_stops_nothing(hub, anna):
    hold(hub, anna, "invoices")

    assert erase(hub, anna) == 2


def test_a_hold_that_was_released_or_has_ended_stops_nothing(hub, anna, clock):
    hold(hub, anna, released_at=clock.now)
    hold(hub, anna, ends_at=clock.now - timedelta(days=1))

    assert erase(hub, anna) == 2
