"""Predictions; this plugin sees hub.sdk only."""
