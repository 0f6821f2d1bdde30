"""The filter bar of the Health page: every choice stands in the address, so that a view can be shared."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from core.actions.gauges import Part
from core.actions.health import PhaseRan, phases_of, values_of
from core.metrics.measurement import Source
from core.rollout.transitions import PhasePeriod
from core.web.address import one_in, put, text_in, unknown_in, writes
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.wording import SOURCE_WORDS, source_title, write_date

WEEKS = {"4": "Last 4 weeks", "8": "Last 8 weeks", "12": "Last 12 weeks", "26": "Last 26 weeks"}
_SOURCES = {source.value: source_title(source) for source in Source}
_WIDTH = 132
_NAMES = ("phase", "segment", "task", "bundle", "role", "channel", "source", "weeks")
_NOT_FAILURES = "Does not apply to noted failures and outside counts, which do not say it."
_AGAIN = "A phase that ran twice stands for its latest time."


@dataclass(frozen=True)
class _Field:
    """One picker: ``name`` in the address, ``options`` from what the address holds to what people read.

    ``leaves`` says what it does not apply to; one that ``is_rare`` is not shown where it has no options.
    """

    name: str
    label: str
    everything: str
    options: Mapping[str, str]
    leaves: str = ""
    is_rare: bool = False

    @property
    def chosen(self) -> str | None:
        """The option that the address names, in capitals or not: checklists write slices as people do."""
        asked = text_in(self.name, 500).strip().casefold()
        exact = one_in(self.name, self.options, "")
        return exact or next((one for one in self.options if asked and one.strip().casefold() == asked), None)


def choose_part(page: PageContext) -> Part:
    """The filters as they stand in the address, with the fields to change them."""
    phases = phases_of(page.workspace, page.caller, page.slug)
    fields = _fields(page, phases)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="health_filters"):
        for field in fields.values():
            if field.options or not field.is_rare:
                _picker(field)
        if any(field.chosen for field in fields.values()):
            st.button("Show all", key="health_all", icon=":material/filter_alt_off:", on_click=_show_all)
    _say_unknown(fields)
    _say_what_they_leave(fields)
    _say_what_decides(page, fields["bundle"])
    source, weeks, phase = fields["source"].chosen, fields["weeks"].chosen, fields["phase"].chosen
    return Part(
        segment=fields["segment"].chosen,
        task=fields["task"].chosen,
        bundle=fields["bundle"].chosen,
        source=Source(source) if source else None,
        weeks=int(weeks) if weeks else None,
        role=fields["role"].chosen,
        channel=fields["channel"].chosen,
        phase=phases[phase].period if phase else None,
    )


def part_words(part: Part) -> str:
    """What the numbers are of, in one sentence."""
    named = {
        "segment": part.segment,
        "task type": part.task,
        "release": part.bundle,
        "role": part.role,
        "channel": part.channel,
    }
    words = [] if part.phase is None else [_phase_words(part.phase)]
    words += [f"{name} “{value}”" for name, value in named.items() if value is not None]
    if part.source is not None:
        words.append(f"{SOURCE_WORDS[part.source]} only")
    weeks = "all weeks" if part.weeks is None else f"the last {part.weeks} weeks"
    return ", ".join([*words, weeks])


def _phase_words(period: PhasePeriod) -> str:
    ended = "now" if period.ended is None else write_date(period.ended)
    return f"phase “{period.phase}” ({write_date(period.began)} to {ended})"


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


def say_unfit(name: str, what: str, shown: str, *, fits: bool) -> None:
    """One line where the address asks for what does not fit: "“7” is no threshold from 0 to 1: showing 0.8."

    ``what`` is what it should be, ``shown`` what stands there instead.
    """
    asked = text_in(name, 60).strip()
    if asked and not fits:
        st.warning(lit(f"“{asked}” is no {what}: showing {shown}."), icon=":material/link_off:")


def _fields(page: PageContext, phases: Mapping[str, PhaseRan]) -> dict[str, _Field]:
    known = {
        name: {value: value for value in values}
        for name, values in values_of(page.workspace, page.caller, page.slug).items()
    }
    ran = {phase: _phase_choice(one) for phase, one in reversed(list(phases.items()))}
    no_evals = f"Eval results do not say it: with this filter they have no number. {_NOT_FAILURES}"
    fields = (
        _Field(
            "phase", "Phase", "All phases", ran, f"Outside counts are of all phases. {_AGAIN}", is_rare=True
        ),
        _Field("segment", "Segment", "All segments", known["segment"], _NOT_FAILURES),
        _Field("task", "Task type", "All tasks", known["task"], _NOT_FAILURES),
        _Field("bundle", "Release", "All releases", known["bundle"], _NOT_FAILURES),
        _Field("role", "Role", "All roles", known["role"], no_evals, is_rare=True),
        _Field("channel", "Channel", "All channels", known["channel"], no_evals, is_rare=True),
        _Field("source", "Measured from", "Every source", _SOURCES, _NOT_FAILURES),
        _Field("weeks", "Weeks", "All weeks", WEEKS, "Outside counts are of all weeks."),
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
        help=field.leaves,
    )


def _say_unknown(fields: Mapping[str, _Field]) -> None:
    """A filter that does not fit is said, so that numbers of more than was asked for surprise nobody."""
    unknown = [
        f"{field.label.lower()} “{value[:60]}”"
        for field in fields.values()
        for value in unknown_in(field.name, ["", *field.options])
        if field.chosen is None
    ]
    if unknown:
        st.warning(
            lit(
                f"The address asks for {', '.join(unknown[:3])}, which this feature's evidence does not "
                "have. That filter is left out."
            ),
            icon=":material/link_off:",
        )


def _say_what_they_leave(fields: Mapping[str, _Field]) -> None:
    """What the chosen filters do not reach, each sentence once."""
    said: dict[str, list[str]] = {}
    for field in fields.values():
        if field.chosen:
            said.setdefault(field.leaves, []).append(field.label)
    if said:
        st.caption(lit(" ".join(f"{', '.join(labels)}: {words}" for words, labels in said.items())))


def _say_what_decides(page: PageContext, releases: _Field) -> None:
    """Several releases are counted together unless one is chosen, and a verdict is about the live one."""
    facts = page.decision.release
    live = facts.releases.live if facts is not None else None
    if live is None or releases.chosen is not None or not set(releases.options) - {live.name}:
        return
    st.caption(
        lit(
            "Releases are counted together here. Go / no-go counts what holds for the live release, "
            f"“{live.name}”: choose it under Release to see it alone."
        )
    )


def _phase_choice(ran: PhaseRan) -> str:
    return ran.name if ran.times == 1 else f"{ran.name} (time {ran.times})"


def _show_all() -> None:
    for name in _NAMES:
        put(name, "")
