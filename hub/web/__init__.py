"""Who knocks: webhooks, the API, and how errors are told."""
