"""Which document of a tool a file is: the one layout that fits its beginning, else none."""

from core.intake.layouts import (
    braintrust,
    columns,
    deepeval,
    evidently,
    helicone,
    inspect,
    intercom,
    langfuse,
    langsmith,
    lm_eval,
    mlflow,
    openai_evals,
    otel_console,
    otlp,
    phoenix_page,
    phoenix_traces,
    promptfoo,
    promptfoo_csv,
)
from core.intake.layouts.layout import Layout
from core.intake.peek import Peek

LAYOUTS: tuple[Layout, ...] = (
    inspect.ARCHIVE,
    inspect.DOCUMENT,
    openai_evals.LOG,
    evidently.REPORT,
    lm_eval.SUMMARY,
    *mlflow.LAYOUTS,
    *langsmith.LAYOUTS,
    helicone.LAYOUT,
    intercom.LAYOUT,
    otlp.LAYOUT,
    otel_console.LAYOUT,
    phoenix_traces.LAYOUT,
    phoenix_page.LAYOUT,
    *langfuse.LAYOUTS,
    *braintrust.LAYOUTS,
    *promptfoo.LAYOUTS,
    promptfoo_csv.TABLE,
    deepeval.LAYOUT,
    columns.COLUMNS,
)
"""In the order in which they are tried; the first that fits is taken, so the most particular come first."""


def layout_of(beginning: Peek) -> Layout | None:
    """The layout of the document that begins so; None for a plain table."""
    return next((layout for layout in LAYOUTS if layout.fits(beginning)), None)
