"""The process that durable-rules lives in: programs and questions come in as lines, names of fired rules go out.

It imports nothing of ours, keeps nothing between two questions, and may die at any time."""

import json
import resource
import sys
from typing import Any

MEMORY = 1 << 30  # bytes of address space
MOST_FIRED = 20_000


class Machine:
    """One program. One customer at a time: a no-op rule first opens the state, deleting it forgets them."""

    def __init__(self, program: dict[str, Any]) -> None:
        import durable_rules_engine

        self.engine = durable_rules_engine
        self.follow = program["follow"]
        self.handles = [
            durable_rules_engine.create_ruleset(f"r{number}", json.dumps(rules))
            for number, rules in enumerate(program["rulesets"])
        ]

    def answer(self, question: list[list[dict[str, Any]]]) -> list[str]:
        fired: set[str] = set()
        for handle, facts in zip(self.handles, question, strict=True):
            self._ask(handle, facts, fired)
        return sorted(fired - {"$enter"})

    def _ask(self, handle: int, facts: list[dict[str, Any]], fired: set[str]) -> None:
        told, count = 0, 0
        waiting = [{"t": "$enter"}, *facts]
        while told < len(waiting):
            fact = {"sid": "c", "id": str(told), **waiting[told]}
            told += 1
            code, state = self.engine.assert_fact(handle, json.dumps(fact))
            action = self.engine.start_action_for_state(handle, state) if code == 0 else None
            message = action[1] if action else None
            while message:
                count += 1
                if count > MOST_FIRED:
                    raise RuntimeError("too many matches")
                for name in json.loads(message):
                    if name not in fired:
                        fired.add(name)
                        waiting += self.follow.get(name, [])
                message = self.engine.complete_and_start_action(handle, state)
        self.engine.delete_state(handle, "c")


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    machine = Machine(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        answers = [machine.answer(question) for question in json.loads(line)]
        sys.stdout.write(json.dumps(answers) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
