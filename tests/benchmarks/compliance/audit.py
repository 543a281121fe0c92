"""How many audit entries eight writers append in a second while the sealer works: python tests/benchmarks/compliance/audit.py

Goal: 2,000 a second, none lost, and nobody waits for the sealer. An append is a row of the transaction that does the thing, so
`--each N` entries go with each commit, as a batch of fifty records brings them. `--postgres URL` on an empty database."""

import multiprocessing
import time

from bench import a_hub, asked, opened  # which knows tests/support
from sqlalchemy import func, select

from benchmark import measured
from compliance import audit
from hub.clock import seal_audit
from hub.models import AuditEntry
from hub.settings import Settings

BENCHMARK = {
    "name": "compliance/audit", "goal": "2,000 entries a second of eight writers, none lost",
    "quick": ["--entries", "200"], "full": ["--entries", "2000"], "curve": [2_000, 20_000],
}  # fmt: skip
GOAL, WRITERS = 2_000, 8


def write(
    settings: Settings, valkey: str, number: int, entries: int, each: int, start: "multiprocessing.Event"
) -> None:  # type: ignore[valid-type]
    hub = a_hub(settings, valkey)
    start.wait()  # type: ignore[attr-defined]
    for done in range(0, entries, each):
        with hub.begin() as work:
            for _ in range(min(each, entries - done)):
                work.audit(f"writer{number}", "bench", "person", number, step=done)
    hub.close()


def main() -> None:
    given = asked(entries=2_000, each=20)
    with opened(given.postgres) as (settings, valkey):
        hub = a_hub(settings, valkey)
        start = multiprocessing.Event()
        writers = [
            multiprocessing.Process(target=write, args=(settings, valkey, number, given.entries, given.each, start))
            for number in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        time.sleep(6)  # until all have opened their hubs
        began = time.perf_counter()
        start.set()
        while any(writer.is_alive() for writer in writers):
            seal_audit(hub)
            time.sleep(0.5)
        for writer in writers:
            writer.join()
        seconds = time.perf_counter() - began
        while audit.verify(hub).unsealed:
            seal_audit(hub)
        with hub.look() as session:
            kept = session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "bench")) or 0
        found = audit.verify(hub)
        hub.close()
    told = f"{WRITERS} writers, {given.each} a commit, {'postgresql' if given.postgres else 'sqlite'}"
    measured("entries appended", kept / seconds, "/s", goal=GOAL, more=True, note=told)
    measured("entries lost", WRITERS * given.entries - kept, "entries", goal=0)
    measured("problems in the chain", len(found.problems), "problems", goal=0, note=", ".join(map(str, found.problems)))


if __name__ == "__main__":
    main()
