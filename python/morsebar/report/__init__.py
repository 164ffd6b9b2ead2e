"""The interactive report of a landscape: one HTML file that needs nothing else (extra `report`)."""

from morsebar.report.page import check_place, write

__all__ = ["check_place", "write"]
