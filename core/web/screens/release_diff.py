"""Two releases beside each other: the eight parts, and for each changed text its lines."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from core.evidence.bundle_parts import BundlePart
from core.rollout.bundle import PartVersion, ReleaseBundle, changed_parts
from core.rollout.bundle_changes import (
    BesidePart,
    LineChange,
    Passage,
    has_way_back,
    parts_beside,
    text_passages,
    way_back_words,
)
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit, printable, visible
from core.web.wording import write_count

MOST_LINES = 400
_LONGEST_LINE = 1_000
_MARKS = {LineChange.SAME: "           ", LineChange.ADDED: "+ added    ", LineChange.REMOVED: "- removed  "}


def two_releases(page: PageContext, bundles: Mapping[str, ReleaseBundle], live: str | None) -> None:
    """Choose two of ``bundles`` (newest first); nothing where there is but one. What is live stands right."""
    if len(bundles) < 2:
        return
    st.header("What changed between two releases")
    names = list(bundles)
    newer = live if live is not None and live in bundles else names[0]
    older = next((name for name in names[names.index(newer) + 1 :]), None) or next(
        name for name in names if name != newer
    )
    left, right = st.columns(2)
    before = left.selectbox(
        "This release",
        names,
        index=names.index(older),
        format_func=printable,
        key=f"release_before_{page.slug}",
    )
    after = right.selectbox(
        "beside this one",
        names,
        index=names.index(newer),
        format_func=printable,
        key=f"release_after_{page.slug}",
    )
    beside(page, bundles[before], bundles[after])


def beside(page: PageContext, before: ReleaseBundle, after: ReleaseBundle) -> None:
    """The parts of two bundles as a table, then the lines of each text that is not the same."""
    rows = parts_beside(before, after)
    st.markdown(_summary(rows))
    table = _table(rows, before, after)
    shown = [dict(zip(_unique(table.columns), line, strict=True)) for line in table.rows]
    st.dataframe(
        [{name: printable(str(value)) for name, value in line.items()} for line in shown],
        hide_index=True,
        key="release_beside",
    )
    download_row("This comparison", table, f"{page.slug}-releases", key="release_beside_table")
    changed_texts(page, before, after, key="release_text")


def changed_texts(
    page: PageContext, before: ReleaseBundle, after: ReleaseBundle, *, key: str, is_open: bool = True
) -> None:
    """The lines of each part's text that is not the same; one block a part, which ``is_open`` or folded."""
    for part in changed_parts(before, after):
        _texts(page, part, before.part(part), after.part(part), f"{key}_{part.value}", is_open=is_open)


def _summary(rows: Sequence[BesidePart]) -> str:
    changed = [row.part.label for row in rows if row.change]
    unknown = [row.part.label for row in rows if not row.is_known]
    same = len(rows) - len(changed) - len(unknown)
    said = f"**{write_count(len(changed), 'part')} changed**" if changed else "**No part changed**"
    said += f": {', '.join(changed)}." if changed else "."
    said += f" {write_count(same, 'part')} stayed the same."
    if unknown:
        said += f" Neither release says anything about: {', '.join(unknown)}."
    return said


def _table(rows: Sequence[BesidePart], before: ReleaseBundle, after: ReleaseBundle) -> Table:
    columns = ("Part", before.name, after.name, "Difference", "Way back")
    lines = []
    for row in rows:
        way = after.part(row.part).way_back
        lines.append(
            (
                row.part.label,
                row.before,
                row.after,
                row.change or ("same" if row.is_known else "unknown"),
                way_back_words(way) if has_way_back(way) else "not said",
            )
        )
    return Table(columns, lines)


def _unique(columns: Sequence[str]) -> list[str]:
    """A release beside itself, or one that is named as a column, would give two columns one name."""
    return [
        f"{printable(name)}{' (again)' * columns[:place].count(name)}" for place, name in enumerate(columns)
    ]


def _texts(
    page: PageContext, part: BundlePart, old: PartVersion, new: PartVersion, key: str, *, is_open: bool
) -> None:
    if not old.text or not new.text:
        if old.sha256 or new.sha256 or old.text or new.text:
            st.caption(lit(f"{part.label}: its contents are kept in one of the two releases at most."))
        return
    if old.text == new.text:
        return
    passages = text_passages(old.text, new.text)
    counts = {
        kind: sum(one is kind for passage in passages for one, _ in passage.lines) for kind in LineChange
    }
    added = write_count(counts[LineChange.ADDED], "line")
    said = f"{added} added, {counts[LineChange.REMOVED]:,} removed"
    with st.expander(f"{part.label}: {said}", expanded=is_open, key=key):
        if not passages:
            st.caption("The two texts differ in their line ends only.")
            return
        shown, is_cut = _written(passages)
        # Without colours: those of Streamlit's own are too pale to read, and the words say it.
        st.code(shown, language=None, wrap_lines=True)
        if is_cut:
            st.caption(f"The first {MOST_LINES} lines; the download has the rest.")
        st.download_button(
            "These changes as text",
            data=partial(_file, passages),
            file_name=f"{page.slug}-{part.value}-changes.txt",
            mime="text/plain",
            key=f"{key}_download",
            icon=":material/download:",
            on_click="ignore",
        )


def _written(passages: Sequence[Passage]) -> tuple[str, bool]:
    """The changes as lines that say what became of each; whether there are more than a page bears."""
    lines = _lines(passages)
    cut = [line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…" for line in lines[:MOST_LINES]]
    return visible("\n".join(cut))[0], len(lines) > MOST_LINES


def _lines(passages: Sequence[Passage]) -> list[str]:
    lines = []
    for passage in passages:
        lines.append(f"@@ line {passage.at[0]:,} before, line {passage.at[1]:,} now @@")
        lines += [f"{_MARKS[kind]}{line}" for kind, line in passage.lines]
    return lines


def _file(passages: Sequence[Passage]) -> bytes:
    return "\n".join(_lines(passages)).encode()
