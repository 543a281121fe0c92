"""Our own icons on a grid of 24; a page carries those it uses, once, as a sprite."""

from collections.abc import Iterable

from flask import g
from markupsafe import Markup

PATHS = {
    "again": '<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.5M20 4.5v5h-5"/>',
    "alert": '<path d="M12 4 2.8 20h18.4zM12 10v4.5M12 17.3v.2"/>',
    "ask": '<circle cx="12" cy="12" r="8.5"/>'
    '<path d="M9.500 9.700c.3-1.500 1.300-2.200 2.600-2.200 1.500 0 2.500.9 2.500 2.200 0 2-2.500 2-2.500 4M12.100 16.500v.2"/>',
    "bars": '<path d="M4 20h16M7 20v-6M12 20V9M17 20V5"/>',
    "calendar": '<path d="M4 6.500h16v13H4zM4 10.500h16M8 4v4M16 4v4M8 14h3"/>',
    "car": '<path d="M3 16v-3l2-1.500L7.500 7H16l3.500 4.500L21 13v3h-2M5 16H3m12 0H9M5 11.500h14"/>'
    '<circle cx="7" cy="16" r="2"/><circle cx="17" cy="16" r="2"/>',
    "send": '<path d="M4 12 3.5 4.5 21 12 3.5 19.5zM4 12h8"/>',
    "chat": '<path d="M4 5h16v11h-8.500L7 20v-4H4zM8 9h8M8 12h5"/>',
    "check": '<circle cx="12" cy="12" r="8.5"/><path d="m8.5 12.5 2.5 2.5 4.5-5.5"/>',
    "clip": '<path d="M8.500 12.500 14 7a2.800 2.800 0 0 1 4 4l-7.500 7.500a4.600 4.600 0 0 1-6.500-6.500l7-7"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>',
    "arrive": '<path d="M4 12h11M10.500 7.500 15 12l-4.500 4.500M19.500 5v14"/>',
    "estimate": '<path d="M6 3.500h12v17l-3-1.800-3 1.800-3-1.800-3 1.800zM9 8h6M9 11.500h3"/>'
    '<path d="m12.500 14.500 1.300 1.300 2.200-2.500"/>',
    "eye": '<path d="M2.500 12C5 8 8 6 12 6s7 2 9.500 6c-2.500 4-5.500 6-9.500 6s-7-2-9.500-6z"/><circle cx="12" cy="12" r="2.500"/>',
    "find": '<circle cx="10.500" cy="10.500" r="6.500"/><path d="M15.500 15.500 20.500 20.500"/>',
    "go": '<path d="m9 5.500 6.500 6.500L9 18.500"/>',
    "home": '<path d="M3.5 20V9.5L12 4l8.5 5.5V20M7 20v-8h10v8M7 15h10M7 18h10"/>',
    "hub": '<circle cx="12" cy="12" r="9"/><circle cx="12" cy="12" r="2"/>'
    '<path d="M12 6.5v.1M17.2 10.3v.1M15.2 16.4v.1M8.8 16.4v.1M6.8 10.3v.1" stroke-width="2.6"/>',
    "key": '<circle cx="8.500" cy="8.500" r="4"/><path d="M11.500 11.500 20 20M16.500 16.500l2-2M14 14l2-2"/>',
    "leave": '<path d="M9 12h11M15.500 7.500 20 12l-4.500 4.500M4.500 5v14"/>',
    "link": '<path d="M10.500 13.500a3.800 3.800 0 0 0 5.400 0l3-3a3.800 3.800 0 0 0-5.400-5.400l-1.300 1.300"/>'
    '<path d="M13.500 10.500a3.800 3.800 0 0 0-5.400 0l-3 3a3.800 3.800 0 0 0 5.400 5.400l1.300-1.300"/>',
    "off": '<circle cx="12" cy="12" r="7.5"/>',
    "paper": '<path d="M6 3.500h8.500L19 8v12.500H6zM14 3.500V8.500h5M9 12.500h7M9 16h5"/>',
    "people": '<circle cx="9" cy="8.5" r="3.5"/><path d="M3 19.500c.5-4 3-6 6-6s5.500 2 6 6'
    'M15.500 5.500a3.500 3.500 0 0 1 0 6M17.500 14c2 .8 3.200 2.600 3.500 5.500"/>',
    "person": '<circle cx="12" cy="8.500" r="4"/><path d="M4.500 20c.6-4.500 3.600-6.500 7.500-6.500s6.900 2 7.500 6.500"/>',
    "points": '<path d="m12 3.500 2.600 5.400 5.900.8-4.300 4.100 1 5.900-5.200-2.800-5.200 2.800 1-5.900-4.300-4.100 5.900-.8z"/>',
    "pulse": '<path d="M3 13h4l2.5-7 4.5 12 2.5-7 1 2H21"/>',
    "shield": '<path d="M12 3.5 19.5 6v6c0 4.5-3 7-7.5 8.5C7.5 19 4.5 16.5 4.5 12V6zM9 12l2 2 4-4"/>',
    "stop": '<path d="M8.5 3.5h7l5 5v7l-5 5h-7l-5-5v-7zM12 8v5M12 16v.2"/>',
    "down": '<path d="M12 4v11M7 10.500l5 5 5-5M5 20h14"/>',
    "ways": '<circle cx="12" cy="5" r="2"/><circle cx="6" cy="19" r="2"/><circle cx="18" cy="19" r="2"/>'
    '<path d="M12 7v4M12 11c0 3-6 2-6 6M12 11c0 3 6 2 6 6"/>',
    "film": '<path d="M3.500 6h12v12h-12zM15.500 10.500l5-3v9l-5-3"/>',
    "picture": '<path d="M4 5h16v14H4zM4 16l4.500-4.500 4 4 2.500-2.500 5 5"/><circle cx="15.500" cy="9" r="1.500"/>',
    "share": '<path d="M9 8H6v12h12V8h-3M12 14V3M8.500 6.500 12 3l3.500 3.500"/>',
    "up": '<path d="M12 20V9M7 13.500l5-5 5 5M5 4h14"/>',
}


def icon(name: str, turns: bool = False) -> Markup:
    """turns: points the reading way, so it is mirrored from right to left."""
    _used().add(name)
    kind = "icon turns" if turns else "icon"
    return Markup('<svg class="{}" aria-hidden="true"><use href="#i-{}"/></svg>').format(kind, name)


def sprite(also: Iterable[str] = ()) -> Markup:
    """also: icons that a part which comes later (by the stream) may use."""
    symbol = '<symbol id="i-{}" viewBox="0 0 24 24">{}</symbol>'
    symbols = Markup("".join(symbol.format(name, PATHS[name]) for name in sorted(_used() | set(also))))  # noqa: S704
    return Markup('<svg width="0" height="0" class="hidden" aria-hidden="true">{}</svg>').format(symbols)


def _used() -> set[str]:
    if "icons" not in g:
        g.icons = set()
    found: set[str] = g.icons
    return found
