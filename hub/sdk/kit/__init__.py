"""The certification kit: one table of checks (`table.TABLE`), run against a connector and its sandbox, offline."""

from hub.sdk.kit import faults, inward, outward, privacy, readings, shape, step, waiting, words

PARTS = (shape, inward, words, outward, waiting, readings, step, faults, privacy)
"""Where the rows of the table come from."""
AREAS = ("shape", "in", "words", "out", "read", "step", "fault", "privacy")
"""The first part of a check's id, in the order in which they run: what everything rests on first, what was let out last."""
