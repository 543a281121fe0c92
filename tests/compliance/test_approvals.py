"""Who may say yes, and whose record is kept here, stands in policies: an admin changes it by a file."""

import json

import pytest
from sqlalchemy import func, select

from compliance import answered, archive_openings, archives, asked, erasure, policies
from compliance.coming import Came
from forgetting import person_of
from hub.core import build_hub
from hub.errors import ConfigError, Denied, NotFound, Quarantined, SecondNeeded
from hub.flow import customers
from hub.models import AuditEntry
from hub.regions import Directory
from hub.sdk import CustomerKey, CustomerRecord, InvoiceRecord
from partners import drain_all

TWO = """\
policy: two_look_at_it
title: Two look at it
question: approval
applies: {all: [{act: {is: %(act)s}}, {same: {is: true}}]}
verdict: deny
because: four eyes see more
examples:
  - {name: one alone, given: {act: %(act)s, same: true}, expect: deny}
  - {name: two, given: {act: %(act)s, same: false}, expect: silent}
"""


def write(hub, name, text):
    path = hub.settings.config / "policies" / f"{name}.yaml"
    path.write_text(text)
    hub.book.looked_at -= 5
    assert not hub.book.now().wrong
    return path


def looks(hub):
    with hub.look() as session:
        return session.scalar(select(func.count()).where(AuditEntry.action == "archive_opened"))


@pytest.fixture
def archived(hub, crm, told, approved, clock):
    """The ref of an invoice of somebody who was erased."""
    ref, at = told(), clock()
    bill = InvoiceRecord(customer=CustomerKey(partner_id="m-C-1", customer_number="C-1"), key="I-1", at=at, number="2026-1",
                         net_minor=100, tax_minor=19, total_minor=119, currency="EUR", issued_at=at)  # fmt: skip
    with hub.begin() as work:
        customers.fold(hub, work, hub.partners["club"], [bill])
    request = approved(ref)
    erasure.run(hub, request)
    drain_all(hub)
    assert erasure.run(hub, request) == "certified"
    with hub.look() as session:
        [kept] = archives.listed(session, hub.clock())
    return kept.ref


def wishes(hub):
    with hub.look() as session:
        [kept] = archives.listed(session, hub.clock())
    return kept.wishes


def test_the_archive_opens_by_four_eyes_where_a_policy_says_so_and_once(hub, archived, clock):
    write(hub, "two_look_at_it", TWO % {"act": "archive_opening"})
    with pytest.raises(SecondNeeded, match=r"second pair of eyes.*four eyes see more"):
        archives.open_one(hub, archived, "tax_audit", "petra")
    archives.ask(hub, archived, "tax_audit", "petra")
    archives.ask(hub, archived, "tax_audit", "petra")
    [wish] = wishes(hub)

    with pytest.raises(SecondNeeded):
        archive_openings.allow(hub, archived, wish.number, "petra")
    with pytest.raises(SecondNeeded):
        archives.open_one(hub, archived, "tax_audit", "petra")
    archive_openings.allow(hub, archived, wish.number, "paul")

    with pytest.raises(SecondNeeded):  # the yes was for petra, and for this reason
        archives.open_one(hub, archived, "tax_audit", "paul")
    with pytest.raises(SecondNeeded):
        archives.open_one(hub, archived, "legal_claim", "petra")
    assert looks(hub) == 0
    assert archives.open_one(hub, archived, "tax_audit", "petra")["number"] == "2026-1"
    with pytest.raises(SecondNeeded):
        archives.open_one(hub, archived, "tax_audit", "petra")
    with hub.look() as session:
        [kept] = archives.listed(session, hub.clock())
    assert [(one.actor, one.allowed_by) for one in kept.opened] == [("petra", "paul")]

    archives.ask(hub, archived, "tax_audit", "petra")
    [late] = wishes(hub)
    clock.pass_by(days=8)
    with pytest.raises(NotFound, match="lasts seven days"):
        archive_openings.allow(hub, archived, late.number, "paul")


def test_every_erasure_wants_four_eyes_where_a_policy_says_so(hub, told):
    write(hub, "two_look_at_it", TWO % {"act": "erasure"})
    request = erasure.intake(hub, told(), "portal", Came("desk"))
    erasure.verify(hub, request, "petra", "session")
    erasure.plan(hub, request, "petra")

    with pytest.raises(SecondNeeded):
        erasure.approve(hub, request, "petra")
    erasure.approve(hub, request, "paul")


def test_who_may_say_yes_is_asked_by_role(hub, told):
    only = TWO.replace("{same: {is: true}}", "{roles: {has_none: [privacy]}}").replace("same: true", "roles: [advisor]")
    write(hub, "two_look_at_it", only.replace("same: false", "roles: [privacy]") % {"act": "erasure"})
    request = erasure.intake(hub, told(), "portal", Came("desk"))
    erasure.verify(hub, request, "petra", "session")
    erasure.plan(hub, request, "petra")

    with pytest.raises(Denied, match=r"may not say yes to this\. Four eyes see more"):
        erasure.approve(hub, request, "paul", {"advisor"})
    erasure.approve(hub, request, "paul", {"advisor", "privacy"})


def test_what_was_approved_last_month_is_judged_by_a_policy_that_is_not_in_force_yet(hub, told, run, tmp_path, clock):
    request = erasure.intake(hub, told(), "portal", Came("desk"))
    erasure.verify(hub, request, "petra", "session")
    erasure.plan(hub, request, "petra")
    erasure.approve(hub, request, "petra")
    (tmp_path / "two_look_at_it.yaml").write_text(TWO % {"act": "erasure"})

    found = policies.plan(hub, policies.proposed(hub, [tmp_path / "two_look_at_it.yaml"]), 30)

    [one] = found.differences
    assert (one.about, one.before.policy, one.after.policy, one.times) == (
        "approval",
        "who_may_say_yes",
        "two_look_at_it",
        1,
    )
    with hub.look() as session:
        number = session.scalar(select(AuditEntry.id).where(AuditEntry.action == "erasure_approved"))
    assert asked.numbered(hub, number)[1]["same"] is True
    said = json.loads(run("policies", "why", str(number), "-r", "eu", "--json")[1])
    assert (said["about"], said["answer"]["policy"]) == ("approval", "who_may_say_yes")
    planned = run("policies", "plan", tmp_path / "two_look_at_it.yaml", "-r", "eu")
    assert (planned[0], "would have been decided differently" in planned[1]) == (0, True)


def test_a_question_that_nobody_answers_keeps_the_region_from_starting(hub, settings, redis, monkeypatch):
    opened = []
    monkeypatch.setattr("hub.core.Directory", lambda url: opened.append(Directory(url)) or opened[-1])
    path = settings.config / "policies" / "who_may_say_yes.yaml"
    path.unlink()

    with pytest.raises(ConfigError, match="no policy answers “question: approval” with allow, so nobody could say yes"):
        build_hub(settings, "eu", redis)
    assert "question: approval" in answered.problems_of(settings.config)[0]
    assert [one.engine.pool.checkedin() for one in opened] == [0], "nothing stays open"


def lives_in(hub, number, country):
    record = CustomerRecord(customer=CustomerKey(partner_id=f"m-{number}", customer_number=number), name="Anna Weiß",
                            residence=country)  # fmt: skip
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["club"], [record])
        return work.session.get_one(customers.Customer, next(iter(folded.touched))).ref


def test_which_residence_is_kept_here_and_under_which_law_a_policy_decides(hub):
    with pytest.raises(Quarantined, match="residence in MC"):
        lives_in(hub, "C-1", "MC")
    write(hub, "monaco_is_kept_here", """\
policy: monaco_is_kept_here
title: Whoever lives in Monaco is a customer of the branches in France
question: residence
applies: {declared: {is: MC}}
verdict: allow
law: FR
because: their garage is in Nice
examples:
  - {name: Monaco, given: {declared: MC}, expect: allow}
  - {name: France, given: {declared: FR}, expect: silent}
""")  # fmt: skip

    assert person_of(hub, lives_in(hub, "C-1", "MC")).jurisdiction == "FR"
    assert person_of(hub, lives_in(hub, "C-2", "AT")).jurisdiction == "AT"
    facts = policies.in_region(hub, policies.question_of(["declared=AT"], "residence"), "residence")
    answer = policies.judged(hub.book.current().policies, facts, hub.clock(), "residence")
    assert (answer.verdict, answer.policy) == ("allow", "whoever_lives_here_is_kept_here")


def test_who_came_last_month_is_asked_about_by_other_policies_of_residence(hub, tmp_path):
    lives_in(hub, "C-1", "AT")
    lives_in(hub, "C-2", "DE")
    (tmp_path / "austria_is_not.yaml").write_text("""\
policy: austria_is_not
title: Austria has a garage of its own
question: residence
applies: {declared: {is: AT}}
verdict: deny
because: another region
examples:
  - {name: Vienna, given: {declared: AT}, expect: deny}
  - {name: Berlin, given: {declared: DE}, expect: silent}
""")

    found = policies.plan(hub, policies.proposed(hub, [tmp_path / "austria_is_not.yaml"]), 30)

    assert [(one.facts["declared"], one.after.verdict, one.people) for one in found.differences] == [("AT", "deny", 1)]
    assert found.judged == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("question: approval", "question: approvals"), "“approvals” is no question"),
        (("verdict: deny", "verdict: mask"), "Write allow or deny"),
        (("because:", "law: DE\nbecause:"), "“law” stands with a residence that is allowed only"),
        (("{same: {is: true}}", "{purpose: {is: marketing}}"), "There is no fact “purpose”"),
    ],
)
def test_a_policy_that_fits_no_question_is_refused_at_its_line(hub, tmp_path, change, said):
    path = tmp_path / "two_look_at_it.yaml"
    path.write_text((TWO % {"act": "erasure"}).replace(*change))

    with pytest.raises(policies.WrongInput, match=rf"two_look_at_it\.yaml:\d+:\d+.*{said}"):
        policies.proposed(hub, [path])


def test_the_facts_of_every_question_and_the_policies_in_force_are_told(hub, run):
    assert {"declared", "holds", "from_jurisdiction"} <= {
        fact for facts in json.loads(run("policies", "facts", "--json")[1]).values() for fact in facts
    }
    assert "question: residence (allow, deny)" in run("policies", "facts", "residence")[1]
    listed = json.loads(run("policies", "list", "-r", "eu", "--json")[1])
    assert {one["question"] for one in listed} == {"message", "approval", "residence"}
    assert run("policies", "why", "-r", "eu", "--about", "approval", "same=perhaps")[0] == 1
    assert "needs" not in run("policies", "why", "-r", "eu", "--about", "residence", "declared=DE")[1]
