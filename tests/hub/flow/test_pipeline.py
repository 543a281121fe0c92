"""One delivery's whole way: what comes in by a webhook is told to partners once, in order, if the policy lets it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from hub import jobs
from hub.errors import AuthBroken, Gone, Refused, RetryLater
from hub.flow import pipeline
from hub.models import (
    AuditEntry,
    Connection,
    Consent,
    Customer,
    DeadLetter,
    Delivery,
    Message,
    Person,
    PersonalValue,
    Profile,
)
from hub.sdk import LoyaltyRecord
from partners import DICE, drain_all


def messages(hub, **wanted):
    with hub.look() as session:
        rows = session.scalars(select(Message).order_by(Message.id)).all()
    return [row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())]


def deliveries(hub):
    with hub.look() as session:
        return session.scalars(select(Delivery).order_by(Delivery.id)).all()


def letters(hub):
    with hub.look() as session:
        return session.scalars(select(DeadLetter).order_by(DeadLetter.id)).all()


def health(hub, name):
    with hub.look() as session:
        return session.scalars(select(Connection).where(Connection.name == name)).one()


def test_a_member_who_turns_gold_is_told_to_everybody_who_listens(hub, noting, told_by_club, clock):
    answer = told_by_club(
        member_id="m-1", customer_number="C-1", name="Anna Weiß", phone="+493012345", tier="gold", version=1
    )

    assert answer.status_code == 202
    assert [(push.topic, push.body.get("tier")) for push in noting["crm"].told] == [
        ("tier_changed", "gold"),
        ("call_task", "gold"),
    ]
    assert [push.body["text"] for push in noting["texts"].told] == [
        "Your membership is now gold. Thank you for driving with us."
    ]
    assert noting["club"].told == []  # the one who told us is not told back


def test_a_webhook_that_comes_twice_has_its_effect_once(hub, noting, told_by_club):
    told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=1, message_id="same")

    answer = told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=1, message_id="same")

    assert answer.status_code == 202
    assert len(deliveries(hub)) == 1
    assert len(messages(hub, topic="tier_changed")) == 2  # the crm's and the text


def test_an_older_version_changes_nothing_however_late_it_comes(hub, noting, told_by_club):
    told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=5)

    told_by_club("member.tier_changed", member_id="m-1", tier="silver", version=4)

    with hub.look() as session:
        assert session.scalars(select(Profile.loyalty_tier)).all() == ["gold"]
    assert [push.body["tier"] for push in noting["texts"].told] == ["gold"]


def test_a_lawful_downgrade_is_believed(hub, noting, told_by_club):
    told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=5)

    told_by_club("member.tier_changed", member_id="m-1", tier="silver", version=6)

    assert [push.body["tier"] for push in noting["texts"].told] == ["gold", "silver"]


def test_nobody_is_told_before_the_delivery_is_taken_through(hub, noting, told_by_club):
    told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=1, drain=False)

    assert [row.state for row in deliveries(hub)] == ["waiting"]
    assert noting["crm"].told == []
    assert hub.bell.queue.get_job_ids() == ["drain-club-0"]


def test_the_payload_is_gone_once_it_has_served(hub, noting, told_by_club):
    told_by_club(member_id="m-1", phone="+493012345", name="Anna Weiß", tier="gold", version=1)

    delivery = deliveries(hub)[0]

    assert (delivery.state, delivery.payload, delivery.data_key_id) == ("done", None, None)
    assert delivery.result == {"new": 2, "repeats": 0, "erased": 0}


def test_where_no_policy_speaks_nothing_is_sent_and_the_reason_is_kept(hub, noting, told_by_club):
    hub.plugins.unregister(name="compliance")

    told_by_club(member_id="m-1", tier="gold", version=1, phone="+493012345")

    assert noting["crm"].told == noting["texts"].told == []
    assert {row.reason for row in messages(hub)} == {": no policy speaks of this"}
    assert {row.state for row in messages(hub)} == {"refused"}


def test_a_policy_that_crashes_is_a_no(hub, noting, told_by_club):
    class Broken:
        def decide(self, hub, question):
            raise RuntimeError("boom")

    from hub.sdk import hookimpl

    Broken.decide = hookimpl(Broken.decide)
    hub.plugins.register(Broken(), name="broken")

    told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=1)

    assert noting["crm"].told == []


def test_consent_withdrawn_between_put_and_claim_stops_the_text(hub, noting, told_by_club, clock):
    told_by_club(member_id="m-1", tier="gold", version=1, phone="+493012345", drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)
    assert [row.state for row in messages(hub, topic="tier_changed")] == ["waiting", "waiting"]
    consent = {"purpose": "service_notice", "channel": "sms", "state": "withdrawn", "notice": "n1"}
    told_by_club("member.consent_changed", member_id="m-1", consent=consent, drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)

    pipeline.send(hub, hub.partners["texts"], DICE)

    assert noting["texts"].told == []
    assert [(row.why, row.reason) for row in messages(hub, state="cancelled")] == [
        ("withdrawn", "consent was withdrawn")
    ]


def test_policy_is_asked_once_more_when_the_text_is_about_to_go(hub, noting, told_by_club, clock):
    told_by_club(member_id="m-1", tier="gold", version=1, phone="+493012345", drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)
    with hub.begin() as work:  # as a worker of another version would leave it
        person = work.session.scalars(select(Person.id)).one()
        work.put(Consent, person_id=person, purpose="service_notice", channel="sms", state="withdrawn", notice="n", at=work.now,
                 received_at=work.now, connection_id=hub.partner("club").id, source_hash=b"n")  # fmt: skip

    pipeline.send(hub, hub.partners["texts"], DICE)

    assert noting["texts"].told == []
    assert [row.reason for row in messages(hub, state="refused")] == ["no_means_no: consent was withdrawn"]


def test_phones_of_a_masked_question_do_not_go_along(hub, noting, told_by_club, settings):
    policy = settings.config / "policies" / "phones_stay_in_the_gulf.yaml"
    text = policy.read_text().replace("gcc", "eu").replace("[AE, BH, KW, OM, QA, SA]", "[DE]")
    policy.write_text(text.replace("to_jurisdiction: AE", "to_jurisdiction: DE"))
    hub.book.looked_at -= 5

    told_by_club(member_id="m-1", name="Anna Weiß", phone="+493012345", tier="gold", version=1)

    body = next(push.body for push in noting["crm"].told if push.topic == "tier_changed")
    assert body["name"] == "Anna Weiß"
    assert "phone" not in body


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (RetryLater("out"), "waiting"),
        (RetryLater("cut off", happened=True), "waiting"),
        (AuthBroken("401"), "waiting"),
        (Refused("400"), "dead"),
        (Gone("410"), "dead"),
    ],
)
def test_what_the_partner_says_decides_what_becomes_of_a_message(hub, noting, told_by_club, error, state):
    noting["crm"].answers = [error]

    told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=1, drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)
    pipeline.send(hub, hub.partners["crm"], DICE)

    first = next(
        row for row in messages(hub) if row.topic == "tier_changed" and row.connection_id == hub.partners["crm"].id
    )
    assert first.state == state
    assert len(letters(hub)) == (state == "dead")


def test_an_outage_rests_the_connection_and_fills_no_dead_letters(hub, noting, told_by_club, clock):
    noting["crm"].answers = [RetryLater("out", after=60)] + [RetryLater("out")] * 40

    told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=1)

    assert health(hub, "crm").rest_until > clock.now + timedelta(seconds=55)
    for _ in range(40):
        clock.pass_by(hours=1)
        pipeline.send(hub, hub.partners["crm"], DICE)
    assert letters(hub) == []
    clock.pass_by(hours=1)
    drain_all(hub)
    assert {row.state for row in messages(hub)} == {"sent"}


def test_a_refused_key_parks_the_connection_and_its_messages_wait(hub, noting, told_by_club):
    noting["crm"].answers = [AuthBroken("401 INVALID_AUTHENTICATION")]

    told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=1)

    row = health(hub, "crm")
    assert row.state == "parked"
    assert "our key is refused" in row.reason
    assert {row.state for row in messages(hub, connection_id=hub.partners["crm"].id)} == {"waiting"}


def test_a_blind_push_whose_fate_is_unknown_is_never_repeated(hub, noting, told_by_club, clock):
    noting["texts"].answers = [RetryLater("cut off", happened=True)]

    told_by_club(member_id="m-1", tier="gold", version=1, phone="+493012345")
    clock.pass_by(hours=1)
    drain_all(hub)

    assert [row.state for row in messages(hub, connection_id=hub.partners["texts"].id)] == ["unknown"]
    assert noting["texts"].told == []


def test_an_askable_push_in_doubt_is_asked_about_before_it_is_repeated(hub, noting, told_by_club, clock):
    noting["crm"].answers = ["sent", RetryLater("cut off", happened=True)]
    told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=1, drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)
    pipeline.send(hub, hub.partners["crm"], DICE)
    pipeline.send(hub, hub.partners["crm"], DICE)
    task = messages(hub, topic="call_task")[0]
    assert (task.state, task.doubtful) == ("waiting", True)
    noting["crm"].there.add(task.effect_key)

    clock.pass_by(hours=1)
    pipeline.send(hub, hub.partners["crm"], DICE)

    assert messages(hub, topic="call_task")[0].state == "sent"
    assert [push.topic for push in noting["crm"].told] == ["tier_changed"]


def test_a_later_message_of_a_customer_never_overtakes_an_earlier_one(hub, noting, told_by_club, clock):
    noting["texts"].answers = [RetryLater("busy")]
    told_by_club(member_id="m-1", tier="silver", version=1, phone="+493012345")
    told_by_club("member.tier_changed", member_id="m-1", tier="gold", version=2)
    told_by_club(member_id="m-2", tier="gold", version=1, phone="+493054321")

    clock.pass_by(hours=1)
    drain_all(hub)

    firsts = [push.body["tier"] for push in noting["texts"].told if push.body["phone"] == "+493012345"]
    assert firsts == ["silver", "gold"]


def test_a_worker_that_slept_through_its_lease_settles_nothing(hub, noting, told_by_club, clock):
    from hub.flow import effects, outbox
    from hub.sdk import Outcome

    told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=1, drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)
    partner = hub.partners["crm"]
    with hub.begin() as work:
        slept = outbox.claim(work, partner, 10, lease=6)
        effects.render(hub, work, partner, slept)
    clock.pass_by(seconds=7)
    with hub.begin() as work:
        assert outbox.expire(work, {one.id: one for one in hub.partners.values()}) == 1
    pipeline.send(hub, partner, DICE)

    with hub.begin() as work:
        outcome = Outcome(slept[0].effect_key, "refused", "late")
        outbox.settle(work, partner, slept, [outcome], hub.settings.timing, DICE)

    assert next(row.state for row in messages(hub) if row.id == slept[0].id) == "sent"
    assert letters(hub) == []


def test_a_record_that_declares_another_residence_is_kept_aside_and_asked_about(hub, noting, told_by_club):
    told_by_club(member_id="m-1", phone="+493012345", name="Noura", residence="AE", tier="gold", version=1)

    assert [(row.state, row.payload is not None) for row in deliveries(hub)] == [("quarantined", True)]
    with hub.look() as session:
        assert session.scalars(select(Customer)).all() == []
        assert "quarantined" in session.scalars(select(AuditEntry.action)).all()


def test_a_delivery_that_makes_no_sense_is_a_dead_letter_and_harms_no_other(hub, noting, told_by_club):
    from hub.flow import inbox
    from hub.sdk import Incoming

    with hub.begin() as work:
        inbox.keep(work, hub.partners["club"], [Incoming("bad", "m-9", b'{"type": "member.enrolled"}')])
    told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=1)

    assert sorted(row.state for row in deliveries(hub)) == ["dead", "done"]
    assert [letter.code for letter in letters(hub)] == ["wrong_input"]


def test_a_defect_of_ours_is_tried_again_and_in_the_end_put_aside(hub, noting, told_by_club, clock):
    class Stumbling:
        from hub.sdk import hookimpl

        @hookimpl
        def customer_changed(self, work, customer_id, changes):
            raise KeyError("a defect with Anna in its message")

    hub.plugins.register(Stumbling())
    told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=1)

    for _ in range(8):
        clock.pass_by(hours=1)
        pipeline.process(hub, hub.partners["club"], DICE)

    assert [(row.state, row.attempts) for row in deliveries(hub)] == [("dead", 6)]
    assert [(letter.code, letter.reason) for letter in letters(hub)] == [("defect", "KeyError")]


def test_a_bell_that_rings_during_the_last_look_is_a_new_bell(hub, noting):
    hub.bell.ring(["crm"])
    hub.bell.ring(["crm"])
    assert hub.bell.queue.get_job_ids() == ["drain-crm-0"]

    jobs.serve(hub)
    jobs.drain("crm")
    hub.bell.ring(["crm"])

    assert hub.bell.queue.get_job_ids() == ["drain-crm-0", "drain-crm-1"]


def test_a_worker_that_tells_one_partner_takes_in_what_another_said_meanwhile(hub, noting, told_by_club, monkeypatch):
    told_by_club(member_id="m-1", phone="+493012345", tier="gold", version=1, drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)
    taken_in = []
    push = noting["crm"].push

    def slow(batch):
        taken_in.append([row.state for row in deliveries(hub)])
        if len(taken_in) == 1:
            told_by_club(member_id="m-2", phone="+493012346", tier="gold", version=1, drain=False)
        return push(batch)

    monkeypatch.setattr(noting["crm"], "push", slow)
    monkeypatch.setattr(type(noting["crm"]), "batch_size", 1)
    monkeypatch.setattr(jobs, "PACE", 0)
    jobs.serve(hub)
    jobs.drain("crm")

    assert taken_in[:2] == [["done"], ["done", "done"]]


def test_values_are_stored_sealed_and_found_by_nobody_without_the_key(hub, noting, told_by_club):
    told_by_club(member_id="m-1", name="Anna Weiß", email="anna@example.org", phone="+493012345")

    with hub.look() as session:
        rows = session.scalars(select(PersonalValue)).all()

    assert {row.field for row in rows} == {"name", "email", "phone"}
    assert all(row.sealed.startswith(b"GH\x01eu") for row in rows)


def test_two_connections_that_know_the_same_customer_number_speak_of_one_customer(hub, noting, told_by_club):
    from hub.flow import customers
    from hub.sdk import CustomerKey, CustomerRecord

    told_by_club(member_id="m-1", customer_number="C-1", name="Anna Weiß")
    with hub.begin() as work:
        key = CustomerKey(partner_id="C-1", customer_number="C-1")
        customers.fold(hub, work, hub.partners["files"], [CustomerRecord(customer=key, language="de")])

    with hub.look() as session:
        assert session.scalars(select(Customer.language)).all() == ["de"]


def test_a_sign_that_no_database_keeps_is_left_out(hub, noting, told_by_club):
    told_by_club(member_id="m-1", phone="+493012345", tier="go\0ld", version=1)

    assert [row.state for row in deliveries(hub)] == ["done"]
    with hub.look() as session:
        assert session.scalars(select(Profile.loyalty_tier)).all() == ["gold"]


def test_a_value_that_no_database_can_hold_is_a_dead_letter_at_once(hub, noting, told_by_club, database, monkeypatch):
    club = noting["club"]
    as_told = club.normalise
    marred = lambda one: replace(one, tier="go\0ld") if isinstance(one, LoyaltyRecord) else one  # noqa: E731
    monkeypatch.setattr(club, "normalise", lambda payload: [marred(one) for one in as_told(payload)])

    told_by_club(member_id="m-1", tier="gold", version=1)

    if database == "postgresql":
        assert [letter.code for letter in letters(hub)] == ["unstorable"]
    else:  # SQLite holds it
        assert [row.state for row in deliveries(hub)] == ["done"]


def test_a_message_that_the_connector_stumbles_over_dies_alone_and_the_others_go(hub, noting, told_by_club, clock):
    crm = noting["crm"]
    true_push = crm.push

    def push(batch):
        if any(push.topic == "tier_changed" and push.body["tier"] == "cursed" for push in batch):
            raise KeyError("a defect with Anna in its message")
        return true_push(batch)

    crm.push = push
    told_by_club(member_id="m-1", phone="+493012345", tier="cursed", version=1, drain=False)
    for number in range(2, 8):
        told_by_club(member_id=f"m-{number}", tier="gold", version=1, drain=False)

    for _ in range(40):
        drain_all(hub)
        clock.pass_by(hours=1)

    told = [push.body["tier"] for push in crm.told if push.topic == "tier_changed"]
    assert told == ["gold"] * 6
    assert [(letter.code, letter.reason) for letter in letters(hub)] == [("refused", "the connector failed (KeyError)")]
    assert {row.state for row in messages(hub, connection_id=hub.partners["crm"].id)} == {"sent", "dead"}


def test_a_partner_with_another_way_for_very_many_is_told_of_more_at_once(hub, noting, told_by_club):
    sizes = []
    crm = noting["crm"]
    true_push = crm.push
    crm.push = lambda batch: sizes.append(len(batch)) or true_push(batch)
    for number in range(crm.batch_size + 2):
        told_by_club(member_id=f"m-{number}", tier="gold", version=1, drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)

    crm.load_size = crm.batch_size + 1
    pipeline.send(hub, hub.partners["crm"], DICE)

    assert sizes == [crm.batch_size + 1]


def test_a_load_is_claimed_where_it_will_be_one_and_fewer_go_by_the_batch(hub, noting, told_by_club):
    crm, sizes = noting["crm"], []
    true_push = crm.push
    crm.push = lambda batch: sizes.append(len(batch)) or true_push(batch)
    for number in range(crm.batch_size + 2):
        told_by_club(member_id=f"m-{number}", tier="gold", version=1, drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)
    crm.load_size = 4 * crm.batch_size

    pipeline.send(hub, hub.partners["crm"], DICE)

    assert sizes == [crm.batch_size]


def test_a_lease_begins_anew_when_rendering_has_taken_a_part_of_it(hub, noting, told_by_club, clock, monkeypatch):
    """Else the clock takes claims back before they are told, for ever."""
    told_by_club(member_id="m-1", tier="gold", version=1, drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)
    lease, ends = hub.settings.timing.lease, []
    true_render, crm = pipeline.effects.render, noting["crm"]
    true_push = crm.push

    def slow(*given):
        clock.pass_by(seconds=lease * 0.9)
        return true_render(*given)

    def push(batch):
        ends.extend(row.lease_until - clock.now for row in messages(hub, state="claimed"))
        return true_push(batch)

    monkeypatch.setattr(pipeline.effects, "render", slow)
    crm.push = push

    pipeline.send(hub, hub.partners["crm"], DICE)

    assert {round(one.total_seconds()) for one in ends[:1]} == {round(lease)}


def test_after_an_outage_one_message_goes_ahead_before_a_batch_follows(hub, noting, told_by_club, clock):
    sizes = []
    crm = noting["crm"]
    true_push = crm.push
    crm.push = lambda batch: sizes.append(len(batch)) or true_push(batch)
    crm.answers = [RetryLater("out")]
    for number in range(5):
        told_by_club(member_id=f"m-{number}", tier="gold", version=1, drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)
    pipeline.send(hub, hub.partners["crm"], DICE)

    clock.pass_by(hours=1)
    pipeline.send(hub, hub.partners["crm"], DICE)
    pipeline.send(hub, hub.partners["crm"], DICE)

    assert sizes == [5, 1, 5]
