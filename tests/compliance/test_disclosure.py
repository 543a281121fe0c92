"""What a person may see of themselves: everything, opened, and nobody else's."""

import json
from datetime import date

import pytest
from sqlalchemy import select

from compliance.disclosure import CONTEXTS, disclose
from compliance.registry import readable_sets, record_sets
from hub.errors import NotFound, WrongInput
from hub.models import AuditEntry, Customer
from hub.own import OWN
from hub.sdk import LineRecord, VisitRecord
from mine import an_estimate, an_owner
from shops import BERLIN, KEY, at, folded


@pytest.fixture
def served(hub):
    """A customer whose visit has a note and a line with a title; answers their ref."""
    line = LineRecord(code="OIL", title="Oil change, as Anna asked", price_minor=9900)
    visit = VisitRecord(
        customer=KEY,
        key="V-1",
        at=at("2026-05-04", 10),
        branch="berlin-mitte",
        opened_at=at("2026-05-04"),
        closed_at=at("2026-05-04", 9),
        currency="EUR",
        note="Squeaks on cold days",
        lines=(line,),
    )
    folded(hub, BERLIN, visit)
    with hub.look() as session:
        return session.scalars(select(Customer.ref)).one()


def rows_of(disclosure, name):
    return next(one.rows for one in disclosure.sections if one.name == name)


def test_names_addresses_and_free_text_are_opened(hub, told):
    found = disclose(hub, told(), "petra")

    values = {row["field"]: row["value"] for row in rows_of(found, "personal_values")}
    assert values["name"] == "Anna Weiß"
    assert values["email"] == "anna@example.org"
    assert {row["value"] for row in rows_of(found, "links")} >= {"m-C-1", "crm-C-1"}


def test_what_hangs_below_a_visit_is_read_too(hub, served):
    found = disclose(hub, served, "petra")

    assert rows_of(found, "visits")[0]["note"] == "Squeaks on cold days"
    [line] = rows_of(found, "lines")
    assert (line["title"], line["price_minor"], line["currency"]) == ("Oil change, as Anna asked", 9900, "EUR")


def test_estimates_are_told_line_by_line_with_what_was_said(hub):
    owner = an_owner(hub)
    folded(hub, an_estimate(owner), partner=OWN)

    found = disclose(hub, owner.ref, "petra")

    [estimate] = rows_of(found, "estimates")
    assert (estimate["note"], estimate["state"]) == ("We can do both at one visit.", "open")
    lines = [(row["title"], row["price_minor"], row["answer"]) for row in rows_of(found, "estimate_lines")]
    assert lines == [("Front brake pads and discs", 28_900, None), ("Starter battery, 70 Ah", 18_900, None)]


def test_nobody_elses_rows_are_in_it(hub, told):
    mine, other = told("C-1"), told("C-2", email="bo@example.org")

    text = json.dumps(disclose(hub, mine, "petra").plain(), ensure_ascii=False)

    assert "anna@example.org" in text
    assert "bo@example.org" not in text
    assert other not in text


def test_no_hash_key_or_row_number_is_shown(hub, served):
    for section in disclose(hub, served, "petra").sections:
        assert not [name for name in section.columns if name == "id" or name.endswith(("_id", "_hash", "key_hash"))]


def test_partners_who_know_them_are_named(hub, told):
    found = disclose(hub, told(), "petra")

    assert {row["partner"] for row in found.told} == {"club", "crm"}


def test_each_look_is_audited_and_shown_the_next_time(hub, told):
    ref = told()
    disclose(hub, ref, "petra")

    assert "person_disclosed" in {row["action"] for row in disclose(hub, ref, "petra").looks}
    with hub.look() as session:
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "person_disclosed")).all()) == 2


def test_it_is_ready_for_json(hub, served):
    plain = disclose(hub, served, "petra").plain()

    assert json.loads(json.dumps(plain)) == plain
    assert plain["records"]["visits"]["rows"][0]["local_day"] == date(2026, 5, 4).isoformat()


def test_somebody_who_was_erased_has_nothing_to_see(hub, crm, told, approved):
    from compliance import erasure
    from partners import drain_all

    ref = told()
    request = approved(ref)
    erasure.run(hub, request)
    drain_all(hub)
    erasure.run(hub, request)

    with pytest.raises(WrongInput, match="has been erased"):
        disclose(hub, ref, "petra")


def test_nobody_is_not_found(hub):
    with pytest.raises(NotFound):
        disclose(hub, "nobody", "petra")


def test_every_record_set_that_is_erased_can_be_read_and_more():
    readable = {one.name for one in readable_sets()}

    assert {one.name for one in record_sets()} <= readable
    assert {"lines", "findings"} <= readable
    assert set(CONTEXTS) <= readable
