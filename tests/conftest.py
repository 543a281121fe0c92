"""What every test may ask for; the fixtures themselves stand in tests/support."""

pytest_plugins = [
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
