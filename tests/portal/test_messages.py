"""The desk of messages: filtered by the address, read in pages, looked at with masked values, set going again or given up."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from counting import counted
from desks import CANARY, Traffic, Visitor
from hub.core import Hub
from hub.errors import Quarantined
from hub.flow import inbox, pending
from hub.flow.paging import Mark, mark_of
from hub.flow.pending import Asked
from hub.models import AuditEntry, DeadLetter, Delivery, Message, TransferQuestion
from portal.masks import values_of

DEAD, LIST = "/desk/messages/dead", "/desk/messages/"


def test_a_filter_is_an_address(traffic: Traffic, operator: Visitor) -> None:
    text = operator.get(LIST + "?state=dead&connection=sms_eu").text

    assert "no longer in service" in text
    assert "garage_segment" not in text
    assert "no longer in service" not in operator.get(LIST + "?state=dead&kind=refused").text


@pytest.mark.parametrize("state", pending.STATES)
def test_pages_follow_each_other_without_a_gap_or_a_repeat(hub: Hub, traffic: Traffic, state: str) -> None:
    asked, seen, after = Asked(state, [partner.id for partner in hub.partners.values()]), [], None
    with hub.look() as session:
        whole = [row.id for row in pending.read(session, asked).rows]
        while True:
            found = pending.read(session, asked, mark_of(str(after)) if after else None, size=1)
            seen += [row.id for row in found.rows]
            after = found.after
            if after is None:
                break

    assert len(whole) == {"dead": 8, "quarantined": 2, "waiting": 8}[state]
    assert seen == whole


@pytest.mark.parametrize("after", ["x", "1-", "-1-2", "9" * 19 + "-1", "1e5-2", "999999999999999999-1"])
def test_a_place_that_no_page_said_is_the_first_page(traffic: Traffic, operator: Visitor, after: str) -> None:
    assert operator.get(LIST, ).text.count('class="line"') == operator.get(f"{LIST}?after={after}").text.count('class="line"')  # fmt: skip


def test_a_look_shows_shapes_and_is_written_down(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    letter = traffic.letters["wrong_input"][0]

    text = operator.get(f"{DEAD}/{letter}").text
    operator.get(f"{DEAD}/{letter}")

    assert "xxx xxxxxx-xxxxxx" in text
    assert not any(word in text for word in CANARY.split())
    assert _audited(hub, "dead_letter_seen") == [letter]
    assert operator.post(f"{DEAD}/{letter}/open", {"token": operator.token()}).status_code == 403


def test_values_are_shown_to_an_admin_and_each_time_is_written_down(hub: Hub, traffic: Traffic, app: object) -> None:
    admin = Visitor(app).sign_in(hub, "admin")  # type: ignore[arg-type]
    letter = traffic.letters["wrong_input"][0]

    pages = [admin.post(f"{DEAD}/{letter}/open", {"token": admin.token()}).text for _ in range(2)]

    assert all(CANARY in page for page in pages)
    assert _audited(hub, "payload_opened") == [letter, letter]


def test_all_of_a_filter_are_replayed_and_what_came_later_is_not(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    page = operator.get(LIST + "?state=dead&connection=hubspot_eu&kind=refused").text
    found = re.search(r'name="upto" value="([0-9-]+)"', page)
    assert found
    with hub.begin() as work:
        later = work.session.get_one(DeadLetter, traffic.letters["refused"][0])
        later.died_at = work.now + timedelta(minutes=1)

    answer = operator.post(
        LIST + "replay",
        {"token": operator.token(), "state": "dead", "connection": "hubspot_eu", "kind": "refused", "upto": found[1]},
    )

    assert "5 go their way once more" in operator.get(answer.headers["Location"]).text
    assert sorted(_open(hub)) == sorted([later.id, *traffic.letters["gone"], *traffic.letters["wrong_input"]])


def test_discarding_without_a_reason_is_refused_and_changes_nothing(
    hub: Hub, traffic: Traffic, operator: Visitor
) -> None:
    now = str(Mark(hub.clock(), 0))
    for state in pending.STATES:
        for reason in ("", "because Zoë asked"):
            form = {"token": operator.token(), "state": state, "upto": now, "reason": reason}
            answer = operator.post(LIST + "discard", form)
            assert answer.status_code == 422
            assert "Nothing was changed" in answer.text
    assert len(_open(hub)) == 8
    assert _audited(hub, "discarded") == []


@pytest.mark.parametrize("form", [{}, {"state": "all"}, {"connection": "nowhere"}, {"kind": "<b>"}])
def test_a_deed_that_is_not_understood_does_nothing(
    hub: Hub, traffic: Traffic, operator: Visitor, form: dict[str, str]
) -> None:
    given = {"token": operator.token(), "reason": "test", "upto": str(Mark(hub.clock(), 0)), **form}
    if form:
        given.setdefault("state", "dead")

    assert operator.post(LIST + "discard", given).status_code == 404
    assert len(_open(hub)) == 8


def test_nothing_is_half_done(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    """The last of them fails: the others are as they were."""
    form = {"token": operator.token(), "state": "dead", "upto": str(Mark(hub.clock(), 0)), "reason": "test"}

    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    event.listen(hub.region.engine, "commit", fail)
    with pytest.raises(RuntimeError):
        operator.post(LIST + "discard", form)
    event.remove(hub.region.engine, "commit", fail)

    assert len(_open(hub)) == 8
    with hub.look() as session:
        assert session.scalars(select(Message.id).where(Message.state == "cancelled")).all() == []


def test_a_waiting_message_is_discarded_once_and_for_good(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    with hub.look() as session:
        number = session.scalars(select(Message.id).where(Message.state == "waiting")).first()
    form = {"token": operator.token(), "state": "waiting", "only": str(number), "reason": "no_longer_needed"}

    answers = [operator.post(LIST + "discard", form).status_code for _ in range(2)]

    assert answers == [303, 404]
    assert _audited(hub, "discarded") == [number]


def test_a_delivery_set_apart_is_judged_anew_and_may_be_set_apart_again(
    hub: Hub, traffic: Traffic, operator: Visitor
) -> None:
    with hub.begin() as work:
        row = work.session.scalars(select(Delivery).where(Delivery.state == "quarantined")).first()
        assert row
        inbox.quarantine(work, row, Quarantined("It declares residence in AE."), "AE")
        number = row.id
    form = {"token": operator.token(), "state": "quarantined", "only": str(number)}
    assert operator.post(LIST + "replay", form).status_code == 303

    with hub.begin() as work:
        row = work.session.get_one(Delivery, number)
        assert row.state == "waiting"
        inbox.quarantine(work, row, Quarantined("It declares residence in SA."), "SA")

    with hub.look() as session:
        question = session.scalars(select(TransferQuestion).where(TransferQuestion.delivery_id == number)).one()
    assert (question.declared, question.answered_at) == ("SA", None)


def test_a_page_asks_the_database_little(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    operator.get("/")
    for path in (LIST, LIST + "?state=waiting", LIST + "?state=quarantined", f"{DEAD}/{traffic.letters['gone'][0]}"):
        with counted(hub) as statements:
            operator.get(path)
        assert len(statements) <= 12, path


def test_names_that_may_name_somebody_are_masked_too() -> None:
    payload = b'{"email": "anna@x.de", "lines": [{"price": 12.5, "paid": true}], "anna@x.de": "+49 30 1"}'

    assert [(one.path, one.text) for one in values_of(payload, opened=False)] == [
        ("email", "xxxx@x.xx"),
        ("lines[0].price", "99.9"),
        ("lines[0].paid", "true"),
        ("xxxx@x.xx", "+99 99 9"),
    ]


def _open(hub: Hub) -> list[int]:
    with hub.look() as session:
        return list(session.scalars(select(DeadLetter.id).where(DeadLetter.closed_at.is_(None))))


def _audited(hub: Hub, action: str) -> list[int | None]:
    with hub.look() as session:
        return list(
            session.scalars(select(AuditEntry.about_id).where(AuditEntry.action == action).order_by(AuditEntry.id))
        )
