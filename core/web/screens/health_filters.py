"""The filter bar of the Health page: every choice stands in the address, so that a view can be shared."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from core.actions.gauges import Part
from core.actions.health import values_of
from core.metrics.measurement import Source
from core.web.address import one_in, put, unknown_in, writes
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.wording import SOURCE_WORDS, source_title

WEEKS = {"4": "Last 4 weeks", "8": "Last 8 weeks", "12": "Last 12 weeks", "26": "Last 26 weeks"}
_SOURCES = {source.value: source_title(source) for source in Source}
_WIDTH = 148


@dataclass(frozen=True)
class _Field:
    """One picker: ``name`` in the address, ``options`` from what the address holds to what people read."""

    name: str
    label: str
    everything: str
    options: Mapping[str, str]

    @property
    def chosen(self) -> str | None:
        return one_in(self.name, self.options, "") or None


def choose_part(page: PageContext) -> Part:
    """The filters as they stand in the address, with the fields to change them."""
    fields = _fields(page)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="health_filters"):
        for field in fields.values():
            _picker(field)
        if any(field.chosen for field in fields.values()):
            st.button("Show all", key="health_all", icon=":material/filter_alt_off:", on_click=_show_all)
    _say_unknown(fields)
    source, weeks = fields["source"].chosen, fields["weeks"].chosen
    return Part(
        segment=fields["segment"].chosen,
        task=fields["task"].chosen,
        bundle=fields["bundle"].chosen,
        source=Source(source) if source else None,
        weeks=int(weeks) if weeks else None,
    )


def part_words(part: Part) -> str:
    """What the numbers are of, in one sentence."""
    named = {"segment": part.segment, "task type": part.task, "release": part.bundle}
    words = [f"{name} “{value}”" for name, value in named.items() if value is not None]
    if part.source is not None:
        words.append(f"{SOURCE_WORDS[part.source]} only")
    weeks = "all weeks" if part.weeks is None else f"the last {part.weeks} weeks"
    return ", ".join([*words, weeks])


def pick_one(name: str, label: str, options: Mapping[str, str], otherwise: str, *, width: int) -> str:
    """A picker without "all", also in the address; ``otherwise`` is not written there."""
    key = f"health_{name}"
    st.session_state[key] = one_in(name, options, otherwise)
    return st.selectbox(
        label,
        list(options),
        format_func=lambda value: options.get(value, value),
        key=key,
        width=width,
        on_change=writes(name, key, default=otherwise),
    )


def _fields(page: PageContext) -> dict[str, _Field]:
    known = {
        name: {value: value for value in values}
        for name, values in values_of(page.workspace, page.caller, page.slug).items()
    }
    fields = (
        _Field("segment", "Segment", "All segments", known["segment"]),
        _Field("task", "Task type", "All tasks", known["task"]),
        _Field("bundle", "Release", "All releases", known["bundle"]),
        _Field("source", "Measured from", "Every source", _SOURCES),
        _Field("weeks", "Weeks", "All weeks", WEEKS),
    )
    return {field.name: field for field in fields}


def _picker(field: _Field) -> None:
    key = f"health_{field.name}"
    # The address decides what a field shows, also when it was pasted.
    st.session_state[key] = field.chosen or ""
    st.selectbox(
        field.label,
        ["", *field.options],
        format_func=lambda value: field.options.get(value, value) or field.everything,
        key=key,
        width=_WIDTH,
        on_change=writes(field.name, key),
    )


def _say_unknown(fields: Mapping[str, _Field]) -> None:
    """A filter that does not fit is said, so that numbers of more than was asked for surprise nobody."""
    unknown = [
        f"{field.label.lower()} “{value[:60]}”"
        for field in fields.values()
        for value in unknown_in(field.name, ["", *field.options])
    ]
    if unknown:
        st.warning(
            lit(
                f"The address asks for {', '.join(unknown[:3])}, which this feature's evidence does not "
                "have. That filter is left out."
            ),
            icon=":material/link_off:",
        )


def _show_all() -> None:
    for name in ("segment", "task", "bundle", "source", "weeks"):
        put(name, "")
