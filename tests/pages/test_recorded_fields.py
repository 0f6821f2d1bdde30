"""The block of the Evidence page that says which questions the traces can answer."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

HEADING = "What these traces can answer"


@pytest.mark.parametrize(
    "sentence",
    [
        "**What was asked?** :green-badge[:material/check_circle: recorded] 30 of 30 (100 %)",
        "**Which tools were considered?** :gray-badge[",
        "not recorded] 0 of 30 (0 %)",
        "Record the list of tools that the model is offered.",
        "context summary: 0 of 30 (0 %) · retrieved ids: 0 of 30 (0 %)",
    ],
)
def test_each_question_has_its_word_and_its_number(
    furnished: Any, words: Callable[[AppTest], str], sentence: str
) -> None:
    said = words(furnished.open("evidence", "locked")).replace("\u00a0", " ")
    assert HEADING in said
    assert sentence in said


def test_what_only_some_traces_record_is_marked_and_never_rounded_away(
    site: Any, words: Callable[[AppTest], str]
) -> None:
    site.feature("bare")
    rows = "".join(f"r{number},Where?,{'accepted' if number == 0 else ''}\n" for number in range(300))
    site.upload("bare", "traces.csv", "run_id,query,user_feedback\n" + rows)
    said = words(site.open("evidence", "bare")).replace("\u00a0", " ")
    assert ":orange-badge[:material/contrast: in part] 1 of 300 (1 %)" in said


@pytest.mark.parametrize("slug", ["bare", "failed-upload"])
def test_without_traces_nothing_is_claimed(
    furnished: Any, words: Callable[[AppTest], str], slug: str
) -> None:
    assert HEADING not in words(furnished.open("evidence", slug))


def test_what_is_missing_is_written_as_a_message_to_the_engineers(
    furnished: Any, words: Callable[[AppTest], str]
) -> None:
    page = furnished.open("evidence", "locked")
    (message,) = [block.value for block in page.code if "Please record" in block.value]
    assert message.startswith("Please record these fields with every run of the feature (30 traces so far):")
    assert (
        "- tools_considered: The tools that could have been picked. Now: 0 of 30 (0 %)."
        in message.replace("\u00a0", " ")
    )
    assert "- query:" not in message
