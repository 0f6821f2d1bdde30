"""What is shown and what is logged when something goes wrong."""

import logging

import pytest
from streamlit.testing.v1 import AppTest

from core.web.failures import log_failure

BUG = """
from core.web.failures import on_script_error
assert on_script_error(ValueError("secret text"))
"""

USER_ERROR = """
from core.errors import StoreUnavailable
from core.web.failures import on_script_error
assert on_script_error(StoreUnavailable("The database is locked.", mend="Try again."))
"""


def test_a_bug_shows_one_calm_sentence_with_the_id_that_the_log_has(caplog: pytest.LogCaptureFixture) -> None:
    at = AppTest.from_string(BUG, default_timeout=60).run()
    assert not at.exception
    (error,) = at.error
    assert "secret" not in error.value
    logged = caplog.records[-1].getMessage()
    assert logged.split()[1].rstrip(":") in error.value


def test_an_error_that_the_user_can_mend_shows_its_own_words() -> None:
    at = AppTest.from_string(USER_ERROR, default_timeout=60).run()
    (error,) = at.error
    assert error.value == r"Try again\."


def test_the_log_says_where_and_what_kind_but_quotes_no_text(caplog: pytest.LogCaptureFixture) -> None:
    try:
        try:
            int("secret text")
        except ValueError as cause:
            raise KeyError("another secret") from cause
    except KeyError as error:
        error_id = log_failure(error)
    logged = caplog.text
    assert error_id in logged
    assert "KeyError from ValueError" in logged
    assert "test_failures.py" in logged
    assert "secret text" not in logged.replace('int("secret text")', "")
    assert "KeyError: " not in logged


def test_streamlits_own_record_of_a_page_error_is_dropped() -> None:
    source = logging.getLogger("streamlit.error_util")
    quoting = source.makeRecord(source.name, logging.ERROR, "x", 1, "Uncaught app execution", (), None)
    other = source.makeRecord(source.name, logging.ERROR, "x", 1, "Something else", (), None)
    assert not source.filter(quoting)
    assert source.filter(other)
