"""Joins the site: pages of the reference are made from the code at each build and are never kept."""

from typing import Any

from mkdocs.structure.files import File, Files
from reference import PAGES


def on_files(files: Files, config: Any) -> Files:
    for name, page in PAGES.items():
        files.append(File.generated(config, f"reference/{name}.md", content=page()))
    return files
