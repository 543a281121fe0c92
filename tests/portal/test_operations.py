"""The operations desk shows how the region stands, and nobody's personal value."""

import base64
import re

import pytest
from sqlalchemy import update

from desks import CANARY, Traffic, Visitor, write_rules
from hub.core import Hub
from hub.flow import reports
from hub.models import Connection, ReturnReport


def test_each_connection_is_told_in_words(traffic: Traffic, operator: Visitor) -> None:
    text = _plain(operator.get("/operations/").text)

    for words in (
        "Renew the key",
        "Key refused",
        "Next try at 10:04:00",
        "Nobody knows whether they arrived",
    ):
        assert words in text


def test_times_are_the_regions_own(traffic: Traffic, operator: Visitor) -> None:
    text = operator.get("/operations/").text

    assert "Central European Standard Time" in text
    assert 'datetime="2026-11-25T09:00:00+00:00">10:00:00<' in text


def test_wrong_files_are_shown_while_the_last_good_ones_stay(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    (hub.settings.config / "segments" / "gold_tier.yaml").write_text(
        "segment: gold_tier\nwhen: {loyalty.teir: {is: gold}}\n"
    )

    text = _plain(operator.get("/operations/").text)

    assert "the last good ones stay in force" in text
    assert "gold_tier.yaml:2" in text
    write_rules(hub.settings.config)
    assert "the last good ones stay in force" not in operator.get("/operations/").text


def test_members_that_were_counted_ahead_say_when(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    assert "Counted at" not in _plain(operator.get("/operations/").text)
    reports.count(hub, reports.PEOPLE)
    with hub.begin() as work:
        work.session.execute(update(ReturnReport).values(took=0.4))
    hub.clock.pass_by(seconds=40)  # type: ignore[attr-defined]

    assert "Counted at 25 Nov" in _plain(operator.get("/operations/").text)


def test_no_page_shows_a_personal_value(traffic: Traffic, operator: Visitor) -> None:
    paths = ["/", "/operations/", *(f"/operations/customers/{ref}/why" for ref in traffic.customers[:3])]
    seen = "".join(operator.get(path).text for path in paths)

    for shape in (CANARY, CANARY.split()[0], CANARY.encode("ascii", "xmlcharrefreplace").decode(), _base64(CANARY)):
        assert shape not in seen


def test_a_customer_may_be_asked_about_from_the_feed(traffic: Traffic, operator: Visitor) -> None:
    link = re.search(r'href="(/operations/customers/[0-9a-f]{32}/why)"', operator.get("/operations/").text)
    assert link

    text = _plain(operator.get(link[1]).text)

    assert "Diesel regulars who stopped coming" in text
    assert "visits.count is 5; asked: is at least 3" in text
    assert text.index("Diesel regulars") < text.index("Gold members"), "those that hold come first"


@pytest.mark.parametrize("ref", ["0" * 32, "x", "%3Cscript%3E", "' or 1=1"])
def test_an_unknown_customer_is_not_there(operator: Visitor, ref: str) -> None:
    answer = operator.get(f"/operations/customers/{ref}/why")

    assert answer.status_code == 404
    assert "<script>" not in answer.text


def test_what_is_said_after_a_form_cannot_be_made_up(traffic: Traffic, operator: Visitor) -> None:
    text = operator.get("/operations/?done=<b>sold</b>&count=<b>9</b>").text

    assert "<b>" not in text
    assert 'class="note"' not in text


def test_a_reason_from_a_partner_is_text_and_nothing_else(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    with hub.begin() as work:
        row = work.session.get_one(Connection, hub.partners["sms_eu"].id)
        row.reason = "<script>alert(1)</script> %(name)s 100%"

    text = operator.get("/operations/").text

    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; %(name)s 100%" in text


def test_an_empty_region_says_what_will_appear(operator: Visitor) -> None:
    text = _plain(operator.get("/operations/").text)

    for words in ("Nothing has moved yet", "Nothing was given up", "Nothing moves"):
        assert words in text


def _plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode().rstrip("=")
