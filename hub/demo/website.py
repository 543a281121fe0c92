"""A garage's own site, as another server has it: one page of each region with the chat's script tag, and nothing else of ours."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from ruamel.yaml import YAML
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from hub.settings import RegionSettings, Settings

LANGUAGES: Mapping[str, tuple[str, str, str, str]] = {  # name, direction, head, words
    "en": ("English", "ltr", "Your car, looked after by people you know.", "Tyres, brakes, service. Ask us in the corner below."),
    "de": ("Deutsch", "ltr", "Ihr Wagen, bei Menschen, die Sie kennen.", "Reifen, Bremsen, Service. Fragen Sie uns unten in der Ecke."),
    "ar": ("العربية", "rtl", "سيارتك في رعاية من تعرفهم.", "إطارات ومكابح وصيانة. اسألنا من الزاوية في الأسفل."),
    "th": ("ไทย", "ltr", "รถของคุณ ดูแลโดยคนที่คุณรู้จัก", "ยาง เบรก บริการ ถามเราได้ที่มุมด้านล่าง"),
}  # fmt: skip
SHEET = """
:root { color-scheme: light dark; font: 400 18px/1.6 Georgia, "Noto Serif", serif }
body { margin: 0; min-height: 100vh; display: grid; grid-template-rows: auto 1fr auto }
body { background: light-dark(#f3efe6, #17191c); color: light-dark(#22262b, #ece8df) }
header, footer { display: flex; flex-wrap: wrap; gap: .5rem 2rem; justify-content: space-between }
header, footer { padding: 1.25rem clamp(1rem, 6vw, 6rem) }
header b { font-size: 1.25rem }
main { padding: 12vh clamp(1rem, 6vw, 6rem); max-width: 46rem }
footer { justify-content: flex-start }
h1 { font-size: clamp(2rem, 6vw, 3.75rem); line-height: 1.15; font-weight: 400; text-wrap: balance; margin: 0 0 1.5rem }
a { color: inherit; margin-inline-end: 1rem }
"""


def website(settings: Settings) -> Callable[..., Any]:
    """Answers /<region>. Served by the sandboxes' server, so that it is another origin than the hub."""
    path = settings.config / "chain.yaml"
    told = YAML(typ="safe").load(path.read_text(encoding="utf-8")) if path.exists() else {}
    title = str((told or {}).get("title") or "Garage")

    @Request.application
    def answer(request: Request) -> Response:
        region = settings.regions.get(request.path.strip("/"))
        if region is None:
            raise NotFound
        wished = request.args.get("lang", "en")
        return Response(_page(title, region, wished if wished in LANGUAGES else "en"), mimetype="text/html")

    return answer


def _page(title: str, region: RegionSettings, language: str) -> str:
    _, direction, head, words = LANGUAGES[language]
    others = "".join(
        f'<a href="?lang={code}" lang="{code}">{name}</a>' for code, (name, *_) in LANGUAGES.items()
    )  # fmt: skip
    return f"""<!doctype html>
<html lang="{language}" dir="{direction}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>
<style>{SHEET}</style></head>
<body><header><b>{escape(title)}</b><span>{escape(region.code)}</span></header>
<main><h1>{head}</h1><p>{words}</p></main>
<footer>{others}</footer>
<script src="{escape(region.origin)}/widget.js" defer></script>
</body></html>
"""
