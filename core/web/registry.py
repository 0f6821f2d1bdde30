"""The one list of pages: what the menu shows, in its order, and how one page links to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from core.web.safe import lit

ROOT = Path(__file__).resolve().parents[2]
PAGES_FOLDER = ROOT / "pages"


@dataclass(frozen=True)
class PageSpec:
    """One screen. ``key`` is the name its file gives to ``open_page``; ``url_path`` is its
    public address; Streamlit serves the default page at the root only.
    """

    key: str
    title: str
    section: str
    icon: str
    file: str
    url_path: str
    default: bool = False

    @property
    def path(self) -> Path:
        return PAGES_FOLDER / self.file


PAGES: tuple[PageSpec, ...] = (
    PageSpec("portfolio", "Portfolio", "", ":material/dashboard:", "portfolio.py", "", default=True),
    PageSpec("scope", "Scope", "Prepare", ":material/center_focus_strong:", "scope.py", "scope"),
    PageSpec("checklist", "Checklist", "Prepare", ":material/checklist:", "checklist.py", "checklist"),
    PageSpec("phase_plan", "Phase plan", "Prepare", ":material/stairs:", "phase_plan.py", "phase_plan"),
    PageSpec("release", "Release", "Prepare", ":material/package_2:", "release.py", "release"),
    PageSpec("evidence", "Evidence", "Evidence", ":material/upload_file:", "evidence.py", "evidence"),
    PageSpec("traces", "Traces", "Evidence", ":material/manage_search:", "traces.py", "traces"),
    PageSpec("review", "Review", "Evidence", ":material/rate_review:", "review.py", "review"),
    PageSpec("failures", "Failures", "Evidence", ":material/report:", "failures.py", "failures"),
    PageSpec("evals", "Evals", "Evidence", ":material/science:", "evals.py", "evals"),
    PageSpec("health", "Health", "Decide", ":material/monitor_heart:", "health.py", "health"),
    PageSpec("go_no_go", "Go / no-go", "Decide", ":material/rule:", "go_no_go.py", "go_no_go"),
    PageSpec("audit", "Audit", "Record", ":material/history:", "audit.py", "audit"),
    PageSpec("settings", "Settings", "Record", ":material/settings:", "settings.py", "settings"),
    PageSpec("glossary", "Glossary", "Help", ":material/menu_book:", "glossary.py", "glossary"),
)

_BY_KEY = {spec.key: spec for spec in PAGES}


def spec_of(key: str) -> PageSpec:
    """The page named ``key``; an unknown key is a bug and raises KeyError."""
    return _BY_KEY[key]


def page(key: str) -> Page:
    """Streamlit's object for the page named ``key``; only inside a script run."""
    spec = spec_of(key)
    return st.Page(
        spec.path, title=spec.title, icon=spec.icon, url_path=spec.url_path or None, default=spec.default
    )


def link_to(
    key: str,
    *,
    feature: str | None = None,
    label: str | None = None,
    width: str = "content",
    query: Mapping[str, str] | None = None,
    icon: str | None = None,
    help: str | None = None,
    strong: bool = False,
) -> None:
    """Draw a link to a page, with the feature's slug in the address; ``label`` is plain text.

    ``query`` is what else the address holds, such as the filters of the page.
    """
    parameters = {**({"feature": feature} if feature else {}), **(query or {})}
    spec = spec_of(key)
    words = lit(label or spec.title)
    st.page_link(
        page(key),
        label=f"**{words}**" if strong else words,
        icon=icon or spec.icon,
        help=help,
        query_params=parameters or None,
        width="stretch" if width == "stretch" else "content",
    )
