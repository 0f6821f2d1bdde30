"""The same items by the parts of public frameworks: a table a framework, with what has none."""

import streamlit as st

from core.actions.checklists import ChecklistView
from core.criteria.checklist import MeasuredItem
from core.criteria.framework_view import PartSpokenTo, by_framework
from core.criteria.frameworks import FRAMEWORKS
from core.criteria.wording import item_sentence
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit, printable

_NOTHING = "none"


def frameworks(page: PageContext, view: ChecklistView) -> None:
    """Which items speak to which part; shown when it is opened."""
    with st.expander("By framework: NIST AI RMF, OWASP, EU AI Act", icon=":material/account_tree:"):
        names = {one.id: one.name for one in FRAMEWORKS}
        chosen = st.segmented_control(
            "Framework",
            list(names),
            format_func=names.__getitem__,
            default=FRAMEWORKS[0].id,
            key="framework",
            label_visibility="collapsed",
        )
        framework = next((one for one in FRAMEWORKS if one.id == chosen), FRAMEWORKS[0])
        parts = by_framework(view.checklist, framework)
        bare = sum(not part.items for part in parts)
        st.caption(
            f"{lit(framework.about)} The same items, seen by their tags: {len(parts) - bare} of {len(parts)} "
            "parts have an item. A tag is no proof of conformity; whether it is enough, your experts say."
        )
        for part in parts:
            _part(part)
        rows = [
            (part.words, len(part.items), "; ".join(_words(part)) or _NOTHING, part.tag) for part in parts
        ]
        table = Table(("Part", "Items", "Which", "Tag"), rows)
        download_row("This table", table, f"{page.slug}-{framework.id}", key="framework_table")


def _part(part: PartSpokenTo) -> None:
    name, items = st.columns([2, 3])
    with name:
        st.markdown(f"**{lit(part.words)}**")
    with items:
        if part.items:
            st.markdown("\n".join(f"- {lit(words)}" for words in _words(part)))
        else:
            st.markdown(":orange[:material/remove: No item speaks to this]")


def _words(part: PartSpokenTo) -> list[str]:
    return [
        printable(item_sentence(item) if isinstance(item, MeasuredItem) else item.sentence)
        for item in part.items
    ]
