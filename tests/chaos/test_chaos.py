"""Whatever is killed, frozen or wiped: what was accepted has its effect once, in order, by the books of two CRMs and two others.

HUB_CHAOS_KILLS (10; nightly 1000), HUB_CHAOS_WEBHOOKS (500) and HUB_CHAOS_SEED make another run of the same test."""

import os
import time
from random import Random

import pytest

from judging import judge
from town import Town

pytestmark = pytest.mark.alone
KILLS = int(os.environ.get("HUB_CHAOS_KILLS", "10"))
WEBHOOKS = int(os.environ.get("HUB_CHAOS_WEBHOOKS", "500"))
SEED = int(os.environ.get("HUB_CHAOS_SEED", "7"))
MEMBERS = 50
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
    judge(town)
    judge_recovery(town)


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
