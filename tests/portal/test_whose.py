"""Whose is it: each address that names a thing of one customer, asked for by everybody else; and nothing of them on any other page."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from called import a_call
from desks import Clock, Visitor, bare, build
from disputing import a_likeness
from hub.access import principal_of
from hub.app import create_app
from hub.core import Hub
from hub.flow import entrusting, guests, sharing
from hub.models import (
    Appointment,
    CarInvitation,
    Consent,
    Document,
    Estimate,
    GuestLink,
    Passkey,
    Principal,
    Role,
    Session,
)
from hub.own import OWN
from hub.sdk import CustomerKey, CustomerRecord
from kept import keep_one
from mine import BERLIN, Owner, a_newcomer, an_estimate, an_owner, come_in, link_of, write_chain
from papers import paper
from portal.guard import CUSTOMER
from portal.guard import ROLES as ROLES_OF
from shops import folded
from talking import CANARY, a_talk

CUSTOMERS = ("other customer", "other branch", "driver", "payer")
GONE = ("anonymous", "other region", "revoked")  # nobody is signed in, whatever cookie they bring
STAFF = ("advisor", "advisor elsewhere", "admin")
ROLES = (*GONE, *CUSTOMERS, *STAFF)
NOBODY_ELSE, WITH_THE_CAR = frozenset[str](), frozenset({"driver", "payer"})
DESK, ADMIN = frozenset({"advisor", "admin"}), frozenset({"admin"})
# (endpoint, method) -> which thing each part of its address names, and whom it opens to besides its owner. The owner walks
# them in this order at the end: what takes a thing away comes last.
WHOSE: dict[tuple[str, str], tuple[dict[str, str], frozenset[str]]] = {
    ("portal.cars.history", "GET"): ({"ref": "car"}, WITH_THE_CAR),
    ("portal.household.invite", "POST"): ({"ref": "car"}, NOBODY_ELSE),
    ("portal.estimates.one", "GET"): ({"ref": "estimate"}, NOBODY_ELSE),
    ("portal.guests.invite", "POST"): ({"ref": "estimate"}, NOBODY_ELSE),
    ("portal.guests.end", "POST"): ({"ref": "guest"}, NOBODY_ELSE),
    ("portal.estimates.answer", "POST"): ({"ref": "estimate"}, NOBODY_ELSE),
    ("portal.documents.one", "GET"): ({"ref": "document"}, NOBODY_ELSE),
    ("portal.documents.file", "GET"): ({"ref": "document"}, NOBODY_ELSE),
    ("portal.documents.download", "GET"): ({"ref": "document"}, NOBODY_ELSE),
    ("portal.documents.share", "POST"): ({"ref": "document"}, NOBODY_ELSE),
    ("portal.documents.end", "POST"): ({"ref": "share"}, NOBODY_ELSE),
    ("portal.privacy.receipt", "GET"): ({"consent": "consent"}, NOBODY_ELSE),
    ("portal.privacy.withdraw", "POST"): ({"ref": "request"}, NOBODY_ELSE),
    ("portal.visits.file", "GET"): ({"visit": "visit"}, WITH_THE_CAR),
    ("portal.visits.choose_other", "GET"): ({"visit": "visit"}, NOBODY_ELSE),
    ("portal.visits.move", "POST"): ({"visit": "visit"}, NOBODY_ELSE),
    ("portal.visits.cancel", "POST"): ({"visit": "visit"}, NOBODY_ELSE),
    ("portal.account.remove", "POST"): ({"number": "passkey"}, NOBODY_ELSE),
    ("portal.customers.overview", "GET"): ({"ref": "customer"}, DESK),
    ("portal.customers.history", "GET"): ({"ref": "customer"}, DESK),
    ("portal.customers.history_table", "GET"): ({"ref": "customer"}, DESK),
    ("portal.customers.why", "GET"): ({"ref": "customer"}, DESK),
    ("portal.filing.overview", "GET"): ({"ref": "customer"}, DESK),
    ("portal.filing.file", "GET"): ({"ref": "customer", "document": "document"}, DESK),
    ("portal.filing.bring", "POST"): ({"ref": "customer"}, DESK),
    ("portal.inbox.do", "POST"): ({"ref": "talk", "deed": "note_deed"}, DESK),
    ("portal.signs.of_staff", "POST"): ({"ref": "talk"}, DESK),
    ("portal.enclosed.file", "GET"): ({"ref": "talk", "document": "document"}, DESK),
    ("portal.outreach.note", "POST"): ({"entry": "call"}, DESK),
    ("portal.duplicates.one", "GET"): ({"number": "pair"}, DESK),
    ("portal.duplicates.propose", "POST"): ({"number": "pair"}, DESK),
    ("portal.duplicates.take_back", "POST"): ({"number": "pair"}, DESK),
    ("portal.duplicates.merge", "POST"): ({"number": "pair"}, ADMIN),
    ("portal.duplicates.keep_apart", "POST"): ({"number": "pair"}, DESK),
    ("portal.operations.why", "GET"): ({"ref": "customer"}, ADMIN),
    ("portal.sessions.end_of_customer", "POST"): ({"ref": "put_out"}, ADMIN),
    ("portal.privacy_desk.do", "POST"): ({"ref": "request", "deed": "deed"}, ADMIN),
    ("portal.privacy_desk.hand_over", "POST"): ({"ref": "request"}, ADMIN),
    ("portal.household.withdraw", "POST"): ({"ref": "invitation"}, NOBODY_ELSE),
    ("portal.account.end", "POST"): ({"number": "session"}, NOBODY_ELSE),
}
# Addresses that name no customer's thing: a part of the house, or a secret whose holder is whom it was given to (what it opens
# is proved where it is made: test_access, test_guests, test_household, test_documents, test_privacy).
OF_NOBODY = {
    "portal.static", "portal.access.offer", "portal.access.come_in", "portal.household.offer", "portal.household.accept",
    "portal.guests.offer", "portal.guests.come", "portal.shared.offer", "portal.shared.come", "portal.shared.file",
    "portal.privacy.offer", "portal.privacy.confirm", "portal.stopping.stop", "portal.privacy.ask", "portal.connectors.one",
    "portal.disputes.waiting", "portal.disputes.waiting_table", "portal.disputes.unmask", "portal.disputes.decide",
    "portal.disputes.keep_apart",
    "portal.connectors.mapping", "portal.connectors.pause", "portal.connectors.resume", "portal.configuration.one",
    "portal.configuration.roll_back", "portal.journeys.one", "portal.journeys.people", "portal.journeys.why",
    "portal.journeys.people_table", "portal.segments.one", "portal.segments.people", "portal.segments.people_table",
    "portal.segments.why", "portal.editor.edit", "portal.editor.plan", "portal.editor.look", "portal.editor.revise",
    "portal.editor.propose", "portal.editor.watch", "portal.editor.settle",
    "portal.models.one", "portal.models.promote", "portal.models.rollback", "portal.messages.one", "portal.messages.unmask",
    "portal.operations.replay", "portal.operations.discard", "portal.sessions.end",
    "portal.installing.icon", "portal.archive_desk.open_one", "portal.archive_desk.allow", "portal.breach_desk.do",
    "portal.breach_desk.people", "portal.privacy_desk.release",
}  # fmt: skip
STREAMS = {"portal.chat.stream", "portal.inbox.stream", "portal.operations.stream", "portal.points.stream"}
FIXED = {"deed": "pause", "note_deed": "note"}
PLATE = "B ZO 917"
PRICES = ("289.00", "108.90")
SECRETS = (
    "Mara Lindner",
    PLATE,
    "TMBJJ7NE0K0214088",
    "c-17@example.org",
    "Pads at",
    "Zoë-coloured contract",
    CANARY,
)


@dataclass
class World:
    """things: what of the owner's an address names. missing: the same where there is none."""

    app: Flask
    hub: Hub
    owner: Owner
    things: dict[str, str]
    visitors: dict[str, Visitor] = field(default_factory=dict)
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)

    def path(self, endpoint: str, method: str, *, missing: bool = False) -> str:
        named, _ = WHOSE[endpoint, method]
        given = {part: FIXED.get(thing) or _none(self.things[thing], missing) for part, thing in named.items()}
        return self.app.url_map.bind("eu.localhost").build(endpoint, given, method=method)

    def ask(self, role: str, method: str, path: str, **headers: str) -> TestResponse:
        visitor = self.visitors[role]
        answer = visitor.post(path, self.tokens[role], **headers) if method == "POST" else visitor.get(path, **headers)
        answer.get_data()
        answer.close()
        return answer


def _none(thing: str, missing: bool) -> str:
    return thing if not missing else "1" if thing.isdecimal() else "0" * len(thing)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, empty_region: Path) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("whose")
    hub = build(shutil.copytree(empty_region, folder / "here"), Clock())
    elsewhere = build(shutil.copytree(empty_region, folder / "there"), Clock())
    for one in (hub, elsewhere):
        write_chain(one)
    app = create_app(hub)
    app.testing = True
    made = World(app, hub, owner := an_owner(hub, plate=PLATE), {})
    made.things = _things(hub, owner, app)
    made.visitors = _visitors(made, elsewhere)
    made.tokens = {role: _token(role, one) for role, one in made.visitors.items()}
    yield made
    hub.close()
    elsewhere.close()


def _token(role: str, visitor: Visitor) -> dict[str, str]:
    return {} if role in GONE else {"token": visitor.token("/" if role in STAFF else "/my/")}


def _things(hub: Hub, owner: Owner, app: Flask) -> dict[str, str]:
    """One of each kind, all of the owner; but for a customer who may be put out."""
    put_out = a_newcomer(hub, "C-89").ref
    folded(hub, an_estimate(owner), partner=OWN)
    document = keep_one(hub, owner, "W-1", "paper", paper(), date(2026, 4, 2), "Zoë-coloured contract")
    second = come_in(app, hub, owner)
    second.post("/my/privacy/ask/access", {"token": second.token("/my/")})
    with hub.begin() as work:
        estimate = work.session.scalars(select(Estimate.ref)).one()
        row = work.session.scalars(select(Document).where(Document.ref == document)).one()
        share, _ = sharing.share(work, row, "Nordring", timedelta(days=7), "customer")
        guests.invite(work, owner.customer_id, estimate, "payer", guests.LASTS[0], "test")
        entrusting.invite(work, owner.customer_id, owner.cars[0], "driver", "Zoë", "test")
        mine = principal_of(work, owner.ref).id
        key = work.add(
            Passkey(principal_id=mine, credential=b"c", public_key=b"k", uses=0, title="phone", made_at=work.now)
        )
        work.session.flush()
        return {
            "car": owner.cars[0], "customer": owner.ref, "put_out": put_out, "estimate": estimate, "document": document, "share": share.ref,
            "guest": work.session.scalars(select(GuestLink.ref)).one(), "passkey": str(key.id),
            "invitation": work.session.scalars(select(CarInvitation.ref)).one(),
            "consent": str(work.session.scalars(select(Consent.id)).first()),
            "visit": str(work.session.scalars(select(Appointment.id)).one()),
            "session": str(work.session.scalars(select(Session.id).where(Session.principal_id == mine)).one()),
            "request": re.findall(r"/my/privacy/withdraw/(\w{32})", second.get("/my/privacy/").text)[0],
        }  # fmt: skip


def _visitors(world: World, elsewhere: Hub) -> dict[str, Visitor]:
    hub, app, owner = world.hub, world.app, world.owner
    found = {"anonymous": Visitor(app), "owner": come_in(app, hub, owner), "revoked": come_in(app, hub, owner)}
    newcomers = {role: a_newcomer(hub, f"C-{number}") for number, role in enumerate(CUSTOMERS, 90)}
    folded(hub, CustomerRecord(customer=CustomerKey(partner_id=newcomers["other customer"].number), branch=BERLIN.code),
           partner=OWN)  # fmt: skip
    found |= {role: come_in(app, hub, one) for role, one in newcomers.items()}
    _end_the_last_session(hub, owner)
    for role in ("driver", "payer"):
        with hub.begin() as work:
            secret = entrusting.invite(work, owner.customer_id, owner.cars[0], role, "Zoë", "test")
            entrusting.accept(hub, work, newcomers[role].customer_id, secret, "test")
    foreign, there = Visitor(app), create_app(elsewhere)
    stranger = Visitor(there)
    stranger.post(f"/sign-in/{link_of(elsewhere, an_owner(elsewhere))}")
    cookie = stranger.client.get_cookie("session", domain="eu.localhost")
    assert cookie is not None
    foreign.client.set_cookie("session", cookie.value, domain="eu.localhost")
    found["other region"] = foreign
    for role in STAFF:
        found[role] = Visitor(app).sign_in(hub, role.partition(" ")[0], title=f"Theo {role}")
    with hub.begin() as work:
        theo = select(Principal.id).where(Principal.title == "Theo advisor elsewhere").scalar_subquery()
        work.session.execute(update(Role).where(Role.principal_id == theo).values(branch="elsewhere"))
    world.things |= {
        "talk": a_talk(hub, owner.customer_id, [world.things["document"]]),
        "call": str(a_call(hub, owner.customer_id)),
        "pair": str(a_likeness(hub, OWN, owner.customer_id, newcomers["other customer"].customer_id)),
    }
    return found


def _end_the_last_session(hub: Hub, owner: Owner) -> None:
    """The owner's that began last: whoever still brings its cookie is nobody."""
    with hub.begin() as work:
        mine = select(Session).where(Session.principal_id == principal_of(work, owner.ref).id)
        work.session.scalars(mine.order_by(Session.id.desc())).all()[0].revoked_at = work.now


def of(role: str) -> str | None:
    """As what the house knows them."""
    return None if role in GONE else "customer" if role in (*CUSTOMERS, "owner") else role.partition(" ")[0]


def opens_to(app: Flask, endpoint: str) -> frozenset[str]:
    """Which roles this view lets in (test_guard proves each of them); none where it lets everybody in."""
    roles: frozenset[str] = getattr(app.view_functions[endpoint], ROLES_OF, frozenset())
    return roles


def routes(app: Flask) -> dict[tuple[str, str], Rule]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("portal.")]
    return {(rule.endpoint, method): rule for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


def refusal(app: Flask, role: str, endpoint: str, method: str) -> int | None:
    """What this role is answered for the owner's thing; None: it gets in."""
    known, (_, others) = of(role), WHOSE[endpoint, method]
    if known not in opens_to(app, endpoint):
        return 403 if known else 401
    return None if role in others else 404


def test_every_address_with_a_part_names_somebodys_thing_or_nobodys(app: Flask) -> None:
    named = {key for key, rule in routes(app).items() if rule.arguments}

    assert {key for key in named if key[0] not in OF_NOBODY} == set(WHOSE)
    assert {endpoint for endpoint, _ in named - set(WHOSE)} == OF_NOBODY


@pytest.mark.parametrize("role", ROLES)
def test_nobody_but_those_named_reaches_a_thing_of_the_owner(world: World, role: str) -> None:
    for endpoint, method in WHOSE:
        path, expected = world.path(endpoint, method), refusal(world.app, role, endpoint, method)
        for verb, headers in _ways(method):
            answer = world.ask(role, verb, path, **headers)
            told = answer.status_code if answer.status_code in {401, 403, 404} else None
            assert told == expected, f"{role} {verb} {path}: {answer.status_code}"


def _ways(method: str) -> list[tuple[str, dict[str, str]]]:
    same = {"Sec_Fetch_Site": "same-origin"}
    return [("POST", {})] if method == "POST" else [("GET", same), ("GET", same | {"Range": "bytes=0-9"})]


@pytest.mark.parametrize("role", [*CUSTOMERS, "advisor", "advisor elsewhere"])
def test_somebody_elses_thing_and_one_that_is_nowhere_look_the_same(world: World, role: str) -> None:
    for endpoint, method in WHOSE:
        if refusal(world.app, role, endpoint, method) != 404:
            continue
        theirs, none = world.path(endpoint, method), world.path(endpoint, method, missing=True)
        seen = [_bare(world.ask(role, method, path, Sec_Fetch_Site="same-origin"), path) for path in (theirs, none)]
        assert seen[0] == seen[1], f"{role} {method} {theirs}"


def _bare(answer: TestResponse, path: str) -> tuple[int, str]:
    """Without what differs at each answer, and without the address itself."""
    return answer.status_code, bare(answer.text).replace(path, "")


def test_head_tells_no_more_than_get(world: World) -> None:
    for endpoint, method in WHOSE:
        if method == "GET" and refusal(world.app, "other customer", endpoint, method) == 404:
            visitor, path = world.visitors["other customer"], world.path(endpoint, method)
            answer = visitor.client.head(path, base_url=visitor.base, headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.status_code == 404, path


@pytest.mark.parametrize("role", ROLES)
def test_no_page_of_anybody_else_holds_what_is_the_owners(world: World, role: str) -> None:
    secrets = SECRETS if role == "payer" else (*SECRETS, *PRICES)
    for endpoint, path in _pages(world):
        if role in ("advisor", "admin") and of(role) in opens_to(world.app, endpoint):
            continue  # the customers of their own branch
        answer = world.ask(role, "GET", path, Sec_Fetch_Site="same-origin")
        found = [one for one in secrets if one in answer.text]
        assert not found, f"{role} {path}"


def _pages(world: World) -> Iterator[tuple[str, str]]:
    """What GET opens, and what a question behind the address could ask for."""
    address = world.app.url_map.bind("eu.localhost")
    for (endpoint, method), rule in routes(world.app).items():
        if method == "GET" and endpoint not in STREAMS and (not rule.arguments or (endpoint, method) in WHOSE):
            yield endpoint, world.path(endpoint, method) if rule.arguments else address.build(endpoint)
    car, talk = world.things["car"], world.things["talk"]
    yield "portal.my.home", f"/my/?car={car}"
    yield "portal.visits.choose", f"/my/visits/new?car={car}"
    yield "portal.inbox.queue", f"/desk/inbox/?c={talk}"


def test_somebody_elses_thing_in_a_form_is_none(world: World) -> None:
    role = "other customer"
    sent = {
        "car": world.things["car"], "branch": BERLIN.code, "at": "2026-11-26T08:00:00+00:00", "service": "tyres", "once": "1",
    }  # fmt: skip

    answer = world.visitors[role].post("/my/visits/", {**world.tokens[role], **sent})

    assert answer.status_code == 404
    with world.hub.look() as session:
        assert len(session.scalars(select(Appointment.id)).all()) == 1


def test_a_stream_goes_on_in_ones_own_conversation_only(world: World) -> None:
    place = f"{world.things['talk']}:0"
    visitor = world.visitors["other customer"]

    answer = visitor.client.get(f"/my/chat/stream?since={place}", base_url=visitor.base)

    listening = world.app.extensions["portal"].listening
    listening.turn()
    for reader in listening.readers:
        reader.line.end()  # what was said before is still told, and nothing has to be waited for
    told = b"".join(answer.response)  # type: ignore[arg-type]
    answer.close()
    assert b"retry:" in told
    assert b"post" not in told


def test_the_owner_reaches_each_of_them(world: World) -> None:
    """Last of all, as it takes things away: without it, the refusals above could be those of an empty house."""
    pages = [path for endpoint, path in _pages(world) if CUSTOMER in opens_to(world.app, endpoint)]
    seen = "".join(
        world.ask("owner", "GET", path, Sec_Fetch_Site="same-origin").get_data().decode(errors="replace")
        for path in pages
    )
    assert [one for one in (*SECRETS, *PRICES) if one not in seen] == []
    for endpoint, method in WHOSE:
        if CUSTOMER not in opens_to(world.app, endpoint):
            continue
        path = world.path(endpoint, method)
        answer = world.ask("owner", method, path, Sec_Fetch_Site="same-origin")
        assert answer.status_code not in {401, 403, 404}, f"{method} {path}: {answer.status_code}"
