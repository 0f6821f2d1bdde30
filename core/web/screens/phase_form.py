"""The fields of the form for one phase: filled from a phase, drawn, and read back.

The fields live in the session under fixed names. Streamlit forgets a field that is not drawn, so
whoever looked at another page meanwhile comes back to a form that must be filled again.
"""

from functools import partial
from typing import Any

import streamlit as st

from core.criteria.checklist import Checklist, MeasuredItem, Tier
from core.criteria.wording import item_sentence
from core.metrics.catalogue import CATALOGUE, Shape, metric
from core.metrics.measurement import Source
from core.rollout.plan import MINIMUM_DAYS, EarlyWarning, Fallback, Phase
from core.rollout.wording import FALLBACK_WORDS, TIER_WORDS
from core.units import Unit
from core.web.screens.typed_bars import percent, share, shown_bar, stored_bar
from core.web.wording import SOURCE_WORDS

_WATCHED = [asked.id for asked in CATALOGUE.values() if asked.shape is not Shape.NONE_IN_FIRST]
FALLBACK_CHOICES = ["", *(way.value for way in Fallback)]
_SHARE, _USERS = "A share of users", "A number of people"
_TEXTS = ("name", "segment", "why_forgiving", "tasks", "transparency", "monitoring", "owner")


def fill(phase: Phase | None) -> None:
    """Put ``phase`` into the fields, or a sensible start for a new one."""
    start = phase or Phase(id="new", name="New phase", exposure_share=(0.01, 0.05), feedback_button=True)
    shares, people = start.exposure_share or (0.01, 0.05), start.exposure_users or (50, 100)
    threshold = start.confidence_threshold
    st.session_state.update({f"phase_{name}": getattr(start, name) for name in _TEXTS})
    st.session_state.update(
        {
            "phase_name": start.name if phase else "",
            "phase_exposure_by": _USERS if start.exposure_users else _SHARE,
            "phase_share_low": percent(shares[0]),
            "phase_share_high": percent(shares[1]),
            "phase_users_low": people[0],
            "phase_users_high": people[1],
            "phase_has_threshold": threshold is not None,
            "phase_threshold": percent(0.95 if threshold is None else threshold),
            "phase_fallback": str(start.fallback or ""),
            "phase_review": percent(start.review_share),
            "phase_rate_limit": start.rate_limit or 0,
            "phase_spend_user_day": start.spend_user_day or 0.0,
            "phase_spend_day": start.spend_day or 0.0,
            "phase_feedback_button": start.feedback_button,
            "phase_minimum_days": (start.minimum_days or 0) if phase else MINIMUM_DAYS,
            "phase_criteria": [*start.criteria, *(bar.id for bar in start.bars)],
            "phase_reason": "",
            "phase_warning_places": list(range(len(start.warnings))),
        }
    )
    for place, warning in enumerate(start.warnings):
        _fill_warning(place, warning)


def fallback_choice(way: str) -> str:
    """The words of one of :data:`FALLBACK_CHOICES`."""
    return FALLBACK_WORDS[Fallback(way)] if way else "not decided yet"


def is_filled() -> bool:
    """Whether the fields still hold what was entered; every phase has a name."""
    return "phase_name" in st.session_state


def phase_fields(before: Phase | None, checklist: Checklist) -> None:
    """The fields of a phase; ``before`` is the saved one (``None``: it is new)."""
    left, right = st.columns(2)
    with left:
        st.markdown("**Who**")
        st.text_input("Name", key="phase_name", max_chars=80, placeholder="Early access")
        st.text_area("Who gets it", key="phase_segment", max_chars=500, height=68)
        st.text_area(
            "Why they forgive mistakes",
            key="phase_why_forgiving",
            max_chars=500,
            height=68,
            help="They tolerate mistakes, little is at stake, they tell you, and a failure does not spread.",
        )
        _exposure_fields()
        st.text_area("Tasks it may do", key="phase_tasks", max_chars=500, height=68)
        st.number_input(
            "Runs at least so many days (0: no minimum)", min_value=0, step=1, key="phase_minimum_days"
        )
        st.text_input("Who decides (blank: the plan's owner)", key="phase_owner", max_chars=120)
    with right:
        st.markdown("**Guardrails**")
        _guardrail_fields()
    st.markdown("**What it must show**")
    _criteria_field(before, checklist)
    st.markdown("**Early warnings**")
    _warning_fields()


def entered(before: Phase | None) -> dict[str, Any]:
    """The phase as the fields stand now, on top of what the form does not show; a new one has no id yet."""
    state = st.session_state
    body: dict[str, Any] = before.model_dump(mode="json") if before else {}
    by_share = state["phase_exposure_by"] != _USERS
    own = {bar["id"]: bar for bar in body.get("bars", ())}
    chosen = state["phase_criteria"]
    return (
        body
        | {name: state[f"phase_{name}"] for name in _TEXTS}
        | {
            "exposure_share": [share(state[f"phase_share_{end}"]) for end in ("low", "high")]
            if by_share
            else None,
            "exposure_users": None if by_share else [state[f"phase_users_{end}"] for end in ("low", "high")],
            "confidence_threshold": share(state["phase_threshold"]) if state["phase_has_threshold"] else None,
            "fallback": state["phase_fallback"] or None,
            "review_share": share(state["phase_review"]),
            "rate_limit": state["phase_rate_limit"] or None,
            **{name: round(state[f"phase_{name}"], 2) or None for name in ("spend_user_day", "spend_day")},
            "feedback_button": state["phase_feedback_button"],
            "minimum_days": state["phase_minimum_days"] or None,
            "criteria": [name for name in chosen if name not in own],
            "bars": [bar for name, bar in own.items() if name in chosen],
            "warnings": [_entered_warning(place) for place in state["phase_warning_places"]],
        }
    )


def _exposure_fields() -> None:
    by = st.radio("How many", [_SHARE, _USERS], key="phase_exposure_by", horizontal=True)
    left, right = st.columns(2)
    # No upper bound in the fields: what cannot be is said in words, never cut off.
    _keep(phase_users_low=50, phase_users_high=100, phase_share_low=1.0, phase_share_high=5.0)
    if by == _USERS:
        left.number_input("From (people)", min_value=0, step=10, key="phase_users_low")
        right.number_input("To (people)", min_value=0, step=10, key="phase_users_high")
    else:
        left.number_input("From (%)", min_value=0.0, step=1.0, format="%g", key="phase_share_low")
        right.number_input("To (%)", min_value=0.0, step=1.0, format="%g", key="phase_share_high")


def _guardrail_fields() -> None:
    has = st.checkbox("Only confident answers are simply shown", key="phase_has_threshold")
    st.number_input(
        "Confidence threshold (%)",
        min_value=0.0,
        step=1.0,
        format="%g",
        key="phase_threshold",
        disabled=not has,
    )
    st.selectbox(
        "What happens to an unsure answer",
        FALLBACK_CHOICES,
        format_func=fallback_choice,
        key="phase_fallback",
    )
    st.number_input(
        "Answers that a person reviews (%)", min_value=0.0, step=5.0, format="%g", key="phase_review"
    )
    st.number_input("Requests a day for each user (0: no limit)", min_value=0, step=5, key="phase_rate_limit")
    st.number_input(
        "US dollars that one user may cost a day (0: not watched)",
        min_value=0.0,
        step=1.0,
        format="%.2f",
        key="phase_spend_user_day",
        help="The first day on which one user costs so much pauses the rollout at once; often it is a loop.",
    )
    st.number_input(
        "US dollars that all users may cost a day (0: not watched)",
        min_value=0.0,
        step=10.0,
        format="%.2f",
        key="phase_spend_day",
        help="The first day that costs so much pauses the rollout at once. Days are those of UTC.",
    )
    st.caption("A day that reaches its amount pauses the rollout at once, with the import that shows it.")
    st.checkbox("Users have a feedback button", key="phase_feedback_button")
    st.text_area("What users are told", key="phase_transparency", max_chars=500, height=68)
    st.text_area("What is monitored", key="phase_monitoring", max_chars=500, height=68)


def _criteria_field(before: Phase | None, checklist: Checklist) -> None:
    known = {
        item.id: item_sentence(item) if isinstance(item, MeasuredItem) else item.sentence
        for item in checklist.items
    }
    known |= {
        bar.id: f"{item_sentence(bar)} (this phase's own bar)" for bar in (before.bars if before else ())
    }
    known |= {
        name: f"{name} (not in the checklist)"
        for name in st.session_state["phase_criteria"]
        if name not in known
    }
    st.multiselect(
        "Rows of the checklist",
        list(known),
        format_func=lambda name: known.get(name, name),
        key="phase_criteria",
        placeholder="Every deciding row of the checklist",
        help="Leave it empty for every deciding row. An own bar that you take out is gone once you save.",
    )


def _warning_fields() -> None:
    for place in st.session_state["phase_warning_places"]:
        with st.container(border=True):
            what, bar, act, gone = st.columns([3, 2, 2, 1], vertical_alignment="bottom")
            chosen = what.selectbox(
                "Watch",
                _WATCHED,
                format_func=lambda metric_id: metric(metric_id).label,
                key=_key(place, "metric"),
                on_change=partial(_metric_changed, place),
            )
            asked = metric(chosen)
            better = "below" if asked.better.value == "higher" else "above"
            unit = {Unit.SHARE: "%", Unit.MILLISECONDS: "seconds"}.get(asked.unit, asked.unit.value)
            bar.number_input(
                f"Trips {better} ({unit})",
                min_value=0.0,
                step=1.0,
                format="%g",
                key=_key(place, "bar"),
                help="0 is a tripwire: one single case is enough." if better == "above" else None,
            )
            act.selectbox(
                "Then",
                [tier.value for tier in TIER_WORDS],
                format_func=lambda tier: TIER_WORDS[Tier(tier)],
                key=_key(place, "tier"),
            )
            gone.button(
                "",
                icon=":material/delete:",
                help="Take this warning out",
                key=_key(place, "remove"),
                on_click=partial(_remove_warning, place),
            )
            source, window = st.columns(2)
            source.selectbox(
                "Measured from",
                ["", *(reading.source.value for reading in asked.readings)],
                format_func=lambda one: SOURCE_WORDS[one] if one else "any source",
                key=_key(place, "source"),
            )
            window.text_input(
                "Noticed", key=_key(place, "window"), max_chars=120, placeholder="within a week"
            )
    st.button("Add an early warning", icon=":material/add:", key="phase_add_warning", on_click=_add_warning)


def _fill_warning(place: int, warning: EarlyWarning) -> None:
    st.session_state.update(
        {
            _key(place, "metric"): warning.metric,
            _key(place, "source"): str(warning.source or ""),
            _key(place, "bar"): shown_bar(metric(warning.metric), warning.bar),
            _key(place, "tier"): warning.tier.value,
            _key(place, "window"): warning.window,
        }
    )


def _entered_warning(place: int) -> dict[str, Any]:
    state = st.session_state
    asked = metric(state[_key(place, "metric")])
    typed = state[_key(place, "bar")]
    return {
        "metric": asked.id,
        "source": state.get(_key(place, "source")) or None,
        "bar": stored_bar(asked, typed),
        "tier": state[_key(place, "tier")],
        "window": state.get(_key(place, "window"), ""),
    }


def _add_warning() -> None:
    places: list[int] = st.session_state["phase_warning_places"]
    place = max(places, default=-1) + 1
    st.session_state["phase_warning_places"] = [*places, place]
    _fill_warning(
        place,
        EarlyWarning(metric="answer_correctness", source=Source.LABEL, bar=0.85, tier=Tier.PAUSE),
    )


def _remove_warning(place: int) -> None:
    places = st.session_state["phase_warning_places"]
    st.session_state["phase_warning_places"] = [one for one in places if one != place]


def _metric_changed(place: int) -> None:
    """Another metric has other sources and another scale: these fields start anew."""
    asked = metric(st.session_state[_key(place, "metric")])
    st.session_state[_key(place, "source")] = ""
    start = {Unit.SHARE: 85.0 if asked.better.value == "higher" else 5.0, Unit.MILLISECONDS: 10.0}
    st.session_state[_key(place, "bar")] = start.get(asked.unit, 1.0)


def _keep(**starts: float) -> None:
    """Keep what fields hold while they are hidden: Streamlit forgets a field that is not drawn."""
    for key, value in starts.items():
        st.session_state[key] = st.session_state.get(key, value)


def _key(place: int, name: str) -> str:
    return f"phase_warning_{place}_{name}"
