"""A partner that says it has forgotten somebody is asked once more; one that has not is named."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import pytest
from sqlalchemy import select

from compliance import erasure
from forgetting import Forgetful
from hub.errors import RetryLater
from hub.models import AuditEntry, ErasureRequest
from hub.sdk import Listing, Seen
from partners import drain_all


@dataclass
class Asked(Forgetful):
    """It can be asked: `live` and it lies, `missing` and it has forgotten, empty and it does not answer."""

    state: str = "live"
    asked: list[str] = field(default_factory=list)
    kinds: ClassVar[tuple[str, ...]] = ("contact",)

    def list(self, kind, fields, cursor):
        return Listing([], None)

    def read(self, kind, ids, fields):
        self.asked += ids
        if not self.state:
            raise RetryLater("busy")
        return [Seen(kind, one, state=self.state) for one in ids]


@pytest.fixture
def partner(hub, crm):
    connector = Asked()
    hub.partners["crm"] = replace(hub.partners["crm"], connector=connector)
    return connector


def run(hub, request):
    erasure.run(hub, request)
    drain_all(hub)
    return erasure.run(hub, request)


def certificate(hub):
    with hub.look() as session:
        return session.scalars(select(ErasureRequest)).one().certificate["statement"]


def lies(hub):
    with hub.look() as session:
        return list(session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "partner_did_not_forget")))


def test_a_partner_that_lies_is_asked_again_and_named_if_it_does_not_mend(hub, partner, told, approved, clock):
    request = approved(told())

    assert run(hub, request) == "telling"
    assert erasure.run(hub, request) == "telling"
    assert partner.asked == ["crm-C-1"]  # not each minute
    assert [one["connection"] for one in lies(hub)] == ["crm"]

    clock.pass_by(days=15)
    assert erasure.run(hub, request) == "certified"  # the key does not wait for a liar
    assert [one["asked_again"] for one in certificate(hub)["partners"]] == ["there"]


def test_one_that_was_slow_has_forgotten_at_the_second_look(hub, partner, told, approved, clock):
    request = approved(told())
    partner.state = ""
    assert run(hub, request) == "telling"
    assert lies(hub) == []

    partner.state = "missing"
    clock.pass_by(hours=7)
    assert erasure.run(hub, request) == "certified"
    assert [one["asked_again"] for one in certificate(hub)["partners"]] == ["gone"]
