"""A line takes what is said from any thread, and is followed by an iterating thread or by a loop."""

import threading

from hub.telling import MOST, Line


def test_what_was_said_is_taken_once_in_its_order() -> None:
    line = Line()
    line.say("a")
    line.say("b")

    assert [line.take(), line.take()] == [("ab", False), ("", False)]


def test_what_was_said_before_the_end_is_still_told_and_nothing_after_it() -> None:
    line = Line()
    line.say("a")
    line.end()
    line.say("b")

    assert list(line) == ["a"]


def test_a_thread_that_waits_is_woken() -> None:
    line, told = Line(), []
    reader = threading.Thread(target=lambda: told.extend(line))
    reader.start()

    line.say("a")
    line.end()
    reader.join(10)

    assert "".join(told) == "a"


def test_a_follower_is_told_that_there_is_something_and_also_of_what_came_before() -> None:
    line, calls = Line(), []
    line.say("a")
    line.follow(lambda: calls.append(1))
    line.say("b")
    line.end()

    assert len(calls) == 3


def test_a_reader_who_takes_nothing_holds_so_many_texts_and_no_more() -> None:
    line = Line()
    for _ in range(MOST + 5):
        line.say("x")

    text, ended = line.take()

    assert (len(text), ended) == (MOST, True)
