"""The operations of a day, hour by hour; and what a Prometheus is told."""

import json
from datetime import timedelta

import pytest
from flask import Flask

from counting import counted
from desks import CANARY, Traffic, Visitor
from hub import metrics
from hub.charts import spark
from hub.core import Hub
from hub.models import Message

DAY = "/desk/operations/"


def test_what_settled_stands_in_its_hour(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    with hub.begin() as work:
        letter = work.session.query(Message).filter(Message.state == "sent").first()
        assert letter
        letter.settled_at = work.now - timedelta(hours=5)

    page = operator.get(DAY).text

    assert "Sent: 6 in 24 hours, at most 5 in one" in page
    assert "Given up: 8 in 24 hours" in page
    assert CANARY not in page


def test_the_page_of_a_day_asks_the_database_little(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    with counted(hub) as statements:
        operator.get(DAY)

    assert len(statements) <= 12


def test_a_quiet_region_is_told_so(operator: Visitor) -> None:
    page = operator.get(DAY).text

    assert "All partners answer" in page
    assert "Never" in page, "no backup was made yet"


def test_a_spark_turns_with_the_reading_way() -> None:
    assert spark([0, 2], mirrored=False).line == "0.0,36.0 160.0,4.0"
    assert spark([0, 2], mirrored=True).line == "160.0,36.0 0.0,4.0"


def test_each_number_is_a_line_with_its_region(hub: Hub, traffic: Traffic, visitor: Visitor) -> None:
    answer = visitor.get("/metrics")
    lines = answer.text.splitlines()

    assert answer.content_type == metrics.MIME
    assert 'hub_dead_letters_open{region="eu",connection="hubspot_eu"} 6' in lines
    assert 'hub_connection_well{region="eu",connection="fleet_eu"} 0' in lines
    assert 'hub_valkey_answers{region="eu"} 0' in lines
    assert "# TYPE hub_lag_seconds gauge" in lines


@pytest.mark.parametrize(("given", "status"), [("Bearer right", 200), ("Bearer wrong", 403), ("", 403)])
def test_a_token_is_asked_for_once_there_is_one(hub: Hub, visitor: Visitor, given: str, status: int) -> None:
    hub.settings.environ[metrics.TOKEN] = "right"  # type: ignore[index]

    assert visitor.get("/metrics", Authorization=given).status_code == status


def test_without_a_token_only_this_machine_is_answered(app: Flask) -> None:
    asked = [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"},
    ]

    for environ in asked:
        assert app.test_client().get("/metrics", environ_overrides=environ).status_code == 403
    assert app.test_client().get("/metrics", environ_overrides={"REMOTE_ADDR": "::1"}).status_code == 200


def test_the_dashboard_has_a_panel_for_each_number() -> None:
    board = json.loads(metrics.dashboard())

    assert [panel["targets"][0]["expr"].partition("{")[0] for panel in board["panels"]] == [
        one.name for one in metrics.METRICS
    ]
