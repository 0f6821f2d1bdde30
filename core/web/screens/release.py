"""The head of the Release page: what is live, what traces say against it, what a change made stale."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.actions.bundles import ReleaseView, SeenRelease
from core.actions.policy import Act
from core.evidence.bundle_parts import BundlePart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit, printable
from core.web.screens import release_live
from core.web.screens.permitted import only_for, says_who_may
from core.web.screens.release_editor import begin_new
from core.web.widgets import empty_state
from core.web.wording import write_age, write_count, write_date, write_moment

_MOST_STRIPS = 3
_SEEN_COLUMNS = ("Release", "Model", "Prompt version", "Traces", "First", "Last", "Here")


@dataclass(frozen=True)
class Named:
    """What the traces of one release name have in common; ``newest`` is their newest combination."""

    newest: SeenRelease
    traces: int


def standing(page: PageContext, view: ReleaseView) -> None:
    """Which release is live, since when, and who said so."""
    if view.live is None:
        return
    age = write_age(view.live.live_at, page.now)
    ago = "just now" if age == "now" else f"for {age}"
    said = f"{lit(view.live.name)} :green-badge[:material/rocket_launch: LIVE]"
    st.markdown(f"## {said}")
    st.caption(
        lit(
            f"Live {ago}, since {write_moment(view.live.live_at)} · {view.live.put_live_by} said so on "
            f"{write_date(view.live.recorded_at)}" + (f": {view.live.reason}" if view.live.reason else "")
        )
    )
    if view.live_bundle is not None and view.live_bundle.note:
        st.text(printable(view.live_bundle.note))


def nothing_live(page: PageContext, view: ReleaseView) -> None:
    """The way to the first live release; nothing where one is live."""
    if view.live is not None:
        return
    if view.registered:
        with empty_state(
            "No release is live yet",
            "A release is registered, and nobody has said that its users have it. Say which one is live: "
            "from then on only evidence of that release counts.",
            icon=":material/rocket_launch:",
        ):
            says_who_may(page, Act.PUT_LIVE)
            _new_button(page, view)
        return
    with empty_state(
        "Say what ships",
        "It takes five minutes. A release is eight parts under one name: the model, the prompt and six more. "
        "Once Readygate knows them, it says after every change what has to be checked again, and what not.",
        icon=":material/package_2:",
    ):
        says_who_may(page, Act.EDIT_BUNDLE)
        newest = next((one for one in view.recognised if one.name or one.model or one.prompt_version), None)
        if newest is not None:
            st.markdown(f"Your newest traces say: {_seen_words(newest)}.")
        elif view.recognised:
            st.markdown(
                "Your traces do not say which release they are of. Register it, and from then on give its "
                "name with each upload."
            )
        with st.container(horizontal=True):
            if newest is not None:
                st.button(
                    "Start from what the traces say",
                    type="primary",
                    icon=":material/auto_fix_high:",
                    key="release_suggested",
                    on_click=partial(begin_new, page, view, newest),
                    **only_for(page, Act.EDIT_BUNDLE),
                )
            _new_button(page, view, is_first=newest is None)


def _new_button(page: PageContext, view: ReleaseView, *, is_first: bool = False) -> None:
    st.button(
        "Register a release",
        type="primary" if is_first else "secondary",
        icon=":material/add:",
        key="release_new",
        on_click=partial(begin_new, page, view),
        **only_for(page, Act.EDIT_BUNDLE),
    )


def strips(page: PageContext, view: ReleaseView) -> None:
    """One strip for each release that newer traces name, but that is not registered or not live."""
    if not view.registered:
        return
    wrong = _not_live(view)
    for place, one in enumerate(wrong[:_MOST_STRIPS]):
        with st.container(border=True, key=f"release_strip_{place}"):
            _strip(page, view, one, place)
    if len(wrong) > _MOST_STRIPS:
        st.caption(f"{len(wrong) - _MOST_STRIPS} more are among the releases that traces name, below.")
    _other_versions(view)


def stale(page: PageContext, view: ReleaseView) -> None:
    """What is stale because its evidence is of another release, each with why."""
    if not view.stale:
        return
    title = f"Stale because of the release: {write_count(len(view.stale), 'thing')}"
    with st.expander(title, icon=":material/schedule:", expanded=len(view.stale) <= 6, key="release_stale"):
        release_live.stale_list(view.stale)
        table = Table(
            ("What", "Which", "Why"),
            [(release_live.STALE_TITLES[one.what], one.label, one.why) for one in view.stale],
        )
        download_row("What is stale", table, f"{page.slug}-stale", key="release_stale")
        link_to("go_no_go", feature=page.slug, label="See what it means for Go / no-go")


def recognised(page: PageContext, view: ReleaseView) -> None:
    """Every release, model and prompt version that the traces name."""
    if not view.recognised:
        return
    title = f"What the traces name ({len(view.recognised)})"
    with st.expander(title, icon=":material/travel_explore:", key="release_seen"):
        st.caption("Each release, model and prompt version in the traces, the newest first.")
        rows = [
            (
                one.name or "not named",
                one.model or "not named",
                one.prompt_version or "not named",
                one.traces,
                write_date(one.first),
                write_date(one.last),
                _here(one),
            )
            for one in view.recognised
        ]
        st.dataframe(
            [
                {
                    name: printable(value) if isinstance(value, str) else value
                    for name, value in zip(_SEEN_COLUMNS, row, strict=True)
                }
                for row in rows
            ],
            hide_index=True,
            key="release_seen_table",
        )
        download_row("These releases", Table(_SEEN_COLUMNS, rows), f"{page.slug}-seen", key="release_seen")


def _here(one: SeenRelease) -> str:
    if not one.name:
        return "the one that was live then"
    return "live" if one.is_live else "registered" if one.is_registered else "not registered"


def _strip(page: PageContext, view: ReleaseView, one: Named, place: int) -> None:
    name, last = one.newest.name, write_date(one.newest.last)
    count = write_count(one.traces, "trace")
    verb = "names" if one.traces == 1 else "name"
    if not one.newest.is_registered:
        st.markdown(
            f":orange-badge[:material/warning: NOT REGISTERED] **{count} {verb} the release {lit(name)}**, "
            f"the last on {last}. Nobody has registered it"
            + (", so they do not count." if view.live else ".")
        )
        st.button(
            "Register it",
            icon=":material/add:",
            key=f"release_register_{place}",
            on_click=partial(begin_new, page, view, one.newest),
            **only_for(page, Act.EDIT_BUNDLE),
        )
        return
    st.markdown(
        f":orange-badge[:material/warning: NOT LIVE] **{count} {verb} the release {lit(name)}**, the last on "
        f"{last}. It is registered, but nobody has said that it is live."
    )
    st.button(
        "Say that it is live",
        icon=":material/rocket_launch:",
        key=f"release_live_{place}",
        on_click=partial(release_live.begin, page.slug, name),
        **only_for(page, Act.PUT_LIVE),
    )


def _not_live(view: ReleaseView) -> Sequence[Named]:
    """Releases of traces newer than what is live, under a name that is not the live one."""
    found: dict[str, list[SeenRelease]] = {}
    for one in view.recognised:
        if one.name and not one.is_live:
            found.setdefault(one.name, []).append(one)
    named = [Named(rows[0], sum(row.traces for row in rows)) for rows in found.values()]
    since = view.live.live_at if view.live else None
    return [one for one in named if since is None or one.newest.last > since]


def _other_versions(view: ReleaseView) -> None:
    """Traces of the live release that name another model or prompt version than it was registered with."""
    if view.live_bundle is None or view.live is None:
        return
    since = view.live.live_at
    live = [one for one in view.recognised if one.is_live and one.last > since]
    for part, named in (
        (BundlePart.MODEL, [one.model for one in live]),
        (BundlePart.PROMPT, [one.prompt_version for one in live]),
    ):
        written = view.live_bundle.part(part).version
        others = sorted({name for name in named if name and name != written}) if written else []
        if others:
            st.warning(
                lit(
                    f"Traces of {view.live.name} name {', '.join(others[:3])}; here stands {written}. "
                    "If that is another one, register a new release."
                ),
                title=f"{part.label}: traces say something else",
                icon=":material/difference:",
            )


def _seen_words(one: SeenRelease) -> str:
    said = [
        f"{label} **{lit(value)}**"
        for label, value in (
            ("release", one.name),
            ("model", one.model),
            ("prompt version", one.prompt_version),
        )
        if value
    ]
    return f"{', '.join(said) or 'no release, model or prompt version'} (last on {write_date(one.last)})"
