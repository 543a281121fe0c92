"""Backups of data and keys apart, restoring them, and doing again what was erased since."""
