"""A child process that is asked in batches and watched: one that hangs, dies or talks nonsense is replaced, and the question
that did it is put aside."""

import hashlib
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any, cast

log = logging.getLogger(__name__)
COMMAND = (sys.executable, "-m", "hub.engine.worker")
BATCH = 50
AGE = 20_000  # questions to a process
KEPT = 1000  # questions put aside that are remembered
Question = list[list[dict[str, Any]]]


class Failed(Exception):
    """The child gave no answer; str(error) says how it ended."""


@dataclass
class Report:
    """asked: questions answered by the child. quarantined: digest of a question -> how the child ended on it."""

    asked: int = 0
    started: int = 0
    quarantined: dict[str, str] = field(default_factory=dict)


class Process:
    """Not for two threads at once: answers come in the order of questions. timeout: seconds to a batch."""

    def __init__(self, program: dict[str, Any], timeout: float = 10.0, command: Sequence[str] = COMMAND) -> None:
        self.program = json.dumps(program)
        self.timeout = timeout
        self.command = command
        self.report = Report()
        self.child: subprocess.Popen[str] | None = None
        self.age = 0

    def ask(self, questions: Sequence[Question]) -> list[frozenset[str] | None]:
        """Names of the rules that fired, per question; None where the question is put aside."""
        answers: list[frozenset[str] | None] = []
        for start in range(0, len(questions), BATCH):
            answers += self._batch(list(questions[start : start + BATCH]))
        return answers

    def _batch(self, batch: list[Question]) -> list[frozenset[str] | None]:
        known = self.report.quarantined
        good = [question for question in batch if digest(question) not in known] if known else batch
        try:
            found = iter(self._tell(good) if good else [])
        except Failed as error:
            if len(batch) == 1:
                self._put_aside(batch[0], str(error))
                return [None]
            return [answer for one in batch for answer in self._batch([one])]
        return [None if known and digest(one) in known else next(found) for one in batch]

    def _put_aside(self, question: Question, reason: str) -> None:
        while len(self.report.quarantined) >= KEPT:
            del self.report.quarantined[next(iter(self.report.quarantined))]
        self.report.quarantined[digest(question)] = reason
        log.error("question put aside", extra={"reason": reason})

    def _tell(self, questions: list[Question]) -> list[frozenset[str]]:
        if self.age + len(questions) > AGE:
            self.close()
        child = self.child or self._start()
        late = threading.Event()

        def end() -> None:
            late.set()
            child.kill()

        watchdog = threading.Timer(self.timeout, end)
        watchdog.start()
        try:
            say, hear = cast(IO[str], child.stdin), cast(IO[str], child.stdout)
            say.write(json.dumps(questions) + "\n")
            say.flush()
            answers = _read(hear.readline(), len(questions))
        except (OSError, ValueError) as error:
            self.close()
            ended = f"no answer within {self.timeout:g} s" if late.is_set() else f"ended with {child.returncode}"
            raise Failed(ended) from error
        finally:
            watchdog.cancel()
        self.age += len(questions)
        self.report.asked += len(questions)
        return [frozenset(names) for names in answers]

    def _start(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        child = subprocess.Popen(  # noqa: S603 - a command of our own
            self.command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
        )
        self.child, self.age = child, 0
        self.report.started += 1
        try:
            say = cast(IO[str], child.stdin)
            say.write(self.program + "\n")
            say.flush()
        except OSError:
            pass  # it is gone already: the first question will tell
        return child

    def close(self) -> None:
        if self.child is None:
            return
        self.child.kill()
        self.child.wait()
        for stream in (self.child.stdin, self.child.stdout):
            try:
                if stream:
                    stream.close()
            except OSError:
                pass  # what was not yet written to a dead child
        self.child = None


def _read(line: str, count: int) -> list[list[str]]:
    """As many lists of names as there were questions. Raises ValueError for anything else: half an answer is none."""
    answers = json.loads(line)
    if not isinstance(answers, list) or len(answers) != count:
        raise ValueError("not an answer to each question")
    if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in answers):
        raise ValueError("answers that are no names")
    return answers


def digest(question: Question) -> str:
    return hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:16]
