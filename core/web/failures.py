"""What a visitor sees when something goes wrong, and what the log keeps of it."""

import logging
import traceback
import uuid

import streamlit as st

from core.errors import UserError
from core.web.widgets import problem_box

logger = logging.getLogger("readygate")


class _OnlyOurs(logging.Filter):
    """Drops Streamlit's own record of an error in a page: it quotes the message, ours does not."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.msg != "Uncaught app execution"


logging.getLogger("streamlit.error_util").addFilter(_OnlyOurs())


def on_script_error(error: Exception) -> bool:
    """Streamlit's hook for errors in pages and callbacks; True: nothing more is shown."""
    if isinstance(error, UserError):
        problem_box(error)
        return True
    st.error(
        f"Something went wrong here. Nothing you had saved is lost. Error `{log_failure(error)}`: "
        "please give this code to whoever runs Readygate.",
        title="This page could not be shown",
        icon=":material/error:",
    )
    return True


def log_failure(error: BaseException) -> str:
    """Log where ``error`` came from and return its id.

    The error's own message stays out of the log, because it may quote uploaded text.
    """
    error_id = uuid.uuid4().hex[:8]
    names: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(names) < 5:
        names.append(type(cause).__qualname__)
        cause = cause.__cause__ or cause.__context__
    places = "".join(traceback.format_tb(error.__traceback__))
    logger.error("error %s: %s\n%s", error_id, " from ".join(names), places)
    return error_id
