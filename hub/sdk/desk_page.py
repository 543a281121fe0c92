"""The page at which people of a CRM's stand-in see their contacts and change them: plain HTML, no script."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

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


@dataclass(frozen=True)
class Shown:
    """A contact as its people see it. changed: an ISO time in UTC. fields: what they may type, by the CRM's names."""

    id: str
    fields: Mapping[str, str]
    segments: str
    tier: str
    changed: str


def desk_page(crm: str, labels: Mapping[str, str], contacts: Iterable[Shown], said: str = "") -> str:
    """The contacts that changed last come first. labels: of the fields that can be changed."""
    latest = sorted(contacts, key=lambda one: one.changed, reverse=True)
    forms = "".join(_form(labels, one) for one in latest[:SHOWN]) or "<p>No contact yet.</p>"
    told = f'<p role="status">{escape(said)}</p>' if said else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Contacts · {crm}’s stand-in</title><style>{STYLE}</style><h1>Contacts</h1>"
        f"<p>{crm}’s stand-in: {len(latest):,} contacts, the last changed first. What you save here, the garage hears.</p>"
        f"{told}{forms}</html>"
    )


def _form(labels: Mapping[str, str], contact: Shown) -> str:
    inputs = "".join(
        f'<label>{label}<input dir="auto" name="{name}" value="{escape(contact.fields.get(name, ""))}"></label>'
        for name, label in labels.items()
    )
    segments = ", ".join(contact.segments.split(";"))
    known = f"In: {segments}." if segments else "In no segment."
    return (
        f'<form method="post"><input type="hidden" name="id" value="{escape(contact.id)}">{inputs}<button>Save</button>'
        f"<small>{escape(known)} {escape(f'Tier: {contact.tier}.') if contact.tier else ''} "
        f"Changed {escape(contact.changed[:19].replace('T', ' '))} UTC.</small></form>"
    )
