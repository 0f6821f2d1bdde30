"""Helicone's list of requests as its command writes it, in older versions with a comma after the last one."""

from core.intake.formats import Format
from core.intake.json_values import Faulty, lenient
from core.intake.layouts.layout import Layout, Opened, Records
from core.intake.peek import Peek
from core.intake.report import shown
from core.intake.tables import Refusal

REQUESTS = "helicone.requests"


def _fits(beginning: Peek) -> bool:
    return beginning.format is Format.JSON_LIST and beginning.has(
        "[].request_properties", "[].response_status", "[].request_created_at"
    )


def _records(opened: Opened) -> Records:
    stream = opened.json()
    for number, raw in enumerate(stream.items(may_end_with_comma=True), start=1):
        try:
            found = lenient(raw)
        except (ValueError, RecursionError, Faulty):
            found = None
        if isinstance(found, dict):
            yield number, found
        else:
            fix = "Leave it out, or export again."
            row = {"row as text": raw}
            yield Refusal(number, None, shown(raw), "This is no JSON object.", fix, "not_an_object", row)
    stream.expect_end()
    if stream.ended_with_comma:
        opened.reading.notices.add(
            "comma_at_end",
            "The file ends with a comma before the closing bracket, as older versions of Helicone's export"
            " command write it. That is no valid JSON; the rows were read all the same.",
        )


LAYOUT = Layout(REQUESTS, _fits, _records)
