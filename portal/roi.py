"""The desk of returns: what campaigns were worth, proved first and shared out by rules second; read from the latest count.

What is downloaded may be handed on, so it tells of no campaign by itself that has met too few people."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.releases import RETURNS, release_of
from hub import spreadsheet
from hub.core import Hub
from hub.errors import NotFound
from hub.flow import reports
from hub.flow.reports import Report
from hub.flow.returns import MODELS, Row, shown, titles_of, together_of
from hub.flow.returns_paper import Asked, paper
from hub.flow.roi import WHOLE
from hub.flow.withholding import Withheld, of_returns
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
                branch=branch or WHOLE, campaigns=campaigns, asked=asked, models=MODELS, whole=scope_of(MARKETERS).branches is None,
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
    rows = _rows(report, titles_of(hub), _withheld(hub, report))
    return _download(hub, report, spreadsheet.lines(rows), "csv")


@bp.get("/returns.pdf")
@opens_to(*MARKETERS)
def printed() -> Response:
    """What is chosen on the page, to print and hand on. Raises NotFound for too few people."""
    hub = this_hub()
    report, branch = _counted(hub)
    campaign, kept = request.args.get("campaign", ""), _withheld(hub, report)
    if campaign in kept.hidden or not kept.together:
        raise NotFound("Too few people were met to be told by themselves.", "Choose all campaigns, or a longer time.")
    asked = Asked(tongue().code, tongue().zone, report.counted_at, titles_of(hub), campaign, request.args.get("currency", ""),
                  branch, kept.hidden, kept.least)  # fmt: skip
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


def _withheld(hub: Hub, report: Report) -> Withheld:
    """Raises NotFound where too few people have bought for anything to be told."""
    told = {report.branch: report.document}
    for other in report.branches if report.branch != WHOLE else ():
        one = reports.latest(hub, report.span, other)
        if one is not None:
            told.setdefault(other, one.document)
    found = of_returns(told, report.branch, release_of(hub.settings.config, RETURNS).k)
    if not found.enough:
        raise NotFound("Too few people have bought to be told of.", "Choose a longer time, or all branches.")
    return found


def _rows(report: Report, titles: Mapping[str, str], kept: Withheld) -> Iterator[Sequence[object]]:
    yield COLUMNS
    for currency in sorted({*report.document["ledger"], *report.document["headline"]}):
        seen = shown(report.document, titles, currency, "", "", mirrored=False)
        whole = together_of(report.document, currency)
        if whole is not None and whole.held >= kept.least:
            yield [TOGETHER, whole.kind, currency, whole.treated, whole.held, whole.state, *_edges(whole, currency), "",
                   f"{whole.p:.6f}", *[""] * len(MODELS)]  # fmt: skip
        books = report.document["ledger"].get(currency, {"models": {}, "unattributed": 0, "invoiced": 0})
        rows = seen.rows if seen else ()
        for row in rows:
            if row.name not in kept.hidden:
                yield [row.name, row.kind, currency, row.treated, row.held, row.state, *_edges(row, currency),
                             _amount(row.cost, currency), f"{row.p:.6f}", *_credited(books, [row.name], currency)]  # fmt: skip
        together = [row for row in rows if row.name in kept.hidden]
        if together:
            cost = _amount(sum(row.cost for row in together) if kept.together else None, currency)
            credits = (
                _credited(books, [row.name for row in together], currency) if kept.together else [None] * len(MODELS)
            )
            yield [OTHERS, "", currency, "", "", "withheld", "", "", "", cost, "", *credits]
        for name in ("unattributed", "invoiced"):
            amount = _amount(books[name] if kept.together or name == "invoiced" else None, currency)
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
