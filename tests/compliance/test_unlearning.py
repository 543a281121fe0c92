"""A model that may have learned from somebody who was forgotten is replaced by its day, and gone; others stay."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from compliance import erasure, retention, unlearning
from compliance.keeping import problems_of
from hub.flow import scores
from hub.models import AuditEntry, ErasureRequest, Person
from scorers import Bringing, Gut

TERM = 90  # days, as shipped


@pytest.fixture
def gut(hub):
    scorer = Gut()
    hub.plugins.register(Bringing(scorer), name="gut")
    return scorer


@pytest.fixture
def learned(hub, gut, clock):
    """Trains a model now; the first comes into force."""

    def learn(**card):
        gut.card = card
        clock.pass_by(minutes=1)
        return scores.train(hub, "churn", scores.today(hub), 0, lambda _step, _steps: None, "test").version

    return learn


def erased(hub, approved, ref):
    request = approved(ref)
    assert erasure.run(hub, request) == "certified"
    with hub.look() as session:
        return session.scalars(select(ErasureRequest).where(ErasureRequest.ref == request)).one()


def standing(hub):
    """(in force, all that lie there)"""
    shelf = scores.shelf_of(hub)
    return shelf.champion("churn"), shelf.versions("churn")


def deeds(hub):
    with hub.look() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.about == "scorer").order_by(AuditEntry.id))
        return [(row.action, row.detail["model"]) for row in rows if row.action != "model_trained"]


def test_a_certificate_names_the_models_that_may_have_learned_from_them_and_the_day_they_are_gone(
    hub, told, approved, learned, clock
):
    ref = told()
    first = learned()
    certificate = erased(hub, approved, ref).certificate["statement"]
    later = learned()

    day = scores.today(hub) + timedelta(days=TERM)
    assert certificate["models"] == [{"scorer": "churn", "model": first, "gone_by": day.isoformat()}]
    [found] = unlearning.flagged(hub)
    assert (found.version, found.in_force, found.people, found.gone_by) == (first, True, 1, day)
    assert later in scores.shelf_of(hub).versions("churn")


def test_near_its_day_the_latest_model_that_has_not_seen_them_takes_over_and_on_it_the_others_go(
    hub, told, approved, learned, clock
):
    ref = told()
    first = learned()
    second = learned()
    erased(hub, approved, ref)
    third = learned()
    fourth = learned(worth=False)  # learned, and no better than its floor
    clock.pass_by(days=TERM - 8)
    retention.run(hub, "clock")
    assert standing(hub) == (first, [first, second, third, fourth])

    clock.pass_by(days=1)
    retention.run(hub, "clock")
    assert standing(hub) == (third, [first, second, third, fourth])
    clock.pass_by(days=7)
    assert retention.run(hub, "clock")["models"] == 2

    assert standing(hub) == (third, [third, fourth])
    assert deeds(hub) == [("model_promoted", third), ("model_removed", first), ("model_removed", second)]
    assert retention.run(hub, "clock").get("models") is None


def test_where_no_other_is_worth_anything_nothing_is_in_force_from_that_day_on(hub, told, approved, learned, clock):
    ref = told()
    only = learned()
    erased(hub, approved, ref)
    clock.pass_by(days=TERM - 1)
    retention.run(hub, "clock")
    assert standing(hub) == (only, [only])

    clock.pass_by(days=1)
    retention.run(hub, "clock")

    assert standing(hub) == (None, [])
    assert deeds(hub) == [("model_withdrawn", only), ("model_removed", only)]
    assert learned() == standing(hub)[0], "the next training comes into force"


@pytest.mark.parametrize("who", ["came later", "said no to being predicted", "asked once"])
def test_whoever_a_model_cannot_have_seen_leaves_it_be(hub, told, approved, learned, clock, who):
    if who == "came later":
        learned()
        clock.pass_by(days=2)
        ref = told()
    else:
        ref = told()
        clock.pass_by(days=2)
        learned()
    if who == "said no to being predicted":
        with hub.begin() as work:
            work.session.execute(update(Person).values(unprofiled_at=work.now - timedelta(days=1)))
    request = approved(ref)
    if who == "asked once":
        with hub.begin() as work:
            work.session.execute(update(ErasureRequest).values(cause="retention"))
    erasure.run(hub, request)

    with hub.look() as session:
        assert session.scalars(select(ErasureRequest.certificate)).one()["statement"]["models"] == []
    assert unlearning.flagged(hub) == []


def test_a_model_that_does_not_tell_when_it_learned_counts_as_one_that_saw_everybody(hub, told, approved, learned):
    (scores.shelf_of(hub).folder / "churn" / learned()).rename(scores.shelf_of(hub).folder / "churn" / "brought")

    erased(hub, approved, told())

    assert [one.version for one in unlearning.flagged(hub)] == ["brought"]


def test_each_law_has_its_own_term_and_the_first_day_counts(hub, told, approved, learned, clock):
    path = hub.settings.config / "privacy" / "retention.yaml"
    text = path.read_text()
    line = next(one for one in text.splitlines() if one.startswith("models:"))
    path.write_text(
        text.replace(line, line.replace("}", ", by: {FR: {days: 30, source: a test, reviewed_on: 2026-11-28}}}"))
    )
    refs = [told(f"C-{number}", email=f"a{number}@example.org") for number in range(2)]
    learned()
    requests = [approved(ref) for ref in refs]
    with hub.begin() as work:
        work.session.execute(update(ErasureRequest).where(ErasureRequest.ref == requests[1]).values(jurisdiction="FR"))
        person = select(ErasureRequest.person_id).where(ErasureRequest.ref == requests[1]).scalar_subquery()
        work.session.execute(update(Person).where(Person.id == person).values(jurisdiction="FR"))

    for request in requests:
        erasure.run(hub, request)

    [found] = unlearning.flagged(hub)
    assert (found.people, found.gone_by) == (2, scores.today(hub) + timedelta(days=30))


@pytest.mark.parametrize(("old", "new", "said"), [
    ("models: {days: 90", "models: {until: erasure", "models ends after days"), ("models:", "model:", "“models” has no period"),
])  # fmt: skip
def test_a_file_without_a_term_for_models_is_refused_at_its_line(hub, old, new, said):
    path = hub.settings.config / "privacy" / "retention.yaml"
    path.write_text(path.read_text().replace(old, new, 1))

    assert any(said in one for one in problems_of(hub.settings.config))


def test_it_is_told_at_the_command_line(hub, told, approved, learned, run):
    assert run("privacy", "models", "-r", "eu")[:2] == (
        0,
        "No model has learned from anybody who was forgotten since.\n",
    )
    ref = told()
    version = learned()
    erased(hub, approved, ref)

    code, said, _ = run("privacy", "models", "-r", "eu")

    assert code == 0
    assert f"{version}  gone by {scores.today(hub) + timedelta(days=TERM)}  1 forgotten since  in force" in said
