"""The blocks of the Portfolio page: every feature with its verdict, and the way to a new one."""

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.actions.demo import make_demo
from core.actions.features import create_feature, slug_of
from core.actions.policy import Act, may
from core.actions.portfolio import PortfolioLine, Wanted, arranged, view_headline_weeks
from core.criteria.checklist import MeasuredItem
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict
from core.criteria.wording import interval_words
from core.metrics.measurement import Measurement
from core.rollout.standing import phase_parts
from core.units import write
from core.web.charts import spark_chart, trend_alt, trend_points
from core.web.downloads import Table, download_row
from core.web.feature_choice import pick_feature
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens import portfolio_filters
from core.web.screens.role_words import needs_role
from core.web.widgets import as_committed_words, empty_state, flash, guarded, show_chart, verdict_badge
from core.web.wording import (
    DRAFT_ICON,
    STATES,
    checklist_said,
    stakes_words,
    verdict_said,
    write_age,
    write_count,
    write_date,
)

_NEW = ("new_name", "new_owner", "new_stakes")
_CARDS_AT_ONCE = 15


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
    for line in shown[first:last]:
        _card(page, line)
    portfolio_filters.pager(len(shown), _CARDS_AT_ONCE)
    if shown:
        download_row("These features", table_of(shown), "portfolio", key="portfolio")


def new_feature(page: PageContext, *, is_first: bool) -> None:
    """A form behind a fold: name, owner, stakes."""
    # Whoever lost the role while writing finds their words still there.
    if not (may(page.workspace, page.caller, Act.CREATE_FEATURE) or st.session_state.get("new_name")):
        if not is_first:
            st.caption(f":material/lock: A new feature: {needs_role(Act.CREATE_FEATURE, 'for all features')}")
        return
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


def next_step(lines: Sequence[PortfolioLine]) -> None:
    """After a feature was created: the way to its checklist, until that has items."""
    slug = st.session_state.get("just_created")
    if any(line.feature.slug == slug and not line.decision.rows for line in lines):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(":material/arrow_forward: Next: write down what ready means.")
            link_to("checklist", feature=slug, label="Open its checklist")
            link_to("scope", feature=slug, label="Start from a scenario, or decide its scope")
    else:
        st.session_state.pop("just_created", None)


def _make_demo(page: PageContext) -> None:
    with st.status("Making three demo features; this takes about 15 seconds …", expanded=True) as status:
        made = make_demo(page.workspace, page.moment(), asked_by=page.caller, tell=partial(_tell, status))
    flash(f"{write_count(len(made), 'demo feature')} made. Open one to see its Go / no-go.")
    st.rerun()


def _tell(status: DeltaGenerator, sentence: str) -> None:
    status.text(sentence)


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
    pick_feature(feature.slug)
    st.session_state["just_created"] = feature.slug
    days = feature.text_days
    kept = "for ever" if days is None else f"for {write_count(days, 'day')} after they were handed in"
    flash(
        f"{feature.name} is created. Next: take a template for its checklist. Texts of its traces are kept "
        f"{kept}; see its Evidence page."
    )


def _card(page: PageContext, line: PortfolioLine) -> None:
    decision = line.decision
    with st.container(border=True, key=f"card_{line.feature.slug}"):
        name, verdict, waits, number = st.columns([2.8, 3, 2.8, 3.2], vertical_alignment="top")
        with name.container(gap="xxsmall"):
            # Not the link's own label: a link cuts a long name off.
            st.markdown(f"**{lit(line.feature.name)}**")
            st.caption(f"{lit(line.feature.owner)} · {stakes_words(decision.bar.stakes).word}")
            _rollout(line)
            link_to("go_no_go", feature=line.feature.slug)
        with verdict.container(gap="xxsmall"):
            if decision.bar.is_draft:
                # Not the badge: with these words it would be too long for its column.
                st.markdown(f":gray[{DRAFT_ICON} {verdict_said(decision.verdict, draft=True)}]")
            else:
                verdict_badge(decision.verdict)
            st.caption(_since_words(page, line))
            for words in as_committed_words(decision):
                st.caption(words)
        with waits.container(gap="xxsmall"):
            st.caption("Fails" if decision.verdict is Verdict.NO_GO else "Waits for")
            st.text(line.waits_for)
        with number.container(gap="xxsmall"):
            _headline(page, line)


def _rollout(line: PortfolioLine) -> None:
    """The phase, and the state as a badge once there is one; a stop is said first."""
    parts = phase_parts(line.decision.standing)
    if not parts:
        st.caption(lit(line.phase))
        return
    state = STATES[line.decision.state]
    st.badge(state.word, color=state.colour, help=state.meaning)  # type: ignore[arg-type]
    st.caption(lit(" · ".join(parts)))


def _since_words(page: PageContext, line: PortfolioLine) -> str:
    if line.since is None:
        return "Changed since the last upload or edit"
    age = write_age(line.since, page.now)
    return "Since a moment ago" if age == "now" else f"Since {write_date(line.since)} ({age})"


def _headline(page: PageContext, line: PortfolioLine) -> None:
    """The number that stands for the feature, with n, interval and its last weeks on a scale."""
    row = line.headline
    if row is None or not isinstance(row.finding, Measurement):
        st.caption("Not measured yet")
        return
    found = row.finding
    st.caption(lit(row.label))
    value = f"**{lit(write(found.value, found.unit))}**"
    st.markdown(f"{value} :small[{lit(f'({interval_words(found)}), n {found.n:,}')}]")
    points = trend_points(view_headline_weeks(page.workspace, page.caller, line))
    if len(points) > 1 and isinstance(row.item, MeasuredItem):
        bar = row.item.bar
        figure = spark_chart(points, bar, until=page.now.date(), unit=found.unit)
        alt = trend_alt(points, bar, unit=found.unit, bar_words=row.bar, label=row.label)
        show_chart(figure, alt=alt, key=f"spark_{line.feature.slug}")


_COLUMNS = (
    "Feature",
    "Phase",
    "State",
    "Verdict",
    "Since",
    "Waits for",
    "Headline",
    "Value",
    "Low",
    "High",
    "n",
    "Stakes",
    "Owner",
    "Checklist",
)


def table_of(lines: Sequence[PortfolioLine]) -> Table:
    """The features for a file, in the words of their cards."""
    rows = []
    for line in lines:
        found = line.headline.finding if line.headline else None
        measured = found if isinstance(found, Measurement) else None
        rows.append(
            (
                line.feature.name,
                line.phase,
                STATES[line.decision.state].word.lower(),
                verdict_said(line.decision.verdict, draft=line.decision.bar.is_draft),
                line.since,
                line.waits_for,
                line.headline.label if line.headline else None,
                measured.value if measured else None,
                measured.low if measured else None,
                measured.high if measured else None,
                measured.n if measured else None,
                line.decision.bar.stakes.value,
                line.feature.owner,
                checklist_said(line.decision.bar.locked_at),
            )
        )
    return Table(_COLUMNS, rows)
