"""Models stand on a shelf: whole or not there, and one of them is in force."""

import pytest

from hub.errors import NotFound
from hub.sdk import Trained
from hub.shelf import Shelf

TRAINED = Trained(b"model", {"worth": True}, "<svg/>")


@pytest.fixture
def shelf(tmp_path):
    shelf = Shelf(tmp_path / "models")
    for version in ("1", "2"):
        shelf.put("churn", version, TRAINED)
    return shelf


def test_a_model_comes_with_its_card_and_its_picture(shelf):
    assert (shelf.model("churn", "1"), shelf.card("churn", "1"), shelf.picture("churn", "1")) == (
        b"model",
        {"worth": True},
        "<svg/>",
    )


def test_nothing_is_in_force_until_it_is_promoted(shelf):
    assert shelf.champion("churn") is None

    shelf.promote("churn", "2")

    assert shelf.champion("churn") == "2"


def test_a_rollback_brings_back_the_one_before(shelf):
    shelf.promote("churn", "1")
    shelf.promote("churn", "2")

    assert shelf.rollback("churn") == "1"
    with pytest.raises(NotFound, match="no champion before"):
        shelf.rollback("churn")


def test_a_half_written_model_is_not_seen(shelf):
    (shelf.folder / "churn" / ".3.77").mkdir()

    assert shelf.versions("churn") == ["1", "2"]


def test_a_draft_that_a_kill_left_is_no_model(shelf):
    (shelf.folder / "churn" / "2").rename(shelf.folder / "churn" / ".2.77")

    assert shelf.versions("churn") == ["1"]


def test_what_is_removed_is_off_the_disk_and_cannot_come_back_by_a_rollback(shelf):
    for version in ("1", "2"):
        shelf.promote("churn", version)
    (shelf.folder / "churn" / ".0.gone").mkdir()  # as a kill left it

    with pytest.raises(ValueError, match="in force"):
        shelf.remove("churn", "2")
    shelf.remove("churn", "1")

    assert sorted(one.name for one in (shelf.folder / "churn").iterdir()) == ["2", "champion"]
    with pytest.raises(NotFound, match="no champion before"):
        shelf.rollback("churn")
    with pytest.raises(NotFound, match="no model 1"):
        shelf.remove("churn", "1")


def test_what_is_withdrawn_leaves_nothing_in_force(shelf):
    shelf.promote("churn", "1")

    shelf.withdraw("churn")

    assert (shelf.champion("churn"), shelf.versions("churn")) == (None, ["1", "2"])


def test_what_is_not_there_cannot_be_promoted(shelf):
    with pytest.raises(NotFound, match="no model 9 of churn"):
        shelf.promote("churn", "9")
