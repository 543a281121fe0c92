"""Is every question answered? Where no policy allows anything, nobody could say yes, and nobody's record could be kept."""

from pathlib import Path

from hub.core import Hub
from hub.errors import ConfigError
from rules import RuleError
from rules.parse import read
from rules.policy import MESSAGE, QUESTIONS

NEEDED = {
    "approval": "nobody could say yes to anything",
    "residence": "every record that declares a residence would be set aside",
}
SHIPPED = {"approval": "who_may_say_yes.yaml", "residence": "whoever_lives_here_is_kept_here.yaml"}
if {MESSAGE, *NEEDED} != set(QUESTIONS):
    raise ValueError("A question has come that nobody thought of here.")


def check(hub: Hub) -> None:
    """At the start only: whoever takes the last one away later is refused question by question. Raises ConfigError."""
    allowed = {one.question for one in hub.book.current().policies if one.verdict == "allow"}
    if problems := _missing(hub.settings.config, allowed):
        raise ConfigError(problems[0])


def problems_of(config: Path) -> list[str]:
    allowed = set()
    for path in (config / "policies").glob("*.yaml"):
        try:
            top = read(path).top
        except RuleError:
            return []  # what cannot be read is told by whoever reads the book
        if top.get("verdict") == "allow":
            allowed.add(str(top.get("question", MESSAGE)))
    return _missing(config, allowed)


def _missing(config: Path, allowed: set[str]) -> list[str]:
    return [
        f"{config / 'policies'}: no policy answers “question: {question}” with allow, so {what}. "
        f"Take {SHIPPED[question]} of the folder that `hub init` makes."
        for question, what in NEEDED.items() if question not in allowed
    ]  # fmt: skip
