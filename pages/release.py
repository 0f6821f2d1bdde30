"""Release: what ships together, what a change of it makes stale, and the way back."""

import streamlit as st

from core.actions.bundles import view_release
from core.web import open_page
from core.web.screens import release as screen
from core.web.screens import (
    release_compare,
    release_diff,
    release_editor,
    release_file,
    release_history,
    release_live,
    release_red_team,
    release_rehearsals,
    release_tiles,
)

page = open_page("release")
view = view_release(page.workspace, page.caller, page.now, page.slug)

st.title("Release")
screen.standing(page, view)
release_editor.conflict(page, view)
screen.nothing_live(page, view)
screen.strips(page, view)
screen.stale(page, view)
release_tiles.tiles(page, view)
release_history.not_live_yet(page, view)
release_history.history(page, view)
screen.recognised(page, view)
release_file.as_file(page, view)
release_diff.two_releases(
    page, {one.name: one.bundle for one in view.registered}, view.live.name if view.live else None
)
release_compare.block(page, view)
release_rehearsals.block(page)
release_red_team.block(page)
release_editor.open_form(page, view)
release_live.open_dialog(page, view)
