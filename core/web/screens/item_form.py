"""The fields of the form for one item: filled from an item, drawn, and read back.

The fields live in the session under fixed names. Streamlit forgets a field that is not drawn, so
whoever looked at another page meanwhile comes back to a form that must be filled again.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.criteria.checklist import NOTHING, AttestedItem, Direction, MeasuredItem, Tier, bar_fault
from core.criteria.typed_numbers import read_bar, read_whole, typed_bar
from core.errors import InvalidDocument
from core.evidence.bundle_parts import PART_LABELS, BundlePart
from core.metrics.catalogue import CATALOGUE, Better, Metric, Shape, metric
from core.metrics.measurement import Source
from core.units import Unit
from core.web.safe import lit
from core.web.screens.glossary import explain_link
from core.web.wording import SOURCE_WORDS, tier_words

_SLICE_COLUMNS = ("", "task_type", "user_segment", "user_role", "route", "channel", "model", "prompt_version")
_FIRST_COUNT = 100
_BAR_UNITS = {Unit.SHARE: "%", Unit.MILLISECONDS: "seconds", Unit.USD: "US dollars", Unit.COUNT: "number"}
_MOST_CASES, _MOST_DAYS, _MOST_FIRST = 1_000_000, 3_650, 100_000
_CASES, _WINDOW = "At least this many cases", "Only the last so many days"
_VALID, _FIRST = "Evidence counts for so many days", "None in the first so many traces"
_FOR_EVER = "for ever"
_NO_MECHANISMS = 0

FIELDS = (
    "item_metric",
    "item_source",
    "item_bar",
    "item_count",
    "item_minimum_n",
    "item_window_days",
    "item_valid_days",
    "item_tier",
    "item_owner",
    "item_owner_role",
    "item_sentence",
    "item_when_it_fails",
    "item_good_evidence",
    "item_threshold_source",
    "item_mechanisms",
    "item_slice_column",
    "item_slice_value",
    "item_protected",
    "item_depends_on",
)
"""The names of all fields in the session."""


def fill(item: MeasuredItem | AttestedItem | None) -> None:
    """Put ``item`` into the fields, or a sensible start for a new one."""
    start: dict[str, Any] = item.model_dump(mode="json") if item else {}
    asked = metric(start.get("metric", "answer_correctness"))
    bar = start.get("bar")
    where = next(iter(start.get("slice", {}).items()), ("", ""))
    st.session_state.update(
        {
            "item_metric": asked.id,
            "item_source": start.get("source", asked.readings[0].source.value),
            "item_bar": _bar_to_begin_with(asked) if bar is None else typed_bar(bar, asked),
            "item_count": str(start.get("count") or _FIRST_COUNT),
            "item_minimum_n": _typed(start.get("minimum_n")),
            "item_window_days": _typed(start.get("window_days")),
            "item_valid_days": _typed(start.get("valid_days")),
            "item_tier": start.get("tier", Tier.BLOCKS.value),
            "item_owner": start.get("owner", ""),
            "item_owner_role": start.get("owner_role", ""),
            "item_sentence": start.get("sentence", ""),
            "item_when_it_fails": start.get("when_it_fails", ""),
            "item_good_evidence": start.get("good_evidence", ""),
            "item_threshold_source": start.get("threshold_source", ""),
            "item_mechanisms": start.get("mechanisms") or _NO_MECHANISMS,
            "item_slice_column": where[0],
            "item_slice_value": where[1],
            "item_protected": start.get("protected", False),
            "item_depends_on": list(start.get("depends_on", ())),
        }
    )


def is_filled() -> bool:
    """Whether the fields still hold what was entered; every kind of item has a tier."""
    return "item_tier" in st.session_state


def take(fields: Mapping[str, Any]) -> None:
    """Put fields that were kept as :func:`typed` into the form again; what is missing starts empty."""
    fill(None)
    st.session_state.update({name: value for name, value in fields.items() if name in FIELDS})
    if st.session_state["item_metric"] not in CATALOGUE:
        fill(None)


def typed() -> dict[str, Any]:
    """The fields as they stand now, for keeping."""
    return {name: st.session_state[name] for name in FIELDS if name in st.session_state}


def measured_fields(before: MeasuredItem | None) -> None:
    """The fields of a measured item; ``before`` is the saved one (``None``: it is new)."""
    left, right = st.columns(2)
    with left:
        chosen = st.selectbox(
            "Metric",
            list(CATALOGUE),
            format_func=lambda metric_id: CATALOGUE[metric_id].label,
            key="item_metric",
            disabled=before is not None,
            on_change=_metric_changed,
        )
        asked = metric(chosen)
        st.caption(lit(asked.sentence))
        sources = [reading.source.value for reading in asked.readings]
        st.selectbox("Measured from", sources, format_func=SOURCE_WORDS.__getitem__, key="item_source")
        st.caption(lit(f"Counted: {asked.reading(_chosen_source(asked)).denominator}"))
        explain_link(asked.label, "More about this metric")
    with right:
        _bar_field(asked)
        st.selectbox(
            "If it fails", list(Tier), format_func=lambda tier: tier_words(tier).word, key="item_tier"
        )
        _owner_fields()
    with st.expander("Only a part of the traffic, and how fresh"):
        _slice_fields(_carried(before))
        if asked.shape is not Shape.NONE_IN_FIRST:
            # The first traces since the lock are a fixed set: no window moves it, no minimum adds to it.
            st.text_input(_CASES, key="item_minimum_n", max_chars=20, placeholder="no minimum")
            st.text_input(_WINDOW, key="item_window_days", max_chars=20, placeholder="all since the lock")
        st.text_input(_VALID, key="item_valid_days", max_chars=20, placeholder=_FOR_EVER)
    _guidance_fields()


def attested_fields() -> None:
    """The fields of a question."""
    st.text_input("Question or statement to answer with yes or no", key="item_sentence", max_chars=300)
    left, right = st.columns(2)
    with left:
        _owner_fields()
    with right:
        st.selectbox(
            "If it is not so", list(Tier), format_func=lambda tier: tier_words(tier).word, key="item_tier"
        )
        st.text_input(
            "An answer counts for so many days", key="item_valid_days", max_chars=20, placeholder=_FOR_EVER
        )
    st.selectbox(
        "Protective mechanisms that must be on",
        [_NO_MECHANISMS, 1, 2, 3, 4, 5],
        format_func=lambda number: f"at least {number} of 5" if number else "(not about them)",
        key="item_mechanisms",
        help="Confidence threshold, users review the answers, experts review a sample, limited segment, "
        "rate limit. The page then shows which of them the phase plan has on.",
    )
    _guidance_fields()


def entered(kind: str, before: MeasuredItem | AttestedItem | None) -> dict[str, Any]:
    """The item as the fields stand now, on top of what the form does not show; a new one has no id yet."""
    state = st.session_state
    body: dict[str, Any] = before.model_dump(mode="json") if before else {"kind": kind}
    body |= {
        "tier": state["item_tier"],
        "owner": state["item_owner"],
        "owner_role": state.get("item_owner_role", ""),
        "when_it_fails": state.get("item_when_it_fails", ""),
        "good_evidence": state.get("item_good_evidence", ""),
        "threshold_source": state.get("item_threshold_source", ""),
        "valid_days": read_whole(state["item_valid_days"], _VALID, least=1, most=_MOST_DAYS),
        "depends_on": list(state.get("item_depends_on", ())),
    }
    if kind == "attested":
        return body | {
            "sentence": state["item_sentence"],
            "mechanisms": state.get("item_mechanisms") or None,
        }
    asked = metric(state["item_metric"])
    first = asked.shape is Shape.NONE_IN_FIRST
    column, value = state.get("item_slice_column", ""), state.get("item_slice_value", "").strip()
    chosen = {column: value} if column and value else {}
    if column and not value:
        raise InvalidDocument(f"Type the value of {column}, or choose all traffic.")
    if state.get("item_protected") and not chosen:
        raise InvalidDocument("Protected is for a part of the traffic: choose a column and its value.")
    return body | {
        "metric": asked.id,
        "source": _chosen_source(asked).value,
        "direction": _direction(asked).value,
        "bar": None if first else _bar_entered(asked),
        "count": read_whole(state.get("item_count", ""), _FIRST, least=1, most=_MOST_FIRST)
        if first
        else None,
        "minimum_n": 0
        if first
        else read_whole(state.get("item_minimum_n", ""), _CASES, most=_MOST_CASES) or 0,
        "window_days": None
        if first
        else read_whole(state.get("item_window_days", ""), _WINDOW, least=1, most=_MOST_DAYS),
        "slice": {**chosen, **_carried(before)},
        "protected": state.get("item_protected", False),
    }


def _bar_entered(asked: Metric) -> float:
    bar = read_bar(st.session_state.get("item_bar", ""), asked)
    if fault := bar_fault(bar, asked):
        raise InvalidDocument(fault)
    return bar


def _bar_field(asked: Metric) -> None:
    if asked.shape is Shape.NONE_IN_FIRST:
        st.text_input(_FIRST, key="item_count", max_chars=20)
        return
    # Text, not a number field: a browser turns "0,85" into 85 or clips it without a word.
    st.text_input(f"Bar ({_BAR_UNITS[asked.unit]})", key="item_bar", max_chars=40)
    st.caption(f"The value must be {_direction(asked).value} the bar.")


def _owner_fields() -> None:
    owner, role = st.columns(2)
    owner.text_input("Owner", key="item_owner", max_chars=120)
    role.text_input(
        "Role of the owner", key="item_owner_role", max_chars=80, placeholder="Legal, Security, …"
    )


def _guidance_fields() -> None:
    with st.expander("Guidance: what failing means, good evidence, where the bar is from"):
        st.text_area("What failing means, and what to do then", key="item_when_it_fails", max_chars=500)
        st.text_area("An example of good evidence", key="item_good_evidence", max_chars=500)
        st.text_input("Where the bar or the demand is from", key="item_threshold_source", max_chars=500)
        st.multiselect(
            "Stale when these parts of the release change",
            [*(part.value for part in BundlePart), NOTHING],
            format_func=lambda part: PART_LABELS[BundlePart(part)] if part != NOTHING else "No part",
            key="item_depends_on",
            placeholder="the usual ones",
            help="What is measured or answered counts for the release that it was measured or answered of. "
            "Leave it empty for the parts that such an item usually depends on.",
        )


def _typed(number: int | None) -> str:
    return str(number) if number else ""


def _slice_fields(carried: Mapping[str, str]) -> None:
    columns = [name for name in _SLICE_COLUMNS if name not in carried]
    if st.session_state.get("item_slice_column", "") not in columns:
        columns.append(st.session_state["item_slice_column"])
    st.selectbox(
        "Only where this column",
        columns,
        format_func=lambda name: name or "(all traffic)",
        key="item_slice_column",
    )
    st.text_input("has this value", key="item_slice_value", max_chars=200)
    if carried:
        pairs = ", ".join(f"{name} is “{value}”" for name, value in carried.items())
        st.caption(lit(f"And only where {pairs}. Saving keeps this as it is."))
    st.checkbox("Protected: a good average cannot make up for it", key="item_protected")


def _carried(before: MeasuredItem | AttestedItem | None) -> dict[str, str]:
    """The parts of the slice that the form has no fields for: all but the first."""
    return dict(list(before.slice.items())[1:]) if isinstance(before, MeasuredItem) else {}


def _direction(asked: Metric) -> Direction:
    return Direction.ABOVE if asked.better is Better.HIGHER else Direction.BELOW


def _chosen_source(asked: Metric) -> Source:
    sources = [reading.source for reading in asked.readings]
    chosen = st.session_state.get("item_source")
    return next((source for source in sources if source.value == chosen), sources[0])


def _metric_changed() -> None:
    """Another metric has other sources and another bar: these fields start anew."""
    asked = metric(st.session_state["item_metric"])
    st.session_state["item_source"] = asked.readings[0].source.value
    st.session_state["item_bar"] = _bar_to_begin_with(asked)
    st.session_state["item_count"] = str(_FIRST_COUNT)


def _bar_to_begin_with(asked: Metric) -> str:
    """A bar for a new item, to be thought over; blank where no number is a sensible start."""
    if asked.unit is Unit.SHARE:
        return "90 %" if asked.better is Better.HIGHER else "10 %"
    return "8 s" if asked.unit is Unit.MILLISECONDS else ""
