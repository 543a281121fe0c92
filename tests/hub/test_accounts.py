"""What a provider takes of us: kept by all workers and connections of a channel together, however much is due at once."""

from dataclasses import replace
from random import Random

import pytest
from redis import Redis

from connectors.mail import Mail
from connectors.sms import Sms
from hub.accounts import account_at, windows_of
from hub.errors import RetryLater
from hub.flow import outbox, pipeline
from hub.flow.outbox import Intent
from hub.models import Connection, Customer, Message
from hub.sdk import Push
from hub.sdk.budget import Budget
from rules.sending import Pace
from walking import rows

DAY = 86_400.0


class Time:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def most_in(arrivals: list[float], seconds: float) -> int:
    """The fullest stretch that begins with an arrival; its end does not count."""
    best = left = 0
    for right, at in enumerate(arrivals):
        while at - arrivals[left] >= seconds:
            left += 1
        best = max(best, right - left + 1)
    return best


@pytest.mark.parametrize(("pace", "due"), [(Pace(200, 6000), 10_000), (Pace(1), 60), (Pace(2), 60), (Pace(0, 48), 200)])
def test_ten_thousand_that_are_due_at_once_never_exceed_it_and_most_of_it_is_used(
    redis: Redis, pace: Pace, due: int
) -> None:
    time, rng = Time(), Random(7)
    workers = [Budget(redis, "channel:eu:sms", windows_of(pace), now=time) for _ in range(4)]
    begin, arrivals = time.now, list[float]()
    while len(arrivals) < due:
        wait = rng.choice(workers).take()
        if wait:
            time.now += wait
        else:
            arrivals.append(time.now)
    if pace.per_second:
        assert most_in(arrivals, 1.0) <= pace.per_second
        assert most_in(arrivals, 10.0) >= 10.0 * pace.per_second * (0.7 if pace.per_second > 2 else 0.35)
    if pace.per_day:
        assert most_in(arrivals, DAY) <= pace.per_day
        assert len([at for at in arrivals if at < begin + DAY]) >= 0.9 * pace.per_day


@pytest.fixture
def throttled(settings, redis):
    (settings.config / "sending.yaml").write_text(
        "throttle: {default: {sms: {per_day: 10}, mail: {per_second: 5}}, gcc: {sms: {per_second: 3}}}\n"
    )
    names = ("TEXTS_TOKEN", "TEXTS_WEBHOOK_SECRET", "MAILS_WEBHOOK_SECRET")
    secrets = dict.fromkeys(names, "whsec_dGV4dHMnIHNlY3JldCBvZiB0aGUgdGVzdHMsIDMyYiE=")

    def account(connection, kind, region="eu"):
        one = replace(settings.connections[connection], region=region)
        return account_at(one, settings, secrets, kind, redis)

    return account


def test_each_channel_of_each_region_has_its_own_and_all_its_connections_share_it(throttled):
    texts, mails, gulf = throttled("texts", Sms), throttled("mails", Mail), throttled("texts", Sms, "gcc")
    keys = [one.meters.key for one in (texts, mails, gulf)]
    assert keys == ["hub:budget:channel:eu:sms", "hub:budget:channel:eu:mail", "hub:budget:channel:gcc:sms"]
    assert [one.name for one in gulf.meters.windows] == ["second"]
    assert texts.api.budget is texts.meters, "a text is one call"


def test_without_a_limit_nobody_waits(settings, redis):
    assert account_at(settings.connections["feed"], settings, {"FEED_TOKEN": "t"}, Sms, redis).meters is None


def test_what_is_over_the_day_stays_due_and_the_connection_rests_meanwhile(hub, throttled, told_by_club, clock):
    """Nobody is called beyond it: the partner does not exist, so a call would fail in another way."""
    told_by_club(member_id="m-1", phone="+493012345", version=1)
    account = throttled("texts", Sms)
    account.meters.patience = 0.0
    partner = replace(hub.partner("texts"), connector=Sms(account))
    while account.meters.take() == 0:
        pass
    with hub.begin() as work:
        customer = work.session.query(Customer).one()
        intents = [Intent("service_notice", customer.ref, f"k{n}", {"customer_id": customer.id}) for n in range(3)]
        outbox.put(work, partner, intents)

    pipeline.send(hub, partner, Random(1))

    message = next(one for one in rows(hub, Message, Message.id) if one.topic == "service_notice")
    assert (message.state, message.reason) == ("waiting", "The partner's limit is used up; its calls wait.")
    row = next(one for one in rows(hub, Connection) if one.name == "texts")
    assert row.rest_until > clock.now


def test_a_mail_asks_before_it_goes(throttled):
    account = throttled("mails", Mail)
    account.meters.patience = 0.0
    while account.meters.take() == 0:
        pass
    with pytest.raises(RetryLater, match="limit is used up"):
        Mail(account).push([_a_mail()])


def _a_mail():
    body = {"email": "a@b.example", "subject": "s", "text": "t"}
    return Push("service_notice", "k", "ref1", None, body, 1)
