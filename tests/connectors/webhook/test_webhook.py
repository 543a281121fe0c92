"""Webhooks out: the kit's proofs, calls that may not be made, and what each answer of an endpoint means."""

from datetime import UTC, datetime

import pytest

from connectors.webhook import Webhook
from connectors.webhook.calling import Caller, signed
from hub.flow.endpoints import make_key
from hub.sdk import Account, ConfigError, Push, Refused, check_standard_webhook

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = make_key("v1")[0]


def push_to(url, number=1):
    told = {"type": "timer.warning", "timestamp": AT.isoformat(), "data": {"percent": 50}}
    return Push("partner_event", f"evt_{number}", "ref", None, {"url": url, "keys": (KEY,), "told": told}, 1)


def connector(**options):
    return Webhook(Account("hooks", "eu", None, {}, {"allow_loopback": True, **options}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "https://127.0.0.1/", "https://localhost/", "https://0.0.0.0/", "https://2130706433/", "https://[::ffff:127.0.0.1]/",
     "https://127.1/", "https://169.254.169.254/latest/meta-data", "https://10.0.0.1/", "https://[fd00::1]/", "https://100.64.0.1/", "file:///etc/passwd",
     "https://", "gopher://x/"],
)  # fmt: skip
def test_no_webhook_gets_into_the_house(url):
    with pytest.raises(Refused):
        Caller().call(url, b"{}", {})


@pytest.mark.parametrize(
    ("status", "state"),
    [(200, "sent"), (204, "sent"), (301, "retry"), (400, "retry"), (401, "retry"), (404, "retry"),
     (410, "gone"), (429, "retry"), (500, "unknown"), (503, "retry")],
)  # fmt: skip
def test_an_answer_means_something_for_this_endpoint_alone(receiver, status, state):
    receiver.answers(status)

    outcome, fine = connector().push([push_to(receiver.url()), push_to(receiver.url("fine"), 2)])

    assert (outcome.state, fine.state) == (state, "sent")


def test_nobody_at_home_is_tried_again():
    (outcome,) = connector().push([push_to("http://127.0.0.1:1/")])

    assert outcome.state in {"retry", "unknown"}


def test_every_live_key_signs_and_any_of_them_verifies():
    private, public = make_key("v1a")
    body = b'{"a": 1}'
    headers = signed([KEY, private], "evt_1", AT, body)

    assert len(headers["webhook-signature"].split()) == 2
    for key in (KEY, public):
        assert check_standard_webhook(headers, body, [key], AT) == "evt_1"


@pytest.mark.parametrize("key", ["whsk_", "whsk_!!", "whsk_YWJj"])
def test_a_broken_key_is_said_to_be_one(key):
    with pytest.raises(ConfigError):
        signed([key], "evt_1", AT, b"{}")
