"""The portal as the plugin of a whole hub, on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest
from redis import Redis

from desks import HOST, Clock, Visitor, plant
from hub.app import create_app
from hub.core import Hub, build_hub
from hub.settings import Settings
from hubs import Openings


@pytest.fixture
def whole_hub(settings: Settings, database: str, openings: Openings, redis: Redis, clock: Clock) -> Iterator[Hub]:
    openings.copy(settings, database, "eu")
    built = build_hub(settings, "eu", redis, clock=clock)
    yield built
    built.close()


def test_an_operator_walks_through(whole_hub: Hub) -> None:
    traffic = plant(whole_hub)
    app = create_app(whole_hub)
    app.testing = True
    operator = Visitor(app, HOST).sign_in(whole_hub, "operator")
    letter = traffic.letters["refused"][1]

    answers = [
        operator.post(f"/operations/dead-letters/{letter}/replay", {"token": operator.token(), "all": "1"}),
        operator.get("/operations/"),
        operator.get(f"/operations/customers/{traffic.customers[0]}/why"),
    ]

    assert [answer.status_code for answer in answers] == [303, 200, 200]
    assert answers[0].headers["Location"].endswith("count=6")
    assert "Nothing moves" in answers[1].text, "Valkey answers, but no worker runs"
    assert "Lapsed regulars" in answers[2].text or "lapsed_regulars" in answers[2].text


def test_the_hubs_other_doors_keep_their_own_manners(whole_hub: Hub) -> None:
    client = create_app(whole_hub).test_client()

    unknown = client.post("/webhooks/nobody", data=b"{}", headers={"Accept": "text/html"})

    assert (unknown.status_code, unknown.mimetype) == (404, "application/problem+json")
    assert client.get("/api/v1/status").mimetype == "application/problem+json"


def test_as_many_streams_are_open_at_once_as_the_process_is_for(whole_hub: Hub) -> None:
    """A process of the web keeps its threads for pages; one that serves streams alone has more of them."""
    seats = create_app(whole_hub, streams=2).extensions["portal"].streams

    assert [seats.acquire(blocking=False) for _ in range(3)] == [True, True, False]
