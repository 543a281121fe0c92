"""What other policies would have decided last month, and why a question is answered as it is."""

import json
import shutil

import pytest
from sqlalchemy import select

from compliance import asked, policies
from compliance.bases import with_basis
from hub.errors import NotFound, WrongInput
from hub.flow import customers
from hub.flow.effects import announce
from hub.flow.outbox import Intent
from hub.models import Customer, Message
from hub.sdk import ConsentRecord, CustomerKey, Question

NO_CRM = """
policy: nothing_to_crms
title: Nothing goes to a CRM
applies: {purpose: {is: crm_sync}}
verdict: deny
because: the contract has ended
examples:
  - {name: to a CRM, given: {purpose: crm_sync}, expect: deny}
  - {name: to a club, given: {purpose: loyalty}, expect: silent}
"""


@pytest.fixture
def told_on(hub, crm, told):
    """Two of whom the CRM is told that they entered a segment, and one who agrees to marketing from then on."""
    refs = [told("C-1"), told("C-2", email="bo@example.org")]
    with hub.begin() as work:
        ids = dict(work.session.execute(select(Customer.ref, Customer.id)).all())
        intents = [
            (
                ids[ref],
                Intent("segment_entered", ref, f"entered:{ref}", {"customer_id": ids[ref], "segment": "regulars"}),
            )
            for ref in refs
        ]
        announce(hub, work, intents)
    return refs


def test_last_months_messages_are_judged_by_a_policy_that_is_not_in_force_yet(hub, told_on, tmp_path, clock):
    (tmp_path / "nothing_to_crms.yaml").write_text(NO_CRM)
    others = policies.proposed(hub, [tmp_path / "nothing_to_crms.yaml"])

    found = policies.plan(hub, others, 30)

    [one] = [one for one in found.differences if one.facts["connector"] == "forgetful"]
    assert (one.before.verdict, one.after.verdict, one.after.policy) == ("allow", "deny", "nothing_to_crms")
    assert (one.times, one.people, found.left_out) == (2, 2, 0)
    assert policies.plan(hub, hub.book.current().policies, 30).differences == ()
    with hub.look() as session:
        assert set(session.scalars(select(Message.state))) == {"waiting"}

    clock.pass_by(days=31)
    assert policies.plan(hub, others, 30).judged == 0


def test_consent_counts_as_it_was_when_the_message_was_made(hub, told_on, clock):
    [first, _] = told_on
    clock.pass_by(hours=1)
    agreed = ConsentRecord(customer=CustomerKey(partner_id="m-C-1", customer_number="C-1"), purpose="crm_sync", channel="api",
                           state="withdrawn", notice="n", at=clock())  # fmt: skip
    with hub.begin() as work:
        customers.fold(hub, work, hub.partners["club"], [agreed])
    with hub.look() as session:
        mine = (Message.entity == first, Message.connection_id == hub.partners["crm"].id)
        [number] = session.scalars(select(Message.id).where(*mine))

    assert asked.numbered(hub, number)[1]["consent"] == "never_asked"
    with hub.begin() as work:
        work.session.get_one(Message, number).made_at = clock()
    assert asked.numbered(hub, number)[1]["consent"] == "withdrawn"


def test_every_policy_says_its_word_and_silence_is_a_no(hub):
    facts = policies.question_of(["purpose=marketing", "channel=mail", "consent=granted", "standing=live"])
    said = policies.why(hub.book.current().policies, facts, hub.clock())

    assert (said[0].policy, said[0].verdict, said[0].reason) == ("marketing_needs_consent", "allow", "consent")
    assert {one.verdict for one in said[1:]} == {"silent"}
    nobody = policies.judged(hub.book.current().policies, {"purpose": "espionage"}, hub.clock())
    assert (nobody.verdict, nobody.reason) == ("deny", "no policy speaks of this")


def test_a_transfer_is_judged_by_the_fields_that_would_go_along(hub, tmp_path):
    rule = NO_CRM.replace(
        "{purpose: {is: crm_sync}}", "{all: [{to_jurisdiction: {is: US}}, {fields: {has_any: [phone]}}]}"
    )
    rule = rule.replace("given: {purpose: crm_sync}", "given: {to_jurisdiction: US, fields: [name, phone]}")
    (tmp_path / "nothing_to_crms.yaml").write_text(rule)
    others = policies.proposed(hub, [tmp_path / "nothing_to_crms.yaml"])

    asked_of = {"purpose": "crm_sync", "standing": "live", "to_jurisdiction": "US"}
    answers = [
        policies.judged(others, {**asked_of, "fields": fields}, hub.clock()) for fields in (("phone",), ("name",), ())
    ]

    assert [one.verdict for one in answers] == ["deny", "allow", "allow"]


def test_a_transfer_is_judged_by_the_basis_that_its_purpose_is_declared_to_rest_on(hub, told_on, tmp_path, run):
    text = NO_CRM.replace("{purpose: {is: crm_sync}}", "{basis: {is: contract}}").replace(
        "given: {purpose: crm_sync}", "given: {basis: contract}"
    )
    (tmp_path / "nothing_to_crms.yaml").write_text(text)
    others = policies.proposed(hub, [tmp_path / "nothing_to_crms.yaml"])

    [one] = [one for one in policies.plan(hub, others, 30).differences if one.facts["connector"] == "forgetful"]
    assert (one.facts["basis"], one.after.policy, one.times) == ("contract", "nothing_to_crms", 2)
    said = run("policies", "why", "purpose=marketing", "consent=granted", "-r", "eu", "--json")[1]
    assert json.loads(said)["facts"]["basis"] == "consent"

    facts = {"purpose": "crm_sync", "standing": "live"}
    shutil.copy(tmp_path / "nothing_to_crms.yaml", hub.settings.config / "policies")
    hub.book.looked_at -= 5
    assert hub.permits(Question(facts, hub.clock())).policy == "nothing_to_crms"
    path = hub.settings.config / "privacy" / "purposes.yaml"
    path.write_text(path.read_text().replace("crm_sync: {basis: contract", "crm_sync: {basis: legitimate_interest"))
    assert hub.permits(Question(facts, hub.clock())).verdict == "allow"
    assert with_basis(hub.settings.config, {"purpose": "espionage"}) == {"purpose": "espionage"}
    path.unlink()
    assert hub.permits(Question(facts, hub.clock())).verdict == "deny"


@pytest.mark.parametrize("pair", ["purpose", "colour=red", "purpose="])
def test_what_is_no_fact_of_a_question_is_refused_with_those_that_are(pair):
    with pytest.raises(WrongInput, match=r"is no fact of a question\..*from_jurisdiction"):
        policies.question_of([pair])


def test_a_file_that_is_wrong_a_policy_and_a_message_that_are_not_there_are_told(hub, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(NO_CRM.replace("verdict: deny", "verdict: perhaps"))
    with pytest.raises(WrongInput, match=r"wrong\.yaml:5.*perhaps"):
        policies.proposed(hub, [wrong])
    with pytest.raises(WrongInput, match="no policy “nobody”"):
        policies.proposed(hub, [], ["nobody"])
    with pytest.raises(NotFound, match="no message 17"):
        asked.numbered(hub, 17)


def test_the_commands(hub, told_on, tmp_path, run):
    (tmp_path / "nothing_to_crms.yaml").write_text(NO_CRM)

    planned = run("policies", "plan", tmp_path / "nothing_to_crms.yaml", "-r", "eu")
    assert (planned[0], "would have been decided differently" in planned[1]) == (0, True)
    assert run("policies", "plan", "-r", "eu")[0] == 2
    question = ("topic=segment_entered", "purpose=crm_sync", "standing=erased")
    said = json.loads(run("policies", "why", *question, "-r", "eu", "--json")[1])
    assert (said["answer"]["verdict"], said["answer"]["policy"]) == ("deny", "restricted_people_are_left_alone")
    assert "no test on it holds: channel, topic" in run("policies", "why", *question[1:], "-r", "eu")[1]
