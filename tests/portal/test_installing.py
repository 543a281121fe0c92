"""The pages as an app: what a browser needs to install them, and what is shown when the line is lost."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, sync_playwright

from browser import Site, chromium, served, sign_in
from desks import Visitor
from mine import Owner
from portal.drawn import icon_png, srgb


def test_the_manifest_names_the_chain_and_icons_that_are_there(visitor: Visitor) -> None:
    answer = visitor.get("/manifest.webmanifest")

    told = answer.get_json(force=True)
    assert answer.mimetype == "application/manifest+json"
    assert (told["name"], told["start_url"], told["display"]) == ("Tarn & Holt", "/my/", "standalone")
    assert {one["purpose"] for one in told["icons"]} == {"any", "maskable"}
    for one in told["icons"]:
        picture = Image.open(io.BytesIO(visitor.get(one["src"]).get_data()))
        assert f"{picture.width}x{picture.height}" == one["sizes"]


def test_the_manifest_speaks_the_readers_language(visitor: Visitor) -> None:
    told = visitor.get("/manifest.webmanifest", Accept_Language="ar").get_json(force=True)

    assert (told["lang"][:2], told["dir"]) == ("ar", "rtl")


def test_an_icon_of_another_size_is_none(visitor: Visitor) -> None:
    assert visitor.get("/icon-193.png").status_code == 404


@pytest.mark.parametrize("hue", range(0, 360, 30))
def test_the_wheel_stands_out_on_every_ground(hue: int) -> None:
    def luminance(colour: tuple[int, ...]) -> float:  # WCAG 2.2
        parts = [one / 255 for one in colour]
        red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    picture = Image.open(io.BytesIO(icon_png(192, hue, 0.16))).convert("RGB")

    ground = picture.getpixel((0, 0))
    assert ground == srgb(0.42, 0.16, hue)
    assert 1.05 / (luminance(ground) + 0.05) >= 4.5  # type: ignore[arg-type]
    assert picture.getpixel((96, 96 - round(192 * 0.32) + 3)) == (255, 255, 255), "the rim"


def test_white_and_the_greys_are_what_they_are() -> None:
    assert srgb(1, 0, 0) == (255, 255, 255)
    assert srgb(0, 0, 0) == (0, 0, 0)
    assert len(set(srgb(0.6, 0, 200))) == 1


def test_what_the_browser_keeps_names_nobody(customer: Visitor, visitor: Visitor, owner: Owner) -> None:
    """Even asked for by somebody who is signed in."""
    texts = [re.sub(r'nonce="[^"]+"', "", who.get("/offline").text) for who in (customer, visitor)]

    assert 'name="token"' not in texts[0]
    assert "Mara" not in texts[0]
    assert "app.js" not in texts[1]


# --- in Chromium


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, BrowserContext]]:
    """A browser that keeps things, with a customer signed in; others are as private windows, which install nothing."""
    folder: Path = tmp_path_factory.mktemp("phone")
    with served(folder) as site, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(folder / "profile"), executable_path=chromium(), args=["--no-sandbox"],
            viewport={"width": 390, "height": 844}, locale="en",
        )  # fmt: skip
        sign_in(site, context, "customer")
        yield site, context
        context.close()


@pytest.mark.browser
@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt-get install chromium")
def test_the_pages_can_be_installed_and_stand_when_the_line_is_lost_until_one_signs_out(
    phone: tuple[Site, BrowserContext],
) -> None:
    site, context = phone
    page = context.new_page()
    page.goto(f"{site.base}/my/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    found = context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in found] == []

    page.goto(f"{site.base}/my/points/")
    context.set_offline(True)
    page.goto(f"{site.base}/my/documents/")
    page.get_by_role("heading", name="No line to the garage.").wait_for()
    assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith("system-ui"), (
        "it looks like our pages"
    )
    kept = page.evaluate(
        """async () => {
      const cache = await caches.open((await caches.keys())[0]);
      return Promise.all((await cache.keys()).map(async (one) => (await cache.match(one)).text()));
    }"""
    )
    assert len(kept) >= 5
    assert [text for text in kept if "Mara" in text or 'name="token"' in text] == []

    context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile(r"sign-in|/$"))
    assert page.evaluate("caches.keys()") == []
