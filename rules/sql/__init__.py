"""Conditions over all customers at once; the one package here that knows SQL."""

from rules.sql.conditions import select_members, where
from rules.sql.elements import teach_sqlite
from rules.sql.scope import Tables
from rules.sql.slices import select_candidates

__all__ = ["Tables", "select_candidates", "select_members", "teach_sqlite", "where"]
