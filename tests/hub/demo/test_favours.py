"""Offers, referrals and agreements are told as they become something, each telling later than the one before."""

from datetime import UTC, datetime

from hub.demo.favours import Favours
from hub.demo.history import history, month
from hub.demo.life import RECENT
from hub.demo.rows import Pen
from hub.demo.world.agreements import AGREEMENTS
from hub.demo.world.books import DAYS
from worlds import books_of

NOW = datetime(2026, 6, 30, 18, tzinfo=UTC)


def told(books, kind):
    rows = [
        *history(Pen(books), DAYS - RECENT, NOW),
        *(row for day in month(Pen(books), DAYS - RECENT, NOW) for row in day),
    ]
    found = {}
    for row in rows:
        if row["type"] == kind:
            found.setdefault(row["key"], []).append(row)
    return found


def test_an_offer_that_was_used_names_its_visit_and_whoever_was_held_back_uses_none():
    books = books_of("eu", 600)[0]
    latest = [tellings[-1] for tellings in told(books, "offer").values()]
    used = [row for row in latest if "visit" in row]

    assert (
        len(used)
        == (
            books.contacts["redeemed"] & books.contacts["sent"] & (books.visits["day"][books.contacts["visit"]] < DAYS)
        ).sum()
    )
    assert not any(row["held_back"] for row in used)
    assert {row["held_back"] for row in latest} == {True, False}


def test_what_is_told_again_is_later():
    books = books_of("eu", 600)[0]
    again = [rows for kind in ("offer", "referral") for rows in told(books, kind).values() if len(rows) > 1]

    assert again
    assert all((one.get("version", 0), one["at"]) < (other.get("version", 0), other["at"]) for one, other in again)


def test_history_and_month_meet_wherever_they_are_parted():
    pen = Pen(books_of("gcc")[0])
    favours = Favours(pen)
    people = range(pen.books.people.count)

    def latest(rows):
        return {(row["type"], row["key"]): row for row in rows}

    whole = latest(row for one in people for row in favours.before(one, DAYS))
    for until in (DAYS - 300, DAYS - 30):
        parts = [row for one in people for row in favours.before(one, until)]
        assert latest([*parts, *(row for day in range(until, DAYS) for row in favours.on(day))]) == whole


def test_people_agree_to_text_messages_chat_and_being_profiled():
    rows = [rows[0] for rows in told(books_of("eu", 600)[0], "consent").values()]

    assert {(row["purpose"], row["channel"]) for row in rows} == {
        ("marketing", "mail"),
        *(one[:2] for one in AGREEMENTS),
    }
    assert {row["state"] for row in rows if row["channel"] == "chat"} == {"granted", "withdrawn"}
