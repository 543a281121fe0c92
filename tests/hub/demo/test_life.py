"""The loyalty programme tells every member once, then the month as it was, then a life that goes on."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

import pytest

from connectors.loyalty import words
from hub.demo import life
from hub.sdk import Bounds
from hub.sdk.effects_log import EffectsLog, put_thing
from hub.sdk.row_checks import check
from worlds import TODAY, all_books, books_of

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


def test_every_member_is_enrolled_once_in_words_that_the_connector_reads():
    for books in all_books():
        members = list(life.enrolled(books))
        assert len({one["member_id"] for one in members}) == len(members) == books.people.member.sum()
        for one in members:
            body = {"type": words.STATE, "timestamp": one["updated_at"], "data": one}
            assert list(words.records(words.read(json.loads(json.dumps(body)))))


def test_the_last_month_comes_in_order_and_ends_with_the_balance_of_the_books():
    for books in all_books():
        told = list(life.last_month(books, seed=7))
        assert [one.at for one in told] == sorted(one.at for one in told)
        points = [one for one in told if one.kind == "member.points_changed"]
        assert all(one.at.date() > TODAY - timedelta(days=31) for one in points)
        versions = {one["member_id"]: one["version"] for one in life.enrolled(books)}
        for one in points:
            assert one.member["version"] > versions[one.member["member_id"]]
            versions[one.member["member_id"]] = one.member["version"]


def test_balances_after_the_month_are_those_of_the_ledger():
    books = books_of("eu", 600)[0]
    last = {}
    for member in (*life.enrolled(books), *(told.member for told in life.last_month(books, 7))):
        if "points" in member:
            last[member["customer_number"]] = member["points"]
    ledger = {books.people.number(owner): balance for owner, balance in
              zip(books.ledger["owner"].tolist(), books.ledger["balance"].tolist(), strict=True)}  # fmt: skip

    assert {number: last[number] for number in ledger} == ledger


def test_consent_stands_in_the_books_as_it_was_and_is_withdrawn_by_a_webhook_within_the_month():
    worlds = all_books(600)
    said = Counter(one.get("consent", {}).get("state") for books in worlds for one in life.enrolled(books))
    withdrawn = [one for books in worlds for one in life.last_month(books, 7) if one.kind == "member.consent_changed"]

    assert 0.5 < said["granted"] / said.total() < 0.8
    assert said["withdrawn"]
    assert all(one.member["consent"]["state"] == "withdrawn" for one in withdrawn)
    assert all(one.at.date() > TODAY - timedelta(days=31) for one in withdrawn)


def test_life_goes_on_with_the_visits_to_come_and_does_not_end():
    worlds = books_of("gcc")
    told = list(islice(life.going_on(worlds, Random(1)), 500))

    numbers = {books.people.number(one) for books in worlds for one in range(books.people.count)}
    assert len(told) == 500
    assert {one.number for one in told} <= numbers
    assert all(one.member["points"] >= 0 and one.member["tier"] for one in told if one.member)
    assert 0 < sum(bool(one.member) for one in told) < 500


def test_what_goes_on_is_told_in_rows_that_the_shop_takes_each_under_a_key_of_its_own():
    told = list(islice(life.going_on(books_of("eu"), Random(1)), 300))
    rows = [row for one in told for row in one.rows(NOW)]

    assert len({(row["type"], row["key"]) for row in rows}) == len(rows)
    for row in rows:
        assert check(row["type"], row, Bounds({one.books.branch.code for one in told}, (), NOW))[1] == []
    visits = {row["key"] for row in rows if row["type"] == "visit"}
    assert {row["visit"] for row in rows if "visit" in row} <= visits


@pytest.mark.parametrize(
    ("crm", "kind", "number", "street"),
    [("hubspot", "contact", "id", "address"), ("salesforce", "Contact", "Id", "MailingStreet")],
)
def test_a_customer_of_the_crm_moves_once_the_crm_knows_somebody(tmp_path, crm, kind, number, street):
    log = EffectsLog(tmp_path / f"{crm}.db")
    assert life.moved(tmp_path, crm, "ours", Random(1)) == {}

    log.transact(lambda db: put_thing(db, f"{kind}:ours", "a", json.dumps({number: "12"})))
    typed = life.moved(tmp_path, crm, "ours", Random(1))

    assert typed["id"] == "12"
    assert typed[street]
