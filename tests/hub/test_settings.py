"""Single settings of a region in hub.yaml: what is right counts, what is wrong is told with its place."""

from pathlib import Path

import pytest

from hub.errors import ConfigError
from hub.settings import Settings, load_settings


def read(folder: Path, setting: str) -> Settings:
    (folder / "hub.yaml").write_text(
        "plugins: []\nregions:\n  eu:\n    cell: 1\n    jurisdiction: DE\n    port: 8101\n"
        f"    {setting}\nconnections:\n  import_eu: {{connector: csvfile, region: eu}}\n"
    )
    return load_settings({"HUB_HOME": str(folder)}, folder)


@pytest.mark.parametrize(
    "origin",
    ["https://www.garage.example", "https://garage.example:8443", "http://127.0.0.1:8190", "http://site.localhost"],
)
def test_a_site_may_show_the_chat(tmp_path: Path, origin: str) -> None:
    assert read(tmp_path, f"widget_origins: [{origin}]").region("eu").widget_origins == (origin,)


@pytest.mark.parametrize(
    "wrong",
    ["http://garage.example", "https://*.garage.example", "https://garage.example/", "https://Garage.example", "garage.example",
     "'*'", "\"https://a.example; script-src *\"", "https://a.example https://b.example", "\"'self'\""],
)  # fmt: skip
def test_what_is_no_origin_is_told_at_its_line(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"hub.yaml:7:5: .* is no origin of a site. Write scheme and host"):
        read(tmp_path, f"widget_origins: [{wrong}]")
