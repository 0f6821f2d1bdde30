"""The fields of the form for one item: filled from an item, drawn, and read back.

The fields live in the session under fixed names. Streamlit forgets a field that is not drawn, so
whoever looked at another page meanwhile comes back to a form that must be filled again.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.criteria.checklist import AttestedItem, Direction, MeasuredItem, Tier
from core.errors import InvalidDocument
from core.metrics.catalogue import CATALOGUE, Better, Metric, Shape, metric
from core.metrics.measurement import Source
from core.units import Unit
from core.web.safe import lit
from core.web.screens.typed_bars import shown_bar, stored_bar
from core.web.wording import SOURCE_WORDS, tier_words

_SLICE_COLUMNS = ("", "task_type", "user_segment", "user_role", "route", "channel", "model", "prompt_version")
_FIRST_COUNT = 100
_BAR_UNITS = {Unit.SHARE: "%", Unit.MILLISECONDS: "seconds", Unit.USD: "US dollars", Unit.COUNT: "number"}


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
            "item_bar": shown_bar(asked, _bar_to_begin_with(asked) if bar is None else bar),
            "item_count": start.get("count") or _FIRST_COUNT,
            "item_minimum_n": start.get("minimum_n", 0),
            "item_window_days": start.get("window_days") or 0,
            "item_valid_days": start.get("valid_days") or 0,
            "item_tier": start.get("tier", Tier.BLOCKS.value),
            "item_owner": start.get("owner", ""),
            "item_sentence": start.get("sentence", ""),
            "item_slice_column": where[0],
            "item_slice_value": where[1],
            "item_protected": start.get("protected", False),
        }
    )


def is_filled() -> bool:
    """Whether the fields still hold what was entered; every kind of item has a tier."""
    return "item_tier" in st.session_state


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
    with right:
        _bar_field(asked)
        st.selectbox(
            "If it fails", list(Tier), format_func=lambda tier: tier_words(tier).word, key="item_tier"
        )
        st.text_input("Owner", key="item_owner", max_chars=120)
    with st.expander("Only a part of the traffic, and how fresh"):
        _slice_fields(_carried(before))
        if asked.shape is not Shape.NONE_IN_FIRST:
            # The first traces since the lock are a fixed set: no window moves it, no minimum adds to it.
            st.number_input("At least this many cases", 0, 1_000_000, step=10, key="item_minimum_n")
            st.number_input(
                "Only the last so many days (0: all since the lock)", 0, 3_650, step=1, key="item_window_days"
            )
        st.number_input(
            "Evidence counts for so many days (0: for ever)", 0, 3_650, step=1, key="item_valid_days"
        )


def attested_fields() -> None:
    """The fields of a question."""
    st.text_input("Question or statement to answer with yes or no", key="item_sentence", max_chars=300)
    st.text_input("Owner", key="item_owner", max_chars=120)
    st.selectbox(
        "If it is not so", list(Tier), format_func=lambda tier: tier_words(tier).word, key="item_tier"
    )
    st.number_input(
        "An answer counts for so many days (0: for ever)", 0, 3_650, step=1, key="item_valid_days"
    )


def entered(kind: str, before: MeasuredItem | AttestedItem | None) -> dict[str, Any]:
    """The item as the fields stand now, on top of what the form does not show; a new one has no id yet."""
    state = st.session_state
    body: dict[str, Any] = before.model_dump(mode="json") if before else {"kind": kind}
    body |= {
        "tier": state["item_tier"],
        "owner": state["item_owner"],
        "valid_days": state["item_valid_days"] or None,
    }
    if kind == "attested":
        return body | {"sentence": state["item_sentence"]}
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
        "bar": None if first else stored_bar(asked, state.get("item_bar", 0.0)),
        "count": state.get("item_count") if first else None,
        "minimum_n": 0 if first else state.get("item_minimum_n", 0),
        "window_days": None if first else state.get("item_window_days") or None,
        "slice": {**chosen, **_carried(before)},
        "protected": state.get("item_protected", False),
    }


def _bar_field(asked: Metric) -> None:
    if asked.shape is Shape.NONE_IN_FIRST:
        st.number_input("None in the first so many traces", 1, 100_000, step=10, key="item_count")
        return
    unit = _BAR_UNITS[asked.unit]
    step = 0.01 if asked.unit is Unit.USD else 1.0
    st.number_input(f"Bar ({unit})", min_value=0.0, step=step, format="%g", key="item_bar")
    st.caption(f"The value must be {_direction(asked).value} the bar.")


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
    st.session_state["item_bar"] = shown_bar(asked, _bar_to_begin_with(asked))
    st.session_state["item_count"] = _FIRST_COUNT


def _bar_to_begin_with(asked: Metric) -> float:
    """A bar for a new item, to be thought over."""
    if asked.unit is Unit.SHARE:
        return 0.9 if asked.better is Better.HIGHER else 0.1
    return 8_000 if asked.unit is Unit.MILLISECONDS else 0.0
