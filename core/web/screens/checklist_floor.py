"""What the stakes ask of every checklist and this one lacks, with one click to add it."""

from functools import partial

import streamlit as st

from core.actions.checklists import ChecklistView, add_floor
from core.actions.policy import Act
from core.criteria.checklist import MeasuredItem
from core.criteria.floors import FLOOR, demands, lacking
from core.criteria.stakes import FloorPart, Stakes
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.permitted import only_for
from core.web.widgets import flash, guarded
from core.web.wording import stakes_words, write_count


def floor(page: PageContext, view: ChecklistView) -> None:
    """The parts of the least that lack, each with why it matters; nothing where nothing lacks."""
    checklist = view.checklist
    lacks = lacking(checklist)
    if lacks:
        with st.container(border=True, key="floor"):
            level = stakes_words(checklist.stakes).word
            asked = len(demands(checklist.stakes))
            st.markdown(
                f":orange[:material/foundation:] **{asked - len(lacks)} of {asked} must-haves are in.** "
                f"{level} ask for {write_count(asked, 'thing')} in every checklist. Still missing:"
            )
            for part in lacks:
                _part(page, view, part)
            if len(lacks) > 1:
                st.button(
                    f"Add all {len(lacks)}",
                    icon=":material/playlist_add:",
                    key="floor_all",
                    on_click=guarded(partial(_add, page, view, lacks)),
                    **only_for(page, Act.EDIT_CHECKLIST),
                )
    elif checklist.stakes is not Stakes.LOW and not _protects(view):
        st.caption(
            ":material/shield: No part of the traffic is protected, so a good average can hide a bad part. "
            "Add a measured item for the part that must not fail, and tick *Protected*."
        )


def _part(page: PageContext, view: ChecklistView, part: FloorPart) -> None:
    asked = FLOOR[part]
    words, action = st.columns([5, 1.2], vertical_alignment="center")
    words.markdown(
        f"**{lit(asked.title)}**  \n:small[{lit(asked.why)} {lit('“' + asked.item.sentence + '”')}]"
    )
    with action.container(horizontal_alignment="right"):
        st.button(
            "Add",
            icon=":material/add:",
            key=f"floor_{part.value}",
            on_click=guarded(partial(_add, page, view, (part,))),
            **only_for(page, Act.EDIT_CHECKLIST),
        )


def _protects(view: ChecklistView) -> bool:
    return any(isinstance(item, MeasuredItem) and item.protected for item in view.checklist.items)


def _add(page: PageContext, view: ChecklistView, parts: tuple[FloorPart, ...]) -> None:
    add_floor(page.workspace, page.caller, page.moment(), page.slug, parts, based_on=view.number)
    flash(f"{write_count(len(parts), 'item')} added. Answer when you have looked.")
