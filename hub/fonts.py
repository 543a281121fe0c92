"""Fonts for papers: whatever this machine or an installed package has for each script; nothing is brought along."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

# places where systems keep fonts; a package of fonts counts as one, too
FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
    Path("/System/Library/Fonts"),
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
PACKAGES = ("fontpkg_noto_sans", "fontpkg_noto_sans_arabic", "fontpkg_noto_sans_thai")
# per script the files that are looked for, best first, without their suffix
NAMES: Mapping[str, tuple[str, ...]] = {
    "Latn": ("NotoSans-Regular", "DejaVuSans", "LiberationSans-Regular", "Arial", "arial", "NotoSans[wdth,wght]"),
    "Arab": (
        "NotoSansArabic-Regular",
        "NotoSansArabic[wdth,wght]",
        "NotoNaskhArabic-Regular",
        "DejaVuSans",
        "Arial",
        "arial",
        "tahoma",
    ),
    "Thai": ("NotoSansThai-Regular", "NotoSansThai[wdth,wght]", "Loma", "Garuda", "Waree", "Thonburi", "tahoma"),
}
RANGES = {"Arab": ("\u0600", "\u06ff"), "Thai": ("\u0e00", "\u0e7f")}
SAMPLES = {"Latn": "ß", "Arab": "ب", "Thai": "ก"}


@dataclass(frozen=True)
class Fonts:
    """Script -> file. What is missing is named in `note`, so that nobody wonders at empty places."""

    files: Mapping[str, Path]

    @property
    def note(self) -> str:
        missing = [script for script in NAMES if script not in self.files]
        if not missing:
            return ""
        return f"No font for {', '.join(missing)} on this machine: install fonts-noto-core or fontpkg-noto-sans-thai and -arabic."

    def can_set(self, text: str) -> bool:
        """Is there a font for every letter of it, as far as we look for fonts?"""
        wanted = {script for script, (first, last) in RANGES.items() if any(first <= one <= last for one in text)}
        return wanted <= self.files.keys() and (bool(self.files) or text.isascii())


def find_fonts(folders: Iterable[Path] | None = None) -> Fonts:
    """The best file per script, if one there really has its letters."""
    found: dict[str, Path] = {path.stem: path for path in _files(FOLDERS if folders is None else folders)}
    if folders is None:
        found |= {path.stem: path for path in _files(_packages())}
    best = {
        script: next((found[name] for name in names if name in found and has(found[name], SAMPLES[script])), None)
        for script, names in NAMES.items()
    }
    return Fonts({script: path for script, path in best.items() if path is not None})


def packaged_fonts() -> Fonts:
    """Those of the packages alone, so that a paper looks the same on every machine."""
    return find_fonts(list(_packages()))


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        if folder.is_dir():
            yield from sorted(folder.rglob("*.[to]tf"))


def _packages() -> Iterator[Path]:
    for name in PACKAGES:
        spec = find_spec(name)
        if spec is not None and spec.origin:
            yield Path(spec.origin).parent


def has(path: Path, letter: str) -> bool:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    with TTFont(path, lazy=True) as font:
        return ord(letter) in (font.getBestCmap() or {})
