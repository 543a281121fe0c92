"""What Lighthouse says of the pages, as a phone sees them: python tests/benchmarks/portal/lighthouse.py [PAGE ...] [--all]

Without a name: everything a customer and a visitor see; --all: the desks, too. Lighthouse is a program of Node: LIGHTHOUSE names it,
else it is looked for on the PATH (npm install --global lighthouse). Speed is reckoned for a slow phone on a slow net, from what a
fast machine took: a busy one spoils it."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, "tests/support")

from playwright.sync_api import Browser

from benchmark import measured
from browser import CUSTOMERS, NOBODY, Site, chromium, launched, served, sign_in, window

BENCHMARK = {
    "name": "portal/lighthouse",
    "goal": "every page at least 95 / 100 / 100 / 100 on a phone, and at most 60 kB for the first view",
    "quick": ["sign-in", "my-home"], "full": ["--all"],
}  # fmt: skip
GOALS = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
FIRST_VIEW = 60.0  # kB
OUTSIDE = (NOBODY, "guest", *CUSTOMERS)
PRIVATE = ("is-crawlable",)  # what is nobody's business is not to be found by a search engine
NO_PAGE = ("lost",)  # Lighthouse looks at nothing that answers 404


def program() -> str:
    found = os.environ.get("LIGHTHOUSE") or shutil.which("lighthouse")
    if not found:
        sys.exit("Lighthouse is not installed: npm install --global lighthouse, or LIGHTHOUSE=path")
    return found


def cookies(site: Site, browser: Browser, role: str) -> str:
    with window(browser, 390, "light", "en") as context:
        if role:
            sign_in(site, context, role)
        return "; ".join(f"{one['name']}={one['value']}" for one in context.cookies())


def judged(url: str, cookie: str, folder: Path) -> Mapping[str, Any]:
    out, headers = folder / "report.json", folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": cookie, "Accept-Language": "en"}))
    flags = "--headless=new --no-sandbox"
    call = [program(), url, "--quiet", "--output=json", f"--output-path={out}", f"--extra-headers={headers}",
            f"--chrome-flags={flags}", f"--only-categories={','.join(GOALS)}"]  # fmt: skip
    subprocess.run(call, check=True, timeout=180, env={**os.environ, "CHROME_PATH": chromium() or ""})
    found: Mapping[str, Any] = json.loads(out.read_text())
    return found


def scores(report: Mapping[str, Any]) -> dict[str, float]:
    """By category, 0 to 100; what a private page misses on purpose is not counted."""
    found = {}
    for name, category in report["categories"].items():
        counted = [
            (one["weight"], report["audits"][one["id"]]["score"])
            for one in category["auditRefs"]
            if one["weight"] and one["id"] not in PRIVATE and report["audits"][one["id"]]["score"] is not None
        ]
        found[name] = 100 * sum(weight * score for weight, score in counted) / sum(weight for weight, _ in counted)
    return found


def missed(report: Mapping[str, Any]) -> Iterator[str]:
    for name, category in report["categories"].items():
        for one in category["auditRefs"]:
            audit = report["audits"][one["id"]]
            if one["weight"] and audit["score"] is not None and audit["score"] < 0.9 and one["id"] not in PRIVATE:
                yield f"{name}: {one['id']} {audit['score']} {audit.get('displayValue', '')}".rstrip()


def main(names: list[str], *, everything: bool) -> None:
    worst = dict.fromkeys(GOALS, (101.0, ""))
    heaviest = (0.0, "")
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as site, launched() as browser:
        pages = {
            name: (path, role)
            for name, (path, role) in site.pages().items()
            if name not in NO_PAGE and (name in names or (not names and (everything or role in OUTSIDE)))
        }
        seats = {role: cookies(site, browser, role) for role in {role for _, role in pages.values()}}
        for name, (path, role) in pages.items():
            report = judged(site.base + path, seats[role], Path(folder))
            found = scores(report)
            weight = report["audits"]["total-byte-weight"]["numericValue"] / 1000
            print(f"{name:24}", *(f"{found[one]:5.0f}" for one in GOALS), f"{weight:6.0f} kB", flush=True)
            for said in missed(report):
                print(f"{'':24} {said}", flush=True)
            worst = {one: min(worst[one], (found[one], name)) for one in GOALS}
            heaviest = max(heaviest, (weight, name))
    for one, (score, name) in worst.items():
        measured(f"{one}, the worst of {len(pages)} pages", score, "of 100", goal=GOALS[one], more=True, note=name)
    measured(f"first view, the heaviest of {len(pages)} pages", heaviest[0], "kB", goal=FIRST_VIEW, note=heaviest[1])


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("pages", nargs="*")
    asked.add_argument("--all", action="store_true")
    given = asked.parse_args()
    main(given.pages, everything=given.all)
