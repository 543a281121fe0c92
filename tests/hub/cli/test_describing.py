"""The demo's world is described and drawn without anything being started."""

import json

import pytest

from hub.cli.describing import describe_world, draw_picture
from hub.demo.world.causes import CAUSES
from hub.errors import PartDown


def test_causes_and_shape_are_printed_for_people_and_programs(capsys):
    describe_world({"eu": 40}, 7, as_json=False)
    words = capsys.readouterr().out
    assert "service km" in words
    assert "1.4 to 2.2" in words

    describe_world({"eu": 40}, 7, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert {one["name"]: one["size"] for one in found["causes"]}["brake_return"] == CAUSES.brake_return


def test_a_picture_that_cannot_be_written_is_a_part_that_is_down(tmp_path):
    with pytest.raises(PartDown, match="cannot be written"):
        draw_picture(tmp_path / "nowhere" / "picture.svg")


def test_a_picture_is_written(tmp_path):
    draw_picture(tmp_path / "picture.svg")

    assert (tmp_path / "picture.svg").read_text().startswith("<svg")
