"""A partner's words with the values taken out: what has gone wrong is seen by their names and shapes, whose they are is not.

Letters become x and digits 9, so that a mail address still looks like one; spaces and signs stay."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LONGEST = 48  # signs of a value that are shown
MOST = 200  # values of one payload
NAME = re.compile(r"[@$]?[A-Za-z_][\w.:-]{0,47}")
CODE = re.compile(r"[a-z0-9][a-z0-9_:./-]{0,59}")


@dataclass(frozen=True)
class Value:
    """path: `properties.email`, `lines[2].price`, or `line 3` of a text. text: masked, unless it was asked for open."""

    path: str
    text: str


def values_of(payload: bytes, opened: bool) -> list[Value]:
    """Of JSON by path, of any other text by line. At most MOST."""
    text = payload.decode("utf-8", "replace")
    try:
        found = _walk(json.loads(text), "", opened)
    except (ValueError, RecursionError):
        found = (Value(f"line {n}", shown(line, opened)) for n, line in enumerate(text.splitlines(), 1) if line.strip())
    return [one for one, _ in zip(found, range(MOST), strict=False)]


def shown(text: str, opened: bool) -> str:
    cut = text[:LONGEST] + ("…" if len(text) > LONGEST else "")
    return cut if opened else shape(cut)


def shape(text: str) -> str:
    return "".join("9" if sign.isnumeric() else "x" if sign.isalpha() else sign for sign in text)


def told(refs: Any) -> list[Value]:
    """What a message points at: ids and names of ours as they are; nothing else should stand there, so it is masked."""
    items = sorted(refs.items()) if isinstance(refs, dict) else []
    return [Value(name, _ref(value)) for name, value in items]


def _ref(value: Any) -> str:
    text = str(value)
    return text if isinstance(value, bool | int) or CODE.fullmatch(text) else shape(text[:LONGEST])


def _walk(node: Any, path: str, opened: bool) -> Iterator[Value]:
    if isinstance(node, dict) and node:
        for name, value in node.items():
            word = name if opened or NAME.fullmatch(name) else shape(name)
            yield from _walk(value, f"{path}.{word}" if path else word, opened)
    elif isinstance(node, list) and node:
        for index, value in enumerate(node):
            yield from _walk(value, f"{path}[{index}]", opened)
    else:
        plain = node is None or isinstance(node, bool | dict | list)
        yield Value(path or "·", json.dumps(node) if plain else shown(str(node), opened))
