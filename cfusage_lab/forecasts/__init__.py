"""Where cost goes from here: the coming days, the end of the month, its budget, prepaid credit.

No model library: ``methods`` are sums over the days before, and each account's own ``rolling_errors`` decide
which is taken, and how wide its intervals are.
"""

from cfusage_lab.forecasts.backtesting import backtest
from cfusage_lab.forecasts.budget import budget_check
from cfusage_lab.forecasts.credit import credit_runway
from cfusage_lab.forecasts.days_ahead import forecast_daily
from cfusage_lab.forecasts.month_end import forecast_month_end, forecast_month_path
from cfusage_lab.forecasts.sentences import budget_sentence, month_end_sentence, runway_sentence

__all__ = [
    "backtest",
    "budget_check",
    "budget_sentence",
    "credit_runway",
    "forecast_daily",
    "forecast_month_end",
    "forecast_month_path",
    "month_end_sentence",
    "runway_sentence",
]
