"""The core: it knows no plugin by name."""
