"""What was unusual, and what it cost.

The room isn't called ``anomalies``: a module of a function's name would hide the function. ``history`` holds
what analysts call, and ``series`` the judgement of any series: its ``expectations``, the ``distances`` from
them and the ``tail_probabilities`` of these. ``events`` are made of it, and told in ``sentences``.
"""

from cfusage_lab.anomaly_detection.events import checked_events
from cfusage_lab.anomaly_detection.history import anomalies, anomaly_scores
from cfusage_lab.anomaly_detection.planned import Planned
from cfusage_lab.anomaly_detection.sentences import (
    event_sentence,
    event_span,
    explanation,
    what_stood_out,
)
from cfusage_lab.anomaly_detection.series import SENSITIVITY, series_scores

__all__ = [
    "SENSITIVITY",
    "Planned",
    "anomalies",
    "anomaly_scores",
    "checked_events",
    "event_sentence",
    "event_span",
    "explanation",
    "series_scores",
    "what_stood_out",
]
