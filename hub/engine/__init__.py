"""The watched process that runs durable-rules for us, and the matcher that asks it."""
