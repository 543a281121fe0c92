"""The portal as a person sees it: a region with traffic, served on loopback, opened in the system's Chromium."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Frame, Page, sync_playwright
from redis import Redis
from rq import Worker
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from asking import some_archived, some_breaches, some_requests
from called import a_call, may_be_called, some_models, some_proof, some_scores, some_words
from desks import Clock, Traffic, build, found, link, plant
from disputing import a_dispute, a_likeness
from hub.access.provider import Provider
from hub.app import create_app
from hub.core import Hub
from hub.embedded import ValkeyServer
from hub.flow import entrusting, guests, reports
from hub.models import Estimate, Vehicle
from hub.own import OWN
from hub.sdk.budget import Budget, Window
from kept import Kept, some_documents
from mine import Owner, a_newcomer, an_estimate, an_owner, link_of, write_chain
from portal.limits import Attempts
from proposing import a_journey_from_the_desk
from providing import SECRET, settings_of
from returned import a_journey_in_force, a_report, some_costs
from shops import folded
from talking import a_talk, some_replies

WIDTHS = {320: 640, 390: 844, 768: 1024, 1280: 800}
NOBODY = ""
CUSTOMERS = ("customer", "driver")
AXE = Axe().axe_script
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIOLATIONS = "options => axe.run(document, options).then(found => found.violations)"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """Where the system's Chromium is, if it has one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Requests are nobody's business here."""


@dataclass(frozen=True)
class Site:
    hub: Hub
    base: str
    traffic: Traffic
    owner: Owner
    kept: Kept
    talk: str
    asked: str
    estimate: str
    driver: Owner
    proposal: int
    pair: int

    def pages(self) -> dict[str, tuple[str, str]]:
        """name -> (path, as whom: nobody, a role, customer, driver of the customer's car, or guest of their order)"""
        return {
            "start": ("/", NOBODY),
            "sign-in": ("/sign-in", NOBODY),
            "account": ("/account/", "customer"),
            "account-of-staff": ("/account/", "operator"),
            "sign-in-link": ("/sign-in/" + "x" * 43, NOBODY),
            "lost": ("/nowhere", NOBODY),
            "offline": ("/offline", NOBODY),
            "start-signed-in": ("/", "operator"),
            "operations": ("/operations/", "operator"),
            "operations-day": ("/desk/operations/", "operator"),
            "configuration": ("/desk/configuration/", "operator"),
            "configured": ("/desk/configuration/journeys/declined_brakes", "admin"),
            "connectors": ("/desk/connectors/", "operator"),
            "connector": ("/desk/connectors/fleet_eu", "operator"),
            "connector-mapping": ("/desk/connectors/hubspot_eu/mapping", "operator"),
            "sessions": ("/desk/sessions/", "admin"),
            "connector-conflicts": ("/desk/connectors/hubspot_eu/conflicts", "operator"),
            "messages": ("/desk/messages/", "operator"),
            "messages-waiting": ("/desk/messages/?state=waiting", "operator"),
            "message": (f"/desk/messages/dead/{self.traffic.letters['wrong_input'][0]}", "admin"),
            "why": (f"/operations/customers/{self.traffic.customers[0]}/why", "operator"),
            "my-home": ("/my/", "customer"),
            "my-car": (f"/my/cars/{self.owner.cars[0]}", "customer"),
            "my-cars": ("/my/cars/", "customer"),
            "my-estimates": ("/my/estimates/", "customer"),
            "my-estimate": (f"/my/estimates/{self.estimate}", "customer"),
            "my-visits": ("/my/visits/", "customer"),
            "my-booking": ("/my/visits/new", "customer"),
            "my-points": ("/my/points/", "customer"),
            "my-home-new-car": (f"/my/?car={self.owner.cars[1]}", "customer"),
            "documents": ("/my/documents/", "customer"),
            "document-film": (f"/my/documents/{self.kept.refs['film']}", "customer"),
            "document-paper": (f"/my/documents/{self.kept.refs['invoice']}", "customer"),
            "document-waiting": (f"/my/documents/{self.kept.refs['converting']}", "customer"),
            "privacy": ("/my/privacy/", "customer"),
            "privacy-confirm": ("/my/privacy/confirm/" + "0" * 32, NOBODY),
            "chat": ("/my/chat/", "customer"),
            "widget": ("/widget/", NOBODY),
            "outreach": ("/desk/outreach/", "advisor"),
            "find": ("/desk/customers/", "advisor"),
            "duplicates": ("/desk/duplicates/", "advisor"),
            "duplicate": (f"/desk/duplicates/{self.pair}", "advisor"),
            "known": (f"/desk/customers/{self.owner.ref}", "advisor"),
            "happened": (f"/desk/customers/{self.owner.ref}/history", "advisor"),
            "segments": ("/desk/segments/", "marketer"),
            "segment": ("/desk/segments/gold_tier", "marketer"),
            "segment-people": ("/desk/segments/gold_tier/people", "marketer"),
            "segment-why": (f"/desk/segments/gold_tier/people/{self.traffic.customers[0]}", "marketer"),
            "plan": ("/desk/editor/journeys/thanks/plan", "marketer"),
            "editor": ("/desk/editor/journeys/declined_brakes", "marketer"),
            "proposal": (f"/desk/editor/proposals/{self.proposal}", "marketer"),
            "roi": ("/desk/roi/", "marketer"),
            "costs": ("/desk/roi/costs/", "marketer"),
            "journeys": ("/desk/journeys/", "marketer"),
            "journey": ("/desk/journeys/declined_brakes", "marketer"),
            "journey-people": ("/desk/journeys/declined_brakes/people", "marketer"),
            "journey-why": (f"/desk/journeys/declined_brakes/people/{self.traffic.customers[0]}", "marketer"),
            "roi-of-one": ("/desk/roi/?campaign=offer:spring-check&model=shapley", "marketer"),
            "models": ("/desk/models/", "marketer"),
            "model": ("/desk/models/churn/20261122T020000", "marketer"),
            "inbox": (f"/desk/inbox/?c={self.talk}", "advisor"),
            "privacy-desk": (f"/desk/privacy/?r={self.asked}", "privacy"),
            "privacy-holds": ("/desk/privacy/holds", "privacy"),
            "privacy-archive": ("/desk/privacy/archive/", "privacy"),
            "privacy-breaches": ("/desk/privacy/breaches/", "privacy"),
            "privacy-texts": ("/desk/privacy/texts", "privacy"),
            "privacy-transfers": ("/desk/privacy/transfers", "privacy"),
            "privacy-audit": ("/desk/privacy/audit", "privacy"),
            "my-join": ("/my/cars/join/" + "x" * 43, "customer"),
            "my-car-driver": (f"/my/cars/{self.owner.cars[0]}", "driver"),
            "my-visits-driver": ("/my/visits/", "driver"),
            "guest-link": ("/guest/" + "x" * 43, NOBODY),
            "guest": ("/guest/", "guest"),
            "shared": (f"/shared/{self.kept.share[0]}", NOBODY),
        }


def filled(hub: Hub, base: str) -> Site:
    """Something on every page."""
    write_chain(hub)
    some_replies(hub)
    traffic, owner = plant(hub), an_owner(hub)
    kept = some_documents(hub, owner)
    some_words(hub)
    with hub.look() as session:
        car = session.scalars(select(Vehicle.id).where(Vehicle.ref == owner.cars[0])).one()
    a_call(
        hub,
        owner.customer_id,
        safety=True,
        vehicle_id=car,
        churn=0.62,
        reasons=["declined_days=90:+", "done_due=1.2:+"],
    )
    for rank, customer_id in enumerate(traffic.customer_ids[:3], 2):
        a_call(hub, customer_id, rank=rank, service=("service", "tyres", "cooling")[rank - 2], chance=0.4 - rank / 20,
               outcome="later" if rank == 3 else None, outcome_by="principal:1" if rank == 3 else None)  # fmt: skip
    may_be_called(hub)
    some_models(hub)
    some_proof(hub, traffic.customer_ids, car)
    some_scores(hub, owner.customer_id)
    a_dispute(hub, "hubspot_eu", owner.customer_id)
    pair = a_likeness(hub, "hubspot_eu", traffic.customer_ids[0], owner.customer_id)
    talk = a_talk(hub, owner.customer_id, [kept.refs[name] for name in ("photo", "invoice", "checking")])
    asked = some_requests(hub, traffic.customers)
    folded(hub, an_estimate(owner), partner=OWN)
    with hub.look() as session:
        estimate = session.scalars(select(Estimate.ref)).one()
    a_report(hub)
    some_breaches(hub)
    some_archived(hub)
    a_journey_in_force(hub, traffic.customer_ids)
    some_costs(hub)
    proposal = a_journey_from_the_desk(hub)
    reports.count(hub, reports.SEGMENTS)
    return Site(hub, base, traffic, owner, kept, talk, asked, estimate, a_driver(hub, owner), proposal, pair)


def a_driver(hub: Hub, owner: Owner) -> Owner:
    """Of the owner's first car; two more are invited."""
    driver = a_newcomer(hub)
    with hub.begin() as work:
        for role in ("payer", "driver", "driver"):
            secret = entrusting.invite(work, owner.customer_id, owner.cars[0], role, "Zoë", "test")
        entrusting.accept(hub, work, driver.customer_id, secret, "test")
    return driver


def as_guest(hub: Hub, site: Site) -> str:
    """The secret of an address for whoever pays for the order."""
    with hub.begin() as work:
        return guests.invite(work, site.owner.customer_id, site.estimate, "payer", guests.LASTS[0], "test")


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    valkey = ValkeyServer(folder / "valkey")
    valkey.start()
    redis = Redis.from_url(valkey.url)
    found(folder)
    hub = build(folder, Clock(), redis)
    for _ in range(hub.here.workers):
        Worker([hub.bell.queue], connection=redis).register_birth()
    site = filled(hub, "")
    some_limits(hub, redis)
    app = create_app(hub)
    app.testing = True
    app.extensions["portal"] = replace(
        app.extensions["portal"], streams=threading.BoundedSemaphore(99), attempts=Attempts(hub.clock, most=999),
        provider=Provider(settings_of("http://127.0.0.1:1/staff"), SECRET, hub.clock),
    )  # fmt: skip
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield replace(site, base=f"http://eu.localhost:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        hub.close()
        valkey.stop()


def some_limits(hub: Hub, redis: Redis) -> None:
    """Of HubSpot's, a part is taken."""
    budget = Budget(
        redis,
        "hubspot_eu",
        (Window("burst", 190, 10.0), Window("daily", 400, 86_400.0)),
        now=lambda: hub.clock().timestamp(),
    )
    for _ in range(350):
        budget.take()
        hub.clock.pass_by(seconds=0.06)  # type: ignore[attr-defined]
    hub.clock.pass_by(seconds=-21)  # type: ignore[attr-defined]
    api = SimpleNamespace(budget=budget, close=lambda: None)
    hub.partners["hubspot_eu"] = replace(hub.partners["hubspot_eu"], api=api)  # type: ignore[index]


@contextmanager
def launched() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


def window(browser: Browser, width: int, theme: str, language: str) -> BrowserContext:
    return browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme=theme,  # type: ignore[arg-type]
        locale=language,
        reduced_motion="reduce",
    )


def sign_in(site: Site, context: BrowserContext, role: str = "operator") -> None:
    """By the page and its button, as a person would."""
    page = context.new_page()
    page.goto(f"{site.base}/{_door(site, role)}")
    page.locator("main form button").click()
    page.wait_for_url(f"{site.base}/{'my/' if role in CUSTOMERS else 'guest/' if role == 'guest' else ''}")
    page.close()


def _door(site: Site, role: str) -> str:
    if role == "guest":
        return f"guest/{as_guest(site.hub, site)}"
    whose = {"customer": site.owner, "driver": site.driver}
    return f"sign-in/{link_of(site.hub, whose[role]) if role in whose else link(site.hub, role)}"


def told_by(page: Page) -> list[str]:
    """What the console says from here on."""
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    return said


def violations(page: Page | Frame) -> list[tuple[str, list[str]]]:
    """(rule, elements) that break what axe knows; AXE was evaluated there before."""
    found: list[dict[str, Any]] = page.evaluate(VIOLATIONS, {"runOnly": TAGS, "resultTypes": ["violations"]})
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
