"""The building blocks of the screens: each verdict in its box, texts shown literally, dialogs that ask."""

from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core.criteria.verdict import Verdict
from core.web.widgets import counts_written, since_words
from core.web.wording import DRAFT_ICON, verdict_words

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)

BANNER = """
from core.web.widgets import verdict_badge, verdict_banner
verdict_banner("{verdict}", about="for *Phase* 3", sentences=["See :red[this]"])
verdict_badge("{verdict}")
"""


def run(code: str) -> AppTest:
    at = AppTest.from_string(code, default_timeout=60).run()
    assert not at.exception
    return at


@pytest.mark.parametrize(
    ("verdict", "box"),
    [
        (Verdict.GO, "success"),
        (Verdict.NO_GO, "error"),
        (Verdict.NOT_ENOUGH_EVIDENCE, "warning"),
        (Verdict.STALE, "info"),
        (Verdict.NO_DATA, None),
    ],
)
def test_each_verdict_has_its_own_box(verdict: Verdict, box: str | None) -> None:
    at = run(BANNER.format(verdict=verdict.value))
    boxes = {name: len(getattr(at, name)) for name in ("success", "error", "warning", "info")}
    assert boxes == {name: int(name == box) for name in boxes}
    body = getattr(at, box)[0].value if box else at.markdown[0].value
    word = verdict.value.replace("_", "-" if verdict is Verdict.NO_GO else " ").upper()
    assert body.startswith(rf"# {verdict_words(verdict).icon} {word} for \*Phase\* 3")
    assert ":red[" not in body
    assert word in at.markdown[-1].value


@pytest.mark.parametrize("verdict", Verdict)
def test_a_draft_has_neither_box_nor_sign_of_a_verdict(verdict: Verdict) -> None:
    """However good its rows are: nothing is decided, and nothing may look like an approval."""
    at = run(
        "from core.web.widgets import verdict_badge, verdict_banner\n"
        f"verdict_banner('{verdict.value}', draft=True)\nverdict_badge('{verdict.value}', draft=True)\n"
    )
    assert not any(len(getattr(at, box)) for box in ("success", "error", "warning", "info"))
    said = [element.value for element in at.markdown]
    words = verdict_words(verdict)
    assert said[0].startswith(f"# {DRAFT_ICON} Draft: would be {words.word}")
    assert f":gray-badge[{DRAFT_ICON} Draft: would be {words.word}]" in said[-1]
    assert words.icon not in "".join(said)


@pytest.mark.parametrize(
    ("since", "draft", "expected"),
    [
        (NOW - timedelta(days=3), False, "GO for 3 d"),
        (NOW - timedelta(days=3), True, "would be GO for 3 d"),
        (NOW, True, "would be GO since a moment ago"),
        (None, False, "GO"),
    ],
)
def test_how_long_a_verdict_stands_never_sounds_like_one_on_a_draft(
    since: datetime | None, draft: bool, expected: str
) -> None:
    assert since_words("go", since, NOW, draft=draft) == expected


def test_a_banner_without_sentences_says_what_the_verdict_means() -> None:
    at = run("from core.web.widgets import verdict_banner\nverdict_banner('stale')")
    assert "too old" in at.info[0].value


CONFIRM = """
import streamlit as st
from core.errors import Conflict
from core.web.widgets import confirm

def act():
    if st.session_state.get("clash"):
        raise Conflict("Grace saved a newer version.", newest=2)
    st.session_state["done"] = True

if st.button("Withdraw", key="open"):
    confirm("Withdraw this?", ["All *rows* go."], action="Withdraw", on_confirm=act, key="ask")
st.text("done" if st.session_state.get("done") else "not done")
"""


def test_nothing_happens_before_the_dialog_is_confirmed() -> None:
    at = run(CONFIRM)
    at.button(key="open").click().run()
    assert at.text[0].value == "not done"
    at.button(key="ask_confirm").click().run()
    assert not at.exception
    assert at.session_state["done"] is True


def test_cancel_does_nothing() -> None:
    at = run(CONFIRM)
    at.button(key="open").click().run()
    at.button(key="ask_cancel").click().run()
    assert at.text[0].value == "not done"


def test_a_refused_action_does_not_break_the_page() -> None:
    at = run(CONFIRM)
    at.session_state["clash"] = True
    at.button(key="open").click().run()
    at.button(key="ask_confirm").click().run()
    assert not at.exception
    assert at.text[0].value == "not done"


def test_a_chart_and_a_pair_of_downloads_can_be_placed_on_a_page() -> None:
    at = run(
        "from core.web.charts import TrendPoint, trend_chart\n"
        "from core.web.downloads import Table, download_row\n"
        "from core.web.widgets import show_chart\n"
        "show_chart(trend_chart([], 0.8), alt='nothing yet', key='t')\n"
        "download_row('Rows', Table(['a'], [['=1']]), 'rows', 'd')\n"
    )
    assert len(at.get("download_button")) == 2
    assert len(at.get("plotly_chart")) == 1


def test_a_table_writes_its_counts_as_sentences_do_and_leaves_everything_else_alone() -> None:
    columns = {
        "Filled": [1_000_000, 0],
        "Out of": [None, 12],
        "Nothing yet": [],
        "Nothing known": [None, None],
        "Share": [0.5, 1],
        "Right": [True, False],
        "Word": ["1000000", ""],
    }
    written = counts_written(columns)
    assert list(written) == ["Filled", "Out of"]
    assert {one["type_config"]["format"] for one in written.values()} == {"accounting"}
