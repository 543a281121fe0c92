"""The walk over the classified columns finds a person wherever one is pointed at."""

import pytest
from sqlalchemy import func, select

from compliance import erasure
from compliance.coming import Came
from compliance.disclosure import disclose
from compliance.registry import SHELLS, by_table, readable_sets, record_sets
from hub.access import principal_of
from hub.models import Base, Customer, Fleet, Job, Principal, new_ref
from partners import drain_all

SETS = {(one.name, one.column.name): one for one in record_sets()}


def test_every_column_that_points_at_a_person_or_customer_is_in_a_record_set() -> None:
    pointing = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name in ("persons", "customers") and table.name not in SHELLS
    }

    assert pointing
    assert pointing <= set(SETS)


def test_children_go_before_the_rows_they_point_at() -> None:
    order = [one.name for one in record_sets()]

    for one in record_sets():
        if one.parent is not None:
            assert order.index(one.name) < order.index(one.parent.name)


@pytest.mark.parametrize(
    ("record_set", "column", "verb"),
    [
        ("personal_values", "person_id", "shred"), ("aliases", "person_id", "shred"), ("links", "person_id", "shred"),
        ("events", "customer_id", "anonymise"), ("visits", "customer_id", "anonymise"), ("estimates", "customer_id", "anonymise"),
        ("profiles", "customer_id", "shred"),
        ("scores", "customer_id", "shred"), ("memberships", "customer_id", "shred"), ("consents", "person_id", "archive"),
        ("offers", "customer_id", "shred"), ("referrals", "customer_id", "shred"),
        ("referrals", "referred_id", "shred"),
        ("guest_links", "customer_id", "shred"), ("car_invitations", "customer_id", "shred"),
        ("counterparts", "person_id", "shred"), ("legal_holds", "person_id", "archive"), ("ledger_entries", "card_id", "shred"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_record_set(record_set: str, column: str, verb: str) -> None:
    assert SETS[record_set, column].verb == verb


def test_free_text_ends_where_its_row_stays() -> None:
    assert SETS["visits", "customer_id"].sealed == ("note",)
    assert SETS["estimates", "customer_id"].sealed == ("key", "note")


def test_a_table_below_two_parents_is_reached_by_both() -> None:
    ways = {name: {one.column.name for one in several} for name, several in by_table(record_sets()).items()}

    assert ways["jobs"] == {"principal_id", "fleet_id"}
    assert ways["assignments"] == {"fleet_id", "job_id"}
    assert ways["timers"] == {"fleet_id", "level_id"}


def test_what_points_at_somebody_is_theirs_wherever_else_it_hangs() -> None:
    """An invoice below a visit that somebody else paid for."""
    ways = {name: {one.column.name for one in several} for name, several in by_table(readable_sets()).items()}

    assert (ways["invoices"], ways["documents"]) == ({"customer_id"}, {"customer_id"})


def test_a_row_below_two_parents_is_read_counted_and_erased_once(hub, crm, told) -> None:
    ref = told()
    with hub.begin() as work:
        owner = work.session.scalars(select(Customer).where(Customer.ref == ref)).one()
        other = work.add(Principal(ref=new_ref(), title="partner", made_at=work.now))
        mine = principal_of(work, ref)
        work.session.flush()
        seed = {"title": "Lahn", "principal_id": other.id, "keeper_id": owner.person_id, "made_at": work.now}
        fleet = work.add(Fleet(ref=new_ref(), code="lahn", **seed))
        for principal, of_fleet in ((mine.id, fleet.id), (other.id, fleet.id), (mine.id, None), (other.id, None)):
            work.add(Job(ref=new_ref(), kind="rows", principal_id=principal, fleet_id=of_fleet, state="done", rows=1,
                         counts={}, made_at=work.now))  # fmt: skip

    read = next(one.rows for one in disclose(hub, ref, "petra").sections if one.name == "jobs")
    assert len(read) == 3  # of the four, the last one is somebody else's

    request = erasure.intake(hub, ref, "petra", Came("desk"))
    erasure.verify(hub, request, "petra", "session")
    plan = erasure.plan(hub, request, "petra")
    assert [item["rows"] for item in plan["items"] if item["record_set"] == "jobs"] == [3]
    erasure.approve(hub, request, "paul")
    erasure.run(hub, request)
    drain_all(hub)

    assert erasure.run(hub, request) == "certified"
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1
