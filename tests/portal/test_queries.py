"""No page asks more of the database than a dozen statements, and none reads a large table whole, however much there is to see: all
that GET opens, on a filled region."""

from dataclasses import replace

from flask import Flask
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from browser import CUSTOMERS, NOBODY, Site, as_guest, filled
from counting import counted
from desks import Clock, Visitor
from hub.access.provider import Provider
from hub.core import Hub
from hub.models import Appointment, Breach, Consent
from mine import come_in
from providing import SECRET, settings_of
from scanning import whole_reads

MOST = 12  # of one page; what it writes down of who looked is counted, too
COUNTING = {"operations", "privacy-texts"}  # of the whole region, by what they are for
REFUSED = {"lost", "stop", "to-provider", "from-provider", "widget-news"}  # nobody is there to be asked
LASTING = {
    "portal.chat.stream",
    "portal.inbox.stream",
    "portal.operations.stream",
    "portal.points.stream",
}  # look as their pages do


def test_no_page_asks_more_than_a_dozen_or_reads_a_table_whole(app: Flask, hub: Hub, clock: Clock) -> None:
    site = filled(hub, "")
    away = Provider(settings_of("http://127.0.0.1:1/staff"), SECRET, clock)
    app.extensions["portal"] = replace(app.extensions["portal"], provider=away)
    visitors = {role: _visitor(app, site, role) for role in {role for _, role in _pages(site).values()}}
    opened, asked, whole = set(), {}, {}
    for name, (path, role) in _pages(site).items():
        clock.pass_by(seconds=1)
        with counted(hub) as statements, whole_reads(hub) as reads:
            answer = visitors[role].get(path)
            answer.get_data()
        asked[name], whole[name] = len(statements), reads
        opened.add(_endpoint(app, path))
        assert answer.status_code in (200, 204, 302, 303) or name in REFUSED, (name, answer.status_code)
        answer.close()

    assert {name: count for name, count in asked.items() if count > MOST} == {}
    assert {name: reads for name, reads in whole.items() if reads and name not in COUNTING} == {}
    every = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.startswith("portal.")
    }
    assert every - opened == LASTING | {"portal.static"}


def _pages(site: Site) -> dict[str, tuple[str, str]]:
    """name -> (path, as whom): those that are looked at in Chromium, and what has no looks."""
    with site.hub.look() as session:
        visit = session.scalars(select(Appointment.id).where(Appointment.customer_id == site.owner.customer_id)).first()
        consent = session.scalars(select(Consent.id).where(Consent.person_id == site.owner.person_id)).first()
        breach = session.scalars(select(Breach.ref)).first()
    paper, customer = site.kept.refs["invoice"], f"/desk/customers/{site.owner.ref}"
    return site.pages() | {
        "to-provider": ("/sign-in/provider", NOBODY),
        "from-provider": ("/sign-in/provider/back?state=x", NOBODY),
        "brand": ("/brand.css", NOBODY),
        "manifest": ("/manifest.webmanifest", NOBODY),
        "icon": ("/icon-192.png", NOBODY),
        "worker": ("/worker.js", NOBODY),
        "used": ("/here", NOBODY),
        "my-offline": ("/my/offline/", "customer"),
        "my-news": ("/my/chat/news", "customer"),
        "widget-script": ("/widget.js", NOBODY),
        "widget-news": ("/widget/news", NOBODY),
        "stop": ("/webhooks/mail/stop/x", NOBODY),
        "shared-file": (f"/shared/{site.kept.share[0]}/file", NOBODY),
        "new-passkey": ("/account/passkeys/new", "operator"),
        "my-document-file": (f"/my/documents/{paper}/file", "customer"),
        "my-document-download": (f"/my/documents/{paper}/download", "customer"),
        "my-receipt": (f"/my/privacy/receipts/{consent}", "customer"),
        "my-proof": ("/my/privacy/prove", "customer"),
        "my-other-time": (f"/my/visits/{visit}/move", "customer"),
        "my-visit-file": (f"/my/visits/{visit}/visit.ics", "customer"),
        "why-of-one": (f"{customer}/why", "advisor"),
        "enclosed": (f"/desk/inbox/{site.talk}/files/{site.kept.refs['photo']}", "advisor"),
        "filing": (f"{customer}/documents", "advisor"),
        "filed": (f"{customer}/documents/{paper}", "advisor"),
        "journey-table": ("/desk/journeys/declined_brakes/people.csv", "marketer"),
        "segment-table": ("/desk/segments/gold_tier/people.csv", "marketer"),
        "journey-new": ("/desk/journeys/new?name=spring", "marketer"),
        "segment-new": ("/desk/segments/new?name=spring", "marketer"),
        "messages-table": ("/desk/messages/list.csv", "operator"),
        "conflicts-table": ("/desk/connectors/hubspot_eu/conflicts.csv", "operator"),
        "history-table": (f"{customer}/history.csv", "advisor"),
        "sessions-table": ("/desk/sessions/list.csv", "admin"),
        "changes-table": ("/desk/configuration/changes.csv", "operator"),
        "requests-table": ("/desk/privacy/requests.csv", "privacy"),
        "outreach-table": ("/desk/outreach/list.csv", "advisor"),
        "outreach-accuracy": ("/desk/outreach/accuracy.csv", "advisor"),
        "inbox-closed": ("/desk/inbox/?state=closed", "advisor"),
        "inbox-table": ("/desk/inbox/list.csv", "advisor"),
        "archive-table": ("/desk/privacy/archive/list.csv", "privacy"),
        "holds-table": ("/desk/privacy/holds.csv", "privacy"),
        "pairs-table": ("/desk/duplicates/pairs.csv", "advisor"),
        "costs-table": ("/desk/roi/costs/costs.csv", "marketer"),
        "roi-table": ("/desk/roi/returns.csv", "marketer"),
        "roi-paper": ("/desk/roi/returns.pdf", "marketer"),
        "breach-people": (f"/desk/privacy/breaches/{breach}/people.csv", "privacy"),
    }


def _visitor(app: Flask, site: Site, role: str) -> Visitor:
    if role in CUSTOMERS:
        return come_in(app, site.hub, site.owner if role == "customer" else site.driver)
    visitor = Visitor(app)
    if role == "guest":
        assert visitor.post(f"/guest/{as_guest(site.hub, site)}").status_code == 303
        return visitor
    if role == NOBODY:
        answer = visitor.post(f"/shared/{site.kept.share[0]}", {"code": site.kept.share[1]})
        assert answer.status_code == 303
        return visitor
    return visitor.sign_in(site.hub, role)


def _endpoint(app: Flask, path: str) -> str:
    try:
        return str(app.url_map.bind("eu.localhost").match(path.partition("?")[0])[0])
    except NotFound:
        return ""
