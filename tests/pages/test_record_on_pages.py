"""What the pages say around a verdict: withdrawals, what a withdrawal leaves open, the next step."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from core.actions.people import LOCAL_CALLER
from core.actions.withdrawing import withdraw_upload

Words = Callable[[AppTest], str]
LEFT_OUT = "These later files left rows out because this one already had them: "


def test_a_withdrawal_since_the_lock_is_told_beside_the_locks(
    site: Any, files: dict[str, str], words: Words
) -> None:
    site.locked("refund-agent")
    upload_id = site.upload("refund-agent", "traces.csv", files["traces"])
    assert "was withdrawn" not in words(site.open("go_no_go", "refund-agent"))
    withdraw_upload(site.workspace, LOCAL_CALLER, site.now, upload_id, "Wrong month")
    said = words(site.open("go_no_go", "refund-agent"))
    assert ":material/block: traces.csv was withdrawn 2 Mar 2026 by local user: Wrong month" in said


def test_the_withdrawal_names_later_files_that_relied_on_this_one(
    site: Any, files: dict[str, str], words: Words
) -> None:
    site.draft("refund-agent")
    first = site.upload("refund-agent", "traces.csv", files["traces"])
    assert LEFT_OUT not in opened(site, first, words)
    more = files["traces"] + "run-x,2026-02-20T10:00:00Z,user-x,Where?,Here.,accepted,900\n"
    second = site.upload("refund-agent", "more.csv", more)
    assert f"{LEFT_OUT}more.csv. After withdrawing, upload them again." in opened(site, first, words)
    assert LEFT_OUT not in opened_without(site, second, first, words)


def opened(site: Any, upload_id: str, words: Words) -> str:
    """Everything that the Evidence page says while the upload's report is open."""
    at = site.open("evidence", "refund-agent")
    at.session_state[f"fold_{upload_id}"] = True
    return words(at.run())


def opened_without(site: Any, upload_id: str, other: str, words: Words) -> str:
    """The same with the other upload's report closed."""
    at = site.open("evidence", "refund-agent")
    at.session_state[f"fold_{upload_id}"] = True
    at.session_state[f"fold_{other}"] = False
    return words(at.run())
