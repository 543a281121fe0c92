"""How far people came, in numbers: those who never came in are counted nowhere but among the expected."""

from sqlalchemy import select

from hub.flow.progress import progress
from hub.models import Enrollment
from walking import HEAD, applied, happens


def test_everybody_who_came_in_is_inside_or_has_ended(hub, noting):
    rule, _ = applied(hub, HEAD.replace("holdout: 0\nexempt_or_not: here", "holdout: 0.5"))
    for number in range(20):
        happens(hub, f"C-{number}", "complaint")
    with hub.look() as session:
        held = session.scalars(select(Enrollment.state)).all().count("held")
        stand = progress(session, rule)
    happens(hub, "C-1", "survey")
    happens(hub, "C-2", "visit")

    with hub.look() as session:
        found = progress(session, rule)

    assert (stand.entered, stand.held, stand.here) == (20 - held, held, {"pause": 20 - held})
    assert stand.passed == {("hello", "put"): 20 - held}
    assert sum(found.here.values()) + sum(found.ended.values()) == found.entered == 20 - held
    assert all(reason in ("goal", "came_back") for reason in found.ended)
