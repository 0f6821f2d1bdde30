"""The blocks of the Portfolio page: every feature with its verdict, and the way to a new one."""

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.actions.demo import make_demo
from core.actions.features import create_feature, slug_of
from core.actions.policy import Act, may
from core.actions.portfolio import PortfolioLine, Wanted, arranged
from core.criteria.stakes import Stakes
from core.web import wiring
from core.web.downloads import download_row
from core.web.feature_choice import pick_feature
from core.web.opening import PageContext
from core.web.registry import page as page_of
from core.web.safe import lit
from core.web.screens import portfolio_filters, way
from core.web.screens.portfolio_row import row
from core.web.screens.portfolio_table import table_of
from core.web.screens.role_words import needs_role
from core.web.widgets import empty_state, flash, guarded
from core.web.wording import write_count

__all__ = ["features", "first_way", "lead_on", "new_feature", "no_features", "table_of"]

_NEW = ("new_name", "new_owner", "new_stakes")
_CARDS_AT_ONCE = 15
_CREATED, _LEAD_TO = "just_created", "_readygate_lead_to"


def no_features(page: PageContext) -> None:
    """The way to the first feature, and to the demo."""
    with empty_state(
        "No AI feature yet",
        "Create one (5 minutes) or look round the demo.",
        icon=":material/flag:",
    ):
        st.caption("A feature here is one AI feature that you roll out: an assistant, a summary, an agent.")
        if not may(page.workspace, page.caller, Act.CREATE_FEATURE):
            st.caption("Ask somebody with the role pm or admin to create it.")
        elif st.button("Look round the demo", icon=":material/explore:", key="make_demo"):
            _make_demo(page)


def features(page: PageContext, lines: Sequence[PortfolioLine]) -> None:
    """The filters, one card a feature in the order that is asked, and the whole list as a file."""
    wanted = portfolio_filters.bar(lines) if len(lines) > 1 else Wanted()
    shown = arranged(lines, wanted)
    if wanted.narrows:
        st.caption(f"{len(shown)} of {write_count(len(lines), 'feature')}")
    if not shown:
        st.info("No feature fits these filters.", icon=":material/filter_alt_off:")
    first, last = portfolio_filters.place(len(shown), _CARDS_AT_ONCE)
    have_weeks = [row(page, line) for line in shown[first:last]]
    portfolio_filters.pager(len(shown), _CARDS_AT_ONCE)
    if any(have_weeks):
        st.caption(
            "The lines are the last eight weeks, each on a scale of its own; the dashed one is the bar."
        )
    if shown:
        download_row("These features", table_of(shown), "portfolio", key="portfolio")


def lead_on() -> None:
    """From a feature that was just created to the way that lies before it."""
    created = st.session_state.pop(_LEAD_TO, None)
    if created is None:
        st.session_state.pop(_CREATED, None)
        return
    slug, message = created
    flash(message)
    st.switch_page(page_of("go_no_go"), query_params={"feature": slug})


def first_way(page: PageContext, lines: Sequence[PortfolioLine]) -> None:
    """The way of the first feature of one's own, until its checklist is locked."""
    own = [line for line in lines if not line.is_demo]
    if len(own) == 1 and own[0].decision.bar.is_draft:
        slug = own[0].feature.slug
        if len(lines) > 1:
            st.header(lit(own[0].feature.name))
        way.the_way(slug, wiring.progress(page.workspace, page.caller, page.now, slug))


def new_feature(page: PageContext, *, is_open: bool) -> None:
    """A form behind a fold: name, owner, stakes."""
    # Whoever lost the role while writing finds their words still there.
    if not (may(page.workspace, page.caller, Act.CREATE_FEATURE) or st.session_state.get("new_name")):
        if not is_open:
            st.caption(f":material/lock: A new feature: {needs_role(Act.CREATE_FEATURE, 'for all features')}")
        return
    fold = st.expander("New feature", expanded=is_open, icon=":material/add:", key="new_feature")
    with fold, st.form("new_feature_form", border=False, enter_to_submit=False):
        st.text_input("Name", key="new_name", max_chars=120, placeholder="Refund agent")
        st.text_input(
            "Owner", key="new_owner", max_chars=120, help="The person who answers for how it behaves."
        )
        st.segmented_control(
            "What is at stake",
            [stakes.value for stakes in Stakes],
            format_func=str.capitalize,
            default=Stakes.MEDIUM.value,
            key="new_stakes",
            required=True,
            help="Higher stakes ask for stronger evidence: a wrong go is accepted in at most 5 % (high), "
            "10 % (medium) or 20 % (low) of cases.",
        )
        st.form_submit_button(
            "Create feature",
            type="primary",
            key="create_feature",
            on_click=guarded(partial(_create, page)),
        )


def _make_demo(page: PageContext) -> None:
    with st.status("Making three demo features; this takes about 15 seconds …", expanded=True) as status:
        made = make_demo(page.workspace, page.moment(), asked_by=page.caller, tell=partial(_tell, status))
    flash(f"{write_count(len(made), 'demo feature')} made. Open one to see its Go / no-go.")
    st.rerun()


def _tell(status: DeltaGenerator, sentence: str) -> None:
    status.text(sentence)


def _create(page: PageContext) -> None:
    name, owner, stakes = (st.session_state.get(key) or "" for key in _NEW)
    if st.session_state.get(_CREATED) == slug_of(name):
        # The second press of a double click may have overtaken the way to the next page.
        st.session_state.setdefault(_LEAD_TO, (st.session_state[_CREATED], f"{name.strip()} is created."))
        return
    feature = create_feature(
        page.workspace,
        page.caller,
        page.moment(),
        name=name,
        owner=owner,
        stakes=Stakes(stakes or Stakes.MEDIUM),
    )
    for key in _NEW[:2]:
        st.session_state[key] = ""
    pick_feature(feature.slug)
    days = feature.text_days
    kept = "for ever" if days is None else f"for {write_count(days, 'day')} after they were handed in"
    message = f"{feature.name} is created. Texts of its traces are kept {kept}; see its Evidence page."
    st.session_state[_CREATED] = feature.slug
    st.session_state[_LEAD_TO] = (feature.slug, message)
