"""Costs of campaigns at the desk: told, corrected and taken back by their key; what is wrong is said beside its field."""

import re

import pytest
from flask import Flask
from sqlalchemy import select, update

from desks import Traffic, Visitor
from hub.core import Hub
from hub.flow import expenses
from hub.flow.expenses import Expense
from hub.models import AuditEntry, Principal, Role
from returned import a_journey_in_force, some_costs

DESK = "/desk/roi/costs/"
SAID = {"key": "AG-1", "campaign": "declined_brakes", "kind": "agency", "amount": "1,240.50", "currency": "eur",
        "since": "2026-11-01", "until": "2026-11-30"}  # fmt: skip


@pytest.fixture
def marketer(app: Flask, hub: Hub, traffic: Traffic) -> Visitor:
    a_journey_in_force(hub, traffic.customer_ids)
    return Visitor(app).sign_in(hub, "marketer", title="Mia")


def told(visitor: Visitor, path: str = DESK, **also: str) -> tuple[int, str]:
    answer = visitor.post(path, {"token": visitor.token(DESK), **SAID, **also})
    return answer.status_code, answer.headers.get("Location", "") or answer.text


def amounts(hub: Hub) -> dict[str, int]:
    with hub.look() as session:
        return {one.key: one.amount_minor for one in expenses.told(session)}


def test_a_cost_is_told_corrected_and_taken_back(hub: Hub, marketer: Visitor) -> None:
    assert "No cost was told" in marketer.get(DESK).text

    assert told(marketer) == (303, f"{DESK}?done=told")
    assert told(marketer) == (303, f"{DESK}?done=unchanged")
    assert told(marketer, amount="900") == (303, f"{DESK}?done=corrected")
    assert amounts(hub) == {"AG-1": 90_000}
    assert "€900.00" in marketer.get(DESK).text
    assert told(marketer, DESK + "take-back") == (303, f"{DESK}?done=back")

    assert amounts(hub) == {"AG-1": 0}
    with hub.look() as session:
        wrote = select(AuditEntry.action, AuditEntry.actor).where(AuditEntry.action.startswith("cost_"))
        found = session.execute(wrote.order_by(AuditEntry.id)).all()
    assert [action for action, _ in found] == ["cost_told", "cost_corrected", "cost_corrected"]
    assert len({actor for _, actor in found}) == 1
    assert found[0].actor.startswith("principal:")


@pytest.mark.parametrize(
    ("field", "said", "words"),
    [
        ("key", "two words", "without a blank"),
        ("campaign", "nobody_knows", "There is no such campaign"),
        ("kind", "bribes", "Choose one of the kinds"),
        ("amount", "1.240,50", "such as 1,234.5"),
        ("amount", "-3", "such as 1,234.5"),
        ("amount", "0.001", "such as 1,234.5"),
        ("currency", "EUX", "Three letters"),
        ("since", "yesterday", "A day of this century"),
        ("until", "2026-10-01", "not before the first"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    hub: Hub, marketer: Visitor, field: str, said: str, words: str
) -> None:
    status, text = told(marketer, **{field: said})

    assert status == 422
    (place,) = re.findall(r'<p class="wrong" id="([a-z]+)-wrong">.*?</p>', text)
    assert place == field
    assert words in text
    kept = SAID | {field: said}
    for name in ("key", "campaign", "amount", "currency", "since", "until"):
        assert f'value="{kept[name]}"' in text
    assert amounts(hub) == {}


def test_an_amount_is_read_as_the_pages_language_writes_it(hub: Hub, marketer: Visitor) -> None:
    marketer.get("/?lang=de")

    assert told(marketer, amount="1.240,50")[0] == 303
    assert amounts(hub) == {"AG-1": 124_050}


def test_the_list_is_paged_filtered_and_a_table(hub: Hub, marketer: Visitor) -> None:
    some_costs(hub)
    with hub.begin() as work:
        day = work.now.date()
        expenses.tell(
            work, [Expense(f"K-{n}", "declined_brakes", "media", 100, "EUR", day, day) for n in range(58)], "cli"
        )

    first = marketer.get(DESK).text
    more = re.search(rf'href="({DESK}[^"]*before=[0-9]+)"', first)
    assert more
    keys = [
        re.findall(r'<bdi class="mono" dir="ltr">([A-Z0-9-]+)</bdi></th>', page)
        for page in (first, marketer.get(more[1]).text)
    ]

    assert len(keys[0]) == 50
    assert sorted(keys[0] + keys[1]) == sorted(amounts(hub))
    assert len(marketer.get(DESK + "costs.csv").text.splitlines()) == 1 + 61
    assert "AG-2026-118,declined_brakes,agency,1240.00,EUR" in marketer.get(DESK + "costs.csv").text
    assert "No cost was told" in marketer.get(DESK + "?campaign=thanks").text


def test_a_cost_names_no_branch_so_a_branchs_marketer_tells_none(app: Flask, hub: Hub, marketer: Visitor) -> None:
    with hub.begin() as work:
        mine = select(Principal.id).where(Principal.title == "Mia")
        work.session.execute(update(Role).where(Role.principal_id.in_(mine)).values(branch="berlin-spree"))

    assert marketer.get(DESK).status_code == 404
    assert marketer.get(DESK + "costs.csv").status_code == 404
