"""The telematics feed: paged by lastVin, only odometers kept, and a pass that survives whatever happens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select

from connectors.fleet import Fleet
from connectors.fleet.sandbox import FleetSandbox
from fleeting import AUDI, FORD, VOLVO
from hub import clock as moving
from hub.errors import AuthBroken, RetryLater, WrongInput
from hub.flow import pulls
from hub.models import Connection, Delivery, Vehicle
from hub.sdk import Account
from hub.sdk.kit.words import NONSENSE
from partners import drain_all
from proving import Scripted, account_of

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)


class Feed:
    """The sandbox, asked without a socket; `broken` is raised once at the call of that number."""

    def __init__(self, folder, page=2):
        self.client = FleetSandbox(folder, page).app.test_client()
        self.auth = {"Authorization": "Bearer t"}
        self.calls, self.broken = 0, {}

    def drive(self, vin, km, at=AT):
        body = {
            "createdDateTime": at.isoformat(),
            "hrTotalVehicleDistance": km * 1000 + 999,
            "snapshotData": {"gnssPosition": {"latitude": 52.5}},
        }
        assert self.client.put(f"/vehicles/{vin}", json=body, headers=self.auth).status_code == 200

    def request(self, method, path, *, json=None, params=None, headers=None):
        self.calls += 1
        if self.calls in self.broken:
            raise self.broken[self.calls]
        answer = self.client.open(path, method=method, query_string=params, headers={**self.auth, **headers})
        assert answer.status_code == 200, answer.text
        return answer.get_json()


@pytest.fixture
def feed(tmp_path, hub):
    made = Feed(tmp_path / "feed")
    partner = hub.partners["feed"]
    settings = replace(partner.settings, options={"pull_every": 900})
    hub.partners["feed"] = replace(partner, settings=settings, connector=Fleet(Account("feed", "eu", made)))
    return made


def next_pass(hub, clock):
    clock.pass_by(seconds=901)
    drain_all(hub)


def odometers(hub):
    with hub.look() as session:
        return sorted(session.scalars(select(Vehicle.odometer_km).where(Vehicle.odometer_km.is_not(None))))


@pytest.mark.parametrize("payload", NONSENSE)
def test_nonsense_is_refused_with_a_reason(payload):
    with pytest.raises(WrongInput) as raised:
        list(Fleet(account_of()).normalise(payload))

    assert raised.value.hint


@pytest.fixture
def fleet(feed, acme):
    """Three vehicles that the fleet told us of; the feed knows none of them yet."""
    acme.send([{"vin": vin, "since": "2026-01-01"} for vin in (AUDI, FORD, VOLVO)])
    feed.calls = 0
    return acme


def test_all_pages_are_read_once_and_only_odometers_are_kept(feed, fleet, hub, clock):
    for number, vin in enumerate((AUDI, FORD, VOLVO, "UNKNOWN0000000000"), 1):
        feed.drive(vin, number * 1000)

    next_pass(hub, clock)

    assert odometers(hub) == [1000, 2000, 3000]
    assert feed.calls == 2
    payload = Fleet(Account("feed", "eu", feed)).fetch(None).incoming[0].payload
    assert b"latitude" not in payload


def test_a_pass_begins_again_when_it_is_time_and_brings_only_news(feed, fleet, hub, clock):
    feed.drive(AUDI, 100)
    next_pass(hub, clock)
    drain_all(hub)
    assert feed.calls == 1

    clock.pass_by(seconds=901)
    moving.tick(hub)
    next_pass(hub, clock)
    with hub.look() as session:
        feeds = Delivery.connection_id == hub.partner("feed").id
        assert len(session.scalars(select(Delivery).where(feeds)).all()) == 1
    feed.drive(AUDI, 150, AT + timedelta(hours=1))
    next_pass(hub, clock)

    assert odometers(hub) == [150]


def test_an_older_reading_that_comes_late_changes_nothing(feed, fleet, hub, clock):
    feed.drive(AUDI, 200)
    next_pass(hub, clock)
    feed.drive(AUDI, 90, AT - timedelta(days=1))
    next_pass(hub, clock)

    assert odometers(hub) == [200]


def test_an_outage_in_the_middle_waits_and_goes_on_at_the_last_vin(feed, fleet, hub, clock):
    for vin in (AUDI, FORD, VOLVO):
        feed.drive(vin, 10)
    feed.broken = {2: RetryLater("busy", after=30.0)}

    next_pass(hub, clock)
    assert (feed.calls, len(odometers(hub))) == (2, 2)
    clock.pass_by(seconds=31)
    drain_all(hub)

    assert (feed.calls, len(odometers(hub))) == (3, 3)


def test_a_refused_key_parks_the_connection(feed, hub):
    feed.broken = {1: AuthBroken("401")}

    assert pulls.turn(hub, hub.partner("feed"), Random(1)) == 0
    assert pulls.turn(hub, hub.partner("feed"), Random(1)) == 0

    assert feed.calls == 1
    with hub.look() as session:
        assert session.scalar(select(Connection.state).where(Connection.name == "feed")) == "parked"


@pytest.mark.parametrize(
    "answer",
    [
        {"a": 1},
        {"vehicleStatusResponse": []},
        {"vehicleStatusResponse": {"vehicleStatuses": [{"createdDateTime": AT.isoformat()}]}},
    ],
)
def test_an_answer_that_makes_no_sense_is_said_to_make_none(answer):
    with pytest.raises(WrongInput):
        Fleet(Account("feed", "eu", Scripted([answer]))).fetch(None)


def test_a_status_that_makes_no_sense_goes_alone_and_holds_up_no_other():
    rows = [
        {"vin": AUDI, "createdDateTime": AT.isoformat(), "hrTotalVehicleDistance": 1000},
        {"vin": FORD, "createdDateTime": "yesterday", "snapshotData": {"gnssPosition": 1}},
    ]
    connector = Fleet(Account("feed", "eu", Scripted([{"vehicleStatusResponse": {"vehicleStatuses": rows}}])))

    good, bad = connector.fetch(None).incoming

    assert [record.vin for record in connector.normalise(good.payload)] == [AUDI]
    assert b"gnssPosition" not in bad.payload
    with pytest.raises(WrongInput):
        list(connector.normalise(bad.payload))


def test_a_feed_that_goes_round_in_circles_is_stopped():
    page = {
        "vehicleStatusResponse": {"vehicleStatuses": [{"vin": AUDI, "createdDateTime": AT.isoformat()}]},
        "moreDataAvailable": True,
    }
    with pytest.raises(WrongInput, match="circles"):
        Fleet(Account("feed", "eu", Scripted([page]))).fetch(AUDI)


def test_the_sandbox_refuses_what_the_standard_refuses(tmp_path):
    client = FleetSandbox(tmp_path).app.test_client()
    auth, media = {"Authorization": "Bearer t"}, {"Accept": "application/json; rfms=vehiclestatuses.v4.0"}

    assert client.get("/vehiclestatuses?latestOnly=true", headers=media).status_code == 401
    assert client.get("/vehiclestatuses?latestOnly=true", headers=auth).status_code == 406
    assert client.get("/vehiclestatuses", headers={**auth, **media}).status_code == 400
