"""Whatever is killed, frozen or wiped: what was accepted has its effect once, in order, by the partners' own books.

HUB_CHAOS_KILLS (10; nightly 100), HUB_CHAOS_WEBHOOKS (1000) and HUB_CHAOS_SEED make another run of the same test."""

import os
import time
from collections import Counter, defaultdict
from random import Random

import pytest

from hub.sdk.effects_log import EffectsLog
from town import TIERS, Town

pytestmark = pytest.mark.alone
KILLS = int(os.environ.get("HUB_CHAOS_KILLS", "10"))
WEBHOOKS = int(os.environ.get("HUB_CHAOS_WEBHOOKS", "1000"))
SEED = int(os.environ.get("HUB_CHAOS_SEED", "7"))
MEMBERS = 50
PATIENCE = 90.0 + 6.0 * KILLS  # seconds
RECOVERY = 15.0  # seconds after the lease


@pytest.fixture(params=os.environ.get("HUB_TEST_DATABASES", "sqlite,postgresql").split(","))
def town(request, tmp_path):
    databases = {}
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres")
        name = f"chaos_{os.urandom(4).hex()}"
        databases["HUB_DATABASE_EU"] = postgres.create(name)
        request.addfinalizer(lambda: postgres.drop(name))
    town = Town(tmp_path, Random(SEED), databases)
    town.start()
    yield town
    town.stop()


def test_nothing_is_lost_doubled_or_out_of_order_while_everything_is_killed(town, request):
    sqlite = "sqlite" in request.node.name
    webhooks, kills = (WEBHOOKS, KILLS) if sqlite else (WEBHOOKS // 5, max(3, KILLS // 3))
    versions = webhooks // MEMBERS
    end = time.monotonic() + PATIENCE

    harm = town.in_background(kills, webhooks)
    town.tell(MEMBERS, versions, end)
    harm.join()
    town.wait_settled(end)

    assert len(town.accepted) == MEMBERS * versions
    judge(town, versions)
    judge_recovery(town)


def judge(town, versions):
    """By the partners' books: each accepted version has its effects once, and each customer's follow one another."""
    moves = {f"m-{number}": [TIERS[version % 3] for version in range(1, versions + 1)] for number in range(MEMBERS)}
    books = {name: EffectsLog(town.folder / "partners" / f"{name}.db").rows() for name in ("hubspot", "loyalty", "sms")}
    natural = by_entity(books["hubspot"], "garage_tier")
    asked = by_entity(books["hubspot"], "task")
    keyed = by_entity(books["loyalty"], "tier_changed")

    assert sorted(natural.values()) == sorted(moves.values()), "natural effects"
    assert sorted(keyed.values()) == sorted(moves.values()), "keyed effects"
    assert sorted(asked.values()) == sorted([f"Call the customer: {tier}" for tier in row] for row in moves.values()), (
        "askable effects"
    )
    for name, topic in (("hubspot", "task"), ("loyalty", "tier_changed"), ("sms", "text")):
        keys = Counter(key for _, _, key, said, _, _ in books[name] if said == topic)
        assert not [key for key, count in keys.items() if count > 1], f"doubled at {name}"

    states = town.states()
    assert states["texts"]["sent"] <= len(books["sms"]) <= states["texts"]["sent"] + states["texts"]["unknown"]
    assert states["texts"]["sent"] + states["texts"]["unknown"] == len(town.accepted)
    assert set(states["crm"]) == set(states["partner_club"]) == {"sent"}
    assert town.count("dead_letters") == 0
    print(
        f"\nblind effects: {states['texts']['sent']} sent, {states['texts']['unknown']} unknown; strikes: {town.struck()}"
    )


def by_entity(rows, topic):
    found = defaultdict(list)
    for _, _, _, said, entity, value in rows:
        if said == topic:
            found[entity].append(value)
    return found


def judge_recovery(town):
    lease = town.settings.timing.lease
    found = sorted(town.recoveries()) or [0.0]  # a strike that met nothing under way asks for no recovery
    p50, p99 = found[len(found) // 2], found[int(len(found) * 0.99)]
    print(
        f"recovery: {len(found)} measured, p50 {p50:.2f} s, p99 {p99:.2f} s, longest {found[-1]:.2f} s, lease {lease:.0f} s"
    )
    assert p99 <= lease + RECOVERY
