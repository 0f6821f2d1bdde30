"""The blocks of the Portfolio page: every feature with its verdict, and the way to a new one."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.actions.features import create_feature, slug_of
from core.actions.portfolio import PortfolioLine
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict
from core.criteria.wording import interval_words
from core.metrics.measurement import Measurement
from core.units import write
from core.web.charts import sparkline, sparkline_alt, trend_points
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.widgets import empty_state, flash, guarded, verdict_badge
from core.web.wording import stakes_words, verdict_words, write_date

_NEW = ("new_name", "new_owner", "new_stakes")


def no_features() -> None:
    with empty_state(
        "No AI feature yet",
        "Create one below; it takes a name, an owner and what is at stake. "
        "To look round first, run “readygate demo”.",
        icon=":material/flag:",
    ):
        st.caption("A feature here is one AI feature that you roll out: an assistant, a summary, an agent.")


def features(lines: Sequence[PortfolioLine]) -> None:
    """One card a feature, worst first."""
    for line in lines:
        _card(line)
    download_row("All features", _table(lines), "portfolio", key="portfolio")


def new_feature(page: PageContext, *, is_first: bool) -> None:
    """A form behind a fold: name, owner, stakes."""
    fold = st.expander("New feature", expanded=is_first, icon=":material/add:", key="new_feature")
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


def _create(page: PageContext) -> None:
    name, owner, stakes = (st.session_state.get(key) or "" for key in _NEW)
    if st.session_state.get("just_created") == slug_of(name):
        return  # The second press of a double click.
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
    st.query_params["feature"] = feature.slug
    st.session_state["just_created"] = feature.slug
    flash(f"{feature.name} is created. Next: take a template for its checklist.")


def next_step(lines: Sequence[PortfolioLine]) -> None:
    """After a feature was created: the way to its checklist, until that has items."""
    slug = st.session_state.get("just_created")
    if any(line.feature.slug == slug and not line.decision.rows for line in lines):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(":material/arrow_forward: Next: write down what ready means.")
            link_to("checklist", feature=slug, label="Open its checklist")
    else:
        st.session_state.pop("just_created", None)


def _card(line: PortfolioLine) -> None:
    decision = line.decision
    with st.container(border=True):
        name, verdict, waits, number = st.columns([3, 3, 3, 2.4], vertical_alignment="center")
        with name.container(gap="xxsmall"):
            # Not the link's own label: a link cuts a long name off.
            st.markdown(f"**{lit(line.feature.name)}**")
            lock = decision.bar.locked_at
            state = f"locked {write_date(lock)}" if lock else "draft"
            st.caption(f"{lit(line.feature.owner)} · {stakes_words(decision.bar.stakes).word} · {state}")
            link_to("go_no_go", feature=line.feature.slug)
        with verdict:
            verdict_badge(decision.verdict)
        with waits:
            st.caption("Fails" if decision.verdict is Verdict.NO_GO else "Waits for")
            st.text(line.waits_for)
        with number:
            _headline(line)


def _headline(line: PortfolioLine) -> None:
    """The number that stands for the feature, with n, interval and its last weeks."""
    row = line.headline
    if row is None or not isinstance(row.finding, Measurement):
        st.caption("Not measured yet")
        return
    found = row.finding
    points = trend_points(line.weeks)
    values = sparkline(points)
    st.metric(
        lit(row.label),
        write(found.value, found.unit),
        chart_data=values if len(values) > 1 else None,
        chart_type="line",
        help=lit(sparkline_alt(points, found.unit)),
    )
    st.caption(lit(f"{interval_words(found)}, n {found.n:,}"))


def _table(lines: Sequence[PortfolioLine]) -> Table:
    columns = ("Feature", "Owner", "Stakes", "Verdict", "Checklist", "Waits for", "Headline", "Value", "n")
    rows = []
    for line in lines:
        found = line.headline.finding if line.headline else None
        measured = found if isinstance(found, Measurement) else None
        rows.append(
            (
                line.feature.name,
                line.feature.owner,
                line.decision.bar.stakes.value,
                verdict_words(line.decision.verdict).word,
                "draft" if line.decision.bar.is_draft else "locked",
                line.waits_for,
                line.headline.label if line.headline else None,
                measured.value if measured else None,
                measured.n if measured else None,
            )
        )
    return Table(columns, rows)
