"""Consent: what was seen, how it was said, both steps of a double opt-in, a no that holds everywhere at once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from compliance import consents
from compliance.purposes import problems_of, read_purposes
from compliance.rights import subject_of
from hub.errors import NotFound
from hub.flow.effects import Asked, consents_of, load_subjects
from hub.models import Consent, ConsentAsk, Message, Notice
from hub.sdk import EffectClass, Topic

OFFER = {kind: Topic("marketing", EffectClass.BLIND, "marketing", (), kind) for kind in ("mail", "sms")}


@pytest.fixture
def anna(hub, told):
    return told()


def says(hub, ref, yes, purpose="marketing", channel="sms", language="de", how="portal"):
    with hub.begin() as work:
        who = subject_of(work, ref=ref)
        if yes:
            return consents.give(hub, work, who, purpose, channel, language, how)
        consents.withdraw(hub, work, who, purpose, channel, language, how)
        return "withdrawn"


def choice_of(hub, ref, purpose="marketing", channel="sms"):
    with hub.begin() as work:
        found = consents.choices(hub, work.session, subject_of(work, ref=ref).person.id)
    return next(one for one in found if (one.purpose.name, one.channel) == (purpose, channel))


def may_send(hub, ref, channel):
    """What the policy says of an offer, asked as the outbox asks before each push."""
    with hub.begin() as work:
        subject = next(iter(load_subjects(work, [subject_of(work, ref=ref).customer.id]).values()))
        return (
            Asked(hub, work, hub.partner("texts"), consents_of(work, [subject])).about(subject, OFFER[channel]).verdict
        )


def ask_of(hub):
    with hub.look() as session:
        return session.scalars(select(ConsentAsk)).one()


def test_a_yes_counts_at_once_and_a_no_at_once_too(hub, anna):
    assert may_send(hub, anna, "sms") == "deny"

    says(hub, anna, yes=True)
    assert (choice_of(hub, anna).is_on, may_send(hub, anna, "sms")) == (True, "allow")

    says(hub, anna, yes=False)
    assert (choice_of(hub, anna).is_on, may_send(hub, anna, "sms")) == (False, "deny")


def test_a_mailbox_must_agree_too_and_once(hub, anna, clock):
    assert says(hub, anna, yes=True, channel="mail") == "asked"
    assert says(hub, anna, yes=True, channel="mail") == "asked"
    ask = ask_of(hub)  # asked twice, one mail waits
    assert (choice_of(hub, anna, channel="mail").waits, may_send(hub, anna, "mail")) == (True, "deny")
    with hub.look() as session:
        refs = session.scalars(select(Message.refs).where(Message.template == "consent_confirm")).one()
    assert refs["values"]["link"].endswith(f"/my/privacy/confirm/{ask.ref}")
    assert refs["values"]["title"] == "Angebote und Erinnerungen"

    assert consents.confirm(hub, ask.ref)

    assert (consents.confirm(hub, ask.ref), may_send(hub, anna, "mail")) == (False, "allow")
    with hub.look() as session:
        row = session.scalars(select(Consent)).one()
        assert (row.how, row.language, session.get(Notice, row.notice).language) == ("double_opt_in", "de", "de")


def test_a_link_that_waited_too_long_or_was_overtaken_by_a_no_confirms_nothing(hub, anna, clock):
    says(hub, anna, yes=True, channel="mail")
    clock.pass_by(days=8)
    assert not consents.confirm(hub, ask_of(hub).ref)

    says(hub, anna, yes=True, channel="mail")
    says(hub, anna, yes=False, channel="mail")
    with hub.look() as session:
        latest = session.scalars(select(ConsentAsk).order_by(ConsentAsk.id.desc())).first()
    assert not consents.confirm(hub, latest.ref)
    assert not consents.confirm(hub, "0" * 32)


def test_a_receipt_shows_the_text_that_was_seen_whatever_the_file_says_now(hub, anna):
    says(hub, anna, yes=True)
    path = hub.settings.config / "privacy" / "purposes.yaml"
    path.write_text(path.read_text().replace("vor dem Winter", "vor dem Sommer"))
    says(hub, anna, yes=False)

    with hub.begin() as work:
        person = subject_of(work, ref=anna).person
        first, last = work.session.scalars(select(Consent).order_by(Consent.id))
        found = consents.receipt(hub, work.session, person.id, first.id)
        with pytest.raises(NotFound):
            consents.receipt(hub, work.session, person.id + 1, first.id)

    assert "vor dem Winter" in found["pii_processing"]["notice_text"]
    assert found["pii_principal_id"] == anna
    assert found["pii_processing"]["purposes"][0]["lawful_basis"] == "consent"
    assert [event["event_state"] for event in found["events"]] == ["consent given", "consent withdrawn"]
    assert first.notice != last.notice


def test_a_no_is_not_asked_about_for_half_a_year(hub, anna, clock):
    assert choice_of(hub, anna).asks
    says(hub, anna, yes=False)
    clock.pass_by(days=179)
    assert not choice_of(hub, anna).asks

    clock.pass_by(days=2)

    assert choice_of(hub, anna).asks


def test_a_change_that_a_person_calls_material_asks_again_and_a_comma_does_not(hub, anna):
    says(hub, anna, yes=True)
    path = hub.settings.config / "privacy" / "purposes.yaml"
    path.write_text(path.read_text().replace("Reifen vor dem Winter", "Reifen, vor dem Winter"))
    assert consents.publish(hub)
    assert not choice_of(hub, anna).asks

    path.write_text(path.read_text().replace("material: 1", "material: 2", 1))

    assert (choice_of(hub, anna).said.is_older, choice_of(hub, anna).asks) == (True, True)


def test_the_browsers_signal_is_a_no_until_the_person_says_otherwise(hub, anna):
    says(hub, anna, yes=True, purpose="sharing", channel="api")
    with hub.begin() as work:
        assert consents.heed_signal(hub, work, subject_of(work, ref=anna), "en") == ["sharing"]
    assert not choice_of(hub, anna, "sharing", "api").is_on

    says(hub, anna, yes=True, purpose="sharing", channel="api")
    with hub.begin() as work:
        assert consents.heed_signal(hub, work, subject_of(work, ref=anna), "en") == []
    assert choice_of(hub, anna, "sharing", "api").is_on


def test_what_is_not_offered_cannot_be_agreed_to(hub, anna):
    for purpose, channel in (("marketing", "fax"), ("nothing", "sms"), ("service", "mail")):
        with pytest.raises(NotFound):
            says(hub, anna, yes=True, purpose=purpose, channel=channel)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("basis: consent", "basis: hope", "no lawful basis"), ("double_opt_in: [mail]", "double_opt_in: [fax]", "no channel of it"),
        ("    channels: [api]", "    chanels: [api]", "no “chanels”"), ("reviewed_on: 2026-06-30", "reviewed_on: soon", "no day"),
    ],
)  # fmt: skip
def test_a_wrong_file_says_where(tmp_path, old, new, said):
    from hubs import CONFIG

    (tmp_path / "privacy").mkdir()
    text = (CONFIG / "privacy" / "purposes.yaml").read_text()
    (tmp_path / "privacy" / "purposes.yaml").write_text(text.replace(old, new, 1))

    [problem] = problems_of(tmp_path)

    assert said in problem
    assert "purposes.yaml:" in problem


def test_each_purpose_rests_on_one_basis():
    from hubs import CONFIG

    known = read_purposes(CONFIG)
    assert {one.basis for one in known.purposes.values()} <= {"consent", "contract", "legal_obligation"}
    assert timedelta(days=known.ask_again_days) >= timedelta(days=180)
