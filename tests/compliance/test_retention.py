"""What was kept long enough goes or becomes nobody's, totals stay, and whatever is protected is left alone."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from compliance import holds, requests, retention
from compliance.coming import Came
from compliance.holds import Wanted
from compliance.keeping import problems_of, read_proposed
from compliance.requests import Wish
from hub.flow import inbox, pins
from hub.models import AuditEntry, Customer, Delivery, Event, Message, Person, Pin, Profile
from hub.sdk import Incoming
from hubs import CONFIG


def events_of(hub, ref):
    with hub.look() as session:
        mine = select(func.count()).select_from(Event).join(Customer, Customer.id == Event.customer_id)
        return session.scalar(mine.where(Customer.ref == ref))


def totals(hub):
    with hub.look() as session:
        return tuple(session.execute(select(func.count(), func.sum(Event.amount_minor)).select_from(Event)).one())


def test_old_visits_become_nobodys_and_totals_stay(hub, told, clock):
    ref = told()
    before = totals(hub)
    clock.pass_by(days=2921)

    [due] = [one for one in retention.plan(hub) if one.record_set == "events"]
    assert (due.rows, due.kept, events_of(hub, ref)) == (3, 0, 3)
    assert retention.run(hub, "petra")["events"] == 3

    assert (events_of(hub, ref), totals(hub)) == (0, before)
    with hub.look() as session:
        counted = select(Profile.visits_count).join(Customer, Customer.id == Profile.customer_id)
        assert session.scalar(counted.where(Customer.ref == ref)) == 0
    assert "events" not in retention.run(hub, "petra")


def test_pins_that_are_over_go_and_those_that_hold_stay(hub, told, clock):
    refs = [told(f"C-{number}", email=f"c{number}@example.org") for number in range(3)]
    today = clock.now.date()
    with hub.begin() as work:
        for ref, last_on in zip(refs, (today, None, None), strict=True):
            pins.put(hub, work, "regulars", ref, inside=True, author="petra", reason="Asked", last_on=last_on)
        pins.take_off(hub, work, "regulars", refs[1], "petra")
    clock.pass_by(days=732)

    assert retention.run(hub, "petra")["pins"] == 2

    assert [one.customer_ref for one in pins.standing(hub, None)] == [refs[2]]
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Pin)) == 1


def test_another_law_wants_another_period(hub, told, clock):
    here, there = told(), told("C-2", email="bo@example.org")
    with hub.begin() as work:
        mine = select(Person).join(Customer, Customer.person_id == Person.id).where(Customer.ref == there)
        work.session.scalars(mine).one().jurisdiction = "AE"
    clock.pass_by(days=1826)

    retention.run(hub, "petra")

    assert (events_of(hub, here), events_of(hub, there)) == (3, 0)


@pytest.mark.parametrize("shield", ["hold", "request"])
def test_a_hold_and_an_open_request_protect(hub, told, clock, shield):
    ref, other = told(), told("C-2", email="bo@example.org")
    if shield == "hold":
        holds.place(hub, Wanted(ref, "events", "lawsuit", "7 O 114/26", "legal"), "legal")
    else:
        requests.intake(hub, Wish(ref, "access", Came("mail")), "petra")
    clock.pass_by(days=2921)
    [due] = [one for one in retention.plan(hub) if one.record_set == "events"]

    retention.run(hub, "petra")

    assert (due.kept, events_of(hub, ref), events_of(hub, other)) == (3, 3, 0)


def test_raw_words_of_a_partner_and_settled_messages_go(hub, told, clock):
    told()
    with hub.begin() as work:
        inbox.keep(work, hub.partner("club"), [Incoming("k-1", "m-1", b"Anna", work.now)])
        work.session.flush()
        row = work.session.scalars(select(Delivery)).one()
        row.state, row.settled_at = "quarantined", work.now
        work.session.add(_message(work, hub.partner("club").id))
    clock.pass_by(days=91)

    done = retention.run(hub, "petra")

    assert (done["deliveries"], done["messages"]) == (1, 1)
    with hub.look() as session:
        assert session.execute(select(Delivery.payload, Delivery.data_key_id)).one() == (None, None)


def _message(work, connection_id):
    return Message(id=work.ids.next(), connection_id=connection_id, entity="nobody", seq=1, topic="t", effect_key="e", refs={},
                   state="sent", reason="", attempts=1, doubtful=False, not_before=work.now, fence=0, made_at=work.now,
                   settled_at=work.now, region="eu")  # fmt: skip


def test_the_clock_lets_go_once_a_night(hub, clock):
    retention.run_tonight(hub)  # ten in the morning
    clock.pass_by(hours=16)
    for _ in range(3):
        retention.run_tonight(hub)
    clock.pass_by(days=1)
    retention.run_tonight(hub)

    with hub.look() as session:
        runs = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "retention_run")
        assert session.scalar(runs) == 2


def test_it_is_said_and_done_at_the_command_line(hub, told, run):
    told()

    assert run("retention", "plan", "-r", "eu")[:2] == (0, "Nothing has been kept too long.\n")
    assert run("retention", "run", "-r", "eu", "--json")[:2] == (0, "{}\n")


def test_another_file_is_compared_with_the_one_in_force_and_a_period_tells_where_it_was_read(hub, told, run, tmp_path):
    told()
    text = (hub.settings.config / "privacy" / "retention.yaml").read_text()
    shorter, path = text.replace("days: 2920", "days: 1"), tmp_path / "shorter.yaml"
    assert shorter != text
    path.write_text(shorter)

    told_of = json.loads(run("retention", "plan", path, "-r", "eu", "--json")[1])
    assert {"record_set": "events", "now": 0, "then": 3, "went": 0, "kept": 0} in told_of["differences"]
    assert totals(hub)[0] == 3
    same = run("retention", "plan", hub.settings.config / "privacy" / "retention.yaml", "-r", "eu")
    assert "both files would have let go the same." in same[1]

    classes = json.loads(run("retention", "why", "events", "--law", "FR", "--days", "40", "-r", "eu", "--json")[1])
    said = next(one for one in classes if one["class"] == "service_history")
    assert (said["entry"], said["days"], said["verdict"], bool(said["source"])) == ("default", 2920, "kept", True)
    assert run("retention", "why", "nothing_known", "-r", "eu")[0] == 1
    path.write_text(text.replace("days: 90", "days: none"))
    assert run("retention", "plan", path, "-r", "eu")[0] == 1


def test_what_went_last_month_is_judged_by_periods_that_are_not_in_force_yet(hub, told, tmp_path, clock):
    told()
    there = told("C-2", email="bo@example.org")
    with hub.begin() as work:
        mine = select(Person).join(Customer, Customer.person_id == Person.id).where(Customer.ref == there)
        work.session.scalars(mine).one().jurisdiction = "AE"
    clock.pass_by(days=2921)
    assert retention.run(hub, "petra")["events"] == 6
    text = (hub.settings.config / "privacy" / "retention.yaml").read_text()
    (tmp_path / "longer.yaml").write_text(text.replace("days: 2920", "days: 5000", 1))
    (tmp_path / "by_a_day.yaml").write_text(text.replace("days: 2920", "days: 2919", 1))

    def kept(name, days=30):
        found = retention.past(hub, read_proposed(tmp_path / name), days)
        return found.went.get("events", 0), found.kept.get("events", 0), sum(found.kept.values())

    assert kept("longer.yaml")[:2] == (6, 3)  # the Emirates have a period of their own, which stays
    assert kept("by_a_day.yaml") == (6, 0, 0)
    clock.pass_by(days=31)
    assert kept("longer.yaml") == (0, 0, 0)
    assert kept("longer.yaml", days=60)[:2] == (6, 3)


def test_a_run_that_is_killed_leaves_what_it_let_go_told_and_goes_on_in_the_same_night(
    hub, told, clock, tmp_path, monkeypatch
):
    for number in range(3):
        told(f"C-{number}", email=f"a{number}@example.org")
    clock.pass_by(days=2921, hours=16)
    text = (hub.settings.config / "privacy" / "retention.yaml").read_text()
    (tmp_path / "longer.yaml").write_text(text.replace("days: 2920", "days: 5000", 1))
    other = read_proposed(tmp_path / "longer.yaml")
    monkeypatch.setattr(retention, "BATCH", 3)
    batches = []

    def killed(hub, rule, *rest):
        if len(batches) == 2:
            raise KeyboardInterrupt
        count = once(hub, rule, *rest)
        batches.extend([count] if rule.record_set == "events" and count else [])
        return count

    once = retention._batch
    monkeypatch.setattr(retention, "_batch", killed)
    with pytest.raises(KeyboardInterrupt):
        retention.run_tonight(hub)
    assert batches == [3, 3]
    assert retention.past(hub, other, 30).kept["events"] == 6

    monkeypatch.setattr(retention, "_batch", once)
    retention.run_tonight(hub)

    found = retention.past(hub, other, 30)
    assert (found.kept["events"], found.untold) == (9, 0)
    with hub.look() as session:
        assert (
            session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "retention_run"))
            == 1
        )


def test_rows_that_another_file_would_have_kept_are_told_and_runs_that_did_not_say_how_old_theirs_were(
    hub, run, tmp_path
):
    now = datetime.now(UTC)  # the command's clock is that of the machine
    told = {"rows": 5, "record_sets": ["events"], "went": [["events", "service_history", "DE", 2921, 5]]}
    with hub.begin() as work:
        for detail in (told, {"rows": 7, "record_sets": ["events"]}):
            work.add(
                AuditEntry(
                    at=now,
                    actor="clock",
                    action="retention_run",
                    about="retention",
                    about_id=now.toordinal(),
                    detail=detail,
                )
            )
    text = (hub.settings.config / "privacy" / "retention.yaml").read_text()
    (tmp_path / "longer.yaml").write_text(text.replace("days: 2920", "days: 5000", 1))

    said = run("retention", "plan", tmp_path / "longer.yaml", "-r", "eu")[1]

    assert "5 of 5 that went since" in said
    assert "7 rows went in runs that did not write down how old they were" in said
    assert (
        "both files would have let go the same"
        in run("retention", "plan", hub.settings.config / "privacy" / "retention.yaml", "-r", "eu")[1]
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("120, expect: ends", "120, expect: kept", "“old traffic” is ends, and should be kept"),
        ("class: customer", "class: customers", "no class “customers”"), ("days: 120, ", "", "an example has"),
        ("days: 90", "dayz: 90", "needs days or until"), ("days: 90", "days: 0", "whole number"), ("traffic:", "trafic:", "has no period"),
        ("{until: erasure, source: \"settings", "{until: later, source: \"settings", "until is"),
    ],
)  # fmt: skip
def test_a_wrong_file_says_where(tmp_path, old, new, said):
    (tmp_path / "privacy").mkdir()
    text = (CONFIG / "privacy" / "retention.yaml").read_text()
    (tmp_path / "privacy" / "retention.yaml").write_text(text.replace(old, new, 1))

    assert any(said in problem and "retention.yaml" in problem for problem in problems_of(tmp_path))


def test_the_file_of_the_house_is_right():
    assert problems_of(CONFIG) == []
