"""`hub demo`: opens the regions, starts everything, lets three years come in by the real doors, and life go on."""

import logging
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hub import log
from hub.access import make_sign_in_link, principal_named
from hub.core import Hub
from hub.demo import filing, fleets, history, life, offering, sandboxes
from hub.demo.foresight import foresee
from hub.demo.happenings import happenings
from hub.demo.history import write_rows
from hub.demo.life import RECENT
from hub.demo.rows import Pen
from hub.demo.scenes import FILL, SCENES, run_journeys, run_scenes
from hub.demo.stage import LOOK_EVERY, PROVIDERS, Demo, account_at, desk_of, folder_of, loopback, sender_of, wait_for
from hub.demo.world.books import DAYS
from hub.demo.world.truth import write_truth
from hub.errors import HubError, WrongInput
from hub.flow import pulls
from hub.flow.sync import history_of, import_pages, patiently
from hub.fonts import find_fonts
from hub.web.access import grant_token
from hub.worker import Supervisor

TRIES = 3  # of a history: a kill is made good, a full disk is not
ROWS_EACH = 15  # of a customer, on average: for the bar, until the branch is known
FORESEEN = "foresee"  # the child that has the region's scorers trained
STAFF = ("operator", "admin")


def prepare(demo: Demo) -> None:
    """A token for the teller and a sign-in link per region, written before anything runs."""
    for code in demo.order.counts:
        hub = demo.open_hub(code)
        with hub.begin() as work:
            operator = principal_named(work, "demo operator", STAFF)
            demo.links[code] = make_sign_in_link(work, operator, timedelta(hours=12))
            teller = principal_named(work, "demo teller", ())
            demo.tokens[code] = grant_token(work, teller, ["status:read"], timedelta(hours=12))
        hub.close()


def add_children(supervisor: Supervisor, demo: Demo, tell: Callable[[Demo, Supervisor], None]) -> None:
    supervisor.add("sandboxes", lambda: run_sandboxes(demo))
    supervisor.add("crm", lambda: run_crm(demo))
    if not demo.once:
        supervisor.add("providers", lambda: run_providers(demo))
    for code in demo.order.counts:
        supervisor.add(f"{code}-truth", lambda code=code: run_truth(demo, code), once=True)  # type: ignore[misc]
        supervisor.add(f"{code}-import", lambda code=code: run_import(demo, code), once=True, tries=TRIES)  # type: ignore[misc]
        supervisor.add(f"{code}-shop", lambda code=code: run_shop(demo, supervisor, code), once=True)  # type: ignore[misc]
        supervisor.add(f"{code}-loyalty", lambda code=code: run_loyalty(demo, supervisor, code), once=True)  # type: ignore[misc]
        supervisor.add(f"{code}-fleets", lambda code=code: run_fleets(demo, supervisor, code), once=True)  # type: ignore[misc]
        supervisor.add(f"{code}-{FORESEEN}", lambda code=code: run_foresight(demo, supervisor, code), once=True)  # type: ignore[misc]
        supervisor.add(f"{code}-journeys", lambda code=code: run_journeys(demo, supervisor, code), once=True)  # type: ignore[misc]
        if demo.once:
            supervisor.add(f"{code}-{SCENES}", lambda code=code: run_scenes(demo, supervisor, code), once=True)  # type: ignore[misc]
        else:
            supervisor.add(f"{code}-papers", lambda code=code: run_papers(demo, supervisor, code), once=True)  # type: ignore[misc]
            supervisor.add(f"{code}-life", lambda code=code: run_life(demo, supervisor, code), once=True)  # type: ignore[misc]
    supervisor.add("teller", lambda: tell(demo, supervisor), once=True, ends_all=demo.once)


def run_sandboxes(demo: Demo) -> None:
    log.set_up("WARNING")
    sandboxes.serve(demo.settings, folder_of(demo), demo.order.seed)


def run_truth(demo: Demo, code: str) -> None:
    """For evaluation only, beside the databases and not in them."""
    folder = demo.settings.home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    write_truth(folder / f"truth-{code}.jsonl", demo.world(code))


def run_import(demo: Demo, code: str) -> None:
    """What stands in the way of a history is said in words, and a few times at most."""
    log.set_up("WARNING", region=code)
    try:
        bring_history(demo, code)
    except (HubError, OSError) as error:
        sys.stderr.write(f"The history of {code} does not come in. {error}\n")
        raise SystemExit(1 if isinstance(error, WrongInput) else 3) from None


def bring_history(demo: Demo, code: str) -> None:
    """Branch by branch, by the door that `hub import --connection` uses; the last month is left to `run_shop`."""
    hub = demo.open_hub(code)
    partner = hub.partner(demo.connection(code, "shop").name)
    left = demo.order.counts[code]
    with TemporaryDirectory(prefix="garage-") as folder:
        for books in demo.world(code):
            file, left = Path(folder) / "history.ndjson", left - books.people.count
            count = write_rows(file, history.history(Pen(books), DAYS - RECENT, hub.clock()))
            demo.gauge.expect(code, count, rest=left * ROWS_EACH)
            done = import_pages(
                hub,
                partner,
                history_of(hub, partner, file),
                demo.rng(code),
                lambda some: demo.gauge.advance(code, some),
            )
            for problem in done.problems[:1]:
                raise WrongInput(
                    f"{books.branch.code}: row {problem.line}: {problem.column}: {problem.reason}", problem.hint
                )
    hub.close()


def run_shop(demo: Demo, supervisor: Supervisor, code: str) -> None:
    """The last thirty days, day by day, as the branches' own systems tell them."""
    log.set_up("WARNING", region=code)
    wait_for(supervisor, {f"{code}-import"})
    sender = sender_of(demo, code, "shop")
    for books in demo.world(code):
        for name, rows in history.webhooks(Pen(books), DAYS - RECENT, datetime.now(UTC), demo.order.seed):
            sender.send_rows(name, rows)
    sender.release()


def run_loyalty(demo: Demo, supervisor: Supervisor, code: str) -> None:
    """The programme's books of a month ago are read page by page, as from any partner; then it tells the month by webhooks.

    The history goes first: two that write at once would only wait for each other."""
    log.set_up("WARNING", region=code)
    wait_for(supervisor, {f"{code}-shop"})
    sender = sender_of(demo, code, "loyalty")
    for books in demo.world(code):
        sandboxes.enroll(folder_of(demo), account_at(demo, code, "loyalty"), life.enrolled(books))
    hub = demo.open_hub(code)
    programme = hub.partner(demo.connection(code, "loyalty").name)
    patiently(lambda: sum(pulls.pull(hub, programme)))  # it goes on where the last committed page ended
    hub.close()
    for books in demo.world(code):
        for told in life.last_month(books, demo.order.seed):
            sender.send(told.id, told.kind, told.member, told.at)
    sender.release()


def run_fleets(demo: Demo, supervisor: Supervisor, code: str) -> None:
    """Each branch has a partner who speaks for its fleets: contracts and vehicles by the API, and where they drive by telematics."""
    log.set_up("WARNING", region=code)
    wait_for(supervisor, {f"{code}-shop"})
    reports = []
    for books in demo.world(code):
        told = list(fleets.contracts(books))
        if told:
            call = fleets.caller(loopback(demo.settings.region(code)), token_of_fleets(demo, code, books.branch.code))
            reports += [(call, fleets.tell(call, contract)) for contract in told]
        drive_on(demo, code, fleets.readings(books))
    for call, report in reports:
        fleets.wait_for(call, report)


def token_of_fleets(demo: Demo, code: str, branch: str) -> str:
    hub = demo.open_hub(code)
    token = patiently(lambda: _grant(hub, f"demo fleets {branch}"))
    hub.close()
    return token


def _grant(hub: Hub, name: str) -> str:
    with hub.begin() as work:
        return grant_token(work, principal_named(work, name, ()), list(fleets.SCOPES), timedelta(hours=12))


def drive_on(demo: Demo, code: str, readings: Iterable[tuple[str, int]]) -> None:
    """What the telematics feed of this region, if it has one, reads from now on."""
    feeds = [one for one in demo.settings.connections.values() if (one.region, one.connector) == (code, "fleet")]
    for feed in feeds[:1]:
        token = demo.settings.secrets_of(code)[feed.secrets["token"]]
        call = fleets.caller(feed.url, token)
        for vin, metres in readings:
            status = {"createdDateTime": datetime.now(UTC).isoformat(), "hrTotalVehicleDistance": metres}
            call("PUT", f"/vehicles/{vin}", status, "")


def run_foresight(demo: Demo, supervisor: Supervisor, code: str) -> None:
    """Who stays away and what each car needs, learned from the history as soon as it is in."""
    log.set_up("WARNING", region=code)
    wait_for(supervisor, {f"{code}-{name}" for name in FILL})
    hub = demo.open_hub(code)
    foresee(hub)
    hub.close()


def run_life(demo: Demo, supervisor: Supervisor, code: str) -> None:
    """The visits that are still to come, as if they were today's: the shop tells them, the club counts points; beside each
    something else happens; now and then a customer of the CRM moves, and a fleet's vehicle has driven on."""
    log.set_up("WARNING", region=code)
    shop, club = (sender_of(demo, code, name) for name in ("shop", "loyalty"))
    wait_for(supervisor, {f"{code}-{name}" for name in FILL})
    pause, rng = len(demo.order.counts) / demo.order.pace, demo.rng(code)
    worlds = list(demo.world(code))
    crm = demo.crm(code).connector
    fleet = dict(reading for books in worlds for reading in fleets.readings(books))
    else_ = happenings(worlds, demo.rng(f"{code}:else"))
    for told in life.going_on(worlds, rng):
        now = datetime.now(UTC)
        if rows := next(else_)(now):
            shop.send_rows(f"evt_else_{rows[0]['type']}_{rows[0]['key']}_{now:%s%f}", rows)
            time.sleep(pause * rng.uniform(0.4, 1.6))
        for row in told.rows(now):
            shop.send_rows(f"evt_live_{row['type']}_{row['key']}_{now:%s%f}", [row])
            time.sleep(pause * rng.uniform(0.4, 1.6))
        if told.member:
            club.send(
                f"evt_live_{told.number}_{now:%s%f}",
                "member.points_changed",
                {**told.member, "version": int(f"{now:%s%f}")},
            )
            time.sleep(pause * rng.uniform(0.4, 1.6))
        if rng.randrange(life.ELSE_EVERY) == 0 and (
            typed := life.moved(folder_of(demo), crm, account_at(demo, code, crm), rng)
        ):
            sandboxes.fill_in(desk_of(demo, code), typed)
        if fleet and rng.randrange(life.ELSE_EVERY) == 0:
            vin = rng.choice(list(fleet))
            fleet[vin] += rng.randrange(5_000, 300_000)
            drive_on(demo, code, [(vin, fleet[vin])])


def run_crm(demo: Demo) -> None:
    """What happens at HubSpot is told to its regions by signed webhooks, echoes of our own writes among them; Salesforce is
    asked."""
    log.set_up("WARNING")
    told = [code for code in demo.order.counts if demo.crm(code).connector == "hubspot"]
    senders = {account_at(demo, code, "hubspot"): sender_of(demo, code, "hubspot") for code in told}
    while True:
        for account, sender in senders.items():
            sandboxes.relay(folder_of(demo), account, sender)
        time.sleep(LOOK_EVERY)


def run_providers(demo: Demo) -> None:
    """What became of texts and mails is told by those who took them: receipts, failures, answers, and no more, please."""
    log.set_up("WARNING")
    told = [
        (one.connector, account_at(demo, one.region, one.connector), sender_of(demo, one.region, one.connector))
        for one in demo.settings.connections.values()
        if one.region in demo.order.counts and one.connector in PROVIDERS
    ]
    while True:
        for name, account, sender in told:
            sandboxes.report(folder_of(demo), name, account, sender)
        time.sleep(LOOK_EVERY)


def run_papers(demo: Demo, supervisor: Supervisor, code: str) -> None:
    """Invoices, warranties, photos and clips of the last visits of every branch, and of whoever's pages are shown, by the
    shop's door for documents; then estimates, which show them."""
    log.set_up("WARNING", region=code)
    wait_for(supervisor, {f"{code}-{name}" for name in (*FILL, "journeys")})  # a warranty that ends soon begins one
    hub = demo.open_hub(code)
    shop = demo.connection(code, "shop").name
    with hub.begin() as work:
        token = grant_token(
            work, principal_named(work, "demo shop", ()), ["documents:write"], timedelta(hours=12), shop
        )
    star = filing.number_of_somebody(hub)
    hub.close()
    door, fonts = f"{loopback(demo.settings.region(code))}/api/v1/documents", find_fonts()
    if fonts.note:
        logging.getLogger(__name__).warning(fonts.note)
    for books in demo.world(code):
        for sheet in filing.sheets_of(books, fonts, star):
            filing.send(door, token, sheet)
    quote(demo, code, star)


def quote(demo: Demo, code: str, star: str) -> None:
    """What customers declined and may still want: by the shop's webhook, under one id for one seed, so that a repeat is nothing."""
    sender = sender_of(demo, code, "shop")
    for books in demo.world(code):
        if rows := offering.estimates_of(books, star):
            sender.send_rows(f"evt_{demo.order.seed}_{books.branch.code}:estimates:{books.today}", rows)
    sender.release()
