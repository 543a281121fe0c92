"""The places of a signed-in customer: what stands at the foot of a phone and beside the page on a wide screen."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """name: which words the pages have for it (`place_title` in _places.html). endpoint: its first page.

    thumb: also at the foot of a phone, where there is room for five; the others are reached from home and account."""

    name: str
    endpoint: str
    icon: str
    thumb: bool = True


# In the order in which they are shown. A new page for customers adds its line here and its words in _places.html.
PLACES = (
    Place("home", "portal.my.home", "home"),
    Place("cars", "portal.cars.garage", "car"),
    Place("documents", "portal.documents.overview", "paper"),
    Place("estimates", "portal.estimates.overview", "estimate", thumb=False),
    Place("visits", "portal.visits.coming", "calendar"),
    Place("points", "portal.points.card", "points", thumb=False),
    Place("chat", "portal.chat.thread", "chat"),
    Place("privacy", "portal.privacy.overview", "shield", thumb=False),
)
