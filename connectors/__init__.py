"""One folder per partner system, each behind the same contract."""
