"""Journeys put in force once the history is in, and, where the demo ends by itself, what lets people into them."""

from datetime import UTC, datetime
from itertools import islice

from hub import log
from hub.demo.happenings import KINDS, happenings
from hub.demo.stage import Demo, sender_of, wait_for
from hub.flow import applying
from hub.worker import Supervisor

FILL = ("truth", "import", "shop", "loyalty", "fleets")  # the children of a region that end once its history is in
SCENES = "scenes"  # the child that tells them


def run_journeys(demo: Demo, supervisor: Supervisor, code: str) -> None:
    """The journeys of the configuration, put in force once the history is in: so it starts none of them."""
    log.set_up("WARNING", region=code)
    wait_for(supervisor, {f"{code}-{name}" for name in FILL})
    hub = demo.open_hub(code)
    for name, rule in sorted(hub.book.current().journeys.items()):
        text = (demo.settings.config / "journeys" / f"{name}.yaml").read_text(encoding="utf-8")
        applying.apply(hub, rule, text, "demo", existing=True)
    hub.close()


def run_scenes(demo: Demo, supervisor: Supervisor, code: str) -> None:
    """With --once: what else happens, each of it once in each branch, so that journeys begin. A run that comes after one that
    told it finds the mark and tells nothing."""
    log.set_up("WARNING", region=code)
    wait_for(supervisor, {f"{code}-{name}" for name in (*FILL, "journeys")})
    mark = demo.settings.home / "demo" / f"scenes-{code}"
    if mark.exists():
        return
    shop, worlds = sender_of(demo, code, "shop"), list(demo.world(code))
    scenes = islice(happenings(worlds, demo.rng(f"{code}:else")), len(KINDS) * len(worlds))
    for number, told in enumerate(scenes):
        if rows := told(datetime.now(UTC)):
            shop.send_rows(f"evt_{demo.order.seed}_{code}:scene:{number}", rows)
    shop.release()
    mark.touch()
