"""Children are kept alive, done ones stay done, frozen ones are killed, and nobody outlives the supervisor."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

PROGRAM = textwrap.dedent("""
    import gc, os, signal, sys, time
    from pathlib import Path
    from hub.worker import Supervisor

    notes = Path(sys.argv[1])

    def note(word):
        with notes.open("a") as file:
            file.write(f"{word} {os.getpid()}\\n")

    def once():
        note("once")

    def steady():
        note("steady")
        time.sleep(60)

    def family():
        if os.fork() == 0:
            note("heir")
            time.sleep(60)
        note("parent")
        time.sleep(60)

    def ends():
        note("ending")
        time.sleep(float(sys.argv[2]))
        note(f"finished={supervisor.finished({'once'})}")
        note(f"shared={gc.get_freeze_count() > 1000}")

    supervisor = Supervisor(stalled=2.5)
    supervisor.add("once", once, once=True)
    supervisor.add("steady", steady)
    supervisor.add("ends", ends, once=True, ends_all=True)
    if "family" in sys.argv:
        supervisor.add("family", family)
    sys.exit(supervisor.serve())
""")


def start(tmp_path, seconds, *more):
    notes = tmp_path / "notes"
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(notes), str(seconds), *more]), notes


def words(notes):
    return [tuple(line.split()) for line in notes.read_text().splitlines()] if notes.exists() else []


def wait_for(notes, word, count, patience=15.0):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = [int(pid) for said, pid in words(notes) if said == word]
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError(words(notes))


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def alive(pid, patience=10.0):
    """An orphan is gone once init has reaped it; a dead one that waits for that is dead."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if gone(pid) or Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return False
        time.sleep(0.05)
    return True


def test_a_child_that_is_done_is_not_started_again_and_the_last_one_ends_all(tmp_path):
    process, notes = start(tmp_path, 2.5)

    assert process.wait(20) == 0
    assert [word for word, _ in words(notes)].count("once") == 1
    assert "finished=True" in [word for word, _ in words(notes)]


def test_what_was_there_before_children_parted_is_no_garbage_to_them(tmp_path):
    """Their collectors would touch, and so copy, each of its pages: half of a region's memory."""
    process, notes = start(tmp_path, 0)

    assert process.wait(20) == 0
    assert "shared=True" in [word for word, _ in words(notes)]


def test_a_killed_child_is_started_again(tmp_path):
    process, notes = start(tmp_path, 60)
    first = wait_for(notes, "steady", 1)[0]

    os.kill(first, signal.SIGKILL)

    assert wait_for(notes, "steady", 2)[1] != first
    process.terminate()
    process.wait(20)


def test_the_one_that_ends_all_ends_nothing_when_it_is_killed(tmp_path):
    """On a busy machine it may stand still as any other: a run that ended there would look as if all had been well."""
    process, notes = start(tmp_path, 2.5)
    first = wait_for(notes, "ending", 1)[0]

    os.kill(first, signal.SIGKILL)

    assert wait_for(notes, "ending", 2)[1] != first
    assert process.wait(20) == 0
    assert "finished=True" in [word for word, _ in words(notes)]


def test_a_frozen_child_is_killed_before_it_can_wake_up(tmp_path):
    process, notes = start(tmp_path, 60)
    first = wait_for(notes, "steady", 1)[0]

    os.kill(first, signal.SIGSTOP)

    assert wait_for(notes, "steady", 2)[1] != first
    assert gone(first)
    process.terminate()
    process.wait(20)


def test_what_a_dead_child_has_forked_does_not_stand_in_the_way_of_the_next(tmp_path):
    process, notes = start(tmp_path, 60, "family")
    heir, parent = wait_for(notes, "heir", 1)[0], wait_for(notes, "parent", 1)[0]

    os.kill(heir, signal.SIGSTOP)  # the worst case: it cannot even notice that its parent is gone
    os.kill(parent, signal.SIGKILL)

    second = wait_for(notes, "heir", 2)[1]
    assert not alive(heir)
    process.terminate()
    process.wait(20)
    assert not alive(second)


def test_children_end_with_their_supervisor_even_when_it_is_killed(tmp_path):
    process, notes = start(tmp_path, 60)
    child = wait_for(notes, "steady", 1)[0]

    process.kill()
    process.wait(20)

    end = time.monotonic() + 10
    while not gone(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert gone(child)
