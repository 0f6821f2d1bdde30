"""The charts, as pure functions from numbers to Plotly figures (plain dictionaries).

A dictionary is what Streamlit takes fastest. Every chart has a function that says it in words.
"""

from core.web.charts.accounting import accounting_alt, accounting_chart
from core.web.charts.canvas import CONFIG, Figure
from core.web.charts.spark import spark_chart
from core.web.charts.trend import (
    TrendPoint,
    trend_alt,
    trend_chart,
    trend_points,
)
from core.web.charts.whisker import WhiskerRow, whisker_alt, whisker_chart, whisker_rows

__all__ = [
    "CONFIG",
    "Figure",
    "TrendPoint",
    "WhiskerRow",
    "accounting_alt",
    "accounting_chart",
    "spark_chart",
    "trend_alt",
    "trend_chart",
    "trend_points",
    "whisker_alt",
    "whisker_chart",
    "whisker_rows",
]
