"""Recordings of a partner: everything in them leads as it led before, and nobody is in them."""

import json
from contextlib import closing
from pathlib import Path

import pytest
import responses

from connectors.hubspot import HubSpot
from connectors.hubspot.sandbox import HubSpotSandbox
from hub.errors import RetryLater, WrongInput
from hub.sdk import Account, PartnerClient
from hub.sdk.effects_log import account_of
from hub.sdk.kit.recorder import Recorder, ask
from hub.sdk.scrubbing import HOST, Scrubber
from proving import TOKEN
from served import calling

PEOPLE = {"email": "ada.lovelace@mail.test", "firstname": "Ada", "lastname": "Lovelace", "phone": "+491520123456",
          "address": "Königsallee 7"}  # fmt: skip


def test_what_was_recorded_names_nobody_and_replays_for_the_same_connector(tmp_path: Path) -> None:
    sandbox = HubSpotSandbox(tmp_path)
    number = sandbox.act(account_of(f"Bearer {TOKEN}"), lambda books: books.create("contacts", PEOPLE))["id"]
    recorder = Recorder(Scrubber(keep=["name"]))
    with calling(sandbox.wsgi) as api:
        api.witness = recorder
        ask(HubSpot(Account("crm", "eu", api)), "list:contact", pages=2)
    recorder.write(tmp_path / "hubspot.yaml")

    written = (tmp_path / "hubspot.yaml").read_text()
    assert [value for value in (*PEOPLE.values(), number, TOKEN, "127.0.0.1") if value in written] == []

    with responses.RequestsMock() as replay, closing(PartnerClient(HOST)) as client:
        replay._add_from_file(tmp_path / "hubspot.yaml")
        connector = HubSpot(Account("crm", "eu", client))
        shapes = connector.describe("contact")
        (seen,) = connector.list("contact", [one.name for one in shapes], None).seen
    assert {"email", "garage_ref"} <= {one.name for one in shapes}
    assert (seen.fields["email"] or "").endswith("@example.org")
    assert len(seen.fields["lastname"] or "") == len("Lovelace")


def test_errors_are_recorded_too_and_what_is_no_json_is_not_kept(tmp_path: Path) -> None:
    recorder = Recorder(Scrubber())
    recorder(
        "GET",
        "https://api.real.test/v1/people/77123?email=ada@mail.test&limit=100",
        429,
        {"Retry-After": "7"},
        b'{"code": "busy"}',
    )
    recorder("GET", "https://api.real.test/v1/people", 502, {"Content-Type": "text/html"}, b"<html>Ada</html>")
    recorder.write(tmp_path / "x.yaml")

    assert "Ada" not in (tmp_path / "x.yaml").read_text()
    with responses.RequestsMock() as replay, closing(PartnerClient(HOST)) as client:
        replay._add_from_file(tmp_path / "x.yaml")
        path = recorder.answers[0]["response"]["url"].removeprefix(HOST)
        assert ("limit=100" in path, "77123" in path, "ada" in path) == (True, False, False)
        with pytest.raises(RetryLater) as raised:
            client.request("GET", path)
        with pytest.raises(RetryLater):
            client.request("GET", "/v1/people")
    assert raised.value.after == 7.0


def test_equal_values_stay_equal_and_shapes_stay_shapes() -> None:
    scrubber = Scrubber()
    found = scrubber.value(
        {"id": "700123", "other": ["700123", 700123], "at": "2026-03-01T12:00:00.000Z", "ms": 1772366400123, "born": "1985-03-02",
         "vin": "WAUZZZ4G7FN000001", "where": 52.520008, "n": 3, "name": "Zoë ²", "none": None, "yes": True, "status": "OPEN"}
    )  # fmt: skip

    assert found["id"] == found["other"][0] != "700123"
    assert str(found["other"][1]) == found["id"]
    assert (found["at"], found["ms"], found["n"], found["status"], found["none"], found["yes"]) == (
        "2026-03-01T12:00:00.000Z", 1772366400123, 3, "OPEN", None, True,
    )  # fmt: skip
    for name, was in (("born", "1985-03-02"), ("vin", "WAUZZZ4G7FN000001"), ("where", 52.520008), ("name", "Zoë ²")):
        assert found[name] != was
    assert json.loads(json.dumps(found)) == found


def test_what_a_connector_cannot_is_told_so() -> None:
    with pytest.raises(WrongInput, match="cannot dance"):
        ask(HubSpot(Account("crm", "eu", None)), "dance", pages=1)  # type: ignore[arg-type]
