"""Models of a region on disk: each with its card and picture, and which one is in force. A promotion is one rename."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.errors import NotFound
from hub.sdk.scores import Trained

CHAMPION, MODEL, CARD, PICTURE = "champion", "model.skops", "card.json", "picture.svg"
GONE = ".gone"


@dataclass(frozen=True)
class Shelf:
    """folder/SCORER/VERSION/{model.skops, card.json, picture.svg}, and folder/SCORER/champion: its versions, newest last."""

    folder: Path

    def put(self, scorer: str, version: str, trained: Trained) -> None:
        """Complete or not there: it is written beside its place and moved."""
        place = self.folder / scorer / version
        draft = place.with_name(f".{version}.{os.getpid()}")
        draft.mkdir(parents=True, exist_ok=True)
        (draft / MODEL).write_bytes(trained.model)
        (draft / CARD).write_text(json.dumps(trained.card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (draft / PICTURE).write_text(trained.picture, encoding="utf-8")
        draft.rename(place)

    def versions(self, scorer: str) -> list[str]:
        """Oldest first. What begins with a dot is on its way in or out."""
        place = self.folder / scorer
        there = place.iterdir() if place.is_dir() else ()
        return sorted(one.name for one in there if not one.name.startswith(".") and (one / CARD).is_file())

    def scorers(self) -> list[str]:
        return sorted(one.name for one in self.folder.iterdir() if one.is_dir()) if self.folder.is_dir() else []

    def champion(self, scorer: str) -> str | None:
        held = self._held(scorer)
        return held[-1] if held else None

    def model(self, scorer: str, version: str) -> bytes:
        return self._file(scorer, version, MODEL).read_bytes()

    def card(self, scorer: str, version: str) -> Mapping[str, Any]:
        card: Mapping[str, Any] = json.loads(self._file(scorer, version, CARD).read_text(encoding="utf-8"))
        return card

    def picture(self, scorer: str, version: str) -> str:
        return self._file(scorer, version, PICTURE).read_text(encoding="utf-8")

    def promote(self, scorer: str, version: str) -> None:
        """Raises NotFound."""
        self._file(scorer, version, CARD)
        self._hold(scorer, [*self._held(scorer), version])

    def rollback(self, scorer: str) -> str:
        """Back to the champion before; answers its version. Raises NotFound where there was none."""
        held = self._held(scorer)
        if len(held) < 2:
            raise NotFound(f"{scorer} has no champion before this one.", f"See: hub models list {scorer}")
        self._hold(scorer, held[:-1])
        return held[-2]

    def withdraw(self, scorer: str) -> None:
        """Nothing is in force from now on, and nothing can be taken back."""
        self._hold(scorer, [])

    def remove(self, scorer: str, version: str) -> None:
        """Its files go, and what a kill left of others that went. Raises NotFound, and ValueError for the one in force."""
        place = self._file(scorer, version, CARD).parent
        if version == self.champion(scorer):
            raise ValueError("it is in force")
        self._hold(scorer, [one for one in self._held(scorer) if one != version])
        place.rename(place.with_name(f".{version}{GONE}"))
        for one in place.parent.glob(f".*{GONE}"):
            shutil.rmtree(one)

    def _held(self, scorer: str) -> list[str]:
        path = self.folder / scorer / CHAMPION
        return path.read_text(encoding="utf-8").split() if path.is_file() else []

    def _hold(self, scorer: str, versions: list[str]) -> None:
        path = self.folder / scorer / CHAMPION
        draft = path.with_name(f".{CHAMPION}.{os.getpid()}")
        draft.write_text("\n".join(versions) + "\n", encoding="utf-8")
        draft.replace(path)

    def _file(self, scorer: str, version: str, name: str) -> Path:
        if version not in self.versions(scorer):
            raise NotFound(f"There is no model {version} of {scorer}.", f"See: hub models list {scorer}")
        return self.folder / scorer / version / name
