"""How long a bundle for an authority takes: python tests/benchmarks/compliance/report.py

Goal: at most 60 s for 100,000 people. Each has consents on two channels and an entry in the chain; one in a hundred has asked
something, one in a thousand is held. `--people N`; `--postgres URL` on an empty PostgreSQL database."""

import os
import tempfile
import time
from pathlib import Path

from bench import a_hub, asked, opened  # which knows tests/support
from sqlalchemy import insert

from benchmark import measured
from compliance import report
from compliance.verify_bundle import problems_of
from hub.clock import seal_audit
from hub.core import Hub
from hub.models import Consent, Customer, LegalHold, Person, PersonRequest, new_ref, table
from hub.work import Work

BENCHMARK = {
    "name": "compliance/report", "goal": "a bundle of 100,000 people for an authority within 60 s",
    "quick": ["--people", "2000"], "full": ["--people", "100000"], "curve": [10_000, 100_000, 1_000_000],
}  # fmt: skip
GOAL = 60
BATCH = 5_000


def plant(hub: Hub, people: int) -> None:
    partner = hub.partner("club").id
    for start in range(0, people, BATCH):
        with hub.begin() as work:
            numbers = range(start, min(start + BATCH, people))
            keys = [work.ids.next() for _ in numbers]
            put(
                work, Person, [{"id": key, "ref": new_ref(), "jurisdiction": "DE", "made_at": work.now} for key in keys]
            )
            put(work, Customer, [
                {"id": work.ids.next(), "ref": new_ref(), "person_id": key, "version": 1, "made_at": work.now} for key in keys
            ])  # fmt: skip
            put(work, Consent, [
                {"id": work.ids.next(), "person_id": key, "purpose": "marketing", "channel": channel, "state": state, "notice": "",
                 "at": work.now, "received_at": work.now, "connection_id": partner, "source_hash": os.urandom(16), "how": "portal",
                 "language": "en"}
                for key in keys for channel, state in (("mail", "granted"), ("sms", "withdrawn"))
            ])  # fmt: skip
            put(work, PersonRequest, [
                {"id": work.ids.next(), "ref": new_ref(), "person_id": key, "kind": "access", "scope": "", "jurisdiction": "DE",
                 "state": "received", "came_by": "desk", "asked_by": "bench", "asked_at": work.now, "due_on": work.now.date()}
                for key in keys[::100]
            ])  # fmt: skip
            put(work, LegalHold, [
                {"id": work.ids.next(), "person_id": key, "record_set": "*", "purpose": "tax", "basis": "AO § 147", "owner": "bench",
                 "placed_at": work.now} for key in keys[::1000]
            ])  # fmt: skip
            for key in keys:
                work.audit("bench", "planted", "person", key)
        while seal_audit(hub):
            pass


def put(work: Work, model: type, rows: list[dict[str, object]]) -> None:
    work.session.execute(insert(table(model)), [{"region": work.region.code, **row} for row in rows])


def main() -> None:
    given = asked(people=100_000)
    with opened(given.postgres) as (settings, valkey), tempfile.TemporaryDirectory() as place:
        hub = a_hub(settings, valkey)
        plant(hub, given.people)
        began = time.perf_counter()
        told = report.bundle(hub, Path(place) / "bundle", "bench")
        seconds = time.perf_counter() - began
        began = time.perf_counter()
        problems = problems_of(Path(place) / "bundle", told.signer)
        checked = time.perf_counter() - began
        size = sum(path.stat().st_size for path in (Path(place) / "bundle").iterdir())
        hub.close()
    note = f"{told.rows['subjects']:,} people, {told.entries:,} entries, {'postgresql' if given.postgres else 'sqlite'}"
    measured("a bundle", seconds, "s", goal=GOAL * given.people / 100_000, note=note)
    measured("the bundle checked by a stranger", checked, "s")
    measured("problems found in it", len(problems), "problems", goal=0)
    measured("size of the bundle", size / 1e6, "MB")


if __name__ == "__main__":
    main()
