"""The desk of returns: what campaigns were worth, proved first and shared out by rules second; read from the latest count.

What is downloaded may be handed on, so it tells of no campaign by itself that has met too few people."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.anonymity import withheld
from compliance.releases import RETURNS, release_of
from hub import spreadsheet
from hub.core import Hub
from hub.errors import NotFound
from hub.flow import reports
from hub.flow.reports import Report
from hub.flow.returns import MODELS, Row, shown, titles_of, together_of
from hub.flow.returns_paper import Asked, paper
from hub.flow.roi import WHOLE
from hub.models import Branch
from hub.web.webhooks import this_hub
from portal.desks import MARKETERS
from portal.guard import opens_to
from portal.pages import page, tongue
from portal.scope import scope_of
from rules.values import decimals

bp = Blueprint("roi", __name__, url_prefix="/desk/roi")
COLUMNS = ("campaign", "kind", "currency", "treated", "held_back", "state", "incremental_margin", "low", "high", "cost",
           "sizes_p", *(f"credit_{model.replace(' ', '_')}" for model in MODELS))  # fmt: skip
MEDIA = {"csv": "text/csv", "pdf": "application/pdf"}
OTHERS, TOGETHER = "(too few people, together)", "(all journeys)"


@bp.get("/")
@opens_to(*MARKETERS)
def dashboard() -> Response:
    hub, asked = this_hub(), {name: request.args.get(name, "") for name in ("campaign", "currency", "model")}
    branches, branch = _branches(hub)
    span = _span()
    report = reports.latest(hub, span, branch) if branch is not None else None
    titles = titles_of(hub)
    seen = shown(report.document, titles, **asked, mirrored=tongue().direction == "rtl") if report else None
    campaigns = (
        {name: titles.get(name, one["title"]) for name, one in report.document["campaigns"].items()} if report else {}
    )
    return page("roi.html", report=report, seen=seen, spans=list(reports.SPANS), span=span, branches=branches,
                branch=branch or WHOLE, campaigns=campaigns, asked=asked, models=MODELS,
                here=lambda **also: _here(span, branch, asked | also))  # fmt: skip


def _here(span: str, branch: str | None, asked: Mapping[str, str]) -> str:
    """This very view with one thing changed: an address that can be shared."""
    given: dict[str, Any] = {"span": span, "branch": branch, **asked}
    return url_for("portal.roi.dashboard", **{name: value for name, value in given.items() if value})


@bp.get("/returns.csv")
@opens_to(*MARKETERS)
def table() -> Response:
    """All campaigns in all currencies, whatever is chosen of them on the page."""
    hub = this_hub()
    report, _ = _counted(hub)
    k = release_of(hub.settings.config, RETURNS).k
    rows = _rows(report, titles_of(hub), k, *_withheld(hub, report))
    return _download(hub, report, spreadsheet.lines(rows), "csv")


@bp.get("/returns.pdf")
@opens_to(*MARKETERS)
def printed() -> Response:
    """What is chosen on the page, to print and hand on. Raises NotFound for too few people."""
    hub = this_hub()
    report, branch = _counted(hub)
    campaign, (hidden, enough) = request.args.get("campaign", ""), _withheld(hub, report)
    if campaign in hidden or not enough:
        raise NotFound("Too few people were met to be told by themselves.", "Choose all campaigns, or a longer time.")
    asked = Asked(tongue().code, tongue().zone, report.counted_at, titles_of(hub), campaign, request.args.get("currency", ""),
                  branch, hidden, release_of(hub.settings.config, RETURNS).k)  # fmt: skip
    found = paper(report.document, asked)
    if found is None:
        raise NotFound("No money has moved in this time.", "Choose a longer one.")
    return _download(hub, report, found, "pdf")


def _counted(hub: Hub) -> tuple[Report, str]:
    """The report that was asked for, and the title of its branch. Raises NotFound."""
    branches, branch = _branches(hub)
    report = reports.latest(hub, _span(), branch) if branch is not None else None
    if report is None:
        raise NotFound("Nothing has been counted yet.", "The first count comes within minutes of the start.")
    return report, branches.get(report.branch, "")


def _download(hub: Hub, report: Report, content: bytes | Iterator[str], ending: str) -> Response:
    response = Response(content, mimetype=MEDIA[ending])
    name = f"returns-{hub.region_code}-{report.document['since']}-{report.document['until']}"
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.{ending}")
    return response


def _withheld(hub: Hub, report: Report) -> tuple[frozenset[str], bool]:
    """Campaigns with an arm of too few people at this branch, and those that would give them away: the one that is alone with them
    in what all others of the table leave of the total, or its other branches of the whole. And whether they may be told together."""
    k = release_of(hub.settings.config, RETURNS).k
    heads = {name: _heads(one) for name, one in report.document["campaigns"].items()}
    if report.branch != WHOLE:
        others = {one: reports.latest(hub, report.span, one) for one in report.branches if one != report.branch}
        for name in heads:
            by_branch = {one: _heads(other.document["campaigns"].get(name)) for one, other in others.items() if other}
            if report.branch in withheld({**by_branch, report.branch: heads[name]}, k):
                heads[name] = min(heads[name], k - 1)
    hidden = withheld(heads, k, max)
    return hidden, max((_heads(report.document["campaigns"][name]) for name in hidden), default=k) >= k


def _heads(campaign: Mapping[str, Any] | None) -> int:
    """People of the smaller arm: a mean of three is as good as their names."""
    return min((number for number in campaign["people"].values() if number), default=0) if campaign else 0


def _rows(
    report: Report, titles: Mapping[str, str], k: int, hidden: frozenset[str], enough: bool
) -> Iterator[Sequence[object]]:
    yield COLUMNS
    for currency in sorted({*report.document["ledger"], *report.document["headline"]}):
        seen = shown(report.document, titles, currency, "", "", mirrored=False)
        whole = together_of(report.document, currency)
        if whole is not None and whole.held >= k:
            yield [TOGETHER, whole.kind, currency, whole.treated, whole.held, whole.state, *_edges(whole, currency), "",
                   f"{whole.p:.6f}", *[""] * len(MODELS)]  # fmt: skip
        books = report.document["ledger"].get(currency, {"models": {}, "unattributed": 0, "invoiced": 0})
        rows = seen.rows if seen else ()
        for row in rows:
            if row.name not in hidden:
                yield [row.name, row.kind, currency, row.treated, row.held, row.state, *_edges(row, currency),
                             _amount(row.cost, currency), f"{row.p:.6f}", *_credited(books, [row.name], currency)]  # fmt: skip
        together = [row for row in rows if row.name in hidden]
        if together:
            cost = _amount(sum(row.cost for row in together) if enough else None, currency)
            credits = _credited(books, [row.name for row in together], currency) if enough else [None] * len(MODELS)
            yield [OTHERS, "", currency, "", "", "withheld", "", "", "", cost, "", *credits]
        for name in ("unattributed", "invoiced"):
            amount = _amount(books[name] if enough or name == "invoiced" else None, currency)
            yield [f"({name})", "", currency, *[""] * 8, *[amount] * len(MODELS)]


def _edges(row: Row, currency: str) -> Sequence[object]:
    """The margin and its interval, where they can be told."""
    return [_amount(one, currency) if row.margin is not None else "" for one in (row.margin, row.low, row.high)]


def _credited(books: Mapping[str, Any], names: Sequence[str], currency: str) -> list[Decimal | None]:
    return [_amount(sum(books["models"].get(model, {}).get(name, 0) for name in names), currency) for model in MODELS]


def _amount(minor: int | None, currency: str) -> Decimal | None:
    return None if minor is None else Decimal(minor).scaleb(-decimals(currency))


def _span() -> str:
    found = request.args.get("span", reports.USUAL)
    return found if found in reports.SPANS else reports.USUAL


def _branches(hub: Hub) -> tuple[Mapping[str, str], str | None]:
    """code -> title of those this marketer works for, and the chosen one; WHOLE stands for the region, which is open to
    those without a branch of their own. Raises NotFound for another's."""
    with hub.look() as session:
        scope, rows = scope_of(MARKETERS), _all(session)
    mine = {code: title for code, title in rows.items() if scope.holds(code)}
    first = WHOLE if scope.branches is None else next(iter(mine), None)
    chosen = request.args.get("branch") or first
    if chosen and chosen not in mine:
        raise NotFound("There is no report of this branch.", "It may belong to somebody else.")
    return mine, chosen


def _all(session: Session) -> dict[str, str]:
    rows = session.execute(select(Branch.code, Branch.title).order_by(Branch.title)).all()
    return {code: title for code, title in rows}
