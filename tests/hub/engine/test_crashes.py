"""The real engine, killed, frozen, or answering wrong while it is asked: no customer is lost, and plain Python answers for it."""

import os
import signal
import sys
from random import Random

import pytest

from hub.engine.matching import SequenceMatcher, is_built
from hub.engine.process import COMMAND, Process
from hub.engine.proof import MOMENT, a_history, some_sequences
from rules.predicate import judge

needs_engine = pytest.mark.skipif(not is_built(), reason="durable-rules is not built here")
SEQUENCES = some_sequences()


def histories(count, number=3):
    rng = Random(number)
    return [a_history(rng) for _ in range(count)]


def right(views):
    return [{name for name, one in SEQUENCES.items() if judge(one, view, MOMENT, None)} for view in views]


@needs_engine
def test_an_engine_that_is_killed_between_two_questions_is_started_again():
    matcher = SequenceMatcher(SEQUENCES, Process)
    first, second = histories(60), histories(60, 4)
    assert matcher.match(first, MOMENT) == right(first)

    os.kill(matcher.process.child.pid, signal.SIGKILL)
    found = matcher.match(second, MOMENT)
    matcher.close()

    assert found == right(second)
    assert matcher.process.report.started >= 2
    assert matcher.served.engine == 120


@needs_engine
def test_an_engine_that_is_frozen_is_killed_and_its_questions_are_answered():
    matcher = SequenceMatcher(SEQUENCES, lambda program: Process(program, timeout=2.0))
    views = histories(3)
    matcher.match(views, MOMENT)

    os.kill(matcher.process.child.pid, signal.SIGSTOP)
    found = matcher.match(views, MOMENT)
    matcher.close()

    assert found == right(views)
    assert matcher.process.report.started == 2


@needs_engine
def test_a_question_that_crashes_the_real_engine_is_put_aside_and_plain_python_answers_it():
    process = Process({"rulesets": [{"r": {"all": [{"m": {"t": "x"}}]}}], "follow": {}})
    good, poison = [[{"t": "x"}]], [[[1, 2]]]  # a list for a fact: the engine's own defect

    answers = process.ask([good, poison, good])
    process.close()

    assert answers == [{"r"}, None, {"r"}]
    assert len(process.report.quarantined) == 1


@pytest.mark.parametrize("lie", ["[]", "{}", "nonsense", '[["ab"]', "null", "[1, 2, 3]", "[[1], [2], [3]]"])
def test_an_engine_that_answers_in_another_form_is_not_believed(lie):
    code = f"import sys\nfor line in sys.stdin: print({lie!r}, flush=True)"
    matcher = SequenceMatcher(SEQUENCES, lambda program: Process(program, 2.0, (sys.executable, "-c", code)))
    views = histories(3)

    found = matcher.match(views, MOMENT)
    matcher.close()

    assert found == right(views)
    assert matcher.served.built_in == 3


def test_the_engines_process_is_ours_and_nobody_elses():
    assert COMMAND[1:] == ("-m", "hub.engine.worker")
