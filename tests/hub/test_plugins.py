"""Installed is not active, and what does not fit is said in words."""

import pytest

from hub.errors import ConfigError
from hub.plugins import installed, load_plugins


def test_only_what_the_configuration_names_is_active():
    plugins = load_plugins(["loyalty"])

    assert plugins.list_name_plugin() == [("loyalty", plugins.get_plugin("loyalty"))]
    assert {"csvfile", "hubspot", "loyalty", "sms", "compliance", "portal"} <= installed().keys()


def test_two_managers_share_nothing():
    assert load_plugins([]).get_plugins() == set()
    assert len(load_plugins(["loyalty"]).get_plugins()) == 1


def test_a_plugin_that_is_not_installed_is_told_with_the_nearest_name():
    with pytest.raises(ConfigError, match="Did you mean “hubspot”"):
        load_plugins(["hubspt"])
