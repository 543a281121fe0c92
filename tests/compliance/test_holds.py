"""Holds are placed and released by name, and nothing is held for nobody."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from compliance import holds
from hub.errors import NotFound, WrongInput
from hub.models import AuditEntry


def wanted(ref, **given):
    return holds.Wanted(
        **{"customer_ref": ref, "record_set": "*", "purpose": "tax", "basis": "§ 147 AO", "owner": "legal", **given}
    )


def test_a_hold_is_in_force_until_it_is_released(hub, told):
    ref = told()
    hold = holds.place(hub, wanted(ref), "legal")
    assert [(row.id, whose) for row, whose in holds.in_force(hub)] == [(hold, ref)]

    holds.release(hub, hold, "legal")

    assert holds.in_force(hub) == []
    with hub.look() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("hold_"))).all()
    assert actions == ["hold_placed", "hold_released"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"record_set": "evnts"}, "no record set “evnts”"),
        ({"basis": " "}, "needs its basis"),
        ({"owner": ""}, "needs its owner"),
        ({"ends_at": "past"}, "ended already"),
    ],
)
def test_a_hold_that_says_too_little_is_refused(hub, told, clock, given, said):
    if "ends_at" in given:
        given = {"ends_at": clock() - timedelta(days=1)}

    with pytest.raises(WrongInput, match=said):
        holds.place(hub, wanted(told(), **given), "legal")


def test_a_hold_on_nobody_is_refused(hub):
    with pytest.raises(NotFound):
        holds.place(hub, wanted("nobody"), "legal")


def test_a_hold_is_released_once(hub, told):
    hold = holds.place(hub, wanted(told()), "legal")
    holds.release(hub, hold, "legal")

    with pytest.raises(NotFound, match="no hold"):
        holds.release(hub, hold, "legal")
