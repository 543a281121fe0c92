"""The whole way of an erasure, transaction by transaction: a kill at any of them ends in the same certificate, a hold at any of
them wins."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from compliance import counting, erasure, holds
from compliance.coming import Came
from compliance.registry import by_table, record_sets
from hub.core import Hub
from hub.errors import WrongInput
from hub.models import Customer, Delivery, ErasureRequest, Person
from partners import drain_all

EVERY = 40  # more transactions than there are on the way
OWN = ("request", "customer", "asked_at", "erased_at", "backups_forget_by")  # what no two of them share


class Killed(BaseException):
    """As little can be done about it as about a kill."""


@dataclass
class Steps:
    """Transactions so far. at: the one at which something happens. aside: what others do does not count."""

    at: int = 0
    count: int = 0
    aside: bool = False

    @contextmanager
    def watched(
        self, monkeypatch: pytest.MonkeyPatch, before: Callable[[], Any], inside: Callable[[], Any]
    ) -> Iterator[None]:
        """before: it begins; inside: all of it is written and nothing committed."""
        real = Hub.begin

        @contextmanager
        def begin(hub: Hub, *given: Any) -> Iterator[Any]:
            self.count += not self.aside
            is_it = self.count == self.at and not self.aside
            if is_it:
                with monkeypatch.context() as patch:
                    patch.setattr(Hub, "begin", real)
                    before()
            with real(hub, *given) as work:
                yield work
                if is_it:
                    inside()

        with monkeypatch.context() as patch:
            patch.setattr(Hub, "begin", begin)
            yield


def nothing() -> None: ...


def killed() -> None:
    raise Killed


def state_of(hub: Hub, request: str) -> str:
    with hub.look() as session:
        return session.scalars(select(ErasureRequest.state).where(ErasureRequest.ref == request)).one()


def all_the_way(hub: Hub, ref: str, steps: Steps) -> str:
    """What a desk, workers and the clock do, from wherever it stands."""
    request = erasure.intake(hub, ref, "portal", Came("desk"))
    for state, step in (
        ("received", lambda: erasure.verify(hub, request, "petra", "session")),
        ("verified", lambda: erasure.plan(hub, request, "petra")),
        ("planned", lambda: erasure.approve(hub, request, "paul")),
        ("approved", lambda: erasure.run(hub, request)),
    ):
        if state_of(hub, request) == state:
            step()
    steps.aside = True
    drain_all(hub)
    steps.aside = False
    if state_of(hub, request) != "certified":
        erasure.run(hub, request)
    return request


def someone(told: Any, number: int) -> str:
    return told(f"C-{number}", email=f"a{number}@example.org")


def certificate(hub: Hub, ref: str) -> dict[str, Any]:
    with hub.look() as session:
        mine = select(ErasureRequest.certificate).join(Customer, Customer.person_id == ErasureRequest.person_id)
        said = session.scalars(mine.where(Customer.ref == ref, ErasureRequest.state == "certified")).one()["statement"]
    return {name: value for name, value in said.items() if name not in OWN}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_kill_at_any_transaction_ends_in_the_same_certificate(hub, crm, told, monkeypatch) -> None:
    """Killed when all of it is written and nothing is committed, which is also: after the commit of the one before."""
    plain = someone(told, 0)
    all_the_way(hub, plain, Steps())
    whole = certificate(hub, plain)

    for at in range(1, EVERY):
        ref, steps = someone(told, at), Steps(at)
        try:
            with steps.watched(monkeypatch, nothing, killed):
                all_the_way(hub, ref, steps)
            break
        except Killed:
            all_the_way(hub, ref, Steps())
            assert certificate(hub, ref) == whole, f"killed at transaction {at}"

    assert 15 < at < EVERY - 1


def lying(hub: Hub, ref: str) -> dict[str, int]:
    """Everything that is kept of somebody, and whether their key and what partners wrote of them can be opened."""
    with hub.look() as session:
        customer = session.scalars(select(Customer).where(Customer.ref == ref)).one()
        person = session.get_one(Person, customer.person_id)
        sets = by_table([one for one in record_sets() if one.verb != "archive"])
        found = {name: rows for name, rows in counting.counts(session, sets, person.id, customer.id).items() if rows}
        sealed = len(session.scalars(select(Delivery.id).where(Delivery.data_key_id.is_not(None))).all())
        return {**found, "key": int(person.data_key_id is not None), "deliveries": sealed}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_hold_placed_before_any_transaction_wins_and_its_release_ends_in_a_certificate(
    hub, crm, told, told_by_club, monkeypatch
) -> None:
    last = ""
    for at in range(1, EVERY):
        ref, steps, seen = someone(told, at), Steps(at), {}
        told_by_club(
            member_id=f"m-C-{at}", customer_number=f"C-{at}", version=1
        )  # so that an inbox holds words of them
        drain_all(hub)

        def place(ref: str = ref, seen: dict[str, Any] = seen) -> None:
            try:
                seen["hold"] = holds.place(hub, holds.Wanted(ref, "*", "lawsuit", "§ 142 ZPO", "legal"), "legal")
            except WrongInput:  # whoever was erased has nothing left that could be held
                seen["hold"] = None
            seen["before"] = lying(hub, ref)

        with steps.watched(monkeypatch, place, nothing):
            request = all_the_way(hub, ref, steps)
        if "hold" not in seen:
            break
        last = state_of(hub, request)
        if seen["hold"] is None:
            assert (seen["before"]["key"], last) == (0, "certified"), f"refused before transaction {at}"
            continue
        assert lying(hub, ref) == seen["before"], f"placed before transaction {at}"
        assert last == ("held" if seen["before"]["key"] else "certified"), f"placed before transaction {at}"
        holds.release(hub, seen["hold"], "legal")
        erasure.run_all(hub)
        assert state_of(hub, request) == "certified"

    assert at > 15
    assert last == "certified"
