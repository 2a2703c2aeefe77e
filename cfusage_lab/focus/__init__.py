"""The FOCUS export: usage history as rows of the FinOps Open Cost and Usage Specification.

https://focus.finops.org/focus-specification: the columns are its own, and so are their types, formats
and allowed values. What the endpoint does not say is assumed, and every assumption travels with the rows.
"""

from cfusage_lab.focus.conversion import Billing, to_focus
from cfusage_lab.focus.export import FocusExport, FocusVersion

__all__ = ["Billing", "FocusExport", "FocusVersion", "to_focus"]
