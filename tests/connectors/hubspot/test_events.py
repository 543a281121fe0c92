"""What the sandbox tells by webhook: every change once, in order, with who made it; what our app made is an echo."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.hubspot import HubSpot
from connectors.hubspot.events import APP
from connectors.hubspot.sandbox import HubSpotSandbox
from hub.sdk import Account, Knock
from hub.sdk.effects_log import account_of as number_of
from proving import CRM_SECRET, TOKEN

ACCOUNT = number_of(f"Bearer {TOKEN}")
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def crm(tmp_path: Path) -> HubSpotSandbox:
    return HubSpotSandbox(tmp_path, lambda: AT)


def told(crm: HubSpotSandbox) -> list[dict[str, Any]]:
    return [event for _, event in crm.act(ACCOUNT, lambda books: books.events.after(""))]


def test_every_change_is_an_event_in_its_order(crm: HubSpotSandbox) -> None:
    def life(books: Any) -> None:
        ada = books.create("contacts", {"firstname": "Ada", "email": "a@example.org"})
        books.update("contacts", ada, {"firstname": "Ada", "email": "b@example.org"})
        eve = books.create("contacts", {})
        books.merge("contacts", ada["id"], eve["id"])
        books.archive("contacts", ada["id"])
        books.restore("contacts", ada["id"])
        books.erase(ada["id"], None)

    crm.act(ACCOUNT, life)

    motions = [(one["subscriptionType"].partition(".")[2], one.get("propertyName")) for one in told(crm)]
    assert motions == [
        ("creation", None), ("propertyChange", "email"), ("propertyChange", "firstname"), ("propertyChange", "email"),
        ("creation", None), ("merge", None), ("deletion", None),
        ("deletion", None), ("restore", None), ("privacyDeletion", None),
    ]  # fmt: skip
    assert {one["changeSource"] for one in told(crm)} == {"CRM_UI"}
    assert len({one["eventId"] for one in told(crm)}) == len(told(crm))


def test_a_write_that_changes_nothing_is_no_event(crm: HubSpotSandbox) -> None:
    made = crm.act(ACCOUNT, lambda books: books.create("contacts", {"firstname": "Ada"}))
    before = len(told(crm))
    crm.act(ACCOUNT, lambda books: books.update("contacts", made, {"firstname": "Ada"}))
    assert len(told(crm)) == before


def test_what_our_app_writes_is_told_as_its_own_and_not_kept_by_the_connector(crm: HubSpotSandbox) -> None:
    body = {"properties": {"firstname": "Ada"}, "associations": []}
    client = crm.app.test_client()
    assert (
        client.post("/crm/v3/objects/contacts", json=body, headers={"Authorization": f"Bearer {TOKEN}"}).status_code
        == 201
    )
    crm.act(ACCOUNT, lambda books: books.create("contacts", {"firstname": "Eve"}))

    sources = [(one["changeSource"], one["sourceId"]) for one in told(crm)]
    assert sources == [("INTEGRATION", str(APP))] * 2 + [("CRM_UI", "userId:7")] * 2
    assert len(verified(told(crm), {"app_id": str(APP)})) == 2
    assert len(verified(told(crm), {})) == 4


def verified(events: Any, options: dict[str, str]) -> Any:
    text, stamp = json.dumps(events).encode(), str(int(AT.timestamp() * 1000))
    digest = hmac.digest(CRM_SECRET.encode(), b"POSThttps://h/w" + text + stamp.encode(), hashlib.sha256)
    headers = {"x-hubspot-request-timestamp": stamp, "x-hubspot-signature-v3": base64.b64encode(digest).decode()}
    connector = HubSpot(Account("crm", "eu", None, {"webhook_secret": CRM_SECRET}, options))  # type: ignore[arg-type]
    return connector.verify(Knock("POST", "https://h/w", headers, text, AT))
