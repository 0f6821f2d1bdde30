"""The fields of the form for one release: filled from a bundle, drawn, and read back.

The fields live in the session under fixed names. Streamlit forgets a field that is not drawn, so the
open form keeps what was entered, and fills the fields anew where they are gone.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.evidence.bundle_parts import BundlePart
from core.evidence.fingerprints import of_bytes
from core.rollout.bundle import LONGEST_TEXT, PartVersion, WayBack
from core.rollout.bundle_changes import has_way_back
from core.web.safe import lit
from core.web.wording import write_count

_FILES = "release_files"
_PLACEHOLDERS = {
    BundlePart.MODEL: "gpt-x-2026-08-06",
    BundlePart.PROMPT: "v14",
    BundlePart.PARSER: "schema 3",
    BundlePart.RETRIEVER: "index 2026-10, top 8",
    BundlePart.TOOLS: "tools 7",
    BundlePart.POLICY: "policy 2",
    BundlePart.SUITE: "suite 12",
    BundlePart.RUNBOOK: "runbook 5",
}
_EXPLAINED = {
    BundlePart.MODEL: "The exact model or snapshot, not only its family.",
    BundlePart.PROMPT: "The system prompt and the templates around what users ask.",
    BundlePart.PARSER: "What turns the model's answer into fields: the parser, or the schema it must fit.",
    BundlePart.RETRIEVER: "How context is found: settings, and which index.",
    BundlePart.TOOLS: "The tools that it may call, with their descriptions.",
    BundlePart.POLICY: "What is let in and let out: the guardrail rules.",
    BundlePart.SUITE: "The eval set that this release was tested with.",
    BundlePart.RUNBOOK: "What people do when it goes wrong, and whom they call.",
}


def fill(body: Mapping[str, Any]) -> None:
    """Put the bundle ``body`` (as JSON) into the fields."""
    st.session_state["release_name"] = body.get("name", "")
    st.session_state["release_note"] = body.get("note", "")
    st.session_state["release_days"] = body.get("rehearsal_days", 30)
    parts = body.get("parts", {})
    for part in BundlePart:
        held = {**_EMPTY, **parts.get(part.value, {})}
        way = {**_EMPTY["way_back"], **held["way_back"]}
        st.session_state.update({_key(part, name): held[name] for name in _TEXTS})
        st.session_state.update({_key(part, name): way[name] for name in _WAY_TEXTS})
        st.session_state[_key(part, "alone")] = way["alone"]
        st.session_state[_key(part, "minutes")] = way["minutes"] or 0


def is_filled() -> bool:
    """Whether the fields still hold what was entered; the form always has a field for the name."""
    return "release_name" in st.session_state


def entered() -> dict[str, Any]:
    """The bundle as the fields stand now; a part of which nothing is said is left out."""
    state = st.session_state
    parts = {}
    for part in BundlePart:
        body = {name: str(state[_key(part, name)]).strip() for name in _TEXTS}
        way: dict[str, Any] = {name: str(state[_key(part, name)]).strip() for name in _WAY_TEXTS}
        way |= {"alone": state[_key(part, "alone")], "minutes": state[_key(part, "minutes")] or None}
        if any(body.values()) or way != _EMPTY["way_back"]:
            parts[part.value] = {**body, "way_back": way}
    return {
        "name": str(state["release_name"]).strip(),
        "note": str(state["release_note"]).strip(),
        "rehearsal_days": state["release_days"],
        "parts": parts,
    }


def bundle_fields(*, is_live: bool) -> None:
    """The fields of a bundle; of one that ``is_live`` the parts are fixed: their contents cannot change."""
    left, right = st.columns([3, 1])
    left.text_input(
        "Name of the release",
        key="release_name",
        max_chars=120,
        disabled=is_live,
        placeholder="2026-11-release-a",
        help="Just as traces and eval results carry it: that is how Readygate knows what they are of.",
    )
    right.number_input(
        "Days that a rehearsal holds",
        min_value=1,
        max_value=365,
        key="release_days",
        help="Going back must have been practised within so many days.",
    )
    st.text_area("What is in it, in a sentence (optional)", key="release_note", max_chars=2_000, height=68)
    for part in BundlePart:
        with st.container(border=True, gap="small", key=f"release_part_{part.value}"):
            _part(part, is_live=is_live)


_WAY_TEXTS = ("how", "who")
_TEXTS = ("version", "link", "text", "sha256")
_EMPTY: dict[str, Any] = PartVersion().model_dump(mode="json")


def _part(part: BundlePart, *, is_live: bool) -> None:
    version, link = st.columns(2)
    version.text_input(
        part.label,
        key=_key(part, "version"),
        max_chars=200,
        disabled=is_live,
        placeholder=_PLACEHOLDERS[part],
        help=_EXPLAINED[part],
    )
    link.text_input(
        "Link (optional)", key=_key(part, "link"), max_chars=1_000, placeholder="https://", help=_LINK
    )
    contents, way_back = st.columns(2)
    with (
        contents,
        st.popover(
            _contents_words(part),
            icon=":material/description:",
            width="stretch",
            key=f"release_contents_{part.value}_popover",
        ),
    ):
        _contents(part, is_live=is_live)
    with (
        way_back,
        st.popover(
            _way_words(part),
            icon=":material/undo:",
            width="stretch",
            key=f"release_way_{part.value}_popover",
        ),
    ):
        _way_back(part)


_LINK = "Where it is kept: a commit, a page, a dashboard."


def _contents_words(part: BundlePart) -> str:
    text, sha256 = (str(st.session_state[_key(part, name)]) for name in ("text", "sha256"))
    if text:
        return f"Contents: {write_count(len(text.splitlines()), 'line')}"
    return f"Contents: fingerprint {lit(sha256[:8])}" if sha256 else "Contents"


def _contents(part: BundlePart, *, is_live: bool) -> None:
    st.caption(
        "Type the contents in, or upload the file: it is kept, so that everyone sees what changed from one "
        "release to the next. Leave secrets out."
    )
    key = f"release_{part.value}_file_{st.session_state.get(_FILES, 0)}"
    if not is_live:
        st.file_uploader(
            "The file of it", key=key, max_upload_size=20, on_change=partial(_take_file, part, key)
        )
    st.text_area(
        f"{part.label}: the text",
        key=_key(part, "text"),
        max_chars=LONGEST_TEXT,
        height=200,
        disabled=is_live,
    )
    st.text_input(
        "Or the fingerprint (SHA-256) of contents that are kept elsewhere",
        key=_key(part, "sha256"),
        max_chars=64,
        disabled=is_live,
        help="A file that is no text, or too long to be kept, is known by its fingerprint only.",
    )


def _way_words(part: BundlePart) -> str:
    """Who takes it back, in how many minutes, as far as the fields say; markup there is shown as it is."""
    way = _way(part)
    if not has_way_back(way):
        return "Way back"
    said = [lit(way.who[:40])] if way.who else []
    said += [f"{way.minutes} min"] if way.minutes else []
    said += [] if way.alone else ["not alone"]
    return f"Way back: {', '.join(said) or 'written down'}"


def _way_back(part: BundlePart) -> None:
    st.caption("How this part is taken back when it does harm, so that nobody has to think it up at night.")
    st.toggle("It can be taken back alone, without the other parts", key=_key(part, "alone"))
    st.text_area(
        "How",
        key=_key(part, "how"),
        max_chars=2_000,
        height=100,
        placeholder="Set the flag prompt_version back",
    )
    who, minutes = st.columns(2)
    who.text_input("Who does it", key=_key(part, "who"), max_chars=200)
    minutes.number_input(
        "Minutes at most (0: not said)", min_value=0, max_value=10_080, step=5, key=_key(part, "minutes")
    )


def _way(part: BundlePart) -> WayBack:
    state = st.session_state
    return WayBack(
        alone=state[_key(part, "alone")],
        how=state[_key(part, "how")],
        who=state[_key(part, "who")],
        minutes=state[_key(part, "minutes")] or None,
    )


def _take_file(part: BundlePart, key: str) -> None:
    """A text goes into its field; of anything else the fingerprint does. The uploader is emptied again."""
    uploaded = st.session_state.get(key)
    if uploaded is None:
        return
    content = uploaded.getvalue()
    text = _text_of(content)
    st.session_state[_key(part, "text")] = text
    st.session_state[_key(part, "sha256")] = "" if text else of_bytes(content)
    st.session_state[_FILES] = st.session_state.get(_FILES, 0) + 1


def _text_of(content: bytes) -> str:
    """The text of a file, or "" where it is none or is longer than what is kept."""
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError:
        return ""
    return "" if "\x00" in text or len(text) > LONGEST_TEXT else text


def _key(part: BundlePart, name: str) -> str:
    return f"release_{part.value}_{name}"
