"""The plugin interface: every hook of the floor plan is there, and says in one sentence what it is for."""

import inspect

import pluggy
import pytest

from hub.sdk import hookspecs

HOOKS = (
    "register_connectors", "register_channels", "register_scorers", "register_analyses", "register_facts",
    "register_steps", "register_models", "register_blueprints", "register_commands", "register_sandboxes",
    "register_cases", "startup", "decide", "erase_person", "export_person",
    "check_configuration", "describe_configuration", "minute_passed", "customer_changed", "customer_wrote",
    "dead_lettered", "least_people",
)  # fmt: skip


def specs() -> dict[str, object]:
    plugins = pluggy.PluginManager("hub")
    plugins.add_hookspecs(hookspecs)
    return {name: hook.spec.function for name, hook in vars(plugins.hook).items() if name[0] != "_"}


def test_there_is_no_hook_but_these() -> None:
    assert sorted(specs()) == sorted(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_the_hook_says_in_one_sentence_what_it_is_for(name: str) -> None:
    said = inspect.getdoc(specs()[name]) or ""
    assert said.endswith(".")
    assert ". " not in said
    assert "\n" not in said


@pytest.mark.parametrize("name", HOOKS)
def test_a_plugin_may_implement_the_hook_with_no_argument_at_all(name: str) -> None:
    class Plugin:
        pass

    def answer() -> list[str]:
        return ["heard"]

    setattr(Plugin, name, staticmethod(hookspecs.hookimpl(answer)))
    plugins = pluggy.PluginManager("hub")
    plugins.add_hookspecs(hookspecs)
    plugins.register(Plugin())
    plugins.check_pending()
    given = dict.fromkeys(inspect.signature(specs()[name]).parameters)  # type: ignore[arg-type]
    assert ["heard"] in getattr(plugins.hook, name)(**given)
