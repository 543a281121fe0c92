"""The facts and events that rules may name: the core's own, and those that plugins bring."""

import pluggy

from hub.errors import ConfigError
from rules.catalogue import Catalogue, EventKind, Fact
from rules.journeys.plugged import PluginStep

CORE_FACTS = (
    Fact("region", "text", "", "the region that the customer's records lie in", column="region"),
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
    Fact(
        "vehicles.oldest_on",
        "day",
        "",
        "the day the oldest car owned today was first registered",
        column="vehicles_oldest_on",
    ),
    Fact(
        "visits.last_odometer",
        "number",
        "km",
        "the odometer at the last visit that read it",
        column="visits_last_odometer",
    ),
    Fact(
        "recommendations.open_count",
        "number",
        "recommendations",
        "work advised and not decided, on cars owned today",
        column="recommendations_open",
    ),
    Fact(
        "recommendations.declined_count",
        "number",
        "recommendations",
        "work declined, on cars owned today",
        column="recommendations_declined",
    ),
    Fact(
        "recommendations.due_on",
        "day",
        "",
        "the earliest day by which open work should be done",
        column="recommendations_due_on",
    ),
    Fact(
        "appointments.next_on",
        "day",
        "",
        "the day of the earliest appointment that is still booked",
        column="appointments_next_on",
    ),
    Fact(
        "appointments.missed_count", "number", "appointments", "appointments missed ever", column="appointments_missed"
    ),
    Fact("loyalty.tier", "text", "", "the tier of the membership card", column="loyalty_tier"),
    Fact("loyalty.points", "number", "points", "the balance of the membership card", column="loyalty_points"),
)

ADVICE = {"amount": "money", "service": "text", "part": "text", "safety": "text"}

CORE_EVENTS = (
    EventKind(
        "visit",
        "the customer's car was in the workshop, and was handed back",
        {"amount": "money", "items": "number", "odometer": "number", "branch": "text", "reason": "text"},
    ),
    EventKind("breakdown", "a car was brought in because it broke down", {"odometer": "number"}),
    EventKind(
        "inspection", "a car was looked over", {"findings": "number", "critical": "number", "odometer": "number"}
    ),
    EventKind("invoice", "the customer was invoiced", {"amount": "money"}),
    EventKind("complaint", "the customer complained", {}),
    EventKind("survey", "the customer answered a survey", {"score": "number"}),
    EventKind("recommendation_made", "work was advised", ADVICE),
    EventKind("recommendation_declined", "work was advised and declined", ADVICE),
    EventKind("recommendation_sold", "work that was advised was bought", ADVICE),
    EventKind("booking_made", "an appointment was made", {"lead_days": "number", "branch": "text"}),
    EventKind("booking_cancelled", "an appointment was cancelled", {"notice_days": "number", "branch": "text"}),
    EventKind("mail_bounced", "a mail came back; hard: there is no such mailbox", {"hard": "flag"}),
    EventKind("mail_complained", "the customer called a mail spam", {}),
    EventKind("mail_replied", "the customer answered a mail", {}),
    EventKind("text_failed", "a text did not arrive; hard: nobody can ever be reached there", {"hard": "flag"}),
    EventKind("text_replied", "the customer answered a text", {}),
    EventKind("offer_made", "the customer was sent an offer", {"code": "text", "channel": "text"}),
    EventKind("offer_redeemed", "the customer used an offer", {"code": "text", "channel": "text"}),
    EventKind("referral_made", "the customer brought somebody to us", {}),
    EventKind("parts_arrived", "parts that were ordered for the customer's car have come", {"part": "text"}),
    EventKind("tyres_stored", "a set of the customer's tyres lies in our store", {"set": "text", "tread": "number"}),
    EventKind("frost_forecast", "frost or snow is forecast where the customer lives", {}),
    EventKind(
        "level_missed",
        "the customer's car of a fleet was with us for longer than the fleet was promised",
        {"measure": "text", "minutes": "number"},
    ),
    EventKind("no_show", "the customer did not come to an appointment", {"branch": "text"}),
    EventKind("warranty_ending", "a warranty of the customer ends within four weeks", {"days": "number"}),
    EventKind(
        "answer_due",
        "a promised answer to the customer's conversation came near: half, three quarters, nine tenths of its time",
        {"measure": "text", "percent": "number", "desk": "text"},
    ),
    EventKind(
        "answer_late",
        "an answer to the customer's conversation came later than promised, or has not come yet",
        {"measure": "text", "percent": "number", "desk": "text"},
    ),
)


VEHICLE_FACTS = (
    Fact("make", "text", "", "who made the car", column="make"),
    Fact("model", "text", "", "the model", column="model"),
    Fact("class", "text", "", "the class, such as Compact Cars or Vans", column="vehicle_class"),
    Fact("fuel", "text", "", "petrol, diesel, electric ...", column="fuel"),
    Fact("age", "age", "", "since it was first registered", column="first_registered"),
    Fact("odometer", "number", "km", "the last reading", column="odometer_km"),
    Fact("owned_since", "day", "", "the day from which the customer owns it", column="since"),
)

CORE_SCORES = {
    "churn": "the probability that the customer does not come back, 0 to 1",
}
PURPOSES = ("marketing", "service_notice", "loyalty", "crm_sync", "profiling")
CHANNELS = ("mail", "sms", "push", "phone", "post", "chat", "api")


def catalogue(plugins: pluggy.PluginManager) -> Catalogue:
    brought = [fact for several in plugins.hook.register_facts() for fact in several]
    scorers = [scorer for several in plugins.hook.register_scorers() for scorer in several]
    return Catalogue(
        (*CORE_FACTS, *brought),
        CORE_EVENTS,
        vehicle=VEHICLE_FACTS,
        scores=CORE_SCORES | {one.name: one.meaning for one in scorers if one.about == "customer"},
        purposes=PURPOSES,
        channels=CHANNELS,
        segments=True,
        buckets=True,
        steps=steps_of(plugins),
    )


def steps_of(plugins: pluggy.PluginManager) -> dict[str, PluginStep]:
    """Raises ConfigError where two plugins bring the same name."""
    found: dict[str, PluginStep] = {}
    for several in plugins.hook.register_steps():
        for one in several:
            if one.name in found:
                raise ConfigError(
                    f"Two plugins bring a step “{one.name}”.", "Leave one of them out of plugins: in hub.yaml."
                )
            found[one.name] = one
    return found
