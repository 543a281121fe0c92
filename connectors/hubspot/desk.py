"""The page at which people of HubSpot's stand-in see their contacts and change them: plain HTML, no script."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

FIELDS = {"firstname": "First name", "lastname": "Last name", "email": "E-mail", "phone": "Phone", "address": "Address"}
SHOWN = 60
STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 14%, transparent); --accent: #e8552d }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2.5rem auto; padding: 0 1.25rem }
h1 { font-size: 1.5rem; margin: 0 } p { margin: .25rem 0 1.5rem; opacity: .7 }
form { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .5rem; padding: .75rem 0;
       border-top: 1px solid var(--line); align-items: end }
label { font-size: .75rem; opacity: .7 } label input { opacity: 1 }
input { display: block; width: 100%; box-sizing: border-box; font: inherit; font-size: .95rem; padding: .4rem .5rem;
        border: 1px solid var(--line); border-radius: .4rem; background: transparent; color: inherit }
button { font: inherit; font-size: .9rem; padding: .45rem .9rem; border: 0; border-radius: .4rem; color: #fff; background: #b93a16 }
small { grid-column: 1 / -1; opacity: .7 } :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px }
"""


def page(contacts: Iterable[Mapping[str, Any]], said: str = "") -> str:
    """The contacts that changed last come first."""
    latest = sorted(contacts, key=lambda one: str(one["updatedAt"]), reverse=True)
    forms = "".join(_form(one) for one in latest[:SHOWN]) or "<p>No contact yet.</p>"
    told = f'<p role="status">{escape(said)}</p>' if said else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Contacts · HubSpot’s stand-in</title><style>{STYLE}</style><h1>Contacts</h1>"
        f"<p>HubSpot’s stand-in: {len(latest):,} contacts, the last changed first. What you save here, the garage hears.</p>"
        f"{told}{forms}</html>"
    )


def _form(contact: Mapping[str, Any]) -> str:
    said = contact["properties"]
    inputs = "".join(
        f'<label>{label}<input dir="auto" name="{name}" value="{escape(str(said.get(name) or ""))}"></label>'
        for name, label in FIELDS.items()
    )
    segments = ", ".join(str(said.get("garage_segments") or "").split(";"))
    known = f"In: {segments}." if segments else "In no segment."
    return (
        f'<form method="post"><input type="hidden" name="id" value="{escape(contact["id"])}">{inputs}<button>Save</button>'
        f"<small>{escape(known)} {escape('Tier: ' + said['garage_tier'] + '.') if said.get('garage_tier') else ''} "
        f"Changed {escape(contact['updatedAt'][:19].replace('T', ' '))} UTC.</small></form>"
    )
