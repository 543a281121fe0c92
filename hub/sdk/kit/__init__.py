"""The certification kit: one table of checks (`table.TABLE`), run against a connector and its sandbox, offline."""

from hub.sdk.kit import faults, inward, outward, privacy, readings, shape, step, words

AREAS = {"shape": shape, "in": inward, "words": words, "out": outward, "read": readings, "step": step, "fault": faults,
         "privacy": privacy}  # fmt: skip
"""The first part of a check's id, in the order in which they run: what everything rests on first, what was let out last."""
