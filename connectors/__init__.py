"""One folder per partner, all with the same file names; they see hub.sdk and nothing else of the hub."""
