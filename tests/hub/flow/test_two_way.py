"""Two-way sync with a CRM: who changes what, what goes back and what does not, and what becomes of disagreements."""

from random import Random

import pytest
from sqlalchemy import select

from hub import jobs
from hub.core import Hub
from hub.flow import conflicts, effects, following, ours, pulls, reconcile
from hub.flow.sync import decide
from hub.models import Agreement, Conflict, Customer, Duplicate, Message, Person
from hub.settings import Settings
from hubs import StandingClock
from office import Crm, a_mapping, keep_in_step, rows, we_edit

DICE = Random(1)


def in_step(hub: Hub, clock: StandingClock, rounds: int = 3) -> None:
    """Time passes, and workers do what is due."""
    jobs.serve(hub)
    for _ in range(rounds):
        clock.pass_by(seconds=61)
        jobs.drain("crm")


def ours_of(hub: Hub, number: int = 0) -> dict[str, str | None]:
    with hub.begin() as work:
        ids = list(work.session.scalars(select(Customer.id).order_by(Customer.id)))
        subjects = effects.load_subjects(work, [ids[number]])
        return ours.read(work, subjects.values())[ids[number]]


@pytest.fixture
def anna(office: Crm, hub: Hub, clock: StandingClock) -> str:
    number = office.make(
        first="Anna", last="Berg", mail="anna@example.org", tel="+49 170 1", street="Weg 1", tongue="de"
    )
    in_step(hub, clock)
    return number


def test_a_contact_of_the_crm_becomes_a_customer_and_nothing_goes_back(office: Crm, hub: Hub, anna: str) -> None:
    assert ours_of(hub)["given_name"] == "Anna"
    assert ours_of(hub)["email"] == "anna@example.org"
    assert office.calls["push"] == 0


def test_their_edit_comes_in_and_is_not_sent_back(office: Crm, hub: Hub, clock: StandingClock, anna: str) -> None:
    office.edit(anna, mail="Anna.Berg@Example.org", first="Anna Maria")

    in_step(hub, clock)

    assert ours_of(hub)["email"] == "anna.berg@example.org"
    assert ours_of(hub)["given_name"] == "Anna Maria"
    assert office.calls["push"] == 0


def test_a_field_they_empty_is_empty_here(office: Crm, hub: Hub, clock: StandingClock, anna: str) -> None:
    office.edit(anna, mail=None)

    in_step(hub, clock)

    assert ours_of(hub)["email"] is None


@pytest.mark.parametrize("tells_origin", [True, False])
def test_our_edit_goes_out_once_with_that_field_only(
    office: Crm, hub: Hub, clock: StandingClock, anna: str, tells_origin: bool
) -> None:
    office.tells_origin = tells_origin

    we_edit(hub, email="new@example.org")
    in_step(hub, clock)

    assert office.written == [(anna, {"mail": "new@example.org"})]
    assert ours_of(hub)["email"] == "new@example.org"
    assert not rows(hub, Conflict)


def test_edits_within_the_flush_window_are_one_write(office: Crm, hub: Hub, clock: StandingClock, anna: str) -> None:
    for number in range(5):
        we_edit(hub, email=f"try{number}@example.org", language="en")

    in_step(hub, clock)

    assert office.written == [(anna, {"mail": "try4@example.org", "tongue": "en"})]


def test_what_the_policy_keeps_here_is_no_reason_for_a_message_until_it_may_leave(
    office: Crm, hub: Hub, clock: StandingClock, anna: str, settings: Settings
) -> None:
    policy = settings.config / "policies" / "phones_stay_in_the_gulf.yaml"
    before = policy.read_text()

    def rule(text: str) -> None:
        policy.write_text(text)
        hub.book.looked_at -= 5
        hub.book.current()
        keep_in_step(hub, office, a_mapping())

    masked = before.replace("gcc", "eu").replace("[AE, BH, KW, OM, QA, SA]", "[DE]")
    rule(masked.replace("to_jurisdiction: AE", "to_jurisdiction: DE"))
    we_edit(hub, phone="+49 170 2")
    in_step(hub, clock)
    we_edit(hub, email="anna@example.net")
    in_step(hub, clock)
    assert office.written == [(anna, {"mail": "anna@example.net"})]
    assert [message.state for message in rows(hub, Message)] == ["sent"]

    rule(before)
    reconcile.apply(hub, hub.partners["crm"], reconcile.compare(hub, hub.partners["crm"]))
    in_step(hub, clock)
    assert office.written[1:] == [(anna, {"tel": "+491702"})]


def test_an_edit_that_was_taken_back_in_time_is_not_told(
    office: Crm, hub: Hub, clock: StandingClock, anna: str
) -> None:
    we_edit(hub, email="typo@example.org")
    we_edit(hub, email="anna@example.org")

    in_step(hub, clock)

    assert office.written == []
    assert [message.state for message in rows(hub, Message)] == ["cancelled"]


def test_of_two_edits_of_one_field_the_newest_counts_and_the_other_is_explained(
    office: Crm, hub: Hub, clock: StandingClock, anna: str
) -> None:
    we_edit(hub, email="ours@example.org")
    clock.pass_by(seconds=1)
    office.edit(anna, mail="theirs@example.org")

    in_step(hub, clock)

    assert ours_of(hub)["email"] == office.things[anna].fields["mail"] == "theirs@example.org"
    [conflict] = rows(hub, Conflict)
    assert (conflict.field, conflict.rule, conflict.won) == ("mail", "newest", "theirs")


def test_what_a_conflict_lost_can_be_read_by_whoever_may(
    office: Crm, hub: Hub, clock: StandingClock, anna: str
) -> None:
    we_edit(hub, language="en")
    office.edit(anna, tongue="fr")
    in_step(hub, clock)

    with hub.begin() as work:
        [conflict] = work.session.scalars(select(Conflict))
        key = work.session.get_one(Person, conflict.person_id).data_key_id
        told = conflicts.told(work, conflict, key)

    assert told == {"base": "de", "ours": "en", "theirs": "fr", "result": "en"}
    assert office.things[anna].fields["tongue"] == "en"


@pytest.mark.parametrize("take", ["ours", "theirs"])
def test_a_manual_field_waits_for_a_person_and_then_both_sides_agree(
    office: Crm, hub: Hub, clock: StandingClock, anna: str, take: str
) -> None:
    we_edit(hub, address="Weg 2")
    office.edit(anna, street="Weg 3")
    in_step(hub, clock)
    assert (ours_of(hub)["address"], office.things[anna].fields["street"]) == ("Weg 2", "Weg 3")

    decide(hub, rows(hub, Conflict)[0].id, take, "test")
    in_step(hub, clock)

    wanted = {"ours": "Weg 2", "theirs": "Weg 3"}[take]
    assert (ours_of(hub)["address"], office.things[anna].fields["street"]) == (wanted, wanted)
    assert rows(hub, Conflict)[0].settled_by == "test"


def test_two_fields_of_one_customer_merge_without_a_conflict(
    office: Crm, hub: Hub, clock: StandingClock, anna: str
) -> None:
    we_edit(hub, email="ours@example.org")
    office.edit(anna, first="Anne")

    in_step(hub, clock)

    assert (ours_of(hub)["given_name"], office.things[anna].fields["mail"]) == ("Anne", "ours@example.org")
    assert not rows(hub, Conflict)


def test_the_base_is_kept_under_the_persons_key(hub: Hub, anna: str) -> None:
    [agreement] = rows(hub, Agreement)

    assert b"anna" not in agreement.sealed.lower()
    assert b"Berg" not in agreement.sealed


def test_a_merged_contact_leads_on_and_two_customers_stay_two(
    office: Crm, hub: Hub, clock: StandingClock, anna: str
) -> None:
    other = office.make(first="A.", last="Berg", mail="a@example.org")
    in_step(hub, clock)

    office.merge(anna, other)
    office.edit(other, first="Anna")
    in_step(hub, clock)

    assert [ours_of(hub, 0)["given_name"], ours_of(hub, 1)["given_name"]] == ["Anna", "Anna"]
    [proposed] = rows(hub, Duplicate)
    assert (proposed.why, proposed.state) == ("merged_there", "open")
    we_edit(hub, 0, email="gone@example.org")
    in_step(hub, clock)
    assert office.written == []


def test_somebody_new_with_a_known_mail_is_proposed_and_not_merged(
    office: Crm, hub: Hub, clock: StandingClock, anna: str
) -> None:
    office.make(first="Ben", last="Berg", mail="anna@example.org")

    in_step(hub, clock)

    assert ours_of(hub, 1)["given_name"] == "Ben"
    assert [one.why for one in rows(hub, Duplicate)] == ["email"]


def test_an_archived_contact_is_left_alone_until_it_is_restored(
    office: Crm, hub: Hub, clock: StandingClock, anna: str
) -> None:
    office.archive(anna)
    in_step(hub, clock)
    we_edit(hub, email="later@example.org")
    in_step(hub, clock)
    assert office.written == []

    office.restore(anna)
    in_step(hub, clock)

    assert office.things[anna].fields["mail"] == ours_of(hub)["email"] == "later@example.org"


def test_a_field_that_is_gone_is_kept_out_and_the_rest_goes_on(
    office: Crm, hub: Hub, clock: StandingClock, anna: str
) -> None:
    following.describe(hub, hub.partners["crm"])
    office.shapes = [shape for shape in office.shapes if shape.name != "tongue"]
    office.shapes.append(office.shapes[0].__class__("shoe_size", "number"))

    drifts = following.describe(hub, hub.partners["crm"])
    we_edit(hub, language="en", email="on@example.org")
    in_step(hub, clock)

    assert {(one.field, one.state) for one in drifts} == {("tongue", "gone"), ("shoe_size", "new")}
    assert office.written == [(anna, {"mail": "on@example.org"})]


def test_a_value_that_does_not_fit_stays_out_and_is_counted(
    office: Crm, hub: Hub, clock: StandingClock, anna: str
) -> None:
    office.edit(anna, mail="no address", first="Anne")

    in_step(hub, clock)

    assert (ours_of(hub)["email"], ours_of(hub)["given_name"]) == ("anna@example.org", "Anne")


def test_fields_that_the_policy_holds_back_do_not_leave(office: Crm, hub: Hub, clock: StandingClock, anna: str) -> None:
    keep_in_step(hub, office, a_mapping(_with_purpose("marketing")))

    we_edit(hub, email="kept@example.org")
    in_step(hub, clock)

    assert office.written == []
    assert "refused" in {message.state for message in rows(hub, Message)}


def _with_purpose(purpose: str) -> str:
    from office import MAPPING

    return MAPPING.replace("purpose: crm_sync", f"purpose: {purpose}")


def test_a_comparison_names_all_that_differs_and_mends_what_is_chosen(
    office: Crm, hub: Hub, clock: StandingClock, anna: str
) -> None:
    partner = hub.partners["crm"]
    ben = office.make(first="Ben", last="Au")
    in_step(hub, clock)
    office.edit(anna, first="Hanna")
    office.archive(ben)
    office.make(first="Cleo", last="Zu")
    office.log.clear()

    report = reconcile.compare(hub, partner)
    assert report.counts() == {"missing_here": 1, "missing_there": 0, "differing": 1, "merged": 0, "erased": 1}
    assert ours_of(hub)["given_name"] == "Anna"

    reconcile.apply(hub, partner, report, only={"differing"})
    assert ours_of(hub)["given_name"] == "Hanna"
    reconcile.apply(hub, partner, reconcile.compare(hub, partner))
    in_step(hub, clock)
    assert reconcile.compare(hub, partner).clean
    assert office.written == []


def test_a_log_that_no_longer_reaches_back_is_mended_without_a_person(
    office: Crm, hub: Hub, clock: StandingClock, anna: str
) -> None:
    office.away = True
    jobs.serve(hub)
    for hour in range(0, 96, 8):
        clock.pass_by(hours=8)
        jobs.drain("crm")
        office.edit(anna, tel=f"+49 170 {hour:03}")
        we_edit(hub, email=f"h{hour}@example.org")
    office.log_from, office.away = len(office.log), False

    clock.pass_by(hours=1)
    in_step(hub, clock, rounds=8)

    assert reconcile.compare(hub, hub.partners["crm"]).clean
    assert ours_of(hub)["phone"] == "+49170088"
    assert office.things[anna].fields["mail"] == "h88@example.org"


def test_nobody_is_overwritten_unseen(office: Crm, hub: Hub, clock: StandingClock, anna: str) -> None:
    """The object is known, but only one of its fields was ever told."""
    office.things["77"] = office.things[anna].__class__(
        "contact", "77", None, {**office.things[anna].fields, "mail": "x@y.org"}
    )
    office.edit("77", first="Dora")
    in_step(hub, clock)

    we_edit(hub, 1, family_name="Eck")
    in_step(hub, clock)

    assert ours_of(hub, 1)["email"] == "x@y.org"
    assert set(office.written[0][1]) == {"last"}


def test_a_pull_and_its_cursor_survive_together(office: Crm, hub: Hub, clock: StandingClock) -> None:
    for number in range(250):
        office.make(first="N", last=f"N{number}")

    assert sum(pulls.pull(hub, hub.partners["crm"])) == 250
    assert sum(pulls.pull(hub, hub.partners["crm"])) == 0
