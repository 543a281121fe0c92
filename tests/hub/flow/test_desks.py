"""The desks in force follow their files, and a wrong one changes nothing."""

import pytest

from hub.flow.desks import calendar_named, desk_named, desk_of, desks
from rules.errors import RuleError

DESK = "desk: {name}\ntitle: Desk\ncalendar: workshop_eu\npromises: {{first: {first}, next: 1, resolution: 1}}\n"


def write(hub, name, first):
    folder = hub.settings.config / "desks"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(DESK.format(name=name, first=first))


def test_a_changed_file_counts_at_once_and_a_wrong_one_leaves_what_was(hub):
    write(hub, "service", 10)
    assert desk_of(hub, None, "de").promises["first"] == 10

    write(hub, "service", 2000)
    assert desk_of(hub, None, "de").promises["first"] == 2000
    write(hub, "service", "soon")

    assert desk_of(hub, None, "de").promises["first"] == 2000
    assert [one.name for one in desks(hub)] == ["service"]


def test_a_first_reading_that_is_wrong_says_so(hub):
    write(hub, "service", "soon")

    with pytest.raises(RuleError, match="whole number"):
        desks(hub)


def test_what_has_left_the_configuration_is_kept_by_the_front_desk_and_the_wall_clock(hub):
    assert desk_named(hub, "gone").name == "front"
    assert calendar_named(hub, "gone").name == "always"
