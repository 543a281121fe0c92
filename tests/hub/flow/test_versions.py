"""Documents of segments over time: nothing wrong comes into force, what was can come back, what is used stays."""

import pytest
from sqlalchemy import select

from hub import clock as moving
from hub.errors import NotFound, WrongInput
from hub.flow import versions
from hub.models import SegmentVersion


@pytest.fixture
def filled(hub):
    moving.turn_segments(hub)
    return hub


def gold(hub):
    return versions.file_of(hub, "gold_members")


def widened(hub):
    """Silver counts, too; said with a comment."""
    text = gold(hub).read_text().replace("[gold, platinum]", "[gold, platinum, silver]")
    return (
        text.replace("given: {loyalty.tier: silver}, expect: out", "given: {loyalty.tier: silver}, expect: in")
        + "# more\n"
    )


def test_a_document_is_put_in_force_with_its_comments(filled):
    text = widened(filled)

    versions.apply(filled, "gold_members", text)

    assert gold(filled).read_text() == text
    with filled.look() as session:
        current = session.scalars(
            select(SegmentVersion).where(SegmentVersion.segment == "gold_members", SegmentVersion.ended_at.is_(None))
        ).one()
    assert current.written == text


def test_a_document_that_is_wrong_changes_nothing_and_says_where(filled):
    before = gold(filled).read_text()

    with pytest.raises(WrongInput, match=r"config/segments/gold_members.yaml:5:.*Did you mean"):
        versions.apply(filled, "gold_members", before.replace("loyalty.tier:", "loyalty.teir:", 1))

    assert gold(filled).read_text() == before


def test_a_document_of_another_name_is_refused(filled):
    with pytest.raises(WrongInput, match="stands in gold_members"):
        versions.apply(
            filled, "gold_members", gold(filled).read_text().replace("segment: gold_members", "segment: silver")
        )


def test_rolled_back_a_segment_has_its_former_text_to_the_letter(filled):
    before = gold(filled).read_text()
    versions.apply(filled, "gold_members", widened(filled))

    versions.roll_back(filled, "gold_members", None)

    assert gold(filled).read_text() == before
    assert versions.difference(filled, "gold_members", None, None) == []


def test_what_differs_is_shown_line_by_line(filled):
    gold(filled).write_text(widened(filled))

    lines = versions.difference(filled, "gold_members", None, None)

    assert "+  loyalty.tier: {one_of: [gold, platinum, silver]}" in lines
    assert "-  loyalty.tier: {one_of: [gold, platinum]}" in lines


def test_a_version_is_named_by_the_beginning_of_its_hash(filled):
    [first], before = _hashes(filled), gold(filled).read_text()
    versions.apply(filled, "gold_members", widened(filled))

    versions.roll_back(filled, "gold_members", first[:8])

    assert gold(filled).read_text() == before
    with pytest.raises(NotFound, match="no version begins with zzz"):
        versions.roll_back(filled, "gold_members", "zzz")
    with pytest.raises(NotFound, match="no version before"):
        versions.roll_back(filled, "regulars", None)


def _hashes(hub):
    with hub.look() as session:
        return session.scalars(select(SegmentVersion.hash).where(SegmentVersion.segment == "gold_members")).all()


def test_a_segment_that_others_read_is_not_removed_and_its_users_are_named(filled, settings):
    (settings.config / "segments" / "not_gold.yaml").write_text(
        "segment: not_gold\ntitle: Everybody else\nwhen: {segment: {not_in: gold_members}}\nexamples:\n"
        "  - {name: silver, given: {loyalty.tier: silver}, expect: in}\n"
        "  - {name: gold, given: {loyalty.tier: gold}, expect: out}\n"
    )
    (settings.config / "journeys").mkdir()
    (settings.config / "journeys" / "welcome.yaml").write_text(
        "journey: welcome\nentry: {segment: {in: gold_members}}\n"
    )

    with pytest.raises(WrongInput, match="read by journeys/welcome, segments/not_gold"):
        versions.remove(filled, "gold_members")

    assert gold(filled).exists()


def test_a_segment_that_nobody_reads_goes_with_its_memberships(filled):
    versions.remove(filled, "gold_members")

    assert not gold(filled).exists()
    with filled.look() as session:
        ended = select(SegmentVersion.ended_at).where(SegmentVersion.segment == "gold_members")
        assert session.scalars(ended).one() is not None
    with pytest.raises(NotFound, match="no file"):
        versions.remove(filled, "gold_members")
