"""The chat on a garage's own site: whoever asks there is a stranger, is answered, and is told nothing of anybody."""

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from playwright.sync_api import FrameLocator, Page
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.serving import make_server
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request, Response

import compliance
from browser import AXE, Quiet, launched, told_by, violations, window
from compliance.keeping import STRANGERS, read_keeping
from connectors.mail import Mail
from desks import GARAGE_SITE, Clock, Visitor, build
from hub.app import create_app
from hub.core import Hub, Partner
from hub.flow import answered, arrivals, conversations, effects, outbox, posts, strangers
from hub.flow.conversations import Words
from hub.models import Alias, Connection, Conversation, Customer, Document, Handoff, Person, Post, ReplyTimer
from hub.sdk import Outcome, Push
from hub.settings import ConnectionSettings
from mine import Owner, with_own_door, write_chain
from papers import paper
from portal.limits import Attempts
from portal.pages import shared_at
from talking import Typists, an_advisor

ASSISTANT = Path(__file__).parents[2] / "config" / "assistant.yaml"
NAME, ADDRESS, QUESTION = "Zoë Canary", "c-17@example.org", "Do you also fit tyres that I bring along?"


@pytest.fixture(autouse=True)
def region(hub: Hub) -> None:
    with_own_door(hub)
    shutil.copy(ASSISTANT, hub.settings.config / "assistant.yaml")


@pytest.fixture
def advisor(app: Flask, hub: Hub) -> Visitor:
    found = Visitor(app).sign_in(hub, "advisor", title="Jonas Weber")
    found.post("/desk/inbox/sit", {"token": found.token("/desk/inbox/"), "state": "here"})
    return found


def ask(visitor: Visitor, text: str = QUESTION, once: str = "", **more: str) -> TestResponse:
    form = {"text": text, "name": NAME, "email": ADDRESS, "client_id": once or str(uuid4()), "site": GARAGE_SITE}
    return visitor.post("/widget/", form | more)


def count(hub: Hub, what: type) -> int:
    with hub.look() as session:
        return int(session.scalar(select(func.count()).select_from(what)) or 0)


def talk_of(hub: Hub) -> str:
    with hub.look() as session:
        return session.scalars(select(Conversation.ref).order_by(Conversation.id.desc())).first() or ""


def test_whoever_asks_is_told_how_long_it_is_kept(app: Flask, hub: Hub) -> None:
    app.extensions["portal"] = replace(app.extensions["portal"], strangers_kept=0)
    assert "after the last word" not in Visitor(app).get("/widget/").text

    days = read_keeping(hub.settings.config).of(STRANGERS, hub.here.jurisdiction).days
    app.extensions["portal"] = shared_at(hub)
    assert f"They are erased {days} days after the last word" in Visitor(app).get("/widget/").text


def test_a_question_comes_to_people_with_a_promise_and_goes_on_in_this_browser(hub: Hub, visitor: Visitor) -> None:
    answer = ask(visitor)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/widget/?lang=en&sent=1#end")
    page = visitor.get("/widget/").text
    assert QUESTION in page
    assert "A first answer comes by" in page
    with hub.look() as session:
        assert session.scalars(select(Conversation.state)).one() == "waiting"
        assert session.scalars(select(Handoff.cause)).one() == "not_understood"
        assert {row.measure for row in session.scalars(select(ReplyTimer))} >= {"first"}


def test_the_cookie_is_of_that_site_alone_and_its_form_is_no_script_s(app: Flask) -> None:
    kept = ask(Visitor(app, "https://eu.example.org")).headers["Set-Cookie"]

    assert kept.startswith("__Host-asked=")
    assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"} <= set(kept.split("; "))


def test_a_first_question_sent_twice_is_one_stranger_and_one_message(hub: Hub, app: Flask) -> None:
    once = str(uuid4())
    for _ in range(2):  # each as the first one: the browser had no cookie yet
        assert ask(Visitor(app), once=once).status_code == 303

    with hub.look() as session:
        assert session.scalar(select(func.count()).where(Post.author == "customer")) == 1
    assert (count(hub, Customer), count(hub, Conversation)) == (1, 1)


def test_the_assistant_tells_hours_and_nothing_that_is_somebody_s(hub: Hub, owner: Owner, visitor: Visitor) -> None:
    ask(visitor, "When are you open, and how many points do I have?")

    page = visitor.get("/widget/").text
    assert "We answer here around the clock." in page
    assert "This I tell only somebody who is signed in." in page
    assert "29 points" not in page, "those of the customer whose address was typed"
    with hub.look() as session:
        assert session.scalars(select(Conversation.state)).one() == "bot"


def test_a_known_address_leads_to_nobody_and_nobody_is_found_by_it(hub: Hub, owner: Owner, visitor: Visitor) -> None:
    known = count(hub, Alias)

    ask(visitor)

    assert count(hub, Alias) == known
    assert arrivals.ask(hub, ADDRESS, "browser") == 1, "the customer whose address it is, and not the stranger"
    with hub.look() as session:
        mine = session.scalars(select(Conversation.customer_id)).one()
        assert mine != owner.customer_id
        assert strangers.is_stranger(session, mine)
        assert not strangers.is_stranger(session, owner.customer_id)


def test_the_advisor_is_told_that_nothing_is_proved_and_sends_no_file(
    hub: Hub, visitor: Visitor, advisor: Visitor
) -> None:
    ask(visitor)
    page = advisor.get(f"/desk/inbox/?c={talk_of(hub)}").text

    assert "A guest, and nobody has proved who it is." in page
    assert all(one in page for one in (NAME, ADDRESS, GARAGE_SITE))
    assert 'type="file"' not in page


@pytest.fixture
def mails(hub: Hub) -> Callable[[], list[tuple[str, str]]]:
    """(to whom, what) of each mail that would leave this minute."""
    for folder in ("policies", "templates"):
        shutil.copytree(ASSISTANT.parent / folder, hub.settings.config / folder, dirs_exist_ok=True)
    hub.plugins.register(compliance)
    with hub.begin() as work:
        row = work.add(
            Connection(name="mails", connector="mail", state="active", opened_at=work.now, failures=0, reason="")
        )
    heard = {"chat_answered": ("service_notice",)}
    settings = ConnectionSettings("mails", "mail", "eu", jurisdiction="DE", hears=heard)
    hub.partners["mails"] = Partner(row.id, settings, object.__new__(Mail))  # type: ignore[index]

    def leave() -> list[tuple[str, str]]:
        """Those to one person one after the other."""
        gone: list[Push] = []
        partner = hub.partner("mails")
        while True:
            with hub.begin() as work:
                claims = outbox.claim(work, partner, 20, 20.0)
                found = effects.render(hub, work, partner, claims)
                told = [Outcome(push.key, "sent") for _, push in found]
                outbox.settle(work, partner, [claim for claim, _ in found], told, hub.settings.timing, Random(1))
            gone += [push for _, push in found]
            if not claims:
                return [(push.body["email"], push.body["text"]) for push in gone]

    return leave


def test_each_answer_is_seen_there_and_goes_by_mail_in_full(
    hub: Hub, visitor: Visitor, advisor: Visitor, clock: Clock, mails: Callable[[], list[tuple[str, str]]]
) -> None:
    ask(visitor, name="Win now at evil.example")
    place = re.findall(r'data-since="([^"]+)"', visitor.get("/widget/").text)[0]

    for words in ("Yes, we do.", "Bring them along."):
        form = {"token": advisor.token("/desk/inbox/"), "text": words}
        assert advisor.post(f"/desk/inbox/{talk_of(hub)}/reply", form).status_code == 303

    news = visitor.get(f"/widget/news?since={place}", Sec_Fetch_Site="same-origin").get_json()["posts"]
    assert [words for one in news for words in ("Yes, we do.", "Bring them along.") if words in one["html"]]
    assert mails() == [], "each waits a moment for its reader"
    clock.pass_by(seconds=answered.LOOKED_AT + 1)
    sent = mails()
    assert [to for to, _ in sent] == [ADDRESS, ADDRESS]
    for words, (_, text) in zip(("Yes, we do.", "Bring them along."), sent, strict=True):
        assert words in text
        assert "evil" not in text, "what was typed would go to whoever's address was typed"
        assert QUESTION not in text


def test_who_looks_at_an_answer_gets_no_mail_of_it_and_who_left_gets_the_next_one(
    hub: Hub, visitor: Visitor, advisor: Visitor, clock: Clock, mails: Callable[[], list[tuple[str, str]]]
) -> None:
    ask(visitor)
    form = {"token": advisor.token("/desk/inbox/"), "text": "Yes, we do."}
    advisor.post(f"/desk/inbox/{talk_of(hub)}/reply", form)
    assert visitor.post("/widget/sign", {"seen": str(last_of(hub))}).status_code == 204
    advisor.post(f"/desk/inbox/{talk_of(hub)}/reply", form | {"text": "Bring them along."})
    clock.pass_by(seconds=answered.LOOKED_AT + 1)

    [(_, text)] = mails()

    assert "Bring them along." in text


def test_a_guest_and_whoever_answers_see_each_other_write_and_read(
    app: Flask, hub: Hub, visitor: Visitor, advisor: Visitor
) -> None:
    bell = Typists(hub.bell)
    app.extensions["hub"] = replace(hub, bell=bell)
    ask(visitor)
    desk = f"/desk/inbox/{talk_of(hub)}"
    form = {"token": advisor.token("/desk/inbox/"), "text": "Yes, we do."}
    place = re.findall(r'data-since="([^"]+)"', visitor.get("/widget/").text)[0]

    def news() -> dict[str, Any]:
        return visitor.get(f"/widget/news?since={place}", Sec_Fetch_Site="same-origin").get_json()

    assert (news()["typing"], news()["read"]) == (False, 0)
    advisor.post(f"{desk}/reply", form)
    advisor.post(f"{desk}/sign", {"token": form["token"], "typing": "1", "seen": str(last_of(hub))})
    assert (news()["typing"], news()["read"]) == (True, last_of(hub))

    page = f"/desk/inbox/?c={talk_of(hub)}"
    assert visitor.post("/widget/sign", {"seen": str(last_of(hub))}).status_code == 204
    assert "Read by the customer." in advisor.get(page).text
    assert visitor.post("/widget/sign", {"typing": "1"}).status_code == 204
    assert "The customer is writing." in advisor.get(page).text
    assert {side for side, _ in bell.now} == {"customer", "staff"}


def test_nobody_gives_signs_in_the_conversation_of_another(app: Flask, hub: Hub, visitor: Visitor) -> None:
    ask(visitor)

    assert Visitor(app).post("/widget/sign", {"typing": "1", "seen": "9"}).status_code == 404
    assert visitor.post("/widget/sign", {"typing": "1"}, Sec_Fetch_Site="cross-site").status_code == 403


def last_of(hub: Hub) -> int:
    with hub.look() as session:
        return session.scalars(select(Conversation.seq)).one()


def test_what_is_left_to_say_to_somebody_who_was_erased_is_not_said(
    hub: Hub, visitor: Visitor, advisor: Visitor, clock: Clock, mails: Callable[[], list[tuple[str, str]]]
) -> None:
    ask(visitor)
    advisor.post(f"/desk/inbox/{talk_of(hub)}/reply", {"token": advisor.token("/desk/inbox/"), "text": "Yes, we do."})
    with hub.begin() as work:
        work.session.execute(update(Person).values(erased_at=work.now, data_key_id=None))
    clock.pass_by(seconds=answered.LOOKED_AT + 1)

    assert mails() == []
    assert QUESTION not in visitor.get("/widget/").text


def test_an_advisor_sends_a_guest_no_file(hub: Hub, visitor: Visitor, advisor: Visitor) -> None:
    ask(visitor)
    form = {"token": advisor.token("/desk/inbox/"), "text": "Look", "file": (BytesIO(paper()), "offer.pdf")}

    answer = advisor.post(f"/desk/inbox/{talk_of(hub)}/reply", form)

    assert answer.status_code == 422
    assert "A guest has no page" in answer.text
    assert count(hub, Document) == 0


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"text": " "}, "There are no words in this message."),
        ({"text": "x" * 4001}, "This message is too long."),
        ({"name": "\u200e \n"}, "We do not know your name yet."),
        ({"name": "x" * 81}, "We do not know your name yet."),
        ({"email": "nobody"}, "This is no mail address."),
        ({"email": "a@b\r\nBcc:c@d"}, "This is no mail address."),
        ({"client_id": "1"}, "This message has no name of its own."),
    ],
)
def test_what_cannot_be_sent_is_answered_with_a_sentence_and_nothing_is_made(
    hub: Hub, visitor: Visitor, form: dict[str, str], sentence: str
) -> None:
    answer = ask(visitor, **form)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert QUESTION in answer.text or "text" in form, "what was typed stays"
    assert count(hub, Person) == 0


def test_whoever_asks_too_often_waits(app: Flask, hub: Hub) -> None:
    answers = [ask(Visitor(app)).status_code for _ in range(6)]

    assert answers == [303] * 5 + [422]
    app.extensions["portal"] = replace(app.extensions["portal"], questions=Attempts(hub.clock, most=0))
    assert ask(Visitor(app)).status_code == 429


def test_another_browser_a_forged_cookie_and_one_that_is_over_show_nothing(
    app: Flask, hub: Hub, clock: Clock, visitor: Visitor
) -> None:
    ask(visitor)
    kept = visitor.client.get_cookie("asked", domain="eu.localhost")
    assert kept is not None
    ref, until, proof = kept.value.split(".")
    forged = [
        "",
        "x",
        f"{ref}.{int(until) + 1}.{proof}",
        f"{'0' * 32}.{until}.{proof}",
        f"{ref}.{until}.{'0' * 32}",
        f"{ref}.²." + proof,
    ]
    for value in forged:
        other = Visitor(app)
        other.client.set_cookie("asked", value, domain="eu.localhost")
        assert QUESTION not in other.get("/widget/").text
        assert other.get("/widget/news").status_code == 404
        assert other.post("/widget/person").status_code == 404

    assert QUESTION in visitor.get("/widget/").text
    clock.pass_by(days=strangers.LASTS / timedelta(days=1))
    assert QUESTION not in visitor.get("/widget/").text


def test_leaving_forgets_the_conversation_in_this_browser(hub: Hub, visitor: Visitor) -> None:
    ask(visitor)

    assert visitor.post("/widget/leave").status_code == 303

    assert QUESTION not in visitor.get("/widget/").text
    assert count(hub, Conversation) == 1


def test_a_signed_in_customer_is_a_stranger_there_too(customer: Visitor) -> None:
    page = customer.get("/widget/").text

    assert "Mara Lindner" not in page
    assert "Your question" in page


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_no_other_page_reads_what_is_new_or_sends_a_form(visitor: Visitor, site: str) -> None:
    ask(visitor)

    assert visitor.get("/widget/news", Sec_Fetch_Site=site).status_code == 403
    assert visitor.post("/widget/", {"text": "x"}, Sec_Fetch_Site=site).status_code == 403


def test_only_this_page_is_framed_and_only_by_sites_that_are_named(visitor: Visitor) -> None:
    framed, others = (
        visitor.get("/widget/"),
        [visitor.get(path) for path in ("/", "/sign-in", "/widget/nowhere", "/widget.js")],
    )

    assert framed.headers["Content-Security-Policy"].endswith(f"frame-ancestors {GARAGE_SITE}")
    for answer in others[:3]:
        assert answer.headers.get("Content-Security-Policy", "frame-ancestors 'none'").endswith(
            "frame-ancestors 'none'"
        )
    script = others[3]
    assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in script.headers
    given = json.loads(re.findall(r"\)\((\{.*\})\);$", script.text)[0])
    assert set(given["words"]) == {"en", "de", "ar", "th"}
    assert given["words"]["ar"]["dir"] == "rtl"


def test_where_no_site_is_named_there_is_no_widget(app: Flask, hub: Hub) -> None:
    bare = replace(hub, here=replace(hub.here, widget_origins=()))
    app.extensions["hub"] = bare

    for path in ("/widget/", "/widget.js", "/widget/news"):
        answer = Visitor(app).get(path)
        assert answer.status_code == 404
        assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


# --- on pages of other origins, in a real browser


@contextmanager
def served(app: object) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)  # type: ignore[arg-type]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()


def a_site(tag: str, language: str) -> object:
    """A garage's own page, under a policy as strict as a careful garage has."""

    @Request.application
    def site(request: Request) -> Response:
        hub = tag.partition("/widget")[0].removeprefix('<script src="')
        policy = f"default-src 'none'; script-src {hub}; frame-src {hub}; style-src 'none'"
        page = f'<!doctype html><html lang="{language}"><title>Tarn & Holt</title><h1>Tarn & Holt</h1>{tag}</html>'
        return Response(page, mimetype="text/html", headers={"Content-Security-Policy": policy})

    return site


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory, empty_region: Path) -> Iterator[tuple[Hub, str, str]]:
    """(the hub, a site that is named, one that is not)"""
    hub = build(shutil.copytree(empty_region, tmp_path_factory.mktemp("framed") / "region"), Clock())
    write_chain(hub)
    with_own_door(hub)
    app = create_app(hub)
    with served(app) as port:
        tag = f'<script src="http://eu.localhost:{port}/widget.js" defer></script>'
        with served(a_site(tag, "de")) as named, served(a_site(tag, "ar")) as other:
            origin = f"http://127.0.0.1:{named}"
            app.extensions["hub"] = replace(hub, here=replace(hub.here, port=port, widget_origins=(origin,)))
            yield hub, origin, f"http://127.0.0.1:{other}"
    hub.close()


def opened(page: Page, site: str, button: str) -> FrameLocator:
    page.goto(site)
    page.get_by_role("button", name=button).click()
    return page.frame_locator("iframe")


def ask_in(frame: FrameLocator) -> None:
    frame.get_by_label("Ihre Frage").fill(QUESTION)
    frame.get_by_label("Ihr Name").fill(NAME)
    frame.get_by_label("Ihre Mailadresse").fill(ADDRESS)
    frame.get_by_role("button", name="Die Werkstatt fragen").click()
    frame.locator("#log").get_by_text(QUESTION).wait_for()


def test_on_a_site_that_is_named_a_guest_asks_and_finds_the_conversation_again(
    sites: tuple[Hub, str, str],
) -> None:
    hub, site, _ = sites
    with launched() as browser, window(browser, 390, "light", "de") as context:
        page = context.new_page()
        said = told_by(page)
        frame = opened(page, site, "Fragen Sie uns")
        ask_in(frame)

        frame.get_by_label("Ihre Nachricht").fill("Und was kostet das?")
        frame.get_by_label("Ihre Nachricht").press("Enter")
        frame.locator("#log").get_by_text("Und was kostet das?").wait_for()
        page.frames[1].evaluate(AXE)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            assert violations(page.frames[1]) == []

        frame = opened(page, site, "Fragen Sie uns")
        frame.locator("#log").get_by_text("Und was kostet das?").wait_for()
        kept = [one for one in context.cookies() if one["name"] == "asked"]
        assert [(one["secure"], one["httpOnly"], one["sameSite"]) for one in kept] == [(True, True, "None")]
        assert kept[0].get("partitionKey", "http://127.0.0.1").startswith("http://127.0.0.1")
        assert said == []
        alone = context.new_page()
        alone.goto(f"http://eu.localhost:{_port(page)}/widget/")
        alone.get_by_label("Ihre Frage").wait_for()
    with hub.look() as session:
        row = session.scalars(select(Customer).order_by(Customer.id)).first()
        assert row is not None
        assert (row.language, strangers.is_stranger(session, row.id)) == ("de", True)


def test_a_frame_that_was_closed_reads_nothing_until_it_is_opened_again(sites: tuple[Hub, str, str]) -> None:
    hub, site, _ = sites
    jonas = an_advisor(hub)

    def last(session: Session) -> Conversation:
        return session.scalars(select(Conversation).order_by(Conversation.id.desc())).first() or Conversation()

    def has_read() -> bool:
        with hub.look() as session:
            return last(session).seen_by_customer == last(session).seq

    with launched() as browser, window(browser, 390, "light", "de") as context:
        page = context.new_page()
        frame = opened(page, site, "Fragen Sie uns")
        with page.expect_response(lambda one: "/widget/sign" in one.url):
            ask_in(frame)
        assert has_read()

        page.get_by_role("button", name="Chat schließen").click()
        with hub.begin() as work:
            talk = posts.locked(work, last(work.session).ref)
            conversations.take(hub, work, talk, jonas)
            conversations.reply(hub, work, talk, jonas, Words("Ja, gern."))
        assert not has_read()
        with page.expect_response(lambda one: "/widget/sign" in one.url):
            page.get_by_role("button", name="Fragen Sie uns").click()
        frame.locator("#log").get_by_text("Ja, gern.").wait_for()
        assert has_read()


def _port(page: Page) -> str:
    return re.findall(r":(\d+)/widget", page.frames[1].url)[0]


def test_a_site_that_is_not_named_shows_nothing(sites: tuple[Hub, str, str]) -> None:
    _, _, site = sites
    with launched() as browser, window(browser, 390, "dark", "ar") as context:
        page = context.new_page()
        said = told_by(page)
        with page.expect_event("console", lambda one: "frame-ancestors" in one.text):
            frame = opened(page, site, "اسألنا")
        assert frame.get_by_role("textbox").count() == 0
        assert any("frame-ancestors" in one for one in said)
