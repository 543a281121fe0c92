"""What passed between a branch and its customers beside work: offers, whom they brought, what else they agreed to."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from hub.demo.rows import LUNCH, NOTICE, Pen, Row, grouped
from hub.demo.world.agreements import AGREEMENTS
from hub.demo.world.books import REDEEMED_WITHIN
from hub.demo.world.campaigns import CAMPAIGNS

MORNING = 10  # o'clock: when offers go out
THANKS_AFTER = 14  # days until whoever brought somebody is thanked


@dataclass(frozen=True)
class Favours:
    """A thing is told whenever something becomes of it: as it stood before a day for the history, and on the days after."""

    pen: Pen
    contacts: dict[int, list[int]] = field(init=False)
    agreements: dict[int, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "contacts", grouped(self.pen.books.contacts["person"]))
        object.__setattr__(self, "agreements", grouped(self.pen.books.agreements["owner"]))

    def before(self, one: int, until: int) -> Iterator[Row]:
        """Of one customer, how each of these things stood on the day before `until`."""
        yield from (self._agreement(row) for row in self.agreements.get(one, ()) if self._agreed_on(row) < until)
        for tellings in (*(self._offer(row) for row in self.contacts.get(one, ())), self._referral(one)):
            told = [row for day, row in tellings if day < until]
            yield from told[-1:]

    def on(self, day: int) -> Iterator[Row]:
        """What is told on a day, of all customers."""
        books = self.pen.books
        yield from (self._agreement(row) for row in np.flatnonzero(books.agreements["day"] == day).tolist())
        late = np.flatnonzero((books.contacts["day"] <= day) & (books.contacts["day"] > day - REDEEMED_WITHIN - 1))
        brought = np.flatnonzero((books.people.referrer >= 0) & (books.people.joined >= day - THANKS_AFTER))
        for tellings in (*map(self._offer, late.tolist()), *map(self._referral, brought.tolist())):
            yield from (row for on, row in tellings if on == day)

    def _agreed_on(self, row: int) -> int:
        return int(self.pen.books.agreements["day"][row])

    def _agreement(self, row: int) -> Row:
        agreed = self.pen.books.agreements
        purpose, channel, _ = AGREEMENTS[agreed["about"][row]]
        number, granted = self.pen.books.people.number(int(agreed["owner"][row])), bool(agreed["granted"][row])
        return self.pen.row("consent", f"{number}/{purpose}/{channel}/{int(granted)}", self.pen.moment(self._agreed_on(row), MORNING),
                            customer=number, purpose=purpose, channel=channel, state="granted" if granted else "withdrawn",
                            notice=NOTICE)  # fmt: skip

    def _offer(self, row: int) -> Iterator[tuple[int, Row]]:
        """As it goes out, or is kept back for comparison; and once more when it has been used."""
        books, contacts = self.pen.books, self.pen.books.contacts
        owner, day, campaign = (
            int(contacts["person"][row]),
            int(contacts["day"][row]),
            CAMPAIGNS[contacts["campaign"][row]],
        )
        made, held_back = self.pen.moment(day, MORNING), not contacts["sent"][row]
        fields = {
            "code": campaign.code, "channel": "mail", "percent": campaign.discount, "held_back": held_back, "made_at": made,
            "valid_from": books.day(day).isoformat(), "valid_until": books.day(day + REDEEMED_WITHIN).isoformat(),
        }  # fmt: skip
        key = self.pen.key("O", row)
        yield day, self.pen.about("offer", key, made, owner, **fields)
        if contacts["redeemed"][row] and not held_back:
            visit = int(contacts["visit"][row])
            on, hour = int(books.visits["day"][visit]), int(books.visits["hour"][visit])
            at = made if on == day else self.pen.moment(on, hour, 55)
            yield (
                on,
                self.pen.about(
                    "offer", key, at, owner, version=1, redeemed_at=at, visit=self.pen.key("S", visit), **fields
                ),
            )

    def _referral(self, one: int) -> Iterator[tuple[int, Row]]:
        """By whom somebody was brought: told when they come, and when their friend has been thanked."""
        people = self.pen.books.people
        if people.referrer[one] < 0:
            return
        day, key, referrer = int(people.joined[one]), self.pen.key("T", one), int(people.referrer[one])
        made, thanked = self.pen.moment(day, MORNING), self.pen.moment(day + THANKS_AFTER, LUNCH)
        fields = {"referred": people.number(one), "made_at": made}
        yield day, self.pen.about("referral", key, made, referrer, **fields)
        yield day + THANKS_AFTER, self.pen.about("referral", key, thanked, referrer, rewarded_at=thanked, **fields)
