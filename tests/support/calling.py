"""Commands, called as a person would, against the test's own hub."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from hub.cli import main
from hub.core import Hub
from hub.settings import Settings

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Run:
    """Run a command against the hub's own folders; answers (exit code, standard output, standard error)."""
    for name, value in settings.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("REDIS_URL", f"unix://{hub.bell.redis.connection_pool.connection_kwargs['path']}")

    return lambda *words: called(words, monkeypatch, capsys)


def called(words: Iterable[object], monkeypatch: pytest.MonkeyPatch, capsys: Any) -> tuple[int, str, str]:
    """`hub` with these words; answers (exit code, standard output, standard error)."""
    monkeypatch.setattr("sys.argv", ["hub", *map(str, words)])
    code: Any = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    said = capsys.readouterr()
    return code or 0, said.out, said.err
