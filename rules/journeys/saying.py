"""A journey's doors and steps in a few words each, for pictures and tables."""

from rules.journeys.documents import (
    Anchor,
    Awaited,
    Branch,
    ByDate,
    ByEvent,
    BySchedule,
    BySegment,
    JourneyRule,
    Jump,
    Message,
    Node,
    Plugged,
    Split,
    Stop,
    Task,
    Update,
    Wait,
    Webhook,
)
from rules.journeys.timing import Duration, Elapsed
from rules.values import decimals

UNITS = {"d": "day", "w": "week", "m": "month", "y": "year"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def plain(name: str) -> str:
    """`first_mail` as a title."""
    words = name.replace("_", " ").replace(".", " ")
    return words[:1].upper() + words[1:]


def span(one: Duration) -> str:
    if isinstance(one, Elapsed):
        whole, rest = divmod(one.minutes, 60)
        return f"{whole} h" if not rest else f"{one.minutes} min"
    return f"{one.count} {UNITS[one.unit]}{'s' if one.count > 1 else ''}"


def anchor(one: Anchor) -> str:
    day = one.name.replace("_", " ").replace(".", " ")
    shift = f"{span(one.shift)} {'before' if one.back else 'after'} " if one.shift is not None else ""
    return f"{shift}{day}, {one.clock:%H:%M}"


def events(several: tuple[Awaited, ...]) -> str:
    return " or ".join(one.kind.name.replace("_", " ") for one in several)


def door(rule: JourneyRule) -> str:
    """How people come in."""
    match rule.entry.door:
        case ByEvent(awaited):
            found = events((awaited,))
        case BySegment(segment, side, dwell):
            word = f"stays {span(dwell)} in" if dwell is not None else side
            found = f"{word} {segment.replace('_', ' ')}"
        case ByDate(day, every):
            found = anchor(day) + (f", every {span(every)}" if every is not None else "")
        case BySchedule(every, on, clock):
            found = f"every {every}{_on(every, on)}, {clock:%H:%M}"
    return found


def _on(every: str, on: tuple[int, ...]) -> str:
    match every:
        case "week":
            return f" on {WEEKDAYS[on[0] - 1]}"
        case "month":
            return f" on day {on[0]}"
        case "year":
            return f" on {on[1]} {MONTHS[on[0] - 1]}"
        case _:
            return ""


def terms(rule: JourneyRule) -> str:
    """What else the door asks."""
    first = ", some first" if rule.entry.ahead is not None else ""
    capped = [f"at most {rule.entry.per_day} a day{first}"] if rule.entry.per_day is not None else []
    asked = ["where a condition holds"] if rule.entry.when is not None else []
    return ", ".join([*asked, *capped])


def worth(rule: JourneyRule) -> list[str]:
    """By what it and others give way to each other."""
    if rule.worth is None:
        return []
    one = rule.worth
    margin = f"{one.margin_minor / 10 ** decimals(one.currency):,.0f} {one.currency}"
    by_score = [f"or by their score: {one.service.replace('_', ' ')}"] if one.service else []
    return [f"worth {margin} × {one.chance:.0%} × {one.uplift:.0%} each", *by_score]


def kind(node: Node) -> str:
    return type(node.action).__name__.lower()


def step(node: Node) -> str:
    """What a step does."""
    match node.action:
        case Message(channel, template):
            return f"{channel}: {template.replace('_', ' ')}"
        case Wait() as wait:
            return _wait(wait)
        case Branch(cases):
            return "first that holds of " + ", ".join(name.replace("_", " ") for name, _ in cases)
        case Split(_, unit, arms):
            return " / ".join(f"{share:.0%}" for share in arms.values()) + f" by {unit}"
        case Task(role, _, within):
            return f"{role}, within {span(within)}"
        case Webhook(event, to):
            return f"{event} to {to}"
        case Update(event):
            return f"notes {event.name.replace('_', ' ')}"
        case Plugged(plugin):
            return plugin.name.replace("_", " ")
        case Jump(to, at_most):
            return f"back to {to.replace('_', ' ')}, at most {at_most} times"
        case Stop():
            return "leaves here"


def _wait(wait: Wait) -> str:
    ends = [f"until {anchor(wait.anchor)}"] if wait.anchor is not None else []
    if wait.span is not None:
        clock = f", {wait.clock:%H:%M}" if wait.clock is not None else ""
        ends = [f"{'at most ' if wait.events else ''}{span(wait.span)}{clock}"]
    opens = [f"then {wait.opens.replace('_', ' ')}"] if wait.opens is not None else []
    return ", ".join([*([events(wait.events)] if wait.events else []), *ends, *opens])
