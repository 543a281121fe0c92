"""python tests/portal/contact_sheet.py OUT [PAGE ...]: every page in each language, light and dark, narrow and wide."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from playwright.sync_api import Browser, BrowserContext  # noqa: E402

from browser import Site, launched, served, sign_in, window  # noqa: E402

LANGUAGES = ("en", "de", "ar", "th")
THEMES = ("light", "dark")


def main(out: Path, only: list[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, served(Path(folder)) as site, launched() as browser:
        names = [name for name in site.pages() if not only or name in only]
        taken = [
            shot
            for width in (390, 1280)
            for theme in THEMES
            for language in LANGUAGES
            for shot in take(site, browser, out, names, width, theme, language)
        ]
    (out / "index.html").write_text(sheet(sorted(taken)))
    print(f"{len(taken)} pictures: {out / 'index.html'}")


def take(site: Site, browser: Browser, out: Path, names: list[str], width: int, theme: str, language: str) -> list[str]:
    """One window per look and role; signed in once."""
    shots = []
    seats: dict[str, BrowserContext] = {}
    for name in names:
        path, role = site.pages()[name]
        if role not in seats:
            seats[role] = window(browser, width, theme, language)
            if role:
                sign_in(site, seats[role], role)
        page = seats[role].new_page()
        page.goto(site.base + path, wait_until="load")
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(height, 800)})
        shot = f"{name}-{width}-{theme}-{language}.png"
        page.screenshot(path=str(out / shot))
        page.close()
        shots.append(shot)
    for seat in seats.values():
        seat.close()
    return shots


def sheet(shots: list[str]) -> str:
    cells = "".join(
        f'<figure><a href="{shot}"><img src="{shot}" alt=""></a><figcaption>{shot[:-4]}</figcaption></figure>'
        for shot in shots
    )
    style = "body{display:flex;flex-wrap:wrap;gap:16px;font:13px system-ui;background:#888}"
    style += "figure{margin:0}img{height:320px;border:1px solid #555}"
    return f'<!doctype html><meta charset="utf-8"><title>Contact sheet</title><style>{style}</style>{cells}'


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("Say where the pictures go: python tests/portal/contact_sheet.py OUT")
    main(Path(sys.argv[1]), sys.argv[2:])
