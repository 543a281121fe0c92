"""Conditions over all customers at once; the one package here that knows SQL."""

from rules.sql.conditions import select_members, where
from rules.sql.elements import teach_sqlite
from rules.sql.scope import Tables

__all__ = ["Tables", "select_members", "teach_sqlite", "where"]
