"""Which sequences and chains hold for a customer: by durable-rules where it runs, by plain Python with the same answers."""

import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hub.engine.process import Process
from rules import tree
from rules.calendar import Moment
from rules.patterns import Chain, Program, chain_facts, compile_chain, compile_sequences, facts_of, follow
from rules.predicate import judge
from rules.views import View

Start = Callable[[dict[str, Any]], Process]


def is_built() -> bool:
    """Could durable-rules be built here? It needs a compiler, and a Python before 3.13."""
    return importlib.util.find_spec("durable_rules_engine") is not None


@dataclass
class Served:
    """How many customers each matcher answered for."""

    engine: int = 0
    built_in: int = 0


class _Asking:
    """process: None where the built-in matcher serves alone."""

    def __init__(self, program: Program, start: Start | None) -> None:
        self.program = program
        self.process = start(program.plain()) if start and program.rulesets else None
        self.served = Served()

    def _ask(self, questions: Sequence[list[list[dict[str, Any]]] | None]) -> list[frozenset[str] | None]:
        if self.process is None:
            return [None] * len(questions)
        found = iter(self.process.ask([one for one in questions if one is not None]))
        return [None if one is None else next(found) for one in questions]

    def _count(self, answers: Iterable[frozenset[str] | None]) -> None:
        for one in answers:
            self.served.engine += one is not None
            self.served.built_in += one is None

    def report(self) -> dict[str, Any]:
        return asdict(self.served) | (asdict(self.process.report) if self.process else {})

    def close(self) -> None:
        if self.process:
            self.process.close()


class SequenceMatcher(_Asking):
    """start: makes the process, Process for one; None: plain Python only."""

    def __init__(self, sequences: Mapping[str, tree.Sequence], start: Start | None) -> None:
        super().__init__(compile_sequences(sequences), start)
        self.sequences = sequences

    def match(self, views: Sequence[View], moment: Moment) -> list[frozenset[str]]:
        """Names of the sequences that hold, per customer."""
        asked = self.process is not None
        questions = [facts_of(self.sequences, self.program, view, moment) if asked else None for view in views]
        answers = self._ask(questions)
        self._count(answers)
        return [self._of(view, answer, moment) for view, answer in zip(views, answers, strict=True)]

    def _of(self, view: View, answer: frozenset[str] | None, moment: Moment) -> frozenset[str]:
        open_ = self.sequences.keys() if answer is None else self.program.beyond
        held = {name for name in open_ if judge(self.sequences[name], view, moment, None)}
        return (answer or frozenset()) | held


class ChainMatcher(_Asking):
    """Forward chaining: what follows from what is known of a customer. It proposes; the policy decides."""

    def __init__(self, chains: Sequence[Chain], start: Start | None) -> None:
        super().__init__(compile_chain(chains), start)
        self.chains = chains

    def follow(self, known: Sequence[frozenset[str]]) -> list[frozenset[str]]:
        """Names of the chains that hold, per customer."""
        answers = self._ask([chain_facts(self.chains, one) for one in known])
        self._count(answers)
        return [
            follow(self.chains, one) if answer is None else answer for one, answer in zip(known, answers, strict=True)
        ]
