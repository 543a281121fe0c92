"""Distributions that lie here have tests of their own, run where they are installed."""

collect_ignore_glob = ["hub-*"]
