"""Steps out of YAML: nested lists become a graph whose ways join again behind the step they left."""

from collections.abc import Mapping
from typing import Any

from rules.catalogue import nearest
from rules.check_events import kind_of
from rules.journeys.documents import Branch, Jump, Message, Node, Plugged, Split, Stop, Task, Update, Wait, Webhook
from rules.journeys.read_words import Words
from rules.values import NAME, shown

MOST_STEPS = 120
MOST_TIMES = 100  # of one jump
UNITS = ("customer", "vehicle", "fleet", "branch")
SPLIT_KEYS = {"experiment", "unit", "bandit", "guardrails"}
LISTS = {
    "wait": ("happened", "over"),
    "branch": ("else",),
    "split": ("arms",),
    "task": ("done", "late"),
    "plugin": ("ways",),
}
KINDS = ("message", "wait", "branch", "split", "task", "webhook", "update", "plugin", "jump", "stop")
STEP_KEYS = {"id", *KINDS, *(name for names in LISTS.values() for name in names)}
MESSAGE_KEYS, TASK_KEYS = {"channel", "template", "purpose"}, {"role", "title", "within", "calendar"}
PLUGIN_KEYS = {"step", "with"}
WAIT_KEYS = {"for", "up_to", "at", "look_back", "day", "before", "after", "opens"}
CASE_KEYS, ARM_KEYS = {"case", "when", "do"}, {"share", "do"}


class Steps:
    """Reads one journey's steps; ids are the document's own, and say who stands where when the next version comes."""

    def __init__(self, words: Words, purpose: str) -> None:
        self.words = words
        self.purpose = purpose
        self.nodes: dict[str, Node] = {}
        self.jumps: list[tuple[Any, str, str]] = []

    def read(self, block: Any, key: str, following: str | None) -> str | None:
        """The id of the first step of a list, whose last one leads on to `following`."""
        rows = block.get(key)
        if not isinstance(rows, list) or not rows:
            hint = (
                "Write at least one, or leave the key out." if key != "steps" else "Begin each with a dash and an id."
            )
            self.words.wrong(block, key, f"“{key}” is a list of steps.", hint)
            return following
        ids = [self._id(rows, index) for index in range(len(rows))]
        for index, (row, own) in enumerate(zip(rows, ids, strict=True)):
            after = ids[index + 1] if index + 1 < len(ids) else following
            if own is not None:
                self._step(rows, index, row, own, after)
        return ids[0]

    def _id(self, rows: Any, index: int) -> str | None:
        row = rows[index]
        own = row.get("id") if isinstance(row, Mapping) else None
        if not isinstance(own, str) or not NAME.fullmatch(own) or len(own) > 40:
            self.words.wrong(rows, index, "A step needs an id.", "Write {id: first_mail, message: {...}}")
            return None
        if own in self.nodes:
            self.words.wrong(row, "id", f"The id “{own}” stands twice.", "Give each step an id of its own.")
            return None
        self.nodes[own] = Node(own, Stop("unread"), {}, self.words.source.mark(row, "id"))
        if len(self.nodes) == MOST_STEPS + 1:
            self.words.wrong(rows, index, f"More than {MOST_STEPS} steps.", "Split the journey.")
        return own

    def _step(self, rows: Any, index: int, row: Any, own: str, after: str | None) -> None:
        kinds = [key for key in row if key in KINDS]
        if len(kinds) != 1:
            what = f"A step is one of {', '.join(KINDS)}." if not kinds else "A step does one thing."
            unknown = next((key for key in row if key not in STEP_KEYS), None)
            hint = nearest(unknown, KINDS) if unknown else "Split it in two."
            self.words.wrong(row, unknown or "id", what, hint)
            return
        kind = kinds[0]
        self.words.keys(row, {"id", kind, *LISTS.get(kind, ())})
        node = getattr(self, f"_{kind}")(row, after)
        if node is not None:
            action, ways = node
            self.nodes[own] = Node(own, action, ways, self.words.source.mark(row, "id"))
            if isinstance(action, Jump):
                self.jumps.append((row, own, action.to))
            if isinstance(action, Stop) and index + 1 < len(rows):
                self.words.wrong(rows, index + 1, "Nobody gets here: the step before it stops.", "Remove it.")

    def _way(self, row: Any, key: str, after: str | None) -> str | None:
        return self.read(row, key, after) if key in row else after

    # --- one method per kind of step: (action, ways), or None and a problem

    def _message(self, row: Any, after: str | None) -> Any:
        value = self.words.mapping(row, "message", MESSAGE_KEYS, "{channel: mail, template: service_due}")
        if value is None:
            return None
        catalogue = self.words.catalogue
        channel = self.words.one_of(value, "channel", catalogue.channels, "channel")
        template = self.words.name(value, "template")
        purpose = self.purpose
        if "purpose" in value:
            purpose = self.words.one_of(value, "purpose", catalogue.purposes, "purpose") or purpose
        if template and self.words.templates is not None and template not in self.words.templates:
            hint = nearest(template, self.words.templates)
            self.words.wrong(value, "template", f"There is no template “{template}”.", hint)
        return (Message(channel, template, purpose), {"put": after}) if channel and template else None

    def _wait(self, row: Any, after: str | None) -> Any:
        value = row["wait"]
        if isinstance(value, str):
            span = self.words.duration(row, "wait")
            return (Wait(span, None, None, (), None), {"over": self._way(row, "over", after)}) if span else None
        value = self.words.mapping(row, "wait", WAIT_KEYS, "3d, or {for: [{kind: booking_made}], up_to: 7d}")
        if value is None:
            return None
        if "up_to" in value and "day" in value:
            self.words.wrong(value, "day", "“up_to” and “day” are two ends.", "Keep one of them.")
        events = self.words.awaited_list(value, "for") if "for" in value else ()
        span = self.words.duration(value, "up_to") if "up_to" in value else None
        anchor = self.words.anchor(value) if "day" in value else None
        clock = self.words.clock(value, "at") if "at" in value and "day" not in value else None
        look_back = self.words.duration(value, "look_back") if "look_back" in value else None
        if not {"for", "up_to", "day"} & set(value):
            self.words.wrong(row, "wait", "“wait” waits for nothing.", "Name for:, up_to: or day:.")
        opens = self._calendar(value, "opens") if "opens" in value else None
        if opens and not {"up_to", "day"} & set(value):
            self.words.wrong(value, "opens", "A wait that is never over opens nothing.", "Add up_to: or day: to it.")
        ways = {name: self._way(row, name, after) for name in ("over", "happened")}
        if not events:
            ways.pop("happened")
            if "happened" in row:
                self.words.wrong(row, "happened", "This wait is for no event.", "Add for: to it.")
        if "up_to" not in value and "day" not in value:
            ways.pop("over")
            if "over" in row:
                self.words.wrong(row, "over", "This wait is never over by itself.", "Add up_to: to it.")
        return Wait(span, clock, anchor, events, look_back, opens), ways

    def _branch(self, row: Any, after: str | None) -> Any:
        cases, ways = [], {}
        if not isinstance(row["branch"], list) or not row["branch"]:
            self.words.wrong(
                row, "branch", "“branch” is a list of cases.", "Write - {case: loyal, when: ..., do: [...]}"
            )
            return None
        if "else" not in row:
            self.words.wrong(row, "branch", "A branch without else.", "Say what becomes of all others: else: [...]")
        for index, case in enumerate(row["branch"]):
            if not isinstance(case, Mapping):
                self.words.wrong(
                    row["branch"], index, "A case is a mapping.", "Write {case: ..., when: ..., do: [...]}"
                )
                continue
            self.words.keys(case, CASE_KEYS)
            name, when = self.words.name(case, "case"), self.words.asked(case, "when")
            if name in ways or name == "else":
                self.words.wrong(case, "case", f"The case “{name}” stands twice.", "Give each a name of its own.")
            ways[name] = self._way(case, "do", after)
            if when is not None:
                cases.append((name, when))
        ways["else"] = self._way(row, "else", after) if row.get("else") else after
        return Branch(tuple(cases)), ways

    def _split(self, row: Any, after: str | None) -> Any:
        value = self.words.mapping(row, "split", SPLIT_KEYS, "{experiment: spring_offer, unit: customer}")
        arms = row.get("arms")
        if value is None or not isinstance(arms, Mapping) or len(arms) < 2:
            self.words.wrong(
                row, "split", "“split” needs two arms or more.", "Write arms: {call: {share: 0.5, do: [...]}}"
            )
            return None
        experiment = self.words.name(value, "experiment")
        unit = self.words.one_of(value, "unit", UNITS, "unit") if "unit" in value else "customer"
        shares, ways = {}, {}
        for arm, block in arms.items():
            if not isinstance(block, Mapping) or not isinstance(arm, str) or not NAME.fullmatch(arm) or len(arm) > 40:
                self.words.wrong(arms, arm, f"“{shown(arm)}” is no arm.", "Write call: {share: 0.5, do: [...]}")
                continue
            self.words.keys(block, ARM_KEYS)
            shares[arm] = self.words.share(block, "share") or 0.0
            ways[arm] = self._way(block, "do", after)
        total = sum(shares.values())
        if abs(total - 1) > 1e-9:
            self.words.wrong(row, "arms", f"The shares come to {total:g}, not to 1.", "Let them add up to 1.")
        floor = self._floor(value, len(shares)) if "bandit" in value else None
        rails = self.words.guardrails(value, may_stop=True) if "guardrails" in value else ()
        return (Split(experiment, unit, shares, floor, rails), ways) if unit else None

    def _floor(self, value: Any, arms: int) -> float | None:
        """Two arms are a plain test: it tells more, and sooner."""
        inside = self.words.mapping(value, "bandit", {"floor"}, "{floor: 0.05}")
        if inside is None:
            return None
        floor = self.words.share(inside, "floor")
        if arms < 3:
            self.words.wrong(
                value, "bandit", "A bandit needs three arms or more.", "Take it out: two arms are a plain test."
            )
        elif floor is not None and not 0 < floor * arms < 1:
            self.words.wrong(
                inside, "floor", f"A floor of {floor:g} under {arms} arms leaves nothing to share out.", "Lower it."
            )
        return floor

    def _task(self, row: Any, after: str | None) -> Any:
        hint = "{role: advisor, title: Call about the brakes, within: 4h, calendar: workshop_eu}"
        value = self.words.mapping(row, "task", TASK_KEYS, hint)
        if value is None:
            return None
        role, title = self.words.name(value, "role"), self.words.text(value, "title", most=200)
        within = self.words.elapsed(value, "within")
        calendar = self._calendar(value, "calendar") if "calendar" in value else "always"
        ways = {name: self._way(row, name, after) for name in ("done", "late")}
        return (Task(role, title, within, calendar), ways) if within else None

    def _calendar(self, value: Any, key: str) -> str:
        name = value.get(key)
        if self.words.calendars is not None and name not in self.words.calendars:
            hint = nearest(name, self.words.calendars)
            self.words.wrong(value, key, f"There is no calendar “{shown(name)}”.", hint)
        return str(name)

    def _webhook(self, row: Any, after: str | None) -> Any:
        value = self.words.mapping(row, "webhook", {"event", "to"}, "{event: journey.called, to: acme}")
        if value is None:
            return None
        return Webhook(self.words.text(value, "event", most=40), self.words.text(value, "to", most=80)), {"put": after}

    def _update(self, row: Any, after: str | None) -> Any:
        value = self.words.mapping(row, "update", {"event"}, "{event: offer_made}")
        kind = kind_of(self.words, value, "event") if value is not None else None
        return (Update(kind), {"done": after}) if kind else None

    def _plugin(self, row: Any, after: str | None) -> Any:
        """`plugin: {step: raffle, with: {prize: wash}}` and `ways: {won: [...]}`: an outcome without a way goes on behind it."""
        value = self.words.mapping(row, "plugin", PLUGIN_KEYS, "{step: raffle, with: {prize: wash}}")
        if value is None:
            return None
        known = self.words.catalogue.steps
        step = known.get(str(value.get("step")))
        if step is None:
            what = f"No active plugin brings a step “{shown(value.get('step'))}”."
            self.words.wrong(
                value, "step", what, nearest(value.get("step"), known) if known else "Name it in hub.yaml."
            )
            return None
        unknown = [name for name in step.facts if name not in self.words.catalogue.facts]
        if unknown:
            self.words.wrong(value, "step", f"“{step.name}” reads “{unknown[0]}”, which is no fact here.",
                             nearest(unknown[0], self.words.catalogue.facts))  # fmt: skip
        ways = row.get("ways", {})
        if not isinstance(ways, Mapping):
            self.words.wrong(row, "ways", "“ways” says what follows each outcome.",
                             f"Write ways: {{{step.outcomes[0]}: [...]}}.")  # fmt: skip
            ways = {}
        self.words.keys(ways, set(step.outcomes))
        given = self._given(value, step)
        return Plugged(step, given), {one: self._way(ways, one, after) for one in step.outcomes}

    def _given(self, value: Any, step: Any) -> dict[str, Any]:
        """Typed as the step declares it; none may be left out."""
        block = value.get("with", {})
        if not isinstance(block, Mapping):
            self.words.wrong(value, "with", "“with” is a mapping.", f"It takes: {', '.join(step.takes) or 'nothing'}.")
            return {}
        self.words.keys(block, set(step.takes))
        found: dict[str, Any] = {}
        for name, type_ in step.takes.items():
            if name not in block:
                self.words.wrong(
                    value, "step", f"“{step.name}” needs “{name}”.", f"Add with: {{{name}: ...}}, a {type_}."
                )
            elif (fitted := self.words.value(block, name, block[name], type_)) is not None:
                found[name] = fitted[0] if type_ != "money" else fitted
        return found

    def _jump(self, row: Any, after: str | None) -> Any:
        value = self.words.mapping(row, "jump", {"to", "at_most"}, "{to: first_mail, at_most: 3}")
        if value is None:
            return None
        times = value.get("at_most")
        if not isinstance(times, int) or isinstance(times, bool) or not 1 <= times <= MOST_TIMES:
            what = "A jump without a bound would go round for ever."
            self.words.wrong(value, "at_most", what, f"Write at_most: 1 to {MOST_TIMES}.")
            return None
        to = str(value.get("to"))
        return Jump(to, times), {"again": to, "enough": after}

    def _stop(self, row: Any, after: str | None) -> Any:
        return Stop(self.words.name(row, "stop")), {}
