"""Pure thinking: documents in, verdicts out."""
