"""hub templates prove: exit 1 with the file, the language and the cure."""

import json

from click.testing import CliRunner

from hub.cli import cli
from hub.cli.templates import templates_group
from hub.templates import Templates


def test_a_broken_template_is_told_and_ends_with_one(hub, monkeypatch):
    monkeypatch.setattr("hub.cli.templates.opened", lambda region: _Opened(hub))
    (hub.settings.config / "templates" / "wrong.yaml").write_text('texts: {en: "Dear {{ name }}"}')

    done = CliRunner().invoke(templates_group, ["prove", "--json"])

    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["templates"] == len(Templates(hub.settings.config / "templates").all())
    assert "wrong.yaml" in told["problems"][0]


class _Opened:
    def __init__(self, hub):
        self.hub = hub

    def __enter__(self):
        return self.hub

    def __exit__(self, *_):
        return None


def test_it_is_a_word_of_the_hub():
    assert cli.get_command(None, "templates") is templates_group
