"""Whatever is killed, frozen or wiped: what was accepted has its effect once, in order, by the books of two CRMs and two others.

HUB_CHAOS_KILLS (10; nightly 1000), HUB_CHAOS_WEBHOOKS (500) and HUB_CHAOS_SEED make another run of the same test."""

import os
import time
from collections import Counter, defaultdict
from itertools import zip_longest
from random import Random

import pytest

from hub.sdk.effects_log import EffectsLog
from town import TIERS, Town

pytestmark = pytest.mark.alone
KILLS = int(os.environ.get("HUB_CHAOS_KILLS", "10"))
WEBHOOKS = int(os.environ.get("HUB_CHAOS_WEBHOOKS", "500"))
SEED = int(os.environ.get("HUB_CHAOS_SEED", "7"))
MEMBERS = 50
CRMS = {"hubspot": "garage_tier", "salesforce": "Garage_Tier__c"}  # where each writes a tier down
PATIENCE = 90.0 + 6.0 * KILLS + WEBHOOKS / 5  # seconds
RECOVERY = 15.0  # seconds after the lease
SLOWEST = 10  # told one by one


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

    town.watch()
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
    calls = [[f"Call the customer: {tier}" for tier in row] for row in moves.values()]
    names = ("hubspot", "salesforce", "loyalty", "sms")
    books = {name: EffectsLog(town.folder / "partners" / f"{name}.db").rows() for name in names}

    found = Counter()
    for crm, tier in CRMS.items():
        found += compared(f"natural effects at {crm}", by_entity(books[crm], tier), moves.values())
        found += compared(f"askable effects at {crm}", by_entity(books[crm], "task"), calls)
    found += compared("keyed effects", by_entity(books["loyalty"], "tier_changed"), moves.values())
    assert not found, dict(found)
    for name, topic in (*((crm, "task") for crm in CRMS), ("loyalty", "tier_changed"), ("sms", "text")):
        keys = Counter(key for _, _, key, said, _, _ in books[name] if said == topic)
        assert not [key for key, count in keys.items() if count > 1], f"doubled at {name}"

    states = town.states()
    assert states["texts"]["sent"] <= len(books["sms"]) <= states["texts"]["sent"] + states["texts"]["unknown"]
    assert states["texts"]["sent"] + states["texts"]["unknown"] == len(town.accepted)
    assert set(states["crm"]) == set(states["desk"]) == set(states["partner_club"]) == {"sent"}
    assert town.count("dead_letters") == 0
    print(f"\n0 lost, 0 doubled, 0 out of order of {sum(map(len, books.values())) - len(books['sms']):,} effects")
    print(f"blind effects: {states['texts']['sent']} sent, {states['texts']['unknown']} unknown")
    print(f"strikes: {len(town.strikes)}: {town.struck()}")


def compared(where, told, wanted):
    """Per entity, effects that are lost, doubled, or there and out of their order."""
    missing, rest = [list(row) for row in wanted], []
    for row in told.values():
        if row in missing:
            missing.remove(row)
        else:
            rest.append(row)
    counts = Counter()
    for came, owed in zip_longest(sorted(rest), sorted(missing), fillvalue=[]):
        lost, doubled = Counter(owed) - Counter(came), Counter(came) - Counter(owed)
        counts[f"{where}: lost"] += lost.total()
        counts[f"{where}: doubled"] += doubled.total()
        counts[f"{where}: out of order"] += not lost and not doubled
    return counts


def by_entity(rows, topic):
    found = defaultdict(list)
    for _, _, _, said, entity, value in rows:
        if said == topic:
            found[entity].append(value)
    return found


def judge_recovery(town):
    """Told for each kind of harm, so that a slow one can be found; a strike that met nothing under way asks for none."""
    lease, found = town.settings.timing.lease, town.recoveries()
    print(f"recovery, lease {lease:.0f} s; half of them within, 99 of 100 within, longest:")
    for kind, after in (("flow", "after the strike"), ("claim", "after the end of the lease")):
        those = [one for one in found if one.kind == kind]
        by_harm = sorted({str(one.strike) for one in those})
        for harm in ("all", *by_harm):
            some = sorted(one.seconds for one in those if harm in ("all", str(one.strike)))
            if some:
                p50, p99 = some[len(some) // 2], some[int(len(some) * 0.99)]
                print(f"  {after}: {harm:>16} {len(some):6,} {p50:6.2f} s {p99:6.2f} s {some[-1]:6.2f} s")
    for one in sorted(found, key=lambda one: -one.seconds)[:SLOWEST]:
        print(f"  slowest: {one.seconds:6.2f} s {one.kind} {one.connection} {one.strike} at {one.strike.at:.1f}")
    flows = sorted(one.seconds for one in found if one.kind == "flow") or [0.0]
    claims = sorted(one.seconds for one in found if one.kind == "claim") or [0.0]
    assert flows[int(len(flows) * 0.99)] <= lease + RECOVERY
    assert claims[int(len(claims) * 0.99)] <= RECOVERY
