"""A person's home moves: everything arrives, nothing is left, and whatever stops it in the middle, the end is the same."""

import pytest
from sqlalchemy import func, select

from compliance import copies, erasure, holds, moving
from compliance.certificates import canonical, is_genuine
from compliance.registry import by_table, readable_sets
from forgetting import person_of
from hub.errors import Denied, NotFound, WrongInput
from hub.flow import customers
from hub.flow.effects import load_subjects, open_values
from hub.models import Base, Customer, DataKey, Document, Event, Move, Person, Profile
from hub.sdk import ConsentRecord, CustomerKey, CustomerRecord, EventRecord, LoyaltyRecord, VehicleRecord
from hub.vault.cipher import HEADER, MAGIC
from partners import drain_all

STEPS = ("_copy", "_switch", "_arrive", "_leave", "_certify")
KEY = CustomerKey(partner_id="m-C-1", customer_number="C-1")


@pytest.fixture
def anna(hub, crm, told, clock):
    """With visits, a card, a car and a consent."""
    ref = told()
    records = [
        LoyaltyRecord(customer=KEY, version=1, at=clock(), tier="gold", points=40),
        VehicleRecord(customer=KEY, partner_id="v-1", vin="WVWZZZ1JZ3W386752", plate="B-AW 1"),
        ConsentRecord(customer=KEY, purpose="marketing", channel="sms", state="granted", notice="n", at=clock()),
    ]
    with hub.begin() as work:
        customers.fold(hub, work, hub.partners["club"], records)
    return ref


def planned(hub, gcc_hub, ref):
    return moving.plan(hub, gcc_hub, ref, "lives in Dubai now", "petra")


def moved(hub, gcc_hub, move):
    """With the partners of the old home told on the way."""
    moving.run(hub, gcc_hub, move, "petra")
    drain_all(hub)
    return moving.run(hub, gcc_hub, move, "petra")


def sealed_under(hub, key_id):
    """Every ciphertext under this key in any table, and the key itself."""
    tag = HEADER.pack(MAGIC, hub.region_code.encode(), key_id)
    with hub.look() as session:
        rows = [
            value for table in Base.metadata.sorted_tables for row in session.execute(select(table)) for value in row
        ]
        keys = session.scalar(select(func.count()).select_from(DataKey).where(DataKey.id == key_id))
    return sum(isinstance(value, bytes) and value.startswith(tag) for value in rows) + keys


def test_all_that_travels_arrives_and_opens_with_the_key_that_came_along(hub, gcc_hub, anna):
    with hub.look() as session:
        before = session.execute(select(func.count(), func.sum(Event.amount_minor)).select_from(Event)).one()

    assert moved(hub, gcc_hub, planned(hub, gcc_hub, anna)) == "certified"

    person = person_of(gcc_hub, anna)
    assert (person.jurisdiction, person.restricted_at) == ("AE", None)
    with gcc_hub.begin() as work:
        customer = work.session.scalars(select(Customer)).one()
        subject = load_subjects(work, [customer.id])[customer.id]
        told = {person.id: {"name": "Anna Weiß", "email": "anna@example.org"}}
        assert open_values(work, [(subject, {"name", "email"})]) == told
        history = select(func.count(), func.sum(Event.amount_minor)).select_from(Event)
        assert work.session.execute(history).one() == before
        profile = work.session.scalars(select(Profile)).one()
    assert (profile.loyalty_tier, profile.vehicles_count) == ("gold", 1)
    assert hub.directory.home(anna) == "gcc"


def test_nothing_of_the_person_is_left_at_the_old_home(hub, gcc_hub, anna):
    person = person_of(hub, anna)
    assert sealed_under(hub, person.data_key_id) > 5
    with hub.look() as session:
        wrapped = session.get_one(DataKey, person.data_key_id).wrapped

    assert moved(hub, gcc_hub, planned(hub, gcc_hub, anna)) == "certified"

    assert sealed_under(hub, person.data_key_id) == 0
    assert sealed_under(gcc_hub, person.data_key_id) > 5
    tag = HEADER.pack(MAGIC, b"eu", person.data_key_id)
    files = [path.read_bytes() for path in hub.region.folder.glob("hub.db*")]
    assert not [raw for raw in files if tag in raw or wrapped in raw or "Anna Weiß".encode() in raw]


def test_the_certificate_is_signed_by_both_homes_and_kept_in_both(hub, gcc_hub, anna):
    move = planned(hub, gcc_hub, anna)
    moved(hub, gcc_hub, move)

    certificates = []
    for home in (hub, gcc_hub):
        with home.look() as session:
            certificates.append(session.scalars(select(Move.certificate).where(Move.ref == move)).one())
    assert certificates[0] == certificates[1]
    for home in (hub, gcc_hub):
        signed = certificates[0]["signed"][home.region_code]
        assert is_genuine({"statement": certificates[0]["statement"], **signed}, home.vault.signer())
    assert certificates[0]["statement"]["record_sets"]["events"]["rows"] == 3
    assert b"Anna" not in canonical(certificates[0]["statement"])


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_after_any_step_ends_in_the_same_certificate(hub, gcc_hub, anna, step, monkeypatch):
    move = planned(hub, gcc_hub, anna)
    real = getattr(moving, step)

    def killed(*given):
        real(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(moving, step, killed)
    with pytest.raises(KeyboardInterrupt):
        moved(hub, gcc_hub, move)
    monkeypatch.undo()

    assert moved(hub, gcc_hub, move) == "certified"
    statement = moving.told(hub, move)["certificate"]["statement"]
    assert {name: one["rows"] for name, one in statement["record_sets"].items()} == {
        "aliases": 7, "consents": 1, "events": 3, "membership_cards": 1, "ledger_entries": 1, "ownerships": 1, "personal_values": 5,
        "profiles": 1, "tiers": 1,
    }  # fmt: skip
    assert (statement["key"], hub.directory.home(anna)) == ("shredded", "gcc")


def test_what_is_told_between_copy_and_switch_is_not_lost(hub, gcc_hub, anna, clock, monkeypatch):
    real, late = moving._switch, []

    def switch(*given):
        if not late:
            late.append(EventRecord(customer=KEY, kind="visit", key="late", at=clock(), zone="Europe/Berlin"))
            with hub.begin() as work:
                customers.fold(hub, work, hub.partners["club"], late)
        return real(*given)

    monkeypatch.setattr(moving, "_switch", switch)
    assert moved(hub, gcc_hub, planned(hub, gcc_hub, anna)) == "certified"

    with gcc_hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 4


@pytest.mark.parametrize("drained", [False, True])
def test_what_comes_in_at_the_old_home_makes_nobody_and_changes_nothing(hub, gcc_hub, anna, clock, drained):
    """While partners are still being told, and after all is forgotten."""
    move = planned(hub, gcc_hub, anna)
    assert moving.run(hub, gcc_hub, move, "petra") == "leaving"
    if drained:
        moved(hub, gcc_hub, move)
    with hub.look() as session:
        before = session.scalar(select(func.count()).select_from(Person))

    record = CustomerRecord(customer=KEY, name="Anna Weiß", email="anna@example.org", phone="+493012345")
    visit = EventRecord(customer=KEY, kind="visit", key="again", at=clock(), zone="Europe/Berlin")
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["club"], [record, visit])

    assert (folded.new, folded.erased) == (0, 2)
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Person)) in (
            before,
            before + 1,
        )  # nobody's shell at most
        assert session.scalar(select(func.count()).select_from(Event).where(Event.source_hash == b"again")) == 0


def test_a_hold_stops_it_before_the_copy_and_before_the_switch(hub, gcc_hub, anna, monkeypatch):
    move = planned(hub, gcc_hub, anna)
    real = moving._copy

    def copy_then_hold(*given):
        real(*given)
        holds.place(hub, holds.Wanted(anna, "events", "lawsuit", "§ 142 ZPO", "legal"), "legal")

    monkeypatch.setattr(moving, "_copy", copy_then_hold)
    with pytest.raises(Denied, match="legal hold"):
        moving.run(hub, gcc_hub, move, "petra")
    monkeypatch.undo()

    assert hub.directory.home(anna) == "eu"
    assert person_of(gcc_hub, anna).restricted_at is not None  # the copy is used by nobody


def test_without_a_policy_nobody_moves(hub, gcc_hub, anna, settings):
    (settings.config / "policies" / "homes_move_on_request.yaml").unlink()
    hub.book.looked_at -= 5

    with pytest.raises(Denied, match="no policy speaks of this"):
        planned(hub, gcc_hub, anna)


def test_what_stands_in_the_way_is_said_in_words(hub, gcc_hub, anna, clock):
    with pytest.raises(WrongInput, match="their home already"):
        planned(hub, hub, anna)
    with pytest.raises(NotFound, match="no customer x"):
        planned(hub, gcc_hub, "x")
    with pytest.raises(WrongInput, match="needs its reason"):
        moving.plan(hub, gcc_hub, anna, " ", "petra")
    with pytest.raises(WrongInput, match="documents cannot move yet"):
        copies.check_can_travel({Document.__tablename__: 1})
    erasure.intake(hub, anna, "portal")
    with pytest.raises(Denied, match="1 request"):
        planned(hub, gcc_hub, anna)
    assert person_of(hub, anna).restricted_at is None


def test_every_record_set_has_its_place_in_a_move():
    named = [*copies.TRAVELS, *copies.STOPS, *copies.STAYS, *copies.ENDS]

    assert len(named) == len(set(named))
    assert set(named) == set(by_table(readable_sets()))


def test_all_of_a_person_moves_or_nothing_and_nobody_moves_back_to_what_has_become_nobodys(
    hub, gcc_hub, anna, settings
):
    moved(hub, gcc_hub, planned(hub, gcc_hub, anna))

    with pytest.raises(Denied, match="phones_stay_in_the_gulf"):
        planned(gcc_hub, hub, anna)
    (settings.config / "policies" / "phones_stay_in_the_gulf.yaml").unlink()
    gcc_hub.book.looked_at -= 5
    with pytest.raises(WrongInput, match="at home there before"):
        planned(gcc_hub, hub, anna)
