"""The facts and events that rules may name: the core's own, and those that plugins bring."""

import pluggy

from rules.catalogue import Catalogue, EventKind, Fact

CORE_FACTS = (
    Fact("customer.branch", "text", "", "the branch the customer belongs to", column="branch"),
    Fact("customer.language", "text", "", "the language the customer reads", column="language"),
    Fact(
        "customer.jurisdiction", "text", "", "whose law protects the customer (DE, AE, SG ...)", column="jurisdiction"
    ),
    Fact("customer.joined_on", "day", "", "the day the customer first came to us", column="joined_on"),
    Fact("visits.count", "number", "visits", "visits ever", column="visits_count"),
    Fact("visits.first_on", "day", "", "the day of the first visit", column="visits_first_on"),
    Fact("visits.last_on", "day", "", "the day of the last visit", column="visits_last_on"),
    Fact(
        "spend.total",
        "money",
        "spend.currency",
        "all that was spent at visits",
        False,
        "spend_total_minor",
        "spend_currency",
    ),
    Fact("spend.currency", "text", "", "the currency of spend.total", column="spend_currency"),
    Fact("complaints.count", "number", "complaints", "complaints ever", column="complaints_count"),
    Fact(
        "survey.nps_last", "number", "points", "the last answer to “would you recommend us”, 0 to 10", column="nps_last"
    ),
    Fact("survey.nps_last_on", "day", "", "the day of that answer", column="nps_last_on"),
    Fact("vehicles.count", "number", "vehicles", "vehicles owned today", column="vehicles_count"),
    Fact("loyalty.tier", "text", "", "the tier of the membership card", column="loyalty_tier"),
    Fact("loyalty.points", "number", "points", "the balance of the membership card", column="loyalty_points"),
)

CORE_EVENTS = (
    EventKind("visit", "the customer's car was in the workshop", {"amount": "money", "items": "number"}),
    EventKind("complaint", "the customer complained", {}),
    EventKind("survey", "the customer answered a survey", {"score": "number"}),
    EventKind("recommendation_declined", "work was advised and declined", {"amount": "money"}),
)


def catalogue(plugins: pluggy.PluginManager) -> Catalogue:
    brought = [fact for several in plugins.hook.register_facts() for fact in several]
    return Catalogue((*CORE_FACTS, *brought), CORE_EVENTS)
