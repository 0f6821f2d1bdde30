"""The one place where the web frame takes hold of the actions: workspace, caller, import worker.

Imports stay inside the functions, so that `app.py` starts serving before the libraries are loaded.
"""

import atexit
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import streamlit as st

from core.actions.sign_in_settings import SignInMode
from core.web import sign_in
from core.web.registry import ROOT

if TYPE_CHECKING:
    from core.actions.features import FeatureLine
    from core.actions.people import Caller
    from core.actions.portfolio import PortfolioLine
    from core.actions.progress import Progress
    from core.actions.workspace import Workspace


def home_folder() -> Path:
    """The folder of the database and its cache: READYGATE_HOME, else `data/` beside app.py."""
    return Path(os.environ.get("READYGATE_HOME") or ROOT / "data").resolve()


def database_url() -> str | None:
    """READYGATE_DATABASE_URL (team mode), or None for the embedded database in the home folder."""
    return os.environ.get("READYGATE_DATABASE_URL") or None


def workspace() -> "Workspace":
    """The open workspace, shared by all visitors and the HTTP interface of this process."""
    return _workspace(str(home_folder()), database_url())


@st.cache_resource(show_spinner=False)
def _workspace(home: str, url: str | None) -> "Workspace":
    from core.actions.workspace import open_workspace

    opened = open_workspace(home=Path(home), url=url)
    atexit.register(opened.close)
    return opened


def check_database() -> None:
    """Raise StoreUnavailable unless the database answers and has this program's schema."""
    workspace().check()


def caller() -> "Caller":
    """Who acts, asked of the database anew: in single-user mode the person at this machine, unverified.

    Raises NotAllowed for whoever is not signed in, was signed in for too long, or was removed.
    """
    from core.actions.people import LOCAL_CALLER

    if sign_in.settings().mode is SignInMode.NONE:
        return LOCAL_CALLER
    return sign_in.caller(workspace(), datetime.now(UTC))


def has_any_role(who: "Caller") -> bool:
    """Whether there is anything at all that ``who`` may do here."""
    from core.actions import policy

    return policy.has_any_role(workspace(), who)


def administrators() -> list[str]:
    """The names of whoever gives roles."""
    from core.actions.sign_in import who_gives_roles

    return who_gives_roles(workspace())


def sign_in_again_button(*, key: str) -> None:
    """A button that leads to the sign-in service and back to the page on which it stands."""
    from core.web.screens.sign_in import sign_in_button

    sign_in_button(key=key, label="Sign in again")


def sign_out() -> None:
    """End the sign-in of this session, in all tabs of its browser."""
    from core.actions.sign_in import signed_out

    now = datetime.now(UTC)
    signed_out(workspace(), caller(), now)
    sign_in.end_sign_in(now)


def features(opened: "Workspace", who: "Caller") -> "Sequence[FeatureLine]":
    """The features that ``who`` may see."""
    from core.actions.features import list_features

    return list_features(opened, who)


def progress(opened: "Workspace", who: "Caller", now: datetime, slug: str) -> "Progress":
    """Where the feature stands, for the band and the sidebar of its pages."""
    from core.actions.progress import view_progress

    return view_progress(opened, who, now, slug)


def portfolio(opened: "Workspace", who: "Caller", now: datetime) -> "Sequence[PortfolioLine]":
    """Every feature's line, worked out anew after every action, and once a minute for what time changes.

    The gate of 60 features takes seconds; a letter typed into a filter must not.
    """
    from core.actions.policy import Act, require, visible_to
    from core.actions.portfolio import standing

    # What is remembered was worked out for whoever may see the same; whether they still may is asked anew.
    require(opened, who, Act.SEE)
    seen = visible_to(opened, who)
    reader = (who.person_id, sorted(who.roles), None if seen is None else sorted(seen))
    minute = int(now.timestamp() // 60)
    place = (str(opened.home), database_url())
    return _portfolio(opened, who, now, place, reader, standing(opened), minute)


@st.cache_resource(show_spinner="Judging every feature …", max_entries=8)
def _portfolio(
    _opened: "Workspace",
    _who: "Caller",
    _now: datetime,
    place: object,
    reader: object,
    stamp: object,
    minute: int,
) -> "Sequence[PortfolioLine]":
    from core.actions.portfolio import view_portfolio

    return view_portfolio(_opened, _who, _now)


def clean_up(opened: "Workspace", now: datetime) -> None:
    """Mark imports that an earlier process left half done; nothing of them was published."""
    from core.actions.importing import abandon_unfinished

    abandon_unfinished(opened, now)


def note_settings(opened: "Workspace", now: datetime) -> None:
    """Put into the log what this server was set to otherwise than the last one that started."""
    from core.actions.server_settings import note_settings

    note_settings(opened, sign_in.reach(), now)


class Worker(Protocol):
    """A thread that works apart from any visitor's script run."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


def import_worker(opened: "Workspace") -> Worker:
    """The import worker, not yet started."""
    from core.actions.import_worker import ImportWorker

    return ImportWorker(opened)


def warm_worker(opened: "Workspace") -> Worker:
    """The worker that works out gates and Health ahead of the visitors, not yet started."""
    from core.actions.warm_worker import WarmWorker

    return WarmWorker(opened)


def retention_worker(opened: "Workspace") -> Worker:
    """The worker that removes texts kept long enough, not yet started."""
    from core.actions.retention_worker import RetentionWorker

    return RetentionWorker(opened)


def log_worker(opened: "Workspace") -> Worker:
    """The worker that follows the chain of the audit log, not yet started."""
    from core.actions.log_worker import LogWorker

    return LogWorker(opened)


def webhook_worker(opened: "Workspace") -> Worker:
    """The worker that tells other systems what happens, not yet started."""
    from core.actions.webhook_worker import WebhookWorker

    return WebhookWorker(opened, sign_in.settings().url)
