"""Policies decide: the YAML files under config/policies, asked before each effect and each push, each yes and each residence."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from flask_smorest import Blueprint

from hub.core import Hub
from hub.sdk import Decision, Question, hookimpl
from rules.policy import decide as weigh
from rules.schema_nodes import Schema


@hookimpl
def decide(hub: Hub, question: Question) -> Sequence[Decision]:
    """One Decision for each policy that speaks of this question; none: nobody allowed it."""
    from compliance.bases import with_basis

    policies = hub.book.current().policies
    return [
        Decision(verdict.verdict, verdict.policy, verdict.reason, frozenset(verdict.mask), verdict.law)
        for verdict in weigh(policies, with_basis(hub.settings.config, question.facts), question.now, question.about)
    ]


@hookimpl
def startup(hub: Hub) -> None:
    """A region whose bytes would lie outside its policy, or whose questions nobody answers, does not start."""
    from compliance import answered, storage

    storage.check(hub.settings, hub.region_code)
    answered.check(hub)


@hookimpl
def register_commands(cli: click.Group) -> None:
    from compliance.commands import COMMANDS

    for command in COMMANDS:
        cli.add_command(command)


@hookimpl
def register_blueprints(hub: Hub) -> Sequence[Blueprint]:
    from compliance import doors

    return [doors.bp]


@hookimpl
def least_people(config: Path, release: str) -> int:
    from compliance.releases import release_of

    return release_of(config, release).k


@hookimpl
def check_configuration(config: Path) -> Sequence[str]:
    from compliance import answered, archive_law, breach_law, keeping, periods, purposes, releases, storage
    from compliance.backups import periods as backups

    return [
        problem
        for one in (answered, periods, purposes, keeping, archive_law, backups, breach_law, releases, storage)
        for problem in one.problems_of(config)
    ]


@hookimpl
def describe_configuration() -> Mapping[str, Schema]:
    from compliance.file_schemas import SCHEMAS

    return {place: made() for place, made in SCHEMAS.items()}


@hookimpl
def minute_passed(hub: Hub) -> None:
    """Erasures go on by themselves once partners have answered, or a hold has ended; texts of consent are kept as they change;
    backups that are too old are destroyed, and once a night what was kept long enough goes."""
    from compliance import consents, erasure, retention
    from compliance.backups import making

    erasure.run_all(hub)
    consents.publish(hub)
    making.prune(hub, making.place_of(hub))
    retention.run_tonight(hub)
