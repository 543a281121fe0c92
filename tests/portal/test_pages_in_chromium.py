"""The pages in the system's Chromium: accessible, no sideways scroll, silent console under the strict policy."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select, update

from browser import AXE, WIDTHS, Site, chromium, launched, served, sign_in, told_by, violations, window
from hub.models import AuditEntry, DeadLetter, Delivery, Session
from hub.own import OWN
from mine import an_estimate
from shops import folded

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt-get install chromium"),
]
PAGES = (
    "start",
    "sign-in",
    "sign-in-link",
    "account",
    "account-of-staff",
    "lost",
    "offline",
    "start-signed-in",
    "operations",
    "connectors",
    "connector",
    "connector-conflicts",
    "messages",
    "message",
    "why",
    "my-home",
    "my-home-new-car",
    "my-estimate",
    "my-estimates",
    "my-car",
    "my-car-driver",
    "my-join",
    "my-visits-driver",
    "guest-link",
    "guest",
    "documents",
    "document-film",
    "document-paper",
    "document-waiting",
    "chat",
    "outreach",
    "find",
    "duplicates",
    "duplicate",
    "known",
    "happened",
    "inbox",
    "privacy",
    "privacy-desk",
    "shared",
    "roi",
    "costs",
    "journey",
    "segments",
    "segment",
    "editor",
    "plan",
    "proposal",
    "model",
    "widget",
)
TARGETS = """least => [...document.querySelectorAll('a, button, select, summary')].filter(one => {
  const box = one.getBoundingClientRect();
  return box.width && !one.classList.contains('skip') && !one.closest('p:not(.row)') && Math.min(box.width, box.height) < least;
}).map(one => one.outerHTML.slice(0, 90))"""

LOOK = "[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, document.documentElement.lang.slice(0, 2)]"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as found:
        yield found


class Reader:
    """Reads one page after the other in one language. A page is opened once for all its looks, which then follow the window's
    width and the system's theme as a browser's own do."""

    def __init__(self, site: Site, browser: Browser) -> None:
        self.site, self.browser = site, browser
        self.windows: dict[tuple[str, str], BrowserContext] = {}
        self.open: tuple[str, str] | None = None
        self.page: Page
        self.said: list[str]

    def look(self, name: str, language: str, theme: str, width: int) -> Page:
        if self.open != (name, language):
            self._turn_to(name, language)
        self.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        self.page.set_viewport_size({"width": width, "height": WIDTHS[width]})
        return self.page

    def violations(self) -> list[Any]:
        return violations(self.page)

    def _turn_to(self, name: str, language: str) -> None:
        self.turn_away()
        path, role = self.site.pages()[name]
        if (role, language) not in self.windows:
            self.windows[role, language] = window(self.browser, min(WIDTHS), "light", language)
            if role:
                sign_in(self.site, self.windows[role, language], role)
        self.page = self.windows[role, language].new_page()
        self.said = told_by(self.page)
        self.page.goto(self.site.base + path, wait_until="load")
        self.page.evaluate(AXE)
        self.open = (name, language)

    def turn_away(self) -> None:
        if self.open:
            self.page.close()
        self.open = None


@pytest.fixture(scope="module")
def reader(site: Site, browser: Browser) -> Iterator[Reader]:
    made = Reader(site, browser)
    yield made
    made.turn_away()
    for context in made.windows.values():
        context.close()


@pytest.mark.parametrize("width", list(WIDTHS))
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_in_every_look(reader: Reader, name: str, language: str, theme: str, width: int) -> None:
    page = reader.look(name, language, theme, width)

    assert page.evaluate(LOOK) == [width, theme == "dark", language]
    findings = reader.violations()
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    small = page.evaluate(
        TARGETS,
        24
        if name
        in {
            "operations",
            "connectors",
            "connector",
            "connector-conflicts",
            "messages",
            "message",
            "why",
            "inbox",
            "outreach",
            "find",
            "duplicates",
            "duplicate",
            "known",
            "happened",
            "account-of-staff",
            "privacy-desk",
            "roi",
            "costs",
            "journey",
            "segments",
            "segment",
            "editor",
            "plan",
            "proposal",
            "model",
        }
        else 40,
    )

    assert findings == []
    assert sideways <= 0
    assert [line for line in reader.said if not (name == "lost" and "404" in line)] == []
    assert small == []


def test_the_console_is_live_and_goes_dark_when_the_session_ends(site: Site, browser: Browser) -> None:
    context = window(browser, 1280, "light", "en")
    sign_in(site, context)
    page = context.new_page()
    page.goto(f"{site.base}/operations/")
    page.locator("[data-live=on]").wait_for(state="visible")

    with site.hub.begin() as work:
        work.session.execute(update(Session).values(revoked_at=work.now))

    page.get_by_role("heading", name="Come in.").wait_for(timeout=5000)
    assert "Dead letters" not in page.content()
    context.close()


def test_what_is_being_filled_in_is_left_alone(site: Site, browser: Browser) -> None:
    context = window(browser, 1280, "light", "en")
    sign_in(site, context)
    page = context.new_page()
    page.goto(f"{site.base}/operations/")
    page.locator("[data-live=on]").wait_for(state="visible")
    page.locator("#letters summary").first.click()
    page.locator("#letters select").first.select_option("test")

    with site.hub.begin() as work:
        work.session.execute(update(DeadLetter).values(reason="They say something else now."))
        work.session.execute(update(Delivery).values(state="done"))
    page.locator("#flow").get_by_text("Set apart").first.wait_for(state="detached")

    assert page.locator("#letters select").first.input_value() == "test"
    page.locator("#letters summary").first.click()
    page.locator("h1").click()
    page.locator("#letters").get_by_text("They say something else now.").first.wait_for()
    context.close()


def test_without_script_the_page_says_the_same(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    sign_in(site, context)
    page = context.new_page()
    page.goto(f"{site.base}/operations/")

    page.get_by_role("link", name="Look again").click()

    assert page.locator("#flow li").count() == 30
    assert not page.locator("[data-live=on]").is_visible()
    context.close()


def test_a_passkey_is_made_and_signs_in(site: Site, browser: Browser) -> None:
    """By Chromium's own virtual authenticator: made on the account page, and used after signing out."""
    context = window(browser, 390, "light", "en")
    sign_in(site, context, "customer")
    page = context.new_page()
    said = told_by(page)
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    page.goto(f"{site.base}/account/")

    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("not used yet").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{site.base}/my/points/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{site.base}/my/points/")

    page.get_by_role("heading", name="Points", level=1).wait_for()
    assert [one for one in said if "401" not in one and not one.startswith("info: ")] == []
    context.close()


def test_an_estimate_is_answered_by_clicks_and_a_double_click_answers_once(site: Site, browser: Browser) -> None:
    told = replace(an_estimate(site.owner), key="E-clicked", note="Both can be done on Friday.")
    folded(site.hub, told, partner=OWN)
    context = window(browser, 390, "light", "en")
    sign_in(site, context, "customer")
    page = context.new_page()
    said = told_by(page)
    page.goto(f"{site.base}/my/estimates/")
    page.locator("main a.door").first.click()
    page.get_by_text("Both can be done on Friday.").wait_for()

    brakes, battery = page.locator("article").all()
    brakes.get_by_label("Yes, do it").click()
    assert page.locator("#sum").inner_text() == "€289.00"
    battery.get_by_label("Not today").click()
    assert page.locator("#sum").inner_text() == "€289.00", "what is left for later costs nothing"
    page.get_by_role("button", name="Send my answer").dblclick()

    page.get_by_text("Thank you. The garage has your answer").wait_for()
    assert page.get_by_text("We do it").count() == page.get_by_text("Not today").count() == 1
    assert said == []
    context.close()
    with site.hub.look() as session:
        answered = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "estimate_answered")).all()
    assert [(one["approved"], one["declined"]) for one in answered] == [([1], [2])]


def test_of_two_tabs_one_holds_the_line_and_both_show_each_answer_once(site: Site, browser: Browser) -> None:
    with window(browser, 390, "light", "en") as context:
        sign_in(site, context, "customer")
        tabs, asked = [context.new_page() for _ in range(2)], []
        said = [line for page in tabs for line in told_by(page)]
        for page in tabs:
            page.on("request", lambda request: asked.append(request.url.partition("?")[0]))
            page.goto(f"{site.base}/my/chat/")

        tabs[1].get_by_label("Your message").fill("Is the wheel bearing safe to ride on?")
        tabs[1].get_by_role("button", name="Send").click()
        for page in tabs:
            page.locator("#log").get_by_text("Is the wheel bearing safe to ride on?").wait_for()

        assert sum(one.endswith("/my/chat/stream") for one in asked) == 1
        orders = [
            page.eval_on_selector_all("#log [data-seq]", "all => all.map(one => +one.dataset.seq)") for page in tabs
        ]
        assert orders[0] == orders[1] == sorted(set(orders[0]))
        assert said == []

        tabs[0].close()
        with tabs[1].expect_request(lambda request: "/my/chat/stream" in request.url):
            tabs[1].wait_for_function("navigator.locks.query().then(found => found.held.length === 1)")


def test_each_side_sees_the_other_write_and_read(site: Site, browser: Browser) -> None:
    with window(browser, 390, "light", "en") as theirs, window(browser, 1280, "light", "en") as ours:
        sign_in(site, theirs, "customer")
        sign_in(site, ours, "advisor")
        customer, advisor = theirs.new_page(), ours.new_page()
        said = [told_by(page) for page in (customer, advisor)]
        advisor.goto(f"{site.base}/desk/inbox/?c={site.talk}")
        customer.goto(f"{site.base}/my/chat/")

        advisor.locator("#say").press_sequentially("One moment")
        customer.get_by_text("An advisor is writing.").wait_for()
        customer.get_by_label("Your message").press_sequentially("Take your time")
        advisor.get_by_text("The customer is writing.").wait_for()

        customer.get_by_role("button", name="Send").click()
        customer.get_by_text("Read by the garage.").wait_for()
        with advisor.expect_navigation():
            advisor.get_by_role("button", name="Send").click()
        customer.locator("#log").get_by_text("One moment").wait_for()
        advisor.get_by_text("Read by the customer.").wait_for()
        advisor.locator("#say:focus").wait_for()  # the next words can be written at once
        customer.get_by_text("An advisor is writing.").wait_for(state="hidden")
        assert said == [[], []]


def test_the_keys_are_told_by_a_question_mark_and_can_be_turned_off(site: Site, browser: Browser) -> None:
    with window(browser, 1280, "light", "en") as context:
        sign_in(site, context, "advisor")
        page = context.new_page()
        page.goto(site.base + "/desk/outreach/")
        page.locator("li.call:focus").wait_for()
        page.keyboard.press("?")
        page.locator("#keys[open]").wait_for()
        page.evaluate(AXE)
        found = violations(page)
        told = page.locator("#page-keys").inner_text().split("\n")
        hint = "one => getComputedStyle(one, '::after').content"
        shown = page.locator("button[name=outcome]").first.evaluate(hint)
        page.locator("#single-keys").press("Space")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        page.keyboard.press("1")

        assert [one["id"] for one in found] == []
        assert told[:6] == ["c", "As a table", "1", "Booked", "2", "Call again"]
        assert '"1"' in shown or "attr(" in shown
        assert page.locator("button[name=outcome]").first.evaluate(hint) == "none"
        assert page.locator("#keys[open]").count() == 0
        assert page.url.endswith("/desk/outreach/"), "nothing was noted"


def test_a_session_that_ends_in_the_middle_of_a_form_loses_no_word(site: Site, browser: Browser) -> None:
    """Sent without a session, the words wait in the tab; signed in again they stand where they were, and for nobody else."""
    words, path = "Your car is ready, and we found something about the", f"/desk/inbox/?c={site.talk}"
    with window(browser, 1280, "light", "en") as context:
        sign_in(site, context, "advisor")
        page = context.new_page()
        page.goto(site.base + path)
        page.locator("#say:focus").wait_for()
        page.keyboard.type(words)
        with site.hub.begin() as work:
            work.session.execute(update(Session).values(revoked_at=work.now))
        page.keyboard.press("Tab")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.locator("[data-refused]").wait_for(state="attached")
        to = page.locator("input[name=to]").first.input_value()

        sign_in(site, context, "advisor")
        page.goto(site.base + path)
        kept = page.locator("#say").input_value()
        with page.expect_navigation():
            page.locator("#say").press("Tab")
            page.keyboard.press("Enter")
        page.locator("#said").get_by_text(words).wait_for()
        page.goto(site.base + path)

        assert (to, kept) == (path, words)
        assert page.locator("#say").input_value() == ""
