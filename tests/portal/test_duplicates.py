"""One or two: who sees a pair, what stands beside each other, who proposes and who decides."""

import re

import pytest
from flask import Flask
from sqlalchemy import select, update

from desks import Visitor
from disputing import a_likeness
from hub.core import Hub
from hub.models import AuditEntry, Customer, Duplicate, Person, Principal, Role
from hub.own import OWN
from hub.sdk import CustomerKey, CustomerRecord, VehicleRecord
from mine import BERLIN, Owner, a_newcomer, an_owner
from shops import folded

DESK = "/desk/duplicates/"


@pytest.fixture
def both(hub: Hub) -> tuple[Owner, Owner]:
    mara, again = an_owner(hub), a_newcomer(hub, "C-18")
    key = CustomerKey(partner_id=again.number, customer_number=again.number)
    folded(hub, CustomerRecord(customer=key, name="Mara Lindner", branch=BERLIN.code),
           VehicleRecord(customer=key, partner_id="C-18-1", plate="B XY 1"), partner=OWN)  # fmt: skip
    return mara, again


@pytest.fixture
def pair(hub: Hub, both: tuple[Owner, Owner]) -> str:
    return f"{DESK}{a_likeness(hub, OWN, both[0].customer_id, both[1].customer_id)}"


@pytest.fixture
def advisor(app: Flask, hub: Hub) -> Visitor:
    return Visitor(app).sign_in(hub, "advisor", title="Ada")


@pytest.fixture
def officer(app: Flask, hub: Hub) -> Visitor:
    return Visitor(app).sign_in(hub, "privacy", title="Petra")


def pressed(visitor: Visitor, path: str, **form: str) -> tuple[int, str]:
    answer = visitor.post(path, {"token": visitor.token(DESK), **form})
    return answer.status_code, answer.headers.get("Location", "") or answer.text


def state(hub: Hub) -> str:
    with hub.look() as session:
        return session.scalars(select(Duplicate.state)).one()


def test_an_advisor_proposes_and_the_privacy_desk_decides(
    hub: Hub, advisor: Visitor, officer: Visitor, both: tuple[Owner, Owner], pair: str
) -> None:
    keep, lose = both
    assert "The same phone number" in advisor.get(DESK).text
    text = advisor.get(pair).text
    assert "B TH 4172" in text
    assert "B XY 1" in text
    assert "This cannot be undone" in text

    assert pressed(advisor, f"{pair}/propose", keep=keep.ref) == (303, f"{DESK}?done=proposed")
    assert "Merge them for good" not in advisor.get(pair).text
    assert pressed(advisor, f"{pair}/merge")[0] == 403
    assert "Merge them for good" in officer.get(pair).text
    assert pressed(officer, f"{pair}/merge") == (303, f"{DESK}?done=merged")

    assert pressed(officer, f"{pair}/merge") == (303, f"{DESK}?done=merged")  # pressed twice
    old = advisor.get(f"/desk/customers/{lose.ref}").text
    assert "B TH 4172" in old
    assert "B XY 1" in old
    assert "Nobody is alike" in advisor.get(DESK).text


def test_whoever_proposes_does_not_decide(app: Flask, hub: Hub, both: tuple[Owner, Owner], pair: str) -> None:
    admin = Visitor(app).sign_in(hub, "admin", title="Ina")
    pressed(admin, f"{pair}/propose", keep=both[1].ref)

    status, text = pressed(admin, f"{pair}/merge")

    assert (status, state(hub)) == (403, "proposed")
    assert "second pair of eyes" in text


def test_either_may_stay_and_a_proposal_is_taken_back(
    hub: Hub, advisor: Visitor, both: tuple[Owner, Owner], pair: str
) -> None:
    other = advisor.get(f"{pair}?keep={both[1].ref}").text
    assert re.findall(r'name="keep" value="(\w+)"', other) == [both[1].ref]

    pressed(advisor, f"{pair}/propose", keep=both[1].ref)
    assert state(hub) == "proposed"
    assert pressed(advisor, f"{pair}/take-back") == (303, f"{DESK}?done=back")
    assert pressed(advisor, f"{pair}/take-back") == (303, f"{DESK}?done=over")
    assert state(hub) == "open"


def test_that_they_are_two_needs_a_reason_and_is_remembered(
    hub: Hub, advisor: Visitor, both: tuple[Owner, Owner], pair: str
) -> None:
    assert pressed(advisor, f"{pair}/keep-apart")[0] == 422
    assert pressed(advisor, f"{pair}/keep-apart", reason="namesakes") == (303, f"{DESK}?done=apart")

    status, address = pressed(advisor, DESK, one="B TH 4172", other="C-18")

    assert (status, address, state(hub)) == (303, pair, "kept apart")


def test_two_that_somebody_knows_are_found_by_what_is_theirs(
    hub: Hub, advisor: Visitor, both: tuple[Owner, Owner]
) -> None:
    assert pressed(advisor, DESK, one="B TH 4172", other="nobody at all")[0] == 422
    status, address = pressed(advisor, DESK, one="B TH 4172", other="B XY 1")

    assert status == 303
    assert "Somebody at a desk saw it" in advisor.get(address).text


def test_what_stands_in_the_way_is_said_and_stops_the_button_and_the_form(
    hub: Hub, advisor: Visitor, both: tuple[Owner, Owner], pair: str
) -> None:
    with hub.begin() as work:
        person = work.session.get_one(Customer, both[1].customer_id).person_id
        work.session.get_one(Person, person).jurisdiction = "FR"

    text = advisor.get(pair).text

    assert "They live under two laws (DE and FR)" in text
    assert "They are one: propose it" not in text
    assert pressed(advisor, f"{pair}/propose", keep=both[0].ref)[0] == 403


def test_a_pair_of_another_branch_is_none(app: Flask, hub: Hub, pair: str) -> None:
    elsewhere = Visitor(app).sign_in(hub, "advisor", title="Theo")
    with hub.begin() as work:
        theo = select(Principal.id).where(Principal.title == "Theo").scalar_subquery()
        work.session.execute(update(Role).where(Role.principal_id == theo).values(branch="elsewhere"))

    assert elsewhere.get(pair).status_code == 404
    assert "Nobody is alike" in elsewhere.get(DESK).text


def test_that_both_were_seen_is_written_down_for_them(hub: Hub, advisor: Visitor, pair: str) -> None:
    for _ in range(2):
        advisor.get(pair)

    with hub.look() as session:
        seen = session.scalars(select(AuditEntry).where(AuditEntry.action == "customer_seen")).all()
    assert [entry.detail for entry in seen] == [{"page": "duplicate"}] * 2


@pytest.fixture
def many(hub: Hub, both: tuple[Owner, Owner]) -> list[int]:
    """Sixty pairs of the branch, the last of which is proposed."""
    mara = both[0].customer_id
    others = [a_newcomer(hub, f"D-{number}").customer_id for number in range(60)]
    pairs = [a_likeness(hub, OWN, mara, other) for other in others]
    with hub.begin() as work:
        work.session.execute(update(Duplicate).where(Duplicate.id == pairs[-1]).values(state="proposed"))
    return pairs


def listed(text: str) -> list[int]:
    return [int(number) for number in re.findall(rf'href="{DESK}([0-9]+)"', text)]


def test_however_many_pairs_wait_each_stands_on_one_page_and_in_the_table(advisor: Visitor, many: list[int]) -> None:
    first = advisor.get(DESK).text
    more = re.search(rf'href="({DESK}[^"]*after=[0-9]+)"', first)
    assert more
    assert 'rel="next"' not in advisor.get(more[1]).text

    assert sorted(listed(first) + listed(advisor.get(more[1]).text)) == sorted(many)
    assert len(advisor.get(DESK + "pairs.csv").text.splitlines()) == 1 + len(many)
    assert listed(advisor.get(DESK + "?state=proposed").text) == many[-1:]
    assert len(advisor.get(DESK + "pairs.csv?state=open").text.splitlines()) == len(many)


def test_pairs_of_another_branch_are_in_no_page_and_no_table(app: Flask, hub: Hub, many: list[int]) -> None:
    elsewhere = Visitor(app).sign_in(hub, "advisor", title="Ben")
    with hub.begin() as work:
        mine = select(Principal.id).where(Principal.title == "Ben")
        work.session.execute(update(Role).where(Role.principal_id.in_(mine)).values(branch="hamburg"))

    assert listed(elsewhere.get(DESK).text) == []
    assert len(elsewhere.get(DESK + "pairs.csv").text.splitlines()) == 1
