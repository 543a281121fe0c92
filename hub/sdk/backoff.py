"""How long to wait before the next try: full jitter, and never earlier than the partner asked for."""

from random import Random

LONGEST_WISH = 6 * 3600.0  # seconds; a partner that asks for more is asked again then


def full_jitter(attempt: int, base: float, cap: float, rng: Random, after: float | None = None) -> float:
    """Seconds. Uniform in [0, min(cap, base * 2**attempt)], which spreads a herd best (AWS Architecture Blog, “Exponential
    Backoff And Jitter”, 2015). after: the partner's Retry-After, honoured in full up to six hours, jitter on top of it."""
    if after is not None:
        return min(max(after, 0.0), LONGEST_WISH) + rng.uniform(0.0, min(cap, base))
    return rng.uniform(0.0, min(cap, base * 2.0 ** min(attempt, 30)))
