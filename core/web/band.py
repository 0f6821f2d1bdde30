"""The band at the top of every page of a feature, with the stop buttons, and the list of what is missing."""

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Literal

import streamlit as st

from core.web.charts.state_band import state_band
from core.web.registry import link_to
from core.web.safe import lit
from core.web.session import flash, guarded
from core.web.widgets import as_committed_words, show_chart, since_words, verdict_badge
from core.web.wording import STATES, STEP_ICONS, stakes_words, write_date, write_moment

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from core.actions.features import FeatureLine
    from core.actions.progress import Progress
    from core.decision.steps import Step
    from core.rollout.standing import Standing
    from core.rollout.transitions import Move, Transition
    from core.web.opening import PageContext

_WORDS_PIXELS = 560
_LINK_FITS = 34
"""How many characters a link of the sidebar holds."""
_INDENT_PIXELS, _REST_PIXELS = 32, 204
"""How far in the words of such a link begin, and how wide they are."""

_STOPPED = ("paused", "rolled_back")
_NO_REASON = "No reason was given"
"""Stopping never waits for words, and the record holds none that nobody said."""

_BY_HAND = (
    "From now on the gate says no. Where no system asks the gate, switch the feature off by hand as well."
)


def feature_band(
    page: "PageContext", feature: "FeatureLine", progress: "Progress", *, brief: bool = False
) -> None:
    """What the feature is, where its rollout stands, how to stop it, and what comes next.

    ``brief`` is for the page that says all of the decision itself: there only what the feature is, where it
    stands and how to stop it.
    """
    with st.container(border=True, gap="xxsmall", key="feature_band"):
        _rollout(page, feature, progress, brief=brief)
        if not brief:
            st.caption(lit(_facts(page, feature, progress)))
        _alarms(page, progress, brief=brief)
        _overruled(page, progress, brief=brief)
        if not brief:
            _next_step(feature.slug, progress)


def _facts(page: "PageContext", feature: "FeatureLine", progress: "Progress") -> str:
    """Whose it is, what is at stake, since when it is held to what, and what the next phase waits for."""
    decision = progress.decision
    facts = [
        f"Owner {feature.owner}",
        stakes_words(decision.bar.stakes).word,
        f"Locked {write_date(feature.locked_at)}" if feature.locked_at is not None else "",
        since_words(decision.verdict, progress.since, page.now, draft=decision.bar.is_draft),
        *as_committed_words(decision),
        _step_ahead(progress),
    ]
    return " · ".join(filter(None, facts))


def _step_ahead(progress: "Progress") -> str:
    """ "Phase 3 · Gradual rollout (5–25 % of users) waits for: 4 days; sign-off"."""
    coming = _coming(progress.decision.standing)
    if not coming:
        return ""
    waits = _waits(progress)
    return f"{coming} waits for: {'; '.join(waits)}" if waits else f"{coming} may begin"


def _overruled(page: "PageContext", progress: "Progress", *, brief: bool) -> None:
    """Each overruling of the last day, whatever became of it: so every signer sees it, wherever they are.

    Those that hold, and those that were used, stand right below the answer: there, ``brief``, not twice.
    """
    told = [line for line in progress.decision.overrides if page.now < line.given.expires_at]
    if brief:
        told = [line for line in told if line.state.value not in ("holds", "used")]
    for line in told:
        st.markdown(f":red[:material/gavel:] {lit(line.sentence)}")
    if told:
        link_to("go_no_go", feature=page.slug, label="Read what was overruled", icon=":material/gavel:")


def _alarms(page: "PageContext", progress: "Progress", *, brief: bool) -> None:
    """The early warnings that tripped and that nobody has acknowledged, on every page.

    Those that hold the next step back are the first reasons of the answer: there, ``brief``, not twice.
    """
    decision = progress.decision
    for one in decision.alarms:
        if brief and one.holds_back:
            continue
        st.markdown(
            f":red[:material/notification_important:] **Alarm:** {lit(one.name or 'not worked out')}, "
            f"since {lit(write_moment(one.noticed_at))}"
        )
    if decision.alarms and decision.standing.state.value not in _STOPPED:
        link_to("phase_plan", feature=page.slug, label="Acknowledge it on the Phase plan")


def _rollout(page: "PageContext", feature: "FeatureLine", progress: "Progress", *, brief: bool) -> None:
    """Name, verdict, phase, exposure, day and state on one line, with the buttons that stop it."""
    decision = progress.decision
    standing = decision.standing
    state = standing.state.value
    if state in _STOPPED and standing.last is not None:
        words, since = STATES[state].word, write_moment(standing.last.at)
        show_chart(state_band(words, since), alt=f"{words} since {since}", key="band_state")
        if not (brief and decision.alarms and standing.last.by == _watcher()):
            st.markdown(lit(f"{standing.last.by}: {_why_stopped(standing.last)}"))
    stops = _stops(page, standing)
    with _line(key="band_rollout", spread=bool(stops) and not brief):
        # Narrow enough for the buttons to stand beside the words; on a phone they come below.
        with nullcontext() if brief or not stops else _line(width=_WORDS_PIXELS):
            st.markdown(f"**{lit(feature.name)}**", width="content")
            if not brief:
                verdict_badge(decision.verdict, draft=decision.bar.is_draft)
            st.markdown(_where(progress), width="content")
        if stops:
            with _line(width="content"):
                _stop_buttons(page, standing, stops)
        if state in _STOPPED:
            label = "Resume on the Phase plan" if state == "paused" else "Start again on the Phase plan"
            link_to("phase_plan", feature=page.slug, label=label)


def _line(
    *, spread: bool = False, width: int | Literal["stretch", "content"] = "stretch", key: str | None = None
) -> "DeltaGenerator":
    return st.container(
        horizontal=True,
        horizontal_alignment="distribute" if spread else "left",
        vertical_alignment="center",
        gap="xsmall",
        width=width,
        key=key,
    )


def _why_stopped(last: "Transition") -> str:
    """The reason of a stop; of an early warning only which one it was: its counting is a paragraph."""
    if last.by != _watcher():
        return last.reason
    return f"{last.reason.partition(': ')[0]}. The Phase plan says what was counted."


def _watcher() -> str:
    """Whose name stands on what an early warning did."""
    from core.rollout.alarms import WATCHER

    return WATCHER


def _where(progress: "Progress") -> str:
    from core.rollout.standing import phase_parts

    standing = progress.decision.standing
    parts = phase_parts(standing)
    if not parts:
        return f":gray[:material/flag:] {lit(progress.phase)}"
    words = STATES[standing.state.value]
    # The words of a stop stand on their band already.
    badge = "" if standing.state.value in _STOPPED else f" :{words.colour}-badge[{words.word}]"
    return f":material/stairs: {lit(' · '.join(parts))}{badge}"


def _coming(standing: "Standing") -> str:
    """The step forward that would be next: "Phase 3 · Gradual (5–25 % of users)"."""
    from core.rollout.standing import reach_words

    if standing.state.value in (*_STOPPED, "complete"):
        return ""
    if standing.next is None:
        return "The end of the rollout" if standing.is_in_last_phase else ""
    place = standing.plan.phases.index(standing.next) + 1
    return f"Phase {place} · {standing.next.name} ({reach_words(standing.next)})"


def _waits(progress: "Progress") -> list[str]:
    """What the next step waits for; the signatures are counted, so that whoever can give one sees it."""
    offs = progress.decision.sign_offs
    open_ones = [one for one in (offs.commitment, offs.step) if one is not None and not one.is_met]
    if not offs.people_sign_in or not open_ones:
        return list(progress.waits_for)
    missing = sum(max(0, one.needed - one.given) for one in open_ones)
    signatures = f"{missing} signature{'' if missing == 1 else 's'}"
    words = "an answer to a refusal" if any(one.refused for one in open_ones) else signatures
    return [words if one == "sign-off" else one for one in progress.waits_for]


def _stops(page: "PageContext", standing: "Standing") -> "frozenset[Move]":
    """The ways to stop that there are now, for this reader."""
    from core.actions.policy import Act, may
    from core.rollout.transitions import POSSIBLE, Move

    if not may(page.workspace, page.caller, Act.STOP_ROLLOUT, page.slug):
        return frozenset()
    return POSSIBLE[standing.state] & {Move.PAUSE, Move.ROLL_BACK}


def _stop_buttons(page: "PageContext", standing: "Standing", possible: "frozenset[Move]") -> None:
    from core.rollout.transitions import Move

    if Move.PAUSE in possible and st.button("Pause", icon=":material/pause_circle:", key="band_pause"):
        _ask_pause(page, standing)
    if Move.ROLL_BACK in possible and st.button("Roll back", icon=":material/undo:", key="band_roll_back"):
        _ask_roll_back(page, standing)


def _ask_pause(page: "PageContext", standing: "Standing") -> None:
    @st.dialog("Pause the rollout?", icon=":material/pause_circle:")
    def ask() -> None:
        st.markdown(lit(f"{standing.name} stops until a product manager resumes it. {_BY_HAND}"))
        with st.form("band_pause_form", border=False):
            st.text_input(
                "Why (optional)",
                key="band_pause_reason",
                max_chars=500,
            )
            if st.form_submit_button(
                "Pause now",
                type="primary",
                key="band_pause_confirm",
                on_click=guarded(partial(_pause, page)),
            ):
                st.rerun()

    ask()


def _ask_roll_back(page: "PageContext", standing: "Standing") -> None:
    @st.dialog("Roll back?", icon=":material/undo:")
    def ask() -> None:
        st.markdown(
            lit(
                f"The users of {standing.name} lose the feature, and the rollout begins again with its first "
                f"phase. {_BY_HAND}"
            )
        )
        with st.form("band_roll_back_form", border=False):
            st.text_input(
                "What went wrong, in one line (optional: going back never waits for words)",
                key="band_roll_back_reason",
                max_chars=500,
            )
            if st.form_submit_button(
                "Roll back now",
                type="primary",
                key="band_roll_back_confirm",
                on_click=guarded(partial(_roll_back, page)),
            ):
                st.rerun()

    ask()


def _pause(page: "PageContext") -> None:
    from core.actions.rollout import pause

    reason = (st.session_state.get("band_pause_reason") or "").strip() or _NO_REASON
    pause(page.workspace, page.caller, page.moment(), page.slug, reason=reason)
    flash("The rollout is paused.", icon=":material/pause_circle:")


def _roll_back(page: "PageContext") -> None:
    from core.actions.rollout import roll_back

    reason = (st.session_state.get("band_roll_back_reason") or "").strip() or _NO_REASON
    roll_back(page.workspace, page.caller, page.moment(), page.slug, reason=reason)
    flash("The rollout is rolled back.", icon=":material/undo:")


def _next_step(slug: str, progress: "Progress") -> None:
    step = progress.next
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if step is None:
            st.markdown(":material/check: Every step is done.", width="content")
            return
        who = f" (needs {step.who or 'someone else'})" if step.state.value == "someone_else" else ""
        st.markdown(f":material/arrow_forward: **Next:** {lit(step.ask + who)}", width="content")
        link_to(step.page, feature=slug)


def progress_list(slug: str, progress: "Progress") -> None:
    """What is still missing, in the sidebar: each step with its state and a link to its place."""
    missing = sum(step.state.value != "done" for step in progress.steps)
    with st.sidebar.container(gap="xxsmall", key="progress_list"):
        st.caption(f"What is still missing: {missing} of {len(progress.steps)}")
        for step in progress.steps:
            _listed(slug, step)


def _listed(slug: str, step: "Step") -> None:
    """One step with its link. A link cuts off what is too long for it, so the rest then stands below it."""
    icon, meaning = STEP_ICONS[step.state.value]
    needs = f" · {step.who or 'someone else'}" if step.state.value == "someone_else" else ""
    label, rest = step.words + needs, ""
    if len(label) > _LINK_FITS:
        label, _, rest = label.partition(": ")
    link_to(step.page, feature=slug, label=label, icon=icon, width="stretch", help=meaning)
    if rest:
        with st.container(horizontal=True, gap=None):
            st.space(_INDENT_PIXELS)
            st.caption(lit(rest), width=_REST_PIXELS)
