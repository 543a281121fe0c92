"""What must not be done is refused in words, and nothing of it stays behind."""

import pytest
from sqlalchemy import func, select

from compliance import erasure, holds, requests
from compliance.coming import Came
from compliance.requests import Wish
from hub.errors import NotFound, PartDown, WrongInput
from hub.models import AuditEntry, ErasureRequest, LegalHold, PersonalValue, PersonRequest
from partners import drain_all


def counts(hub):
    """Rows that a refusal must leave as they were."""
    with hub.look() as session:
        models = (ErasureRequest, PersonRequest, LegalHold, PersonalValue, AuditEntry)
        return [session.scalar(select(func.count()).select_from(one)) for one in models]


def a_hold(ref):
    return holds.Wanted(ref, "*", "lawsuit", "§ 142 ZPO", "legal")


@pytest.mark.parametrize(
    "words",
    [
        ("privacy", "intake", "nobody"),
        ("privacy", "intake", "nobody", "--kind", "access"),
        ("privacy", "plan", "nothing"),
        ("holds", "add", "nobody", "--purpose", "tax", "--basis", "AO", "--owner", "me"),
        ("holds", "release", "17"),
    ],
)
def test_at_the_command_line_a_request_for_somebody_who_is_not_here_says_so(hub, told, run, words):
    told()
    before = counts(hub)

    code, _, said = run(*words, "-r", "eu")

    assert (code, said.count("\n")) == (1, 1)
    assert "There is no " in said
    assert counts(hub) == before


def test_a_second_wish_while_the_first_is_worked_off_is_the_first(hub, crm, told, approved):
    ref = told()
    request = approved(ref)
    assert erasure.run(hub, request) == "telling"
    before = counts(hub)

    assert erasure.intake(hub, ref, "portal", Came("desk")) == request
    with pytest.raises(WrongInput, match="This request is telling"):
        erasure.approve(hub, request, "paul")
    assert counts(hub) == before

    drain_all(hub)
    assert erasure.run(hub, request) == "certified"
    with pytest.raises(WrongInput, match="erased already"):
        erasure.intake(hub, ref, "portal", Came("desk"))


def test_of_somebody_who_was_erased_nothing_is_held(hub, told, approved):
    ref = told()
    assert erasure.run(hub, approved(ref)) == "certified"
    before = counts(hub)

    with pytest.raises(WrongInput, match=r"was erased on 2026-11-25\. Nothing of theirs is left"):
        holds.place(hub, a_hold(ref), "legal")

    assert counts(hub) == before


def test_with_a_clock_that_was_set_back_nothing_goes_on_and_with_the_right_one_all_does(hub, told, approved, clock):
    ref, other = told(), told("C-2", email="bo@example.org")
    request, hold = approved(ref), holds.place(hub, a_hold(other), "legal")
    asked = requests.intake(hub, Wish(other, "access", Came("desk")), "petra")
    before = counts(hub)
    clock.pass_by(days=-3)

    for step in (
        lambda: erasure.run(hub, request),
        lambda: requests.verify(hub, asked, "petra", "call_back"),
        lambda: holds.release(hub, hold, "legal"),
    ):
        with pytest.raises(PartDown, match=r"says 2026-11-22 .* began at 2026-11-25 .* Set the clock right"):
            step()
    assert erasure.run_all(hub)[request].startswith("stopped: The clock of this machine")
    assert counts(hub) == before

    clock.pass_by(days=3)
    assert erasure.run(hub, request) == "certified"


def test_a_hold_that_is_not_there_is_not_released(hub, told):
    told()

    with pytest.raises(NotFound, match="no hold 17"):
        holds.release(hub, 17, "legal")
