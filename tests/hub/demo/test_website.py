"""The demo's garage has a site of its own, which holds the chat's one tag and is another origin than the hub."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client

from hub.demo.sandboxes import port_of
from hub.demo.website import website
from hub.settings import Settings, load_settings

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"HUB_HOME": str(tmp_path)}, CONFIG)


@pytest.mark.parametrize("language", ["en", "de", "ar", "th"])
def test_each_region_has_a_page_with_its_own_chat(settings: Settings, language: str) -> None:
    site = Client(website(settings))

    for code, region in settings.regions.items():
        page = site.get(f"/{code}?lang={language}").text
        assert f'<script src="{region.origin}/widget.js" defer></script>' in page
        assert f'<html lang="{language}"' in page
        here = f"http://127.0.0.1:{port_of(settings)}"
        assert here in region.widget_origins, "or its page would stay empty"
        assert urlsplit(here).netloc != urlsplit(region.origin).netloc


def test_there_is_no_page_of_another_place_and_what_is_asked_for_is_not_said_again(settings: Settings) -> None:
    site = Client(website(settings))

    assert site.get("/nowhere").status_code == 404
    assert "<script>alert" not in site.get("/eu?lang=<script>alert(1)</script>").text
