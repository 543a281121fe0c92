"""The policy plugin: residency, consent, holds, erasure, retention and audit."""
