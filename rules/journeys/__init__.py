"""Journeys, pure: a document in, what one person's next step is out; the clock is an argument and nothing is sent."""

from rules.journeys.documents import JourneyRule

__all__ = ["JourneyRule"]
