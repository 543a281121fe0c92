"""What every test may ask for; the fixtures themselves stand in tests/support."""

pytest_plugins = ["postgres", "hubs", "partners", "fleeting", "forgetting", "office", "hubspots", "talking"]
