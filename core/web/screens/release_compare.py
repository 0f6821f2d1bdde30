"""Two releases on the same cases: the verdict, what broke and what was fixed, the answers side by side."""

from collections.abc import Mapping

import streamlit as st

from core.actions.bundles import ReleaseView
from core.actions.comparing import Choices, Comparison, compare, release_choices
from core.errors import WrongUsage
from core.metrics.before_after import BeforeAfter, Counted, Outcome
from core.metrics.before_after_words import (
    WORDS,
    flaky_words,
    headline,
    interval_words,
    left_out_sentences,
    not_run_sentence,
    part_words,
    remarks,
    stop_sentences,
    verdict_sentence,
)
from core.metrics.change_words import change_with_interval, signed_points
from core.metrics.like_for_like import Comparison as Traffic
from core.metrics.like_for_like import comparison_sentence, outcome_word
from core.metrics.like_for_like import verdict_sentence as traffic_verdict
from core.web.address import one_in, text_in, writes
from core.web.charts.mix import ChangeRow, mix_alt, mix_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit, printable
from core.web.screens import health_compare, release_flips
from core.web.widgets import counts_written, empty_state, show_chart
from core.web.wording import write_count

ANY_SET = "All sets"
_CHARTED_FROM = 20
_MOST_CHARTED = 7
_LOOKS = {
    Outcome.BETTER: ("green", ":material/trending_up:"),
    Outcome.NO_WORSE: ("green", ":material/trending_flat:"),
    Outcome.WITHIN: ("orange", ":material/trending_down:"),
    Outcome.WORSE: ("red", ":material/trending_down:"),
    Outcome.NOT_ENOUGH: ("orange", ":material/hourglass_top:"),
    Outcome.NOTHING: ("gray", ":material/circle:"),
}
_SIGNS = {
    Outcome.BETTER: "▲",
    Outcome.NO_WORSE: "✓",
    Outcome.WITHIN: "▽",
    Outcome.WORSE: "✕",
    Outcome.NOT_ENOUGH: "?",
    Outcome.NOTHING: "○",
}
_PART_COLUMNS = (
    "Part", "Watched", "Verdict", "Cases", "Broke", "Fixed", "Fail in both", "Change", "Low", "High",
)  # fmt: skip


def block(page: PageContext, view: ReleaseView) -> None:
    """The comparison of two releases; the live one and the one before it are offered first."""
    choices = release_choices(page.workspace, page.caller, page.now, page.slug)
    if not choices.releases:
        return
    st.header("Is it worse? Two releases on the same cases", anchor="compare")
    if len(choices.releases) < 2:
        with empty_state(
            "One release is known",
            "A comparison takes two. Run the same eval set on the next release, and upload both results, "
            "each under the name of its release.",
            icon=":material/compare_arrows:",
        ):
            link_to("evidence", feature=page.slug, label="Upload eval results")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="compare_choices"):
        before, after = _two(choices)
        place = st.container(width="content")
    if before == after:
        st.caption("Choose two different releases.")
        return
    found = _compared(page, before, after, text_in("set", 200))
    with place:
        _set_picker(page, found)
    _verdict(page, found)
    if found.found.n:
        _picture(found.found)
        _counts(found.found)
    _told(found)
    release_flips.flips_list(page, found)
    _parts(page, found.found)
    _traffic(found)


def _two(choices: Choices) -> tuple[str, str]:
    words = {
        one.name: one.name
        + (" (live)" if one.is_live else "")
        + (f" · {write_count(one.cases, 'case')}" if one.cases else " · not tested by name")
        for one in choices.releases
    }
    before = _pick("was", "Before", words, choices.before)
    return before, _pick("is", "After", words, choices.after)


def _pick(name: str, label: str, words: Mapping[str, str], otherwise: str) -> str:
    key = f"compare_{name}"
    st.session_state[key] = one_in(name, words, otherwise)
    return st.selectbox(
        label,
        list(words),
        format_func=lambda value: printable(words.get(value, value)),
        key=key,
        width=260,
        on_change=writes(name, key, default=otherwise, also_drops="at"),
    )


def _compared(page: PageContext, before: str, after: str, suite: str) -> Comparison:
    about = page.workspace, page.caller, page.now, page.slug, before, after
    if suite:
        try:
            return compare(*about, suite=suite)
        except WrongUsage as problem:
            st.warning(lit(f"{problem.sentence} All sets are shown."), icon=":material/link_off:")
    return compare(*about)


def _set_picker(page: PageContext, found: Comparison) -> None:
    sets = found.same.sets
    if len(sets) < 2:
        return
    st.session_state["compare_set"] = found.suite or ANY_SET
    st.selectbox(
        "Eval set",
        [ANY_SET, *sets],
        format_func=printable,
        key="compare_set",
        width=200,
        on_change=writes("set", "compare_set", default=ANY_SET, also_drops="at"),
    )


def _verdict(page: PageContext, one: Comparison) -> None:
    found = one.found
    colour, icon = _LOOKS[found.outcome]
    if found.outcome is Outcome.NOTHING:
        with empty_state(
            "No case has results of both releases",
            "Run the same eval set on both, with the same case ids, and upload the results, each under the "
            "name of its release.",
            icon=":material/compare_arrows:",
        ):
            link_to("evidence", feature=page.slug, label="Upload eval results")
        return
    for sentence in stop_sentences(found):
        st.error(lit(sentence), icon=":material/front_hand:")
    st.markdown(f":{colour}-badge[{icon} {headline(found).upper()}] **{lit(verdict_sentence(found))}**")
    if sentence := not_run_sentence(found.pairs.not_run):
        st.warning(lit(sentence), icon=":material/priority_high:")
    st.caption(lit(interval_words(found)))
    if one.same.rule_waits:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.caption(
                "The scope has another rule for regressions since the lock. The locked one counts until you",
                width="content",
            )
            link_to("checklist", feature=page.slug, label="lock again")
    elif not found.is_agreed:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.caption("Write down by how much a rate may be lower before you look:", width="content")
            link_to("scope", feature=page.slug, label="Set the margin in the scope")


def _picture(found: BeforeAfter) -> None:
    rows = change_rows(found)
    show_chart(
        mix_chart(rows, found.margin, higher_is_better=True),
        alt=f"Change in points, newer minus older. {mix_alt(rows)}",
        key="compare_chart",
    )
    st.caption("Green zone: not worse by the margin. The line of each mark is where its change may lie.")


def change_rows(found: BeforeAfter) -> list[ChangeRow]:
    """All cases first, then the parts with enough cases to be worth a line, watched ones before others."""
    value = 0.0 if found.value is None else found.value
    rows = [
        ChangeRow("All cases", value, signed_points(value), found.interval.low, found.interval.high, True)
    ]
    for part in found.parts:
        change = part.found.value
        if part.n >= _CHARTED_FROM and change is not None and len(rows) < _MOST_CHARTED:
            words, interval = f"{signed_points(change)}, n {part.n:,}", part.found.interval
            label = f"{part.value}{' (watched)' if part.is_watched else ''}"
            rows.append(ChangeRow(label, change, words, interval.low, interval.high))
    return rows if len(rows) > 2 or (len(rows) == 2 and found.parts[0].n < found.n) else rows[:1]


def _counts(found: BeforeAfter) -> None:
    whole = found.whole
    counts = (
        ("Broke", whole.found.broke, "Passed before, and fails now."),
        ("Fixed", whole.found.mended, "Failed before, and passes now."),
        ("Fail in both", whole.fails_still, "Inherited: they count for no change."),
        ("Pass in both", whole.passes_still, "Ties."),
    )
    with st.container(horizontal=True, gap="small", key="compare_counts"):
        for label, count, words in counts:
            st.metric(label, f"{count:,}", help=words, border=True, width=150)


def _told(one: Comparison) -> None:
    """What has to be known to read it, and everything that does not count."""
    found = one.found
    lines = [*remarks(found), *left_out_sentences(found.pairs.left_out, one.before, one.after)]
    if words := flaky_words(found):
        lines.insert(0, words)
    for name, others in ((one.before, one.same.also_before), (one.after, one.same.also_after)):
        if others:
            lines.append(
                f"Results of {', '.join(others)} count for {name} as well: they answer with the same parts."
            )
    if one.same.in_words:
        lines.append(
            "Critical cases of the scope that are no id of a case, so nobody can look them up: "
            f"{'; '.join(one.same.in_words)}. Mark them on the Evals page."
        )
    if one.same.unsliced:
        lines.append(f"Eval cases do not say these watched parts: {', '.join(one.same.unsliced)}.")
    if one.changed == ():
        lines.append(
            "No part of the release differs between the two: any change is luck, or not written down."
        )
    elif one.changed:
        lines.append(f"Changed in between: {'; '.join(change.words for change in one.changed)}.")
    if lines:
        st.markdown("\n".join(f"- :small[{lit(line)}]" for line in lines))


def _parts(page: PageContext, found: BeforeAfter) -> None:
    if not found.parts:
        return
    st.markdown("**By part**")
    rows = [_part_row(part) for part in found.parts]
    watched = any(part.is_watched for part in found.parts)
    shown = {
        "Part": [printable(part_words(part)) for part in found.parts],
        "Watched": ["yes" if part.is_watched else "" for part in found.parts],
        "Verdict": [f"{_SIGNS[part.outcome]} {WORDS[part.outcome]}" for part in found.parts],
        "Cases": [part.n for part in found.parts],
        "Broke": [part.found.broke for part in found.parts],
        "Fixed": [part.found.mended for part in found.parts],
        "Fail in both": [part.fails_still for part in found.parts],
        "Change": [_change(part) for part in found.parts],
    }
    if not watched:
        del shown["Watched"]
    st.dataframe(
        shown,
        hide_index=True,
        column_config=counts_written(shown),
        key="compare_parts",
        alt=" ".join(
            f"{part_words(part)}: {WORDS[part.outcome]}, {write_count(part.n, 'case')}."
            for part in found.parts
        ),
    )
    download_row("Parts", Table(_PART_COLUMNS, rows), f"{page.slug}-compare-parts", key="compare_parts")


def _part_row(part: Counted) -> tuple[object, ...]:
    change, interval = part.found.value, part.found.interval
    low, high = (interval.low, interval.high) if part.n else (None, None)
    counts = part.n, part.found.broke, part.found.mended, part.fails_still
    return (part_words(part), part.is_watched, WORDS[part.outcome], *counts, change, low, high)


def _change(part: Counted) -> str:
    if part.found.value is None:
        return "no case"
    return change_with_interval(part.found.value, part.found.interval)


def _traffic(one: Comparison) -> None:
    """What people labelled on traces of both: other questions each time, so it warns and never passes."""
    if not one.traffic:
        return
    st.markdown("**On what users asked, by people's labels**")
    st.caption(
        "Users ask other things each time, so kinds of tasks are compared. It warns, and never passes."
    )
    for line in one.traffic:
        _labelled(line, one)


def _labelled(line: Traffic, one: Comparison) -> None:
    colour, icon = health_compare.LOOKS[line.outcome]
    said = lit(comparison_sentence(line, one.after, one.before))
    st.markdown(f":{colour}-badge[{icon} {outcome_word(line)}] {said}")
    st.caption(lit(f"{traffic_verdict(line)} n {line.new_n:,.0f} against {line.old_n:,.0f}."))
