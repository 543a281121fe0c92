"""The catalogue of the house's own configuration, and a fact of each type that it lacks."""

from hub.catalogue import CHANNELS, CORE_EVENTS, CORE_FACTS, CORE_SCORES, PURPOSES, VEHICLE_FACTS
from rules.catalogue import Catalogue, Fact

CATALOGUE = Catalogue(
    (
        *CORE_FACTS,
        Fact("seen_at", "instant"),
        Fact("staff", "flag"),
        Fact("tags", "set"),
        Fact("customer.name", "text", personal=True),
    ),
    CORE_EVENTS,
    vehicle=VEHICLE_FACTS,
    scores=CORE_SCORES,
    purposes=PURPOSES,
    channels=CHANNELS,
    segments=True,
    buckets=True,
)
