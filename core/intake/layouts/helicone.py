"""Helicone's list of requests as its command writes it, in older versions with a comma after the last one."""

from core.intake.formats import Format
from core.intake.layouts.layout import Layout, Opened, Records, as_record
from core.intake.peek import Peek

REQUESTS = "helicone.requests"


def _fits(beginning: Peek) -> bool:
    return beginning.format is Format.JSON_LIST and beginning.has(
        "[].request_properties", "[].response_status", "[].request_created_at"
    )


def _records(opened: Opened) -> Records:
    stream = opened.json()
    for number, raw in enumerate(stream.items(may_end_with_comma=True), start=1):
        yield as_record(number, raw)
    stream.expect_end()
    if stream.ended_with_comma:
        opened.reading.notices.add(
            "comma_at_end",
            "The file ends with a comma before the closing bracket, as older versions of Helicone's export"
            " command write it. That is no valid JSON; the rows were read all the same.",
        )


LAYOUT = Layout(REQUESTS, _fits, _records)
