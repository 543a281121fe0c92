"""Conflicts and likenesses are decided at the desk by a button and a reason, once, and never by who may not."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from desks import CANARY, Traffic, Visitor
from disputing import a_dispute, a_likeness
from hub.core import Hub
from hub.flow import agreements
from hub.flow.effects import load_subjects
from hub.models import AuditEntry, Conflict, Duplicate, Person
from portal import disputed, disputes

PAGE = "/desk/connectors/hubspot_eu/conflicts"


@pytest.fixture
def customer_id(traffic: Traffic) -> int:
    return traffic.customer_ids[0]


@pytest.fixture
def number(hub: Hub, customer_id: int) -> int:
    return a_dispute(hub, "hubspot_eu", customer_id, theirs=CANARY)


def decided(hub: Hub) -> list[tuple[str, str]]:
    """(won, by whom)"""
    with hub.look() as session:
        return [(row.won, row.settled_by or "") for row in session.scalars(select(Conflict))]


def audited(hub: Hub, action: str) -> list[dict[str, object]]:
    with hub.look() as session:
        return [row.detail for row in session.scalars(select(AuditEntry).where(AuditEntry.action == action))]


def send(operator: Visitor, number: int, **form: str) -> str:
    answer = operator.post(f"{PAGE}/{number}", {"token": operator.token(PAGE), **form})
    return answer.headers.get("Location", str(answer.status_code))


def test_both_sides_are_shown_by_their_shape(hub: Hub, operator: Visitor, number: int) -> None:
    page = operator.get(PAGE).text

    assert "contact.street" in page
    assert "Xxx 9".casefold() in page.casefold()
    assert CANARY not in page
    assert "Weg" not in page
    assert audited(hub, "connection_seen") == [{"page": "conflicts"}]


def test_an_admin_sees_the_values_of_one_and_that_is_written_down(hub: Hub, app: Flask, number: int) -> None:
    admin = Visitor(app).sign_in(hub, "admin")

    page = admin.post(f"{PAGE}/{number}/open", {"token": admin.token(PAGE)}).text

    assert CANARY in page
    assert "Weg 2" in page
    assert audited(hub, "conflict_opened") == [{}]
    assert CANARY not in admin.get(PAGE).text


@pytest.mark.parametrize("take", ["ours", "theirs"])
def test_a_side_is_taken_with_a_reason_and_both_are_written_down(
    hub: Hub, operator: Visitor, number: int, customer_id: int, take: str
) -> None:
    assert send(operator, number, take=take, reason="customer_said").endswith("?done=decided")

    [(won, by)] = decided(hub)
    assert won == take
    assert by.startswith("principal:")
    assert audited(hub, "conflict_decided") == [{"take": take, "reason": "customer_said"}]
    assert "Nothing waits for a word" in operator.get(PAGE).text
    with hub.begin() as work:
        subject = load_subjects(work, [customer_id])[customer_id]
        agreed = agreements.load(work, hub.partner("hubspot_eu"), "contact", [subject])[customer_id]
    assert not agreed.word("street").held, "and the field goes on"


def test_pressed_twice_it_is_decided_once(hub: Hub, operator: Visitor, number: int) -> None:
    send(operator, number, take="ours", reason="it_is_newer")

    again = send(operator, number, take="theirs", reason="it_is_newer")

    assert again.endswith("?done=over")
    assert [won for won, _ in decided(hub)] == ["ours"]
    assert len(audited(hub, "conflict_decided")) == 1
    assert "settled meanwhile" in operator.get(f"{PAGE}?done=over").text


@pytest.mark.parametrize(
    "form", [{"take": "ours"}, {"reason": "it_is_newer"}, {"take": "both", "reason": "it_is_newer"},
             {"take": "ours", "reason": "Mr Smith said"}]
)  # fmt: skip
def test_without_a_side_and_a_known_reason_nothing_happens(
    hub: Hub, operator: Visitor, number: int, form: dict[str, str]
) -> None:
    assert send(operator, number, **form) == "422"
    assert [won for won, _ in decided(hub)] == ["open"]


def test_a_conflict_of_another_connection_is_not_there(hub: Hub, operator: Visitor, number: int) -> None:
    form = {"token": operator.token(PAGE), "take": "ours", "reason": "it_is_newer"}

    for path in (f"/desk/connectors/sms_eu/conflicts/{number}", f"{PAGE}/{number + 1}", f"{PAGE}/{2**70}"):
        assert operator.post(path, form).status_code == 404
    assert [won for won, _ in decided(hub)] == ["open"]


def test_what_nobody_can_read_any_more_is_said_to_be_so(hub: Hub, operator: Visitor, number: int) -> None:
    with hub.begin() as work:
        person_id = work.session.get_one(Conflict, number).person_id
        work.session.get_one(Person, person_id).data_key_id = None

    assert "Nobody can read it any more" in operator.get(PAGE).text


def test_two_who_are_alike_are_kept_apart_once_and_for_all(hub: Hub, operator: Visitor, traffic: Traffic) -> None:
    pair = a_likeness(hub, "hubspot_eu", *traffic.customer_ids[:2])
    path = f"/desk/connectors/hubspot_eu/duplicates/{pair}"
    form = {"token": operator.token(PAGE), "reason": "they_share_it"}
    assert "The same phone number" in operator.get(PAGE).text

    told = [operator.post(path, form).headers["Location"].rpartition("=")[2] for _ in range(2)]

    assert told == ["apart", "over"]
    assert audited(hub, "kept_apart") == [{"reason": "they_share_it"}]
    with hub.look() as session:
        assert session.scalars(select(Duplicate.state)).all() == ["kept apart"]


def test_the_connections_page_leads_there(hub: Hub, operator: Visitor, number: int) -> None:
    assert PAGE in operator.get("/desk/connectors/hubspot_eu").text


def test_conflicts_and_pairs_are_turned_each_by_its_own_place(
    hub: Hub, operator: Visitor, traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disputes, "SHOWN", 1)
    monkeypatch.setattr(disputed, "SHOWN", 1)
    numbers = [a_dispute(hub, "hubspot_eu", one) for one in traffic.customer_ids[:2]]
    pairs = [a_likeness(hub, "hubspot_eu", *traffic.customer_ids[at : at + 2]) for at in (0, 2)]

    def shown(page: str) -> list[list[bool]]:
        return [
            [f'id="field-{one}"' in page for one in numbers],
            [f'id="pair-{one}"' in page for one in pairs],
        ]

    first = operator.get(PAGE).text
    more = [unescape(path) for path in re.findall(r'href="([^"]+)" rel="next"', first)]
    others = [operator.get(path).text for path in more]
    both = operator.get(f"{PAGE}?after={numbers[1]}&pair={pairs[0]}").text

    assert shown(first) == [[False, True], [True, False]], "the latest conflict, the oldest pair"
    assert [shown(page) for page in others] == [[[True, False], [True, False]], [[False, True], [False, True]]]
    assert shown(both) == [[True, False], [False, True]]
    assert 'rel="next"' not in both
    done = operator.post(f"{PAGE}/{numbers[0]}?pair={pairs[0]}",
                         {"token": operator.token(PAGE), "take": "ours", "reason": "it_is_newer"})  # fmt: skip
    assert done.headers["Location"].endswith(f"?done=decided&pair={pairs[0]}")
