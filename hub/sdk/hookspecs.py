"""The whole plugin interface: implement any of these, and accept any subset of the arguments."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import click
import pluggy

from hub.sdk.cases import Case
from hub.sdk.contracts import Connector, Decision, Hub, Question, Sandbox, Work
from hub.sdk.scores import Analysis, Attribution, Bandit, Scorer, Survival
from rules.catalogue import Fact
from rules.journeys.plugged import PluginStep

F = TypeVar("F", bound=Callable[..., Any])

hookspec = cast(Callable[[F], F], pluggy.HookspecMarker("hub"))
hookimpl = pluggy.HookimplMarker("hub")


@hookspec
def register_connectors() -> Sequence[type[Connector]]:  # type: ignore[empty-body]
    """Bring connector classes; each is built once per Connection that config/hub.yaml names."""


@hookspec
def register_channels() -> Sequence[type[Connector]]:  # type: ignore[empty-body]
    """Bring connector classes that speak to people."""


@hookspec
def register_scorers() -> Sequence[Scorer]:  # type: ignore[empty-body]
    """Bring scorers."""


@hookspec
def register_analyses() -> Sequence[Analysis | Attribution | Bandit | Survival]:  # type: ignore[empty-body]
    """Bring statistics that judge experiments and attribution."""


@hookspec
def register_facts() -> Sequence[Fact]:  # type: ignore[empty-body]
    """Bring facts that rules may name."""


@hookspec
def register_steps() -> Sequence[PluginStep]:  # type: ignore[empty-body]
    """Bring steps that journeys may name: pure functions with what they take, read and answer."""


@hookspec
def register_models() -> Sequence[str]:  # type: ignore[empty-body]
    """Bring tables: the folders of alembic branches, one per plugin."""


@hookspec
def register_blueprints(hub: Hub) -> Sequence[Any]:  # type: ignore[empty-body]
    """Bring Flask blueprints."""


@hookspec
def register_commands(cli: click.Group) -> None:
    """Add commands to `hub`."""


@hookspec
def register_sandboxes(folder: Any, seed: int) -> Sequence[Sandbox]:  # type: ignore[empty-body]
    """Bring local stand-ins of partners."""


@hookspec
def register_cases(folder: Any) -> Sequence[Case]:  # type: ignore[empty-body]
    """Bring what your connectors are proved with, by `hub connector check`: an account, recorded webhooks, a sandbox."""


@hookspec
def startup(hub: Hub) -> None:
    """Told when all parts are built and nothing has run: raise ConfigError to stop."""


@hookspec
def decide(hub: Hub, question: Question) -> Sequence[Decision] | None:
    """Asked before each Step, Push, approval and declared residence (`question.about`): one deny is enough, silence is a no."""


@hookspec
def erase_person(work: Work, person_id: int) -> Sequence[str]:  # type: ignore[empty-body]
    """Asked to erase, inside the caller's transaction: answer what was erased."""


@hookspec
def export_person(work: Work, person_id: int) -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Asked for all that is kept about a person."""


@hookspec
def least_people(config: Any, release: str) -> int:  # type: ignore[empty-body]
    """Asked before numbers about people leave as `returns`: how many each counts at least; no answer is a no."""


@hookspec
def check_configuration(config: Any) -> Sequence[str]:  # type: ignore[empty-body]
    """Asked by `hub check` what is wrong in the plugin's own files of this folder, each with file, line and mend."""


@hookspec
def describe_configuration() -> Mapping[str, Mapping[str, Any]]:  # type: ignore[empty-body]
    """Bring the JSON Schemas of the plugin's own files of the configuration, by their place in it: `chain.yaml`, `privacy/*.yaml`."""


@hookspec
def minute_passed(hub: Hub) -> None:
    """Told by the region's clock once a minute: go on with what has waited."""


@hookspec
def customer_changed(work: Work, customer_id: int, changes: Sequence[str]) -> None:
    """Told in the transaction that changed a customer."""


@hookspec
def customer_wrote(hub: Hub, work: Work, customer_id: int, text: str, key: str) -> None:
    """Told in the transaction that took in a customer's answer to a text, under a key that is the same at each telling."""


@hookspec
def dead_lettered(hub: Hub, dead_letter_id: int, reason: str) -> None:
    """Told after a message or delivery was given up."""
