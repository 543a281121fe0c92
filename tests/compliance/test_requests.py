"""Requests of a person: each once, by its clock, heeded by every station, and refused with a reason."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from compliance import cases, erasure, holds, requests
from compliance.coming import Came
from compliance.periods import deadline_of
from compliance.requests import Wish
from hub.errors import Denied, NotFound, WrongInput
from hub.flow import pins, scores
from hub.models import (
    AuditEntry,
    Consent,
    Customer,
    ErasureRequest,
    Message,
    Person,
    PersonalValue,
    PersonRequest,
    Score,
)
from hub.sdk import ScoreGiven
from office import Crm
from partners import drain_all
from rules.calendar import local_day

CHURN = SimpleNamespace(name="churn", about="customer")


def asked(hub, ref, kind, scope="", **wish):
    return requests.intake(hub, Wish(ref, kind, Came("desk"), scope, wish), "petra")


def row_of(hub, request):
    with hub.look() as session:
        return session.scalars(select(PersonRequest).where(PersonRequest.ref == request)).one()


def person_of(hub, request):
    with hub.look() as session:
        return session.get_one(Person, row_of(hub, request).person_id)


def under(hub, ref, jurisdiction):
    with hub.begin() as work:
        mine = select(Person).join(Customer, Customer.person_id == Person.id).where(Customer.ref == ref)
        work.session.scalars(mine).one().jurisdiction = jurisdiction


def told_of(hub, step):
    with hub.look() as session:
        rows = select(Message.state).where(Message.template == f"rights_{step}")
        return list(session.scalars(rows))


# --- the clock


def test_asked_twice_it_is_one_request_and_every_step_is_audited(hub, told):
    ref = told()
    request = asked(hub, ref, "access")

    assert asked(hub, ref, "access") == request
    assert asked(hub, ref, "portability") != request
    with hub.look() as session:
        actions = list(session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("request%"))))
    assert actions == ["request_received", "request_folded", "request_received"]
    assert told_of(hub, "received") == ["waiting", "waiting"]


def test_the_clock_stands_where_the_law_says_so_and_the_days_are_added(hub, told, clock):
    ref = told()
    with pytest.raises(Denied, match="In DE the clock runs on"):
        requests.pause(hub, asked(hub, ref, "access"), "petra")

    under(hub, ref, "GB")
    request = asked(hub, ref, "portability")
    requests.pause(hub, request, "petra")
    clock.pass_by(days=9)
    requests.verify(hub, request, "petra", "call_back")

    assert row_of(hub, request).due_on == date(2026, 12, 25) + timedelta(days=9)


def test_it_is_put_off_once_in_time_and_with_a_notice(hub, told, clock):
    request = asked(hub, told(), "access")
    late = asked(hub, told("C-2", email="bo@example.org"), "access")

    requests.extend(hub, request, "petra", "complex")

    assert row_of(hub, request).due_on == date(2027, 2, 25)
    assert told_of(hub, "extended") == ["waiting"]
    with pytest.raises(Denied, match="cannot be put off again"):
        requests.extend(hub, request, "petra", "many")
    with pytest.raises(WrongInput, match="no reason to take longer"):
        requests.extend(hub, late, "petra", "holidays")
    clock.pass_by(days=31)
    with pytest.raises(Denied, match="time was up"):
        requests.extend(hub, late, "petra", "complex")
    with hub.look() as session:
        left = {one.ref: one.left for one in cases.all_of(session, clock().date())}
    assert (left[late], left[request]) == (-1, 61)


@pytest.mark.parametrize("kind", ["access", "erasure"])
def test_what_came_days_ago_is_due_by_the_day_it_came(hub, told, clock, kind):
    today = local_day(clock(), hub.here.zone)
    came = Came("letter", today - timedelta(days=5))
    ref = told()

    if kind == "erasure":
        erasure.intake(hub, ref, "petra", came)
    else:
        requests.intake(hub, Wish(ref, kind, came), "petra")

    with hub.look() as session:
        row = session.scalars(select(ErasureRequest if kind == "erasure" else PersonRequest)).one()
        said = session.scalars(
            select(AuditEntry.detail).where(
                AuditEntry.action == f"{'erasure' if kind == 'erasure' else 'request'}_received"
            )
        )
        assert {"came_by": "letter", "came_on": (today - timedelta(days=5)).isoformat()}.items() <= said.one().items()
    assert (row.came_by, row.due_on) == ("letter", deadline_of(hub.settings.config, "DE").due(came.on))
    for wrong in (today + timedelta(days=1), today - timedelta(days=400)):
        with pytest.raises(WrongInput, match=f"did not come on {wrong}"):
            requests.intake(hub, Wish(ref, "portability", Came("mail", wrong)), "petra")
    with pytest.raises(WrongInput, match="“pigeon”"):
        erasure.intake(hub, ref, "petra", Came("pigeon"))


def test_nobody_is_recognised_in_a_way_that_the_house_does_not_know(hub, told):
    request = asked(hub, told(), "access")

    with pytest.raises(WrongInput, match="“passport”") as wrong:
        requests.verify(hub, request, "petra", "passport")

    assert "call_back, letter" in wrong.value.hint
    assert row_of(hub, request).state == "received"


def test_a_refusal_has_a_reason_of_the_law_and_is_told(hub, told):
    request = asked(hub, told(), "access")

    with pytest.raises(WrongInput, match="no reason the law knows"):
        requests.refuse(hub, request, "petra", "too much work")
    requests.refuse(hub, request, "petra", "not_identified", "The number you called from is not yours.")

    assert (row_of(hub, request).state, row_of(hub, request).outcome) == ("refused", "not_identified")
    assert told_of(hub, "settled") == ["waiting"]
    with pytest.raises(WrongInput, match="is refused"):
        requests.verify(hub, request, "petra", "session")


def test_what_was_refused_is_kept_for_as_long_as_the_law_says(hub, told, clock):
    """Singapore: thirty days, and whatever would delete it meets the hold."""
    ref = told()
    under(hub, ref, "SG")
    requests.refuse(hub, asked(hub, ref, "access"), "petra", "not_identified")

    [(hold, whose)] = holds.in_force(hub)
    assert (whose, hold.record_set, "Singapore" in hold.basis) == (ref, "*", True)
    clock.pass_by(days=31)
    assert holds.in_force(hub) == []


# --- what each does


def test_access_is_handed_over_to_whoever_was_recognised(hub, told):
    request = asked(hub, told(), "access")
    with pytest.raises(WrongInput, match="is received"):
        requests.hand_over(hub, request, "petra")
    requests.verify(hub, request, "petra", "session")

    found = requests.hand_over(hub, request, "petra")

    assert "anna@example.org" in str(found.plain())
    assert row_of(hub, request).outcome == "handed_over"


def test_what_is_corrected_goes_on_to_partners(hub, told, office: Crm):
    ref = told()
    drain_all(hub)
    request = asked(hub, ref, "rectification", email="anna.weiss@example.org")
    requests.verify(hub, request, "petra", "session")

    assert requests.answer(hub, request, "petra") == "corrected"

    with hub.begin() as work:
        key = work.key(person_of(hub, request).data_key_id)
        mine = (PersonalValue.person_id == row_of(hub, request).person_id, PersonalValue.field == "email")
        value = work.session.scalars(select(PersonalValue).where(*mine)).one()
        assert work.vault.unseal(key, value.sealed, f"value:{value.person_id}:email:0") == b"anna.weiss@example.org"
        heard = work.session.scalar(select(func.count()).where(Message.topic == "set_fields", Message.entity == ref))
        assert heard


def test_an_objection_to_advertising_stops_it_at_once_and_before_anybody_asks_who_it_was(hub, told):
    ref = told()
    request = asked(hub, ref, "objection", "marketing")

    assert row_of(hub, request).state == "answered"
    with hub.look() as session:
        said = dict(session.execute(select(Consent.channel, Consent.state).where(Consent.purpose == "marketing")).all())
    assert said == dict.fromkeys(("mail", "sms", "push", "phone"), "withdrawn")
    assert asked(hub, ref, "objection", "marketing") == request


def test_an_objection_to_being_predicted_takes_the_scores_and_lets_none_come_back(hub, told):
    ref = told()
    with hub.begin() as work:
        customer_id = work.session.scalars(select(Customer.id).where(Customer.ref == ref)).one()
        given = ScoreGiven(customer_id, 0.7, 0.6, 0.8, 3, ())
    write = scores._Writing(hub, CHURN, scores.today(hub), "m", None)
    assert write([given]) == 1

    asked(hub, ref, "objection", "profiling")

    with hub.begin() as work:
        assert work.session.scalar(select(func.count()).select_from(Score)) == 0
    assert write([given]) == 0


def test_who_is_restricted_is_kept_and_not_used_until_it_is_lifted(hub, told):
    ref = told()
    request = asked(hub, ref, "restriction")
    assert person_of(hub, request).restricted_at is None
    requests.verify(hub, request, "petra", "call_back")
    assert person_of(hub, request).restricted_at is not None

    wish = erasure.intake(hub, ref, "petra", Came("desk"))
    erasure.verify(hub, wish, "petra", "session")
    erasure.plan(hub, wish, "petra")
    erasure.refuse(hub, wish, "petra", "a tax audit runs")
    assert person_of(hub, request).restricted_at is not None  # a refused erasure does not undo it

    requests.lift(hub, request, "petra")

    assert person_of(hub, request).restricted_at is None
    assert told_of(hub, "settled") == ["waiting", "waiting"]  # that it binds, and that it ended


def test_a_person_reviews_what_a_rule_decided(hub, told):
    request = asked(hub, told(), "review", "segment:gold_members")
    requests.verify(hub, request, "petra", "session")
    with pytest.raises(Denied, match="reviewed by a person"):
        requests.answer(hub, request, "clock", verdict="kept")

    assert requests.answer(hub, request, "petra", verdict="changed", text="You are no longer in it.") == "changed"

    [pin] = pins.standing(hub, "gold_members")
    assert (pin.inside, pin.author) == (False, "petra")


@pytest.mark.parametrize(
    ("kind", "scope", "wish", "said"),
    [
        ("curiosity", "", {}, "no kind of request"), ("rectification", "", {}, "not said what is wrong"),
        ("rectification", "", {"plate": "X"}, "cannot be corrected"), ("objection", "", {}, "objects to"),
        ("review", "", {}, "which decision"), ("review", "segment:nothing", {}, "no segment"), ("access", "all", {}, "no scope"),
        ("rectification", "", {"name": "x" * 2001}, "too long"),
    ],
)  # fmt: skip
def test_what_is_not_clear_is_asked_back(hub, told, kind, scope, wish, said):
    with pytest.raises(WrongInput, match=said):
        asked(hub, told(), kind, scope, **wish)


def test_nobody_is_not_found(hub):
    with pytest.raises(NotFound):
        asked(hub, "nobody", "access")
