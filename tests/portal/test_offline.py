"""What a device may keep for when the line is lost: scoped like any page, small, and readable by nobody who looks at what lies there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from sqlalchemy import update

from browser import AXE, Site, chromium, served, sign_in, violations
from desks import Visitor
from hub.access import principal_of
from hub.core import Hub
from hub.models import Session
from hub.own import OWN
from hub.sdk import CustomerKey, InvoiceRecord
from mine import BERLIN, Owner, a_newcomer, come_in, noon, visit
from portal import offline
from shops import folded

PLATE = "B TH 4172"


def copied(visitor: Visitor, path: str = "/my/offline/") -> dict[str, Any]:
    told: dict[str, Any] = visitor.get(path).get_json(force=True)
    return told


def billed(owner: Owner, number: int) -> InvoiceRecord:
    key = CustomerKey(partner_id=owner.number)
    day = noon(f"2026-{number % 9 + 1:02}-11")
    return InvoiceRecord(
        customer=key, key=f"{owner.number}-I{number}", number=f"R-{number}", at=day, issued_at=day, branch=BERLIN.code,
        net_minor=10_000 + number, tax_minor=1_900, total_minor=11_900 + number, currency="EUR",
    )  # fmt: skip


def test_the_copy_holds_what_is_needed_on_the_road_and_no_more(hub: Hub, customer: Visitor, owner: Owner) -> None:
    folded(hub, billed(owner, 7), partner=OWN)

    told = copied(customer)

    assert (told["lang"], told["dir"], told["days"]) == ("en-GB", "ltr", 30)
    for there in ("As of 25 November 2026", "Octavia", PLATE, "Main inspection", "R-7", "€119.07", "points", "Silver"):
        assert there in told["html"], there
    for missing in ("Mara", "TMBJJ7NE0K0214088", "example.org", "Pads at", "<script", "token"):
        assert missing not in told["html"], missing


def test_the_copy_speaks_the_readers_language(customer: Visitor) -> None:
    told = copied(customer, "/my/offline/?lang=ar")

    assert (told["lang"], told["dir"]) == ("ar-AE", "rtl")
    assert "Octavia" in told["html"]
    assert "Next visits" not in told["html"]


def test_a_copy_is_small_however_much_there_is(hub: Hub, customer: Visitor, owner: Owner) -> None:
    key = CustomerKey(partner_id=owner.number)
    folded(hub, *(billed(owner, number) for number in range(20)), partner=OWN)
    folded(hub, *(visit(key, f"x-{day}", f"2025-{day % 12 + 1:02}-{day % 28 + 1:02}", 20_000 + day, "srv-l", 100) for day in range(40)),
           partner=OWN)  # fmt: skip

    html = copied(customer)["html"]

    assert html.count("R-") == offline.BILLS
    assert html.count("km</bdi>") == offline.STOPS
    assert len(html.encode()) < 32_000


def test_nobody_gets_anothers_copy(hub: Hub, app: Any, owner: Owner, visitor: Visitor) -> None:
    assert visitor.get("/my/offline/").status_code == 401

    told = copied(come_in(app, hub, a_newcomer(hub)))

    assert PLATE not in told["html"]
    assert "Octavia" not in told["html"]


def test_who_asks_to_be_forgotten_leaves_nothing_on_the_device(customer: Visitor) -> None:
    answer = customer.post("/my/privacy/forget", {"token": customer.token("/my/privacy/")})

    assert (answer.status_code, answer.headers["Clear-Site-Data"]) == (303, '"storage"')


# --- in Chromium


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("profile")
    return folder


@pytest.fixture(scope="module")
def phone(profile: Path) -> Iterator[tuple[Site, BrowserContext]]:
    with served(profile / "hub") as site, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile / "browser"), executable_path=chromium(), args=["--no-sandbox"],
            viewport={"width": 390, "height": 844}, locale="en",
        )  # fmt: skip
        yield site, context
        context.close()


@pytest.fixture
def page(phone: tuple[Site, BrowserContext]) -> Iterator[Page]:
    """Signed in, on the privacy page, with a worker that stands ready."""
    site, context = phone
    context.clear_cookies()
    sign_in(site, context, "customer")
    page = context.new_page()
    page.goto(f"{site.base}/my/privacy/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    yield page
    context.set_offline(False)
    page.goto(f"{site.base}/offline")
    page.evaluate("indexedDB.deleteDatabase('offline')")
    page.close()


browser = pytest.mark.browser
needs_chromium = pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt-get install chromium")
ROWS = """async () => {
  if (!(await indexedDB.databases()).some((one) => one.name === "offline")) return null;
  const database = await new Promise((yes) => { const asked = indexedDB.open("offline"); asked.onsuccess = () => yes(asked.result); });
  const kept = database.transaction("kept").objectStore("kept");
  const rows = await new Promise((yes) => { const asked = kept.getAllKeys(); asked.onsuccess = () => yes(asked.result); });
  database.close();
  return rows;
}"""
KEY = """() => new Promise((yes) => {
  const asked = indexedDB.open("offline");
  asked.onsuccess = () => {
    const got = asked.result.transaction("kept").objectStore("kept").get("key");
    got.onsuccess = () => {
      asked.result.close();
      yes(crypto.subtle.exportKey("raw", got.result).then(() => "out", (error) => error.name));
    };
  };
})"""
PLANT = """(text) => new Promise((yes) => {
  const asked = indexedDB.open("planted", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("kept");
  asked.onsuccess = () => {
    const change = asked.result.transaction("kept", "readwrite");
    change.objectStore("kept").put(text, "x");
    change.oncomplete = () => { asked.result.close(); yes(true); };
  };
})"""


def until(page: Page, promised: str) -> None:
    """A promise of the page comes true; Playwright's own wait takes the promise itself for it."""
    page.evaluate(
        f"""async () => {{
          for (let tries = 0; tries < 400; tries++) {{
            if (await ({promised})) return;
            await new Promise((yes) => setTimeout(yes, 50));
          }}
          throw new Error("it did not come true");
        }}"""
    )


def opted_in(page: Page) -> None:
    page.get_by_role("button", name="Keep it on this device").click()
    page.get_by_text("Kept here, as of").wait_for()


def found_in(folder: Path, text: str) -> list[str]:
    """Files of the browser in which this stands: one byte a sign, or two."""
    ways = (text.encode(), text.encode("utf-16-le"))
    read = ((path, path.read_bytes()) for path in folder.rglob("*") if path.is_file())
    return [path.name for path, held in read if any(one in held for one in ways)]


@browser
@needs_chromium
def test_off_by_default_and_on_it_stands_when_the_line_is_lost(phone: tuple[Site, BrowserContext], page: Page) -> None:
    site, context = phone
    expect(page.get_by_text("Nothing is kept on this device")).to_be_visible()
    assert page.evaluate(ROWS) is None

    opted_in(page)
    context.set_offline(True)
    page.goto(f"{site.base}/my/documents/")

    page.get_by_role("heading", name="No line to the garage.").wait_for()
    page.get_by_text("As of 25 November 2026").wait_for()
    assert page.get_by_text(PLATE).is_visible()

    context.set_offline(False)
    page.goto(f"{site.base}/my/privacy/?lang=ar")
    until(page, "caches.match('/offline').then((one) => one.text()).then((text) => text.includes('<html lang=\"ar'))")
    context.set_offline(True)
    page.goto(f"{site.base}/my/")
    page.locator("#kept[dir=rtl]").wait_for()
    assert page.evaluate("document.documentElement.dir") == "rtl"
    context.set_offline(False)
    page.goto(f"{site.base}/my/privacy/?lang=en")
    page.get_by_role("button", name="Remove it from this device").click()
    page.get_by_text("Nothing is kept on this device").wait_for()
    until(page, "indexedDB.databases().then((all) => !all.some((one) => one.name === 'offline'))")


@browser
@needs_chromium
def test_what_is_shown_without_a_line_is_accessible_in_each_language_and_scrolls_one_way(
    phone: tuple[Site, BrowserContext], page: Page
) -> None:
    site, context = phone
    opted_in(page)
    for language in ("en", "de", "ar", "th"):
        context.set_offline(False)
        page.goto(f"{site.base}/my/privacy/?lang={language}")
        spoken = f"text.includes('<html lang=\"{language}')"
        until(page, f"caches.match('/offline').then((one) => one.text()).then((text) => {spoken})")
        context.set_offline(True)
        page.goto(f"{site.base}/my/")
        page.locator(f"#kept[lang^={language}]").wait_for()
        page.evaluate(AXE)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            assert violations(page) == [], (language, theme)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@browser
@needs_chromium
def test_nothing_that_lies_in_the_browser_can_be_read(
    phone: tuple[Site, BrowserContext], page: Page, profile: Path
) -> None:
    opted_in(page)

    assert set(page.evaluate(ROWS)) == {"choice", "copy", "key"}
    assert page.evaluate(KEY) == "InvalidAccessError", "no script reads the key out"
    assert found_in(profile / "browser", PLATE) == []
    assert found_in(profile / "browser", "Octavia") == []
    kept = """async () => {
      const cache = await caches.open((await caches.keys())[0]);
      return Promise.all((await cache.keys()).map(async (one) => (await cache.match(one)).text()));
    }"""
    assert [text for text in page.evaluate(kept) if PLATE in text or "Octavia" in text] == []

    page.evaluate(PLANT, PLATE)
    assert found_in(profile / "browser", PLATE), "in the open it would have been found"


@browser
@needs_chromium
def test_signing_out_takes_all_of_it(phone: tuple[Site, BrowserContext], page: Page) -> None:
    opted_in(page)

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile(r"sign-in|/$"))

    until(page, f"({ROWS})().then((rows) => rows === null)")


@browser
@needs_chromium
def test_a_session_that_was_ended_elsewhere_takes_it_at_the_next_contact(
    phone: tuple[Site, BrowserContext], page: Page
) -> None:
    site, _ = phone
    opted_in(page)
    with site.hub.begin() as work:
        mine = principal_of(work, site.owner.ref).id
        work.session.execute(update(Session).where(Session.principal_id == mine).values(revoked_at=work.now))

    page.goto(f"{site.base}/my/points/")

    until(page, f"({ROWS})().then((rows) => rows.join() === 'choice')")


@browser
@needs_chromium
def test_somebody_else_finds_nothing_of_the_one_before(phone: tuple[Site, BrowserContext], page: Page) -> None:
    site, context = phone
    opted_in(page)
    context.clear_cookies()

    sign_in(site, context, "driver")

    page.goto(f"{site.base}/my/")
    until(page, f"({ROWS})().then((rows) => rows === null)")


@browser
@needs_chromium
def test_after_thirty_days_without_contact_it_opens_no_more(phone: tuple[Site, BrowserContext], page: Page) -> None:
    site, context = phone
    opted_in(page)
    context.set_offline(True)
    page.add_init_script("{ const now = Date.now; Date.now = () => now() + 30 * 86400000 + 60000; }")

    page.goto(f"{site.base}/my/")
    page.get_by_role("heading", name="No line to the garage.").wait_for()

    until(page, f"({ROWS})().then((rows) => rows.join() === 'choice')")
    assert not page.locator("#kept").is_visible()


@browser
@needs_chromium
@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ("delete Object.getPrototypeOf(self.indexedDB).databases", "This browser cannot keep it safely"),
        ("Object.defineProperty(navigator, 'connection', {value: {saveData: true}})", "Your browser saves data."),
    ],
)
def test_where_it_is_not_offered_the_page_says_why(
    phone: tuple[Site, BrowserContext], page: Page, lacking: str, said: str
) -> None:
    site, _ = phone
    page.evaluate("indexedDB.deleteDatabase('offline')")
    page.add_init_script(lacking)

    page.goto(f"{site.base}/my/privacy/")

    expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_role("button", name="Keep it on this device")).to_be_hidden()
