"""The desk of models: what is in force and how good, what is wrong with it, and who changed it with which reason."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from called import some_models
from desks import Visitor
from hub.core import Hub
from hub.flow import checkups, scores
from hub.flow.checkups import Alarm
from hub.models import AuditEntry, ErasureRequest, Person, ScorerRun

DESK = "/desk/models/"
BEFORE, CHAMPION, CHALLENGER = "20261101T020000", "20261122T020000", "20261124T020000"
TODAY = date(2026, 11, 25)


@pytest.fixture
def marketer(app: Flask, hub: Hub) -> Visitor:
    some_models(hub)
    return Visitor(app).sign_in(hub, "marketer")


def form(marketer: Visitor, version: str, reason: str = "better") -> dict[str, str]:
    return {"token": marketer.token(DESK), "version": version, "reason": reason}


def in_force(hub: Hub) -> tuple[str | None, list[Any]]:
    with hub.look() as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.about == "scorer").order_by(AuditEntry.id))
        return scores.shelf_of(hub).champion("churn"), [(one.action, one.detail["reason"]) for one in told]


def test_the_shelf_tells_the_champion_its_challenger_and_their_figures_with_intervals(
    hub: Hub, marketer: Visitor
) -> None:
    text = marketer.get(DESK).text

    assert [text.count(words) for words in ("In force</span>", "Challenger</span>", "Earlier</span>")] == [1, 1, 1]
    auc = scores.shelf_of(hub).card("churn", CHAMPION)["metrics"]["auc_interval"]
    assert f"between {round(auc[0], 3):g} and {round(auc[1], 3):g}" in text


def test_a_model_that_learned_from_somebody_forgotten_says_by_when_it_is_gone(hub: Hub, marketer: Visitor) -> None:
    with hub.begin() as work:
        person = work.add(
            Person(ref="p-1", jurisdiction="DE", made_at=work.now - timedelta(days=400), erased_at=work.now)
        )
        work.session.flush()
        work.add(ErasureRequest(ref="r-1", person_id=person.id, jurisdiction="DE", state="certified", asked_at=work.now,
                                due_on=TODAY, asked_by="portal", finished_at=work.now))  # fmt: skip

    text = marketer.get(DESK).text

    assert text.count("Gone by 23 February 2027") == 3
    assert "forgotten since (1)" in text


def test_a_models_picture_is_drawn_in_the_pages_colours_and_words(marketer: Visitor) -> None:
    text = marketer.get(f"{DESK}churn/{CHALLENGER}?lang=de").text

    picture = text.split('<svg class="judged"')[1].split("</svg>")[0]
    assert picture.count("<polyline") == 2, "reliability and lift"
    assert "<style" not in picture
    assert ">versprochen<" in picture
    assert 'aria-label="Was versprochen wurde' in picture


def test_a_challenger_is_put_in_force_and_taken_back_with_a_reason_that_is_audited(hub: Hub, marketer: Visitor) -> None:
    assert marketer.post(f"{DESK}churn/promote", form(marketer, CHALLENGER)).status_code == 303
    assert in_force(hub) == (CHALLENGER, [("model_promoted", "better")])

    assert marketer.post(f"{DESK}churn/rollback", form(marketer, CHALLENGER, "worse")).status_code == 303
    assert in_force(hub) == (CHAMPION, [("model_promoted", "better"), ("model_rolled_back", "worse")])


def test_two_who_take_back_at_once_go_one_step_and_what_makes_no_sense_is_refused(hub: Hub, marketer: Visitor) -> None:
    back = form(marketer, CHAMPION, "mistake")

    answers = [marketer.post(f"{DESK}churn/rollback", back).status_code for _ in range(2)]
    answers += [marketer.post(f"{DESK}churn/promote", form(marketer, version, reason)).status_code
                for version, reason in ((CHALLENGER, "it is nicer"), (BEFORE, "better"), ("20990101", "better"))]  # fmt: skip

    assert answers == [303, 422, 422, 422, 404]
    assert in_force(hub) == (BEFORE, [("model_rolled_back", "mistake")])


def run(verb: str, days: int, state: str = "done") -> ScorerRun:
    return ScorerRun(scorer="churn", verb=verb, as_of=TODAY - timedelta(days=days), state=state)


@pytest.mark.parametrize(
    ("card", "runs", "found"),
    [
        ({}, {"score": run("score", 1)}, ()),
        ({}, {}, (Alarm("never_scored"),)),
        ({}, {"score": run("score", 4)}, (Alarm("scored_late", 4),)),
        ({"as_of": "2026-10-01"}, {"score": run("score", 1)}, (Alarm("learned_late", 55),)),
        ({"as_of": "2026-10-01"}, {"score": run("score", 1), "train": run("train", 3)}, ()),
        ({}, {"score": run("score", 1), "refused": run("train", 1, "refused")}, (Alarm("refused"),)),
        ({"origins": ["2026-05-25", "2026-02-24"], "by_origin": [{"promised": 0.3, "came": 0.2}, {"promised": 0.2, "came": 0.4}]},
         {"score": run("score", 1)}, (Alarm("miscalibrated", 0.1),)),
        ({"left_out": {"a": 0.3, "b": 0.5}}, {"score": run("score", 1)}, (Alarm("moved", 0.5, "b"), Alarm("moved", 0.3, "a"))),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(card: dict[str, Any], runs: dict[str, ScorerRun], found: tuple[Alarm, ...]) -> None:
    assert checkups.alarms({"as_of": "2026-11-20"} | card, runs, TODAY) == found
