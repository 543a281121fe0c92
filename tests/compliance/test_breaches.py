"""The register of breaches: the clock of each law, who is affected by the traces, and nothing is closed before all were told."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from compliance import breaches
from compliance.breach_law import clock_of, problems_of
from compliance.breaches import Noticed
from hub.actors import signed_in_as
from hub.errors import NotFound, WrongInput
from hub.models import AuditEntry, Customer, Person, Principal, new_ref


def noted(hub, hours_ago=2.0, risk="unknown"):
    now = hub.clock()
    began = now - timedelta(hours=hours_ago)
    return breaches.note(hub, Noticed("confidentiality", "A laptop was lost", began, now, now, risk), "petra")


def the_case(hub):
    with hub.look() as session:
        [case] = breaches.all_of(hub, session, hub.clock())
        return case


def clocks(hub):
    return {clock.law: clock for clock in the_case(hub).clocks}


def under(hub, ref, law):
    with hub.begin() as work:
        person = work.session.scalars(
            select(Person).join(Customer, Customer.person_id == Person.id).where(Customer.ref == ref)
        ).one()
        person.jurisdiction = law
        return person.id


def test_the_clock_runs_from_when_it_was_noticed_and_is_late_after_72_hours(hub, clock):
    noted(hub)
    assert 71.9 < clocks(hub)["DE"].left <= 72

    clock.pass_by(hours=73)
    assert -1.1 < clocks(hub)["DE"].left < -0.9
    assert the_case(hub).is_late


def test_whoever_signed_in_left_traces_under_their_number_and_is_found_by_what_they_are_called(hub, told, clock):
    anna = told("C-1")
    person = under(hub, anna, "DE")
    with hub.begin() as work:
        account = work.add(Principal(ref=new_ref(), title="Mallory Mast", made_at=work.now))
        work.session.flush()
        work.audit(signed_in_as(account.id), "request_read", "person", person)
    clock.pass_by(hours=1)

    breach = noted(hub)

    assert breaches.assess(hub, breach, "actor", "Mallory Mast", "high", "petra") == 1
    assert breaches.assess(hub, breach, "actor", signed_in_as(account.id), "high", "petra") == 1


def test_who_is_affected_follows_from_what_the_account_did_in_that_time(hub, told, clock):
    anna, ben, eva = told("C-1"), told("C-2", email="ben@example.org"), told("C-3", email="eva@example.org")
    people = {ref: under(hub, ref, law) for ref, law in ((anna, "DE"), (ben, "SG"), (eva, "DE"))}
    with hub.begin() as work:
        work.audit("mallory", "request_read", "person", people[eva])  # before it began
    clock.pass_by(hours=3)
    with hub.begin() as work:
        for ref in (anna, ben):
            work.audit("mallory", "request_read", "person", people[ref])
        work.audit("petra", "request_read", "person", people[eva])
    clock.pass_by(hours=1)
    breach = noted(hub)

    assert breaches.assess(hub, breach, "actor", "mallory", "high", "petra") == 2

    by_law = clocks(hub)
    assert {law: one.people for law, one in by_law.items()} == {"DE": 1, "SG": 1}
    assert by_law["SG"].due_at.date() == (hub.clock() + timedelta(days=3)).date()  # calendar days since it was assessed
    with hub.look() as session:
        assert dict(breaches.people_of(session, breach)) == {anna: "DE", ben: "SG"}
    assert breaches.assess(hub, breach, "connection", "crm", "none", "petra") == 3
    assert breaches.assess(hub, breach, "everybody", "", "none", "petra") == 3


def test_it_is_closed_when_everybody_was_told_who_had_to_be(hub, told):
    told()
    breach = noted(hub)
    with pytest.raises(WrongInput, match="who is affected"):
        breaches.close(hub, breach, "Wiped", "petra")
    breaches.assess(hub, breach, "everybody", "", "high", "petra")
    with pytest.raises(WrongInput, match="authority of DE"):
        breaches.close(hub, breach, "Wiped", "petra")
    breaches.tell(hub, breach, "DE", "authority", "petra")
    with pytest.raises(WrongInput, match="1 people under the law of DE"):
        breaches.close(hub, breach, "Wiped", "petra")
    breaches.tell(hub, breach, "DE", "people", "petra")

    breaches.close(hub, breach, "Wiped from afar", "petra")

    assert the_case(hub).breach.closed_at is not None
    with hub.look() as session:
        deeds = list(
            session.scalars(select(AuditEntry.action).where(AuditEntry.about == "breach").order_by(AuditEntry.id))
        )
    assert deeds == ["breach_noted", "breach_assessed", "breach_told", "breach_told", "breach_closed"]
    with pytest.raises(WrongInput, match="closed"):
        breaches.assess(hub, breach, "everybody", "", "none", "petra")


def test_what_cannot_be_is_refused(hub, clock):
    now = clock()
    with pytest.raises(WrongInput, match="times"):
        breaches.note(hub, Noticed("integrity", "x", now, now - timedelta(hours=1), now), "petra")
    with pytest.raises(WrongInput, match="what happened"):
        breaches.note(hub, Noticed("integrity", " ", now, now, now), "petra")
    breach = noted(hub)
    with pytest.raises(NotFound, match="connection"):
        breaches.assess(hub, breach, "connection", "nobody", "none", "petra")
    with pytest.raises(NotFound, match="law of TH"):
        breaches.tell(hub, breach, "TH", "authority", "petra")


def test_the_commands_note_list_and_name_the_people(hub, told, run):
    ref = told()
    breach = run(
        "breaches", "note", "Mail to the wrong list", "--kind", "confidentiality", "--began", "2026-01-01", "-r", "eu"
    )[1].strip()
    run("breaches", "assess", breach, "--by-traces-of", "everybody", "--risk", "risk", "-r", "eu")

    [row] = json.loads(run("breaches", "list", "-r", "eu", "--json")[1])
    assert (row["people"], row["clocks"][0]["must_tell"], row["closed"]) == (1, True, False)
    assert "GDPR Art. 33(1)" in run("breaches", "list", "-r", "eu")[1]
    people = list(csv.DictReader(io.StringIO(run("breaches", "people", breach, "-r", "eu")[1])))
    assert [one["person"] for one in people] == [ref]


def test_periods_are_data_with_their_place_and_wrong_ones_are_named(settings):
    began = datetime(2026, 11, 25, 9, tzinfo=UTC)
    assert clock_of(settings.config, "XX").due(began, "UTC") == began + timedelta(hours=72)
    path = settings.config / "privacy" / "breaches.yaml"
    path.write_text(path.read_text().replace("{days: 3, since", "{days: 3, hours: 5, since"))

    [problem] = problems_of(settings.config)
    assert "hours or days" in problem
    assert "breaches.yaml:10" in problem
