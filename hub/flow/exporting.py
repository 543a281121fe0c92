"""The whole configuration as it is in force here, as files: the folder's own, and of segments and journeys the version that stands."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import WrongInput
from hub.flow.versions import text_of
from hub.models import JourneyVersion, SegmentVersion


def export(hub: Hub, folder: Path) -> list[str]:
    """Write it, all of it or nothing; answers files that say something else than is in force, as `journeys/welcome.yaml`. People
    are not in it, nor secrets, which stand in the environment. Raises WrongInput for a folder that is there already."""
    if folder.exists():
        raise WrongInput(f"{folder} is there already.", "Name a folder that is not.")
    config = hub.settings.config
    with hub.look() as session:
        standing = in_force(session)
    differing = []
    folder.resolve().parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.resolve().parent, prefix=".export-") as space:
        copy = Path(space) / "config"
        shutil.copytree(config, copy, ignore=shutil.ignore_patterns(".*"))
        for name, text in standing.items():
            file = copy / name
            if not file.exists() or file.read_text(encoding="utf-8") != text:
                differing.append(name)
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        copy.rename(folder)
    return differing


def in_force(session: Session) -> Mapping[str, str]:
    """By their place in the folder of the configuration, the texts as they were written."""
    segments = session.scalars(select(SegmentVersion).where(SegmentVersion.ended_at.is_(None)))
    journeys = session.scalars(select(JourneyVersion).where(JourneyVersion.ended_at.is_(None)))
    found = {f"segments/{one.segment}.yaml": text_of(one) for one in segments}
    found |= {f"journeys/{one.journey}.yaml": one.text for one in journeys}
    return dict(sorted(found.items()))
