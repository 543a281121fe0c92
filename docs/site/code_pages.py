"""Hooks and contracts, as signatures with their sentence, and the connectors that come with the house."""

import inspect
from collections.abc import Iterator
from typing import Any

from tables import code, plain, signature, table

from hub.core import connector_classes
from hub.plugins import installed, load_plugins
from hub.sdk import contracts, hookspecs


def hooks() -> str:
    specs = [one for one in vars(hookspecs).values() if getattr(one, "hub_spec", None) is not None]
    told = [
        f"### {one.__name__}\n\n```python\n{one.__name__}{signature(one)}\n```\n\n{plain(one.__doc__)}" for one in specs
    ]
    types = [one for one in vars(contracts).values() if inspect.isclass(one) and one.__module__ == contracts.__name__]
    return (
        "# Hooks and contracts\n\nA plugin is a module that an entry point of the group `hub.plugins` names and `config/hub.yaml` "
        "lists. It implements any of these hooks with `@hookimpl` and accepts any subset of the arguments. Everything it may "
        "import is in `hub.sdk`.\n\n## Hooks\n\n" + "\n\n".join(told)
        + "\n\n## Contracts\n\nWhat hooks return and take. A connector has those of the methods that its partner has a use for.\n\n"
        + "\n\n".join(_contract(one) for one in types)
        + "\n"
    )  # fmt: skip


def _contract(one: type) -> str:
    lines = [f"class {one.__name__}:"]
    lines += [f"    {name}: {_short(type_)}" for name, type_ in inspect.get_annotations(one).items()]
    lines += [f"    def {name}{signature(method)}" for name, method in _methods(one)]
    sentences = [
        f"- `{name}`: {' '.join(plain(method.__doc__).split())}" for name, method in _methods(one) if method.__doc__
    ]
    said = "" if (one.__doc__ or "").startswith(f"{one.__name__}(") else plain(one.__doc__)
    shown = "" if len(lines) == 1 else "\n\n```python\n" + "\n".join(lines) + "\n```"
    return f"### {one.__name__}\n\n{said}{shown}\n\n" + "\n".join(sentences)


def _methods(one: type) -> Iterator[tuple[str, Any]]:
    for name, value in vars(one).items():
        method = value.fget if isinstance(value, property) else value
        if inspect.isfunction(method) and method.__module__ == one.__module__ and not name.startswith("_"):
            yield name, method


def _short(type_: Any) -> str:
    return (
        inspect.formatannotation(type_)
        .replace("collections.abc.", "")
        .replace("typing.", "")
        .replace("hub.sdk.contracts.", "")
    )


def connectors() -> str:
    found = connector_classes(load_plugins(tuple(installed())))
    blocks = []
    for name, one in sorted(found.items()):
        topics = table(
            ("topic", "effect", "purpose"), ((code(t.name), t.effect, code(t.purpose)) for t in one.topics)
        ) if one.topics else "It takes no messages."  # fmt: skip
        kind = getattr(one, "kind", "")
        blocks.append(f"## {name}\n\n{kind and f'Kind: {kind}. '}{plain(one.__doc__)}\n\n{topics}")
    return (
        "# Connectors\n\nWhat the installed plugins bring, and the topics that `hears` of a connection may name. What the effect "
        "classes promise stands under [One effect, exactly once](../explanation/exactly-once.md).\n\n"
        + "\n\n".join(blocks)
        + "\n"
    )
