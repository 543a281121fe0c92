"""From the wish to be forgotten to the certificate: once, resumable, and holds win."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from compliance import certificates, counting, erasure, execution, holds
from compliance.coming import Came
from compliance.registry import record_sets
from forgetting import person_of
from hub.clock import turn_epoch
from hub.errors import Denied, NotFound, Unreadable, WrongInput
from hub.flow import customers, effects, explain, pins
from hub.flow.outbox import Intent
from hub.models import (
    Alias,
    AuditEntry,
    Customer,
    DataKey,
    ErasureRequest,
    Event,
    LedgerEntry,
    Link,
    MembershipCard,
    Message,
    PersonalValue,
    Pin,
    Profile,
)
from hub.sdk import CustomerKey, CustomerRecord, EventRecord, LoyaltyRecord
from partners import drain_all
from scanning import whole_reads


def request_of(hub, ref):
    with hub.look() as session:
        return session.scalars(select(ErasureRequest).where(ErasureRequest.ref == ref)).one()


def number_of(hub, model, *where):
    with hub.look() as session:
        return session.scalar(select(func.count()).select_from(model).where(*where))


def erased(hub, request):
    erasure.run(hub, request)
    drain_all(hub)
    return erasure.run(hub, request)


def wanted(ref, record_set="events", **given):
    return holds.Wanted(ref, record_set, "lawsuit", "§ 142 ZPO", "legal", **given)


def test_an_erased_person_is_gone_from_every_record_set_and_their_key_with_them(hub, crm, told, approved):
    ref = told()
    person = person_of(hub, ref)
    with hub.begin() as work:
        sealed = work.session.scalars(select(PersonalValue.sealed).where(PersonalValue.person_id == person.id)).first()

    state = erased(hub, approved(ref))

    assert state == "certified"
    assert (
        number_of(hub, PersonalValue) == number_of(hub, Alias) == number_of(hub, Link) == number_of(hub, Profile) == 0
    )
    assert number_of(hub, DataKey, DataKey.id == person.data_key_id) == 0
    with hub.begin() as work, pytest.raises(Unreadable):
        work.vault.unseal(work.key(person.data_key_id), sealed, "")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_forgetting_somebody_costs_does_not_grow_with_the_customers(hub, crm, told, approved):
    told("C-2")
    customer = told()

    with whole_reads(hub) as found:
        assert erased(hub, approved(customer)) == "certified"

    assert sorted(found) == []


def test_why_says_of_an_erased_person_that_nothing_is_left_to_read(hub, crm, told, approved):
    ref = told()
    assert explain.why(hub, ref, None)

    erased(hub, approved(ref))

    with pytest.raises(NotFound, match="was erased"):
        explain.why(hub, ref, None)


def test_a_pin_goes_with_the_person_whoever_set_it_and_whyever(hub, crm, told, approved):
    ref, other = told("C-1"), told("C-2", email="bo@example.org")
    for one in (ref, other):
        with hub.begin() as work:
            pins.put(hub, work, "gold_members", one, inside=True, author="amira", reason="a friend", last_on=None)
    with hub.begin() as work:
        pins.take_off(hub, work, "gold_members", ref, "amira")  # one that was taken off goes, too
        pins.put(hub, work, "regulars", ref, inside=False, author="amira", reason="asked us not to", last_on=None)

    erased(hub, approved(ref))

    with hub.look() as session:
        assert session.scalars(select(Customer.ref).join(Pin, Pin.customer_id == Customer.id)).all() == [other]
        assert number_of(hub, Pin) == 1
    assert [(pin.customer_ref, pin.reason) for pin in pins.standing(hub, None)] == [(other, "a friend")]


def test_anonymous_history_keeps_every_total(hub, crm, told, approved):
    ref, other = told("C-1"), told("C-2", email="bo@example.org")
    with hub.look() as session:
        before = session.execute(select(func.count(), func.sum(Event.amount_minor)).select_from(Event)).one()

    erased(hub, approved(ref))

    with hub.look() as session:
        assert session.execute(select(func.count(), func.sum(Event.amount_minor)).select_from(Event)).one() == before
        owners = set(session.scalars(select(Customer.ref).join(Event, Event.customer_id == Customer.id)))
    assert owners == {other, "nobody-mitte"}


def test_two_who_were_erased_at_one_branch_cannot_be_told_apart(hub, crm, told, approved):
    for number in ("C-1", "C-2"):
        erased(hub, approved(told(number, email=f"{number}@example.org")))

    with hub.look() as session:
        assert len(set(session.scalars(select(Event.customer_id)))) == 1


def test_partners_are_told_before_the_key_that_names_them_goes(hub, crm, told, approved):
    ref = told()

    erased(hub, approved(ref))

    [push] = crm.told
    assert (push.topic, push.partner_id, push.entity, push.body["how"]) == ("delete", "crm-C-1", ref, "erase")


def test_the_request_waits_for_a_partner_who_does_not_answer(hub, crm, told, approved):
    ref, crm.answer = told(), "retry"
    request = approved(ref)

    assert erased(hub, request) == "telling"
    assert person_of(hub, ref).data_key_id is not None


def test_a_partner_who_never_answers_is_named_in_the_certificate(hub, crm, told, approved, clock):
    ref, crm.answer = told(), "retry"
    request = approved(ref)
    erased(hub, request)

    clock.pass_by(days=15)

    assert erasure.run(hub, request) == "certified"
    partners = request_of(hub, request).certificate["statement"]["partners"]
    assert [(one["connection"], one["state"]) for one in partners] == [("crm", "waiting")]


def test_nobody_is_told_anything_of_somebody_who_is_frozen(hub, crm, told, approved):
    ref = told()
    approved(ref)
    with hub.begin() as work:
        customer = work.session.scalars(select(Customer).where(Customer.ref == ref)).one()
        effects.announce(
            hub, work, [(customer.id, Intent("segment_entered", ref, "entered:1", {"customer_id": customer.id}))]
        )

    with hub.look() as session:
        messages = session.scalars(select(Message).where(Message.topic == "segment_entered")).all()
    assert messages
    assert {message.state for message in messages} == {"refused"}
    assert all("restricted_people_are_left_alone" in message.reason for message in messages)


@pytest.mark.parametrize("how", ["number", "link", "email", "phone", "ref"])
def test_no_inbound_path_makes_an_erased_person_anew(hub, crm, told, approved, how, clock):
    ref = told()
    erased(hub, approved(ref))
    key = {
        "number": CustomerKey(partner_id="new", customer_number="C-1"),
        "link": CustomerKey(partner_id="m-C-1"),
        "ref": CustomerKey(partner_id="new", ref=ref),
    }.get(how, CustomerKey(partner_id="new"))
    record = CustomerRecord(
        customer=key,
        name="Anna",
        email="Anna@Example.org" if how == "email" else None,
        phone="030 12345" if how == "phone" else None,
        residence="DE",
    )
    visit = EventRecord(customer=key, kind="visit", key="again", at=clock(), zone="Europe/Berlin")

    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["club"], [record, visit])

    assert folded.erased >= 1
    assert number_of(hub, PersonalValue) == number_of(hub, Profile) == 0


def test_who_shares_a_phone_with_somebody_erased_is_somebody_else(hub, crm, told, approved):
    erased(hub, approved(told()))

    told("C-2", email="bo@example.org")

    assert number_of(hub, Profile) == 1


def test_somebody_who_comes_back_of_their_own_will_is_made_anew_and_it_is_logged(hub, crm, told, approved):
    erased(hub, approved(told()))
    for kind, value in (("customer_number", "C-1"), ("email", "anna@example.org"), ("phone", "+493012345")):
        assert erasure.lift(hub, kind, value, "petra") == 1

    record = CustomerRecord(
        customer=CustomerKey(partner_id="new", customer_number="C-1"), name="Anna", email="anna@example.org"
    )
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["club"], [record])

    assert folded.erased == 0
    assert number_of(hub, Profile) == 1
    assert number_of(hub, AuditEntry, AuditEntry.action == "tombstone_lifted") == 3


def test_tombstones_outlive_the_epochs_they_were_made_in(hub, crm, told, approved, clock):
    erased(hub, approved(told()))
    for _ in range(4):
        clock.pass_by(days=36)
        turn_epoch(hub)
    record = CustomerRecord(customer=CustomerKey(partner_id="new", customer_number="C-1"), name="Anna")

    with hub.begin() as work:
        assert customers.fold(hub, work, hub.partners["club"], [record]).erased == 1


def test_a_hold_wins_and_its_release_finishes_what_waited(hub, crm, told, approved):
    ref = told()
    hold = holds.place(hub, wanted(ref), "legal")
    request = approved(ref)

    assert erased(hub, request) == "held"
    assert number_of(hub, PersonalValue) == 0  # what no hold protects has gone
    assert person_of(hub, ref).data_key_id is not None
    holds.release(hub, hold, "legal")
    assert erasure.run_all(hub) == {request: "certified"}


def test_a_hold_that_ends_by_itself_lets_the_erasure_go_on(hub, crm, told, approved, clock):
    ref = told()
    holds.place(hub, wanted(ref, ends_at=clock() + timedelta(days=10)), "legal")
    request = approved(ref)
    assert erased(hub, request) == "held"

    clock.pass_by(days=11)
    hub.plugins.hook.minute_passed(hub=hub)

    assert request_of(hub, request).state == "certified"


@pytest.mark.parametrize("step", ["aliases", "events", "links", "personal_values", "profiles", "visits"])
def test_a_hold_placed_at_any_step_wins(hub, crm, told, approved, step):
    """Placed after the approval, on each record set in turn: its rows are there afterwards."""
    ref = told()
    request = approved(ref)
    person = person_of(hub, ref)
    with hub.begin() as work:
        customer_id = work.session.scalars(select(Customer.id).where(Customer.ref == ref)).one()
        one = next(one for one in record_sets() if one.name == step and one.depth == 0)
        before = counting.count(work, [one], person.id, customer_id)
    holds.place(hub, wanted(ref, step), "legal")

    state = erased(hub, request)

    with hub.begin() as work:
        assert counting.count(work, [one], person.id, customer_id) == before
    assert state == ("held" if before else "certified")


def test_a_certificate_is_genuine_until_a_letter_of_it_is_changed(hub, crm, told, approved):
    request = approved(told())
    erased(hub, request)
    certificate = request_of(hub, request).certificate

    assert certificates.is_genuine(certificate, hub.vault.signer())
    certificate["statement"]["jurisdiction"] = "US"
    assert not certificates.is_genuine(certificate, hub.vault.signer())


def test_the_certificate_lists_the_tombstones_and_when_each_expires(hub, crm, told, approved, clock):
    hold = holds.place(hub, wanted(ref := told()), "legal")
    request = approved(ref)
    assert erased(hub, request) == "held"
    clock.pass_by(days=30)
    holds.release(hub, hold, "legal")
    assert erasure.run(hub, request) == "certified"

    listed = request_of(hub, request).certificate["statement"]["tombstones"]

    expires = (clock() - timedelta(days=30) + timedelta(days=3 * 365)).date().isoformat()
    kinds = {"customer_number": 1, "email": 1, "link": 2, "phone": 1}
    assert listed == [{"kind": kind, "expires_on": expires, "marks": marks} for kind, marks in kinds.items()]


def test_no_certificate_is_given_on_trust(hub, crm, told, approved, monkeypatch):
    request = approved(told())
    erasure.run(hub, request)
    drain_all(hub)
    monkeypatch.setattr(execution, "_work_off", lambda *_given: True)

    with pytest.raises(Exception, match="are left after the erasure"):
        erasure.run(hub, request)

    assert request_of(hub, request).state == "telling"


def test_no_page_of_the_log_keeps_the_key_when_the_certificate_is_given(hub, crm, told, approved):
    ref = told()
    with hub.look() as session:
        wrapped = session.get_one(DataKey, person_of(hub, ref).data_key_id).wrapped
    lying = [path for path in hub.region.folder.glob("hub.db*") if wrapped in path.read_bytes()]
    assert bool(lying) is hub.region.on_sqlite

    assert erased(hub, approved(ref)) == "certified"

    assert [path for path in hub.region.folder.glob("hub.db*") if wrapped in path.read_bytes()] == []


def test_while_the_log_cannot_be_emptied_no_certificate_is_given(hub, crm, told, approved, monkeypatch):
    request = approved(told())
    monkeypatch.setattr(erasure, "empty_log", lambda _engine: False)
    assert erased(hub, request) == "telling"
    monkeypatch.undo()

    assert erasure.run(hub, request) == "certified"


def test_a_second_wish_is_folded_into_the_first(hub, told):
    ref = told()

    assert erasure.intake(hub, ref, "portal", Came("desk")) == erasure.intake(hub, ref, "mail", Came("desk"))


def test_the_person_must_be_answered_within_the_month_of_their_law(hub, told):
    request = erasure.intake(hub, told(), "portal", Came("desk"))

    assert request_of(hub, request).due_on.isoformat() == "2026-12-25"


def test_where_holds_stand_in_the_way_another_person_approves(hub, told):
    ref = told()
    holds.place(hub, wanted(ref), "legal")
    request = erasure.intake(hub, ref, "portal", Came("desk"))
    erasure.verify(hub, request, "petra", "session")
    erasure.plan(hub, request, "petra")

    with pytest.raises(Denied, match="another person"):
        erasure.approve(hub, request, "petra")


def test_a_hold_that_comes_after_the_plan_wants_another_person_and_one_that_is_gone_does_not(hub, told):
    ref = told()
    request = erasure.intake(hub, ref, "portal", Came("desk"))
    erasure.verify(hub, request, "petra", "session")
    erasure.plan(hub, request, "petra")
    number = holds.place(hub, wanted(ref), "legal")

    with pytest.raises(Denied, match="another person"):
        erasure.approve(hub, request, "petra")

    holds.release(hub, number, "legal")
    erasure.approve(hub, request, "petra")
    assert request_of(hub, request).state == "approved"


def test_who_is_refused_is_used_again_and_the_reason_is_kept(hub, told):
    ref = told()
    request = erasure.intake(hub, ref, "portal", Came("desk"))
    erasure.verify(hub, request, "petra", "letter")
    erasure.plan(hub, request, "petra")

    erasure.refuse(hub, request, "petra", "not the person's own wish")

    assert person_of(hub, ref).restricted_at is None
    assert number_of(hub, AuditEntry, AuditEntry.action == "erasure_refused") == 1


def test_steps_out_of_order_are_refused_in_words(hub, told):
    request = erasure.intake(hub, told(), "portal", Came("desk"))

    with pytest.raises(WrongInput, match="This request is received"):
        erasure.approve(hub, request, "paul")
    with pytest.raises(NotFound, match="no customer nobody-knows"):
        erasure.intake(hub, "nobody-knows", "portal", Came("desk"))
    for how in ("", "passport", "retention", "move"):
        with pytest.raises(WrongInput, match=f"Nobody is recognised by “{how}”"):
            erasure.verify(hub, request, "petra", how)


def test_who_was_erased_cannot_be_erased_again(hub, crm, told, approved):
    ref = told()
    erased(hub, approved(ref))

    with pytest.raises(WrongInput, match="erased already"):
        erasure.intake(hub, ref, "portal", Came("desk"))


@pytest.mark.parametrize("held", ["membership_cards", "ledger_entries"])
def test_a_hold_on_a_row_holds_what_hangs_below_it_and_what_it_hangs_on(hub, crm, told, approved, clock, held):
    ref = told()
    key = CustomerKey(partner_id="m-C-1", customer_number="C-1")
    with hub.begin() as work:
        loyalty = LoyaltyRecord(customer=key, version=1, at=clock(), tier="gold", points=40)
        customers.fold(hub, work, hub.partners["club"], [loyalty])
    before = [number_of(hub, model) for model in (MembershipCard, LedgerEntry)]
    assert all(before)
    holds.place(hub, wanted(ref, held), "legal")

    assert erased(hub, approved(ref)) == "held"

    assert [number_of(hub, model) for model in (MembershipCard, LedgerEntry)] == before
    assert number_of(hub, PersonalValue) == 0
