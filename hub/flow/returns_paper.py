"""What campaigns were worth, as a paper to hand on: the proof first, what rules share out beside it, all of it added up to the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.support import NullTranslations

from hub import amounts
from hub.flow.returns import MODELS, USUAL, Row, Shown, shown
from hub.sheet import LARGE, TITLE, Sheet
from hub.wording import PLACES, sentences

STATES: Mapping[str, str] = {
    "gain": "Gain",
    "loss": "Loss",
    "open": "No proof of gain",
    "waiting": "Too few people yet",
    "broken": "Hidden: wrong sizes",
}
BETWEEN: Mapping[str, str] = {
    "gain": "Very likely between %(low)s and %(high)s.",
    "loss": "Very likely a loss, between %(low)s and %(high)s.",
    "open": "It may be anything between %(low)s and %(high)s, so nothing is proved yet.",
}
RULES: Mapping[str, str] = dict(zip(MODELS, (
    "First touch", "Last touch", "Even shares", "First and last most", "The later, the more", "Markov chain", "Shapley value",
), strict=True))  # fmt: skip
INVOICED = "Invoiced, from the ledger"
HEADS = ("Campaign", "Verdict", "Spoken to", "Left alone", "Spent", "Margin", "Interval")


@dataclass(frozen=True)
class Asked:
    """What the paper is of. titles: of journeys. branch: its title; "" is all of them. hidden: campaigns of too few people, which
    are told together. least: people that a number must count beside those: whom all journeys left alone, who was brought."""

    language: str
    zone: ZoneInfo
    counted_at: datetime
    titles: Mapping[str, str]
    campaign: str = ""
    currency: str = ""
    branch: str = ""
    hidden: frozenset[str] = frozenset()
    least: int = 0


def paper(told: Mapping[str, Any], asked: Asked) -> bytes | None:
    """The PDF's bytes; None where no money has moved. told: of roi. English for a language that we have no sentences in. Raises
    ConfigError without letters for the language."""
    language = asked.language if asked.language in PLACES else "en"
    seen = shown(
        told,
        asked.titles,
        asked.currency,
        asked.campaign,
        USUAL,
        mirrored=Locale.parse(language).text_direction == "rtl",
    )
    return _Paper(told, seen, asked, language).made() if seen else None


class _Paper:
    def __init__(self, told: Mapping[str, Any], seen: Shown, asked: Asked, language: str) -> None:
        self.told, self.seen, self.asked = told, seen, asked
        self.locale = Locale.parse(PLACES[language])
        self.words: NullTranslations = sentences(language, "returns")
        self.sheet = Sheet(language, self.say("What campaigns were worth"), asked.counted_at,
                           self.say("Page %(number)s", number="%(number)s"), self.say("Nobody yet."))  # fmt: skip

    def made(self) -> bytes:
        self._front()
        self._together()
        self._who_came()
        self._each()
        self._credits()
        self._brought()
        return self.sheet.end()

    def _front(self) -> None:
        head, sheet, books = self.seen.head, self.sheet, self.told["ledger"].get(self.seen.currency, {"models": {}})
        sheet.title(self.say("What campaigns were worth"))
        first, last = (self.day(self.told[name]) for name in ("since", "until"))
        counted = dates.format_datetime(self.asked.counted_at, "medium", tzinfo=self.asked.zone, locale=self.locale)
        sheet.lead(self.say("From %(first)s to %(last)s, counted at %(time)s.", first=first, last=last, time=counted))
        sheet.lead(" · ".join((
            head.title or self.say("All campaigns"), self.asked.branch or self.say("All branches"), self.seen.currency,
        )))  # fmt: skip
        sheet.section(self.say("Margin that would not be there without us"))
        self._proof(head, LARGE)
        if head.margin is not None and head.state != "broken":
            sheet.lead(self.say("Measured against %(held)s who were left alone on purpose, not estimated from clicks.",
                                held=self.number(head.held)))  # fmt: skip
            scale = self.seen.scale
            ends = (self.coarse(scale.low), self.coarse(scale.high))
            sheet.scale(scale, head.margin, head.low, head.high, ends)
            if head.raw is not None:
                sheet.note(self.say("As it is, without a cap: %(value)s, between %(low)s and %(high)s.",
                                    value=self.coarse(head.raw.margin), low=self.coarse(head.raw.low),
                                    high=self.coarse(head.raw.high)))  # fmt: skip
        credited = books["models"].get(USUAL, {})
        shared = credited.get(head.name, 0) if head.name else sum(credited.values())
        back = []
        if head.back is not None and head.state in ("gain", "loss"):
            back = [(self.say("Comes back for each one spent"), self.number(round(head.back, 1)))]
        sheet.figures([
            (self.say("Spent on it"), self.money(head.cost)), *back,
            (self.say("Shared out: %(rule)s", rule=self.say(RULES[USUAL])), self.money(shared)),
            (self.say(INVOICED), self.money(self.seen.invoiced)),
        ])  # fmt: skip
        if head.margin is not None:
            sheet.note(self.say("Spoken to: %(treated)s. Left alone: %(held)s. Groups as planned: p = %(p)s.",
                                treated=self.number(head.treated), held=self.number(head.held),
                                p=amounts.p_value(self.locale, head.p)))  # fmt: skip

    def _proof(self, row: Row, size: float) -> None:
        if row.state == "broken":
            self.sheet.headline(self.say("Hidden"), size)
            self.sheet.lead(self.say("The groups do not have the sizes they were meant to have."))
        elif row.margin is None:
            self.sheet.headline(self.say("Not yet"), size)
            self.sheet.lead(self.say("Too few people to tell a gain from chance."))
        else:
            self.sheet.headline(self.coarse(row.margin), size)
            self.sheet.lead(self.say(BETWEEN[row.state], low=self.coarse(row.low), high=self.coarse(row.high)))

    def _together(self) -> None:
        if self.seen.together and self.seen.together.held >= self.asked.least:
            self.sheet.section(self.say("All journeys together"), self.say(
                "Each quarter every journey leaves the same twentieth of all customers alone, another one each time. "
                "So what journeys take from each other is counted, too."
            ))  # fmt: skip
            self._proof(self.seen.together, TITLE)

    def _who_came(self) -> None:
        came = self.seen.who_came
        if not came:
            return
        self.sheet.section(self.say("Who came back"), self.say(
            "Share with a visit, by day since they were spoken to or left alone; bands hold 95 %% at one look."
        ))  # fmt: skip
        feet = (self.say("Day 0"), self.say("Day %(day)s", day=self.number(came.days)))
        self.sheet.curves(came, {"treated": self.say("Spoken to"), "held": self.say("Left alone")}, self.percent, feet)
        apart = self.seen.retention["difference"]
        value, low, high = (self.number(round(apart[name] * 100, 1)) for name in ("value", "low", "high"))
        self.sheet.lead(self.say(
            "By day %(day)s, %(value)s points more came of those spoken to (%(low)s to %(high)s).",
            day=self.number(apart["day"]), value=value, low=low, high=high,
        ))  # fmt: skip

    def _each(self) -> None:
        self.sheet.section(self.say("Each campaign, honestly"), self.say(
            "Margin of the %(days)s days after, against those left alone. Intervals may be looked at every day; "
            "what is called a gain holds for the whole list.", days=self.number(self.told["effect_days"]),
        ))  # fmt: skip
        rows = [self._campaign(row) for row in self.seen.rows if row.name not in self.asked.hidden]
        few = [row for row in self.seen.rows if row.name in self.asked.hidden]
        if few:
            cost = self.money(sum(row.cost for row in few))
            rows.append([self.say("Too few people, together"), "–", "–", "–", cost, "–", "–"])
        self.sheet.table([self.say(one) for one in HEADS], rows, (3, 2, 1.8, 1.4, 1.7, 1.6, 2.6), 5)

    def _campaign(self, row: Row) -> list[str]:
        told = row.margin is not None and row.state != "broken"
        margin = self.coarse(row.margin) if row.margin is not None and told else "–"
        interval = f"{self.coarse(row.low)} – {self.coarse(row.high)}" if told else "–"
        return [row.title, self.say(STATES[row.state]), self.number(row.treated), self.number(row.held),
                self.money(row.cost), margin, interval]  # fmt: skip

    def _credits(self) -> None:
        self.sheet.section(self.say("Who gets the credit"), self.say(
            "Shares of invoiced revenue by a rule of thumb, within %(days)s days after a message. It shows who was there, "
            "not what it caused.", days=self.number(self.told["reach_days"]),
        ))  # fmt: skip
        models = self.told["ledger"].get(self.seen.currency, {"models": {}})["models"]
        names = {name for credited in models.values() for name in credited}
        few, first = names & self.asked.hidden, models.get(USUAL, {})

        def row(title: str, *some: str) -> list[str]:
            return [title, *(self.money(sum(models.get(one, {}).get(name, 0) for name in some)) for one in MODELS)]

        rows = [row(self._title(name), name) for name in sorted(names - few, key=lambda name: -first.get(name, 0))]
        if few:
            rows.append(row(self.say("Too few people, together"), *few))
        for title, amount in (("Nobody was near", self.seen.unattributed), (INVOICED, self.seen.invoiced)):
            rows.append([self.say(title), *[self.money(amount)] * len(MODELS)])
        heads = [self.say("Campaign"), *(self.say(RULES[one]) for one in MODELS)]
        self.sheet.table(heads, rows, (2.3, *[1.6] * len(MODELS)), len(MODELS))
        self.sheet.note(self.say("Each column adds up to what the ledger has invoiced; the difference is %(amount)s.",
                                 amount=self.money(self.seen.difference)))  # fmt: skip

    def _title(self, name: str) -> str:
        return self.asked.titles.get(name) or self.told["campaigns"].get(name, {}).get("title", name)

    def _brought(self) -> None:
        told = self.seen.referrals
        self.sheet.section(self.say("Who was brought"), self.say(
            "Told by the garage’s books; there is no comparison group, so this is no proof."
        ))  # fmt: skip
        few = {name for name in ("told", "came", "rewarded") if 0 < told[name] < self.asked.least}
        figures = {name: "–" if name in few else self.number(told[name]) for name in ("told", "came", "rewarded")}
        self.sheet.figures([
            (self.say("recommendations were told"), figures["told"]),
            (self.say("newcomers have paid for work since"), figures["came"]),
            (self.say("were thanked for"), figures["rewarded"]),
            (self.say("margin of newcomers"), "–" if "came" in few else self.money(self.seen.referral_margin)),
        ])  # fmt: skip

    def say(self, sentence: str, **values: str) -> str:
        return self.words.gettext(sentence) % values

    def day(self, iso: str) -> str:
        return dates.format_date(date.fromisoformat(iso), "long", locale=self.locale)

    def number(self, value: float) -> str:
        return numbers.format_decimal(value, locale=self.locale)

    def percent(self, part: float) -> str:
        return amounts.percent(self.locale, part)

    def money(self, minor: int) -> str:
        return amounts.money(self.locale, minor, self.seen.currency)

    def coarse(self, minor: float) -> str:
        return amounts.coarse(self.locale, round(minor), self.seen.currency)
