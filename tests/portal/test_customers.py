"""The desk of customers: who is found by what, what is known of them with its why, and who looked."""

import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update

from called import may_be_called, some_scores
from desks import Visitor
from hub.core import Hub
from hub.models import AuditEntry, Person, Role
from hub.own import OWN
from hub.sdk import CustomerKey, CustomerRecord
from mine import Owner, an_owner
from portal.known import SUBJECTS, trace_of
from scanning import whole_reads
from shops import folded

DESK = "/desk/customers/"
MOST_QUERIES = 12  # of a page, that it was seen is written among them


@pytest.fixture
def advisor(app: Flask, hub: Hub) -> Visitor:
    return Visitor(app).sign_in(hub, "advisor")


@pytest.fixture
def mara(hub: Hub) -> Owner:
    owner = an_owner(hub)
    key = CustomerKey(partner_id=owner.number, customer_number=owner.number)
    folded(hub, CustomerRecord(customer=key, phone="+49 170 1234567", residence="DE"), partner=OWN)
    return owner


def looked_up(advisor: Visitor, said: str) -> Any:
    return advisor.post(DESK, {"token": advisor.token(DESK), "said": said})


def test_one_who_is_found_is_opened_at_once(advisor: Visitor, mara: Owner) -> None:
    own = (
        "B TH 4172",
        "b-th4172",
        "TMBJJ7NE0K0214088",
        "0170 / 123 45 67",
        "+49 170 1234567",
        "C-17@example.org",
        "C-17",
    )
    names = ("Mara", "lindner  MARA", "Mära Lindner")

    answers = {said: looked_up(advisor, said) for said in (*own, *names)}

    opened = {said: answer.headers.get("Location") for said, answer in answers.items()}
    assert opened == dict.fromkeys(answers, f"{DESK}{mara.ref}")


def test_nobody_is_looked_for_by_reading_all_customers(hub: Hub, advisor: Visitor, mara: Owner) -> None:
    with whole_reads(hub) as reads:
        for said in ("B TH 4172", "+49 170 1234567", "C-17@example.org", "Mara Lindner", "nobody at all"):
            looked_up(advisor, said)

    assert reads == set()


def test_nobody_is_found_by_half_a_word_or_a_wrong_one(advisor: Visitor, mara: Owner) -> None:
    for said in ("Mar", "Mara Schmidt", "B TH 4173", "x", "   ", "'; DROP TABLE aliases; --", "@", "5" * 400):
        answer = looked_up(advisor, said)

        assert (answer.status_code, "Nobody is found by this" in answer.text) == (200, True), said


def test_several_are_told_apart_and_each_name_that_was_shown_is_written_down(
    hub: Hub, advisor: Visitor, mara: Owner
) -> None:
    an_owner(hub, "C-18", "Mara Lindner", "B XY 1")

    for _ in range(2):
        text = looked_up(advisor, "Mara Lindner").text

    assert "B TH 4172" in text
    assert "B XY 1" in text
    assert seen(hub) == 2


def test_what_is_asked_for_stays_out_of_addresses(advisor: Visitor, mara: Owner) -> None:
    assert "Mara Lindner" not in advisor.get(DESK + "?said=Mara").text


def test_customers_of_other_branches_and_those_who_are_nowhere_look_the_same(
    hub: Hub, advisor: Visitor, mara: Owner
) -> None:
    with hub.begin() as work:
        work.session.execute(update(Role).where(Role.role == "advisor").values(branch="elsewhere"))

    assert "Nobody is found by this" in looked_up(advisor, "B TH 4172").text
    for page in ("", "/history", "/why", "/documents"):
        answers = [advisor.get(f"{DESK}{ref}{page}").status_code for ref in (mara.ref, "f" * 32)]
        assert answers == [404, 404], page
    assert seen(hub) == 0


def test_a_customer_is_known_on_one_page(hub: Hub, advisor: Visitor, mara: Owner) -> None:
    some_scores(hub, mara.customer_id)

    text = advisor.get(f"{DESK}{mara.ref}").text

    for words in ("62% likely to stay away", "Between 50% and 73%.", "Told from 6 visits", "Pads at 4.1 mm", "B TH 4172",
                  "Last visit: 237 days ago, which speaks for staying away.", "2 other things, and why they come later"):  # fmt: skip
        assert words in text


def test_what_to_propose_comes_with_its_runners_up_and_a_danger_goes_first(
    hub: Hub, advisor: Visitor, mara: Owner
) -> None:
    may_be_called(hub)
    some_scores(hub, mara.customer_id)

    text = advisor.get(f"{DESK}{mara.ref}").text

    assert "Propose first: brakes. A safety finding is still open." in text
    assert "A danger comes first." in text


def test_a_chance_is_not_told_from_one_visit(hub: Hub, advisor: Visitor, mara: Owner) -> None:
    some_scores(hub, mara.customer_id, support=1)

    assert "Not enough is known to say how likely they are to stay away." in advisor.get(f"{DESK}{mara.ref}").text


def test_of_those_who_objected_nothing_is_predicted(hub: Hub, advisor: Visitor, mara: Owner) -> None:
    with hub.begin() as work:
        work.session.execute(update(Person).where(Person.id == mara.person_id).values(unprofiled_at=work.now))

    assert "They objected to predictions" in advisor.get(f"{DESK}{mara.ref}").text


def test_the_history_is_read_in_pages_and_nothing_is_told_twice(
    hub: Hub, advisor: Visitor, mara: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.customers.SHOWN", 3)
    monkeypatch.setattr("portal.known.SHOWN", 3)
    address, told = f"{DESK}{mara.ref}/history", list[str]()
    while address:
        text = advisor.get(address).text
        told += [part.split("</li>")[0] for part in text.split('<li class="happened"')[1:]]
        address = next(iter(re.findall(r'href="([^"]+)" rel="next"', text)), "")

    assert len(told) >= 6
    assert len(set(told)) == len(told)


def test_the_history_and_its_table_are_narrowed_to_what_is_asked_about(advisor: Visitor, mara: Owner) -> None:
    address = f"{DESK}{mara.ref}/history"

    told = {
        subject: advisor.get(f"{address}.csv?subject={subject}").text.splitlines()[1:] for subject in ("", *SUBJECTS)
    }

    kinds = {subject: {line.split(",")[1] for line in lines} for subject, lines in told.items()}
    assert kinds["work"] == {"visit"}
    assert all(kinds[subject] <= set(some) for subject, some in SUBJECTS.items())
    assert kinds[""] == set().union(*(kinds[subject] for subject in SUBJECTS)), "every kind is of one subject"
    for subject, lines in told.items():
        assert advisor.get(f"{address}?subject={subject}").text.count('<li class="happened"') == len(lines)
    assert "Nothing of this kind happened" in advisor.get(f"{address}?subject=words").text


def test_a_page_asks_the_database_no_more_for_a_longer_history(hub: Hub, advisor: Visitor, mara: Owner) -> None:
    some_scores(hub, mara.customer_id)
    asked = list[str]()
    event.listen(hub.region.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    advisor.get(f"{DESK}{mara.ref}")
    once = [one for one in asked if not one.startswith("BEGIN")]
    some_scores(hub, mara.customer_id)
    asked.clear()
    advisor.get(f"{DESK}{mara.ref}")

    again = [one for one in asked if not one.startswith("BEGIN")]
    assert len(again) < len(once) <= MOST_QUERIES, "the second look writes nothing down"


def test_a_score_is_drawn_over_time_in_the_reading_direction() -> None:
    history = ((date(2026, 1, 1), 0.0), (date(2026, 1, 11), 1.0))
    forth, back = trace_of(history, False), trace_of(history, True)

    assert forth is not None
    assert back is not None
    assert (forth.line, back.line) == ("0.0,40.0 240.0,4.0", "240.0,40.0 0.0,4.0")
    assert trace_of(history[:1], False) is None


def seen(hub: Hub) -> int:
    with hub.look() as session:
        return session.scalar(select(func.count()).where(AuditEntry.action == "customer_seen")) or 0
