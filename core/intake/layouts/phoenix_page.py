"""Pages of Phoenix's API, ``{"data": […], "next_cursor": …}``: their rows, and whether there are more."""

from core.intake.formats import Format
from core.intake.layouts.layout import Layout, Opened, Records, as_record
from core.intake.layouts.otlp import MORE_PAGES
from core.intake.peek import Peek

NAME = "phoenix page"

_ROWS = (
    ("data[].context.trace_id", "data[].span_kind"),
    ("data[].annotator_kind", "data[].name"),
)


def _fits(beginning: Peek) -> bool:
    return beginning.format is Format.JSON_WRAPPED and any(beginning.has(*paths) for paths in _ROWS)


def _records(opened: Opened) -> Records:
    if opened.json().around({"data"}).get("next_cursor"):
        opened.reading.notices.add("more_pages", MORE_PAGES)
    for number, raw in enumerate(opened.json().items_at("data"), start=1):
        yield as_record(number, raw)


LAYOUT = Layout(NAME, _fits, _records)
