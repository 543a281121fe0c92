"""Names of installed packages that the hub does not need while it runs, one a line: for the image, which leaves them out.

The lock pins and hashes everything at once, tests included; so all is installed as it says, and then what only tests need goes."""

import sys
from importlib.metadata import PackageNotFoundError, distributions, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def needed(
    name: str, extras: frozenset[str] = frozenset(), seen: set[tuple[str, frozenset[str]]] | None = None
) -> set[str]:
    """The package and all that it stands on, on this machine; what is not installed is not needed here."""
    seen = set() if seen is None else seen
    if (name, extras) in seen:
        return set()
    seen.add((name, extras))
    try:
        wanted = [Requirement(text) for text in requires(name) or ()]
    except PackageNotFoundError:
        return set()
    found = {name}
    for one in wanted:
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras or {""}):
            found |= needed(canonicalize_name(one.name), frozenset(one.extras), seen)
    return found


if __name__ == "__main__":
    kept = needed("garage-hub") | {"pip", "packaging"}
    sys.stdout.writelines(
        sorted(f"{name}\n" for one in distributions() if (name := canonicalize_name(one.metadata["Name"])) not in kept)
    )
