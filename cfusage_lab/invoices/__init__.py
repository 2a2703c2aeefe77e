"""What an invoice says: billed cost by model (``lines``), and whether it agrees with usage."""

from cfusage_lab.invoices.lines import invoice_lines_of, model_name, usage_by_model
from cfusage_lab.invoices.reconciliation import reconcile
from cfusage_lab.invoices.verdicts import agreement, is_alarming

__all__ = ["agreement", "invoice_lines_of", "is_alarming", "model_name", "reconcile", "usage_by_model"]
