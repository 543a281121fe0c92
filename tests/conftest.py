"""What every test may ask for; the fixtures themselves stand in tests/support."""

import sys

# jsonschema would build the grammars of internationalised addresses when it is imported, which takes longer than all else of it
# and which no schema of ours names.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

pytest_plugins = [
    "garbage",
    "leaks",
    "sparing",
    "turns",
    "postgres",
    "once",
    "hubs",
    "partners",
    "fleeting",
    "forgetting",
    "office",
    "calling",
    "hubspots",
    "orgs",
    "talking",
]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their length: a packed file bears the second it was made in, and each worker must collect the same names."""
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes) else None
