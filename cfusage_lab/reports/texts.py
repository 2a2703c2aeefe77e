"""What a report says in words."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cfusage_lab.anomaly_detection import SENSITIVITY
from cfusage_lab.schema import SETTLE_LAG
from cfusage_lab.time_units import DAY, HOUR
from cfusage_lab.wording import offset_text, window_text

__all__ = ["TERMS", "TERMS_OF_WEEKDAYS", "hour_of"]


TERMS: Final = {
    "Cost": "US dollars charged to Cloudflare's Unified Billing, as the API reports them under "
    "ai-gateway/billing/usage-history. Traffic paid with keys of a provider's own is not in it; Workers AI "
    "is, where a gateway bills it through Unified Billing. Inference is passed on without markup, and the "
    "5 % fee on buying credit is no usage. The estimate in the dashboard's analytics is another number.",
    "Window": "One UTC hour. It is in progress while it runs, provisional for "
    f"{SETTLE_LAG // HOUR} hours after its end unless "
    "the fetch was told otherwise, and complete from then on: figures reach the API late. The running window "
    "counts in total cost and in days; comparisons, means and shares leave it out.",
    "Day": "A calendar day of the time zone below, made of the hours that start in it: 24, or 23 or 25 where "
    "clocks change. A day that lacks hours is compared with nothing.",
    "Change": "A day less the day before it, found by its date. The change ratio is that as a part of the "
    "day before, where that is above zero. Largest changes are those in dollars, not in percent.",
    "Month to date": "The days of the month so far, beside the same days of the month before; a last day "
    "that is unfinished stands beside the same day until the same time. It is not a forecast.",
    "Forecast": "What is spent since the first of the month, and what its remaining days are expected to "
    "cost. An account is forecast from its own days; all accounts together are forecast as one.",
    "Interval": "With the stated chance, the sum of the whole month lies in it. It is never below what is "
    "spent. Provisional days count as they stand, and may still rise.",
    "Method": "How the remaining days are told. Several methods forecast earlier days from the days before "
    "these; the one with the smallest mean absolute error is taken.",
    "What stood out": "Neighbouring hours that cost far more or less than those before let expect, by the "
    "same clock time on days of the same kind. The impact is the cost less what was expected. Nothing is "
    "judged in the first 7 days.",
    "Sensitivity": f"How many false alarms are accepted: {SENSITIVITY:g} a month for each account.",
    "Mean day": "The mean of all whole days that have ended.",
    "Hour of the day, of the week": "By the local clock at the start of the window. The peak hour is the one "
    "with the highest mean.",
    "Load factor": "The mean hour over the highest one: 100% is even, near 0% is a spike.",
    "Weekend": "The part of all cost that arises on Saturdays and Sundays.",
    "Off hours": "The part of all cost that arises outside 09:00 to 18:00, Monday to Friday.",
    "Costliest 24 hours": "The part of all cost that falls into the 24 windows with the highest cost.",
}
"""What the words of the report mean."""

TERMS_OF_WEEKDAYS: Final = {
    **{term: meaning for term, meaning in TERMS.items() if term != "Month to date"},
    "Change": "A day less the same weekday before, and the time range less the same weekdays before it. The "
    "change ratio is that as a part of what was before, where that is above zero. Largest changes are those "
    "in dollars, not in percent.",
}
"""The same of a report whose time range is compared with the same weekdays before."""


def hour_of(start: datetime, info: ZoneInfo) -> str:
    """Write an hour on a zone's clock, with its offset from UTC where that changes within a day of it."""
    offset = offset_text(start, info)
    is_plain = all(offset_text(start + n * DAY, info) == offset for n in (-1, 1))
    return window_text(start, HOUR, info) + ("" if is_plain else f" (UTC{offset})")
