"""What an authority is given: tables as CSV and JSON lines, the sealed chain, and a report as PDF in English and Arabic."""

from compliance.report.bundling import Told, bundle
from compliance.report.words import LANGUAGES

__all__ = ["LANGUAGES", "Told", "bundle"]
