"""A report of usage history, in one HTML file that needs nothing else."""

from cfusage_lab.reports.report import report

__all__ = ["report"]
