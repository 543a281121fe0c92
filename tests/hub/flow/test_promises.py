"""Which promises a conversation starts and ends."""

from datetime import UTC, datetime, timedelta

from hub.flow.promises import Turn, rounds

START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def told(*kinds):
    """Rounds as (measure, number, what a stopwatch hears), one turn a minute."""
    turns = [Turn(kind, START + timedelta(minutes=minute)) for minute, kind in enumerate(kinds)]
    return [(one.measure, one.number, [(it.kind, it.at.minute) for it in one.told]) for one in rounds(turns)]


def test_what_the_bot_answers_is_no_promise():
    assert told("asked", "asked", "closed") == []


def test_the_first_answer_and_the_end_are_promised_from_the_handoff_on():
    assert told("asked", "handed", "answered", "closed") == [
        ("first", 1, [("start", 1), ("stop", 2)]),
        ("resolution", 1, [("start", 1), ("stop", 3)]),
    ]


def test_the_next_answer_runs_from_the_first_word_that_is_not_answered():
    assert told("handed", "answered", "asked", "asked", "answered", "answered", "asked")[2:] == [
        ("next", 1, [("start", 2), ("stop", 4)]),
        ("next", 2, [("start", 6)]),
    ]


def test_words_before_the_first_answer_start_nothing_else():
    assert [one[0] for one in told("asked", "handed", "asked", "asked")] == ["first", "resolution"]


def test_passing_on_starts_nothing_anew():
    assert len(told("handed", "handed", "answered", "handed")) == 2


def test_a_pause_rests_the_end_and_no_answer():
    first, resolution, following = told("handed", "answered", "paused", "asked", "resumed", "answered")

    assert resolution[2] == [("start", 0), ("pause", 2), ("resume", 4)]
    assert following[2] == [("start", 3), ("stop", 5)]
    assert first[2] == [("start", 0), ("stop", 1)]


def test_after_the_end_a_new_handoff_is_a_new_round():
    assert [(one[0], one[1]) for one in told("handed", "closed", "asked", "handed")] == [
        ("first", 1), ("resolution", 1), ("first", 2), ("resolution", 2)
    ]  # fmt: skip
