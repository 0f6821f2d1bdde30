"""The Release page as people work with it: the first release, the next one, going back, files, conflicts."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.bundle_files import read_bundle_file
from core.actions.bundles import LiveLine, ReleaseView, put_live, save_bundle, view_release
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.errors import InvalidDocument, UnreadableFile
from core.evidence.bundle_parts import BundlePart
from core.rollout.bundle import ReleaseBundle, read_bundle
from core.web.screens.release_file import file_of
from core.web.screens.release_tiles import since

BEN = Caller("Ben", frozenset({Role.PM}))
SLUG = "refund-agent"
Words = Callable[[AppTest], str]


def bundle(
    name: str, model: str = "gpt-x", prompt: str = "Be brief.\nBe kind.", **more: Any
) -> ReleaseBundle:
    way = {"how": "Set MODEL back", "who": "Ben", "minutes": 10}
    parts = {
        "model": {"version": model, "way_back": way, "link": "https://models.example/x"},
        "prompt": {"version": "v1", "text": prompt},
        "tools": {"text": '{"tools": ["refund"]}'},
    }
    return read_bundle({"name": name, "parts": parts | more})


def view(site: Any) -> ReleaseView:
    return view_release(site.workspace, LOCAL_CALLER, site.now, SLUG)


def release(
    site: Any, one: ReleaseBundle, days_ago: int | None = None, caller: Caller = LOCAL_CALLER
) -> None:
    """Save a bundle on top of what is there; with ``days_ago`` it is live since then."""
    save_bundle(site.workspace, caller, site.now, SLUG, one, based_on=view(site).number)
    if days_ago is not None:
        put_live(site.workspace, caller, site.now, SLUG, one.name, at=site.before(days_ago))


def keys(at: AppTest) -> set[str]:
    return {str(button.key) for button in at.button}


def test_the_first_release_starts_from_what_the_traces_say(
    site: Any, files: dict[str, str], words: Words
) -> None:
    site.locked(SLUG)
    at = site.open("release", SLUG)
    assert "Say what ships" in words(at)
    assert "release_suggested" not in keys(at), "there are no traces yet that could suggest anything"
    site.upload(SLUG, "silent.csv", f"run_id,started_at\nsilent-1,{site.before(1).isoformat()}\n")
    at = site.open("release", SLUG)
    assert "Your traces do not say which release they are of." in words(at)
    assert "release_suggested" not in keys(at)
    site.upload(SLUG, "traces.csv", files["traces"], bundle="2026-02")
    at = site.open("release", SLUG)
    assert "Your newest traces say: release **2026-02**" in words(at)
    at.button(key="release_suggested").click().run()
    assert at.text_input(key="release_name").value == "2026-02"
    at.button(key="release_next").click().run()
    assert "say the version of one part at least" in words(at)
    at.text_input(key="release_model_version").set_value("gpt-x")
    at.text_input(key="release_prompt_version").set_value("v1")
    at.text_area(key="release_prompt_text").set_value("Be brief.")
    at.number_input(key="release_model_minutes").set_value(10)
    at.text_input(key="release_model_who").set_value("Ben")
    at.button(key="release_next").click().run()
    said = words(at)
    assert "Model: gpt-x" in said
    assert "Once it is live" in said
    assert view(site).number is None, "nothing is saved before the second click"
    at.radio(key="release_goes_live").set_value("Yes, it is live").run()
    at.radio(key="release_when").set_value("Since an earlier moment").run()
    earlier = site.before(25).replace(second=0, microsecond=0)
    at.datetime_input(key="release_at").set_value(earlier.replace(tzinfo=None))
    at.button(key="release_save").click().run()
    assert not at.exception
    found = view(site)
    assert found.live is not None
    assert (found.live.name, found.live.live_at.astimezone(UTC)) == ("2026-02", earlier)
    said = words(at)
    assert ":green-badge[:material/rocket_launch: LIVE]" in said
    assert "2 of 8 parts are written down" in said
    assert "alone, by Ben, within 10 min" in said
    assert "release_save" not in keys(at), "the form is closed"
    assert "NOT REGISTERED" not in said, "the traces name what is live"


def test_the_next_release_says_what_changes_and_one_goes_back_to_the_old_one(site: Any, words: Words) -> None:
    site.locked(SLUG)
    release(site, bundle("A"), 9)
    release(site, bundle("B", model="gpt-y"), 4)
    at = site.open("release", SLUG)
    said = words(at)
    assert "gpt-x → gpt-y, on" in said
    assert ":blue-badge[changed]" in said
    assert "**1 part changed**: Model. 2 parts stayed the same." in said
    at.button(key="release_new").click().run()
    assert at.text_input(key="release_model_version").value == "gpt-y", "it starts from what is live"
    assert at.text_area(key="release_prompt_text").value == "Be brief.\nBe kind."
    at.button(key="release_next").click().run()
    assert "Give the release its name" in words(at)
    at.text_input(key="release_name").set_value("C")
    at.text_input(key="release_prompt_version").set_value("v2")
    at.button(key="release_next").click().run()
    assert "the contents are still those of v1" in words(at)
    at.button(key="release_back").click().run()
    assert at.text_input(key="release_prompt_version").value == "v2", "what was typed is still there"
    at.text_area(key="release_prompt_text").set_value("Be brief.\nBe honest.")
    at.button(key="release_next").click().run()
    said = words(at)
    assert "- removed  Be kind." in said
    assert "+ added    Be honest." in said
    at.text_input(key="release_reason").set_value("Honesty")
    at.button(key="release_save").click().run()
    assert view(site).registered[0].name == "C"
    assert view(site).registered[0].reason == "Honesty"
    assert "Registered, never live" in words(at)
    at.button(key="release_put_0").click().run()
    at.button(key="release_put_live").click().run()
    assert not at.exception
    assert view(site).history[0].name == "C"
    at = site.open("release", SLUG)
    at.button(key="release_return_2").click().run()
    assert "Go back to A" in words(at)
    at.text_input(key="release_why").set_value("It was worse")
    at.button(key="release_put_live").click().run()
    assert [(line.name, line.reason) for line in view(site).history][:2] == [("A", "It was worse"), ("C", "")]
    assert "release_return_0" not in keys(at), "one does not go back to what is live"


def test_traces_of_a_release_that_nobody_wrote_down_or_put_live_are_told(
    site: Any, files: dict[str, str], words: Words
) -> None:
    site.locked(SLUG)
    release(site, bundle("A"), 15)
    site.upload(SLUG, "traces.csv", files["traces"], bundle="A2")
    at = site.open("release", SLUG)
    assert "30 traces name the release A2" in words(at)
    assert "so they do not count" in words(at)
    at.button(key="release_register_0").click().run()
    assert at.text_input(key="release_name").value == "A2"
    assert at.text_input(key="release_model_version").value == "gpt-x", "the rest is as it is live"
    release(site, bundle("A2", model="gpt-z"))
    at = site.open("release", SLUG)
    assert "nobody has said that it is live" in words(at)
    at.button(key="release_live_0").click().run()
    at.button(key="release_put_live").click().run()
    assert "NOT LIVE]" not in words(at)


def test_of_what_was_live_only_links_and_ways_back_change(site: Any, words: Words) -> None:
    site.draft(SLUG)
    release(site, bundle("A"), 3)
    at = site.open("release", SLUG)
    at.button(key="release_change_live").click().run()
    assert at.text_input(key="release_model_version").disabled
    at.text_area(key="release_model_how").set_value("Restart with the old model")
    at.button(key="release_next").click().run()
    said = words(at)
    assert "Model, way back: alone, by Ben, within 10 min: Set MODEL back → alone, by Ben" in said
    assert "Once it is live" not in said, "it is live already"
    at.button(key="release_save").click().run()
    found = view(site)
    assert found.live_bundle is not None
    assert found.live_bundle.part(BundlePart.MODEL).way_back.how == "Restart with the old model"
    assert len(found.history) == 1


def test_two_who_save_at_once_see_both(site: Any, words: Words) -> None:
    site.draft(SLUG)
    release(site, bundle("A"), 3)
    at = site.open("release", SLUG)
    at.button(key="release_new").click().run()
    at.text_input(key="release_name").set_value("Mine")
    at.text_input(key="release_model_version").set_value("gpt-mine")
    at.button(key="release_next").click().run()
    at.radio(key="release_goes_live").set_value("Yes, it is live").run()
    at.radio(key="release_when").set_value("Since an earlier moment").run()
    at.datetime_input(key="release_at").set_value(
        site.before(1).replace(tzinfo=None, second=0, microsecond=0)
    )
    release(site, bundle("Theirs", model="gpt-theirs"), caller=BEN)
    at.button(key="release_save").click().run()
    assert not at.exception
    said = words(at)
    assert "Theirs: Model: gpt-x → gpt-theirs" in said
    assert "Mine: Model: gpt-x → gpt-mine" in said
    assert [one.name for one in view(site).registered] == ["Theirs", "A"]
    at.button(key="save_mine").click().run()
    assert [one.name for one in view(site).registered] == ["Mine", "Theirs", "A"]
    stay = view(site).history[0]
    day_before = site.before(1).replace(second=0, microsecond=0)
    assert (stay.name, stay.since) == ("Mine", day_before), "and what was said of it is not forgotten"
    assert "save_mine" not in keys(at)


def test_a_viewer_sees_everything_and_changes_nothing(
    site: Any, act_as: Callable[..., Caller], words: Words
) -> None:
    site.draft(SLUG)
    release(site, bundle("A"), 6)
    release(site, bundle("B", model="gpt-y"), 3)
    act_as(Role.VIEWER)
    at = site.open("release", SLUG)
    said = words(at)
    assert "gpt-x → gpt-y" in said
    assert "To edit the release bundle: takes the role pm" in said
    for key in ("release_new", "release_change_live", "release_return_1"):
        assert at.button(key=key).disabled, key


def test_a_release_goes_out_and_comes_in_as_a_file(site: Any, words: Words) -> None:
    one = bundle("B", model="gpt-y")
    assert read_bundle_file("b.json", file_of(one)) == one
    assert "rehearsal_days" not in json.loads(file_of(one))["bundle"], "what is only assumed is left out"
    toml = b'[bundle]\nname = "B"\n[bundle.parts.model]\nversion = "gpt-y"\n'
    assert read_bundle_file("B.TOML", toml).part(BundlePart.MODEL).version == "gpt-y"
    with pytest.raises(UnreadableFile, match=r"b\.json cannot be read"):
        read_bundle_file("b.json", b"{")
    with pytest.raises(InvalidDocument, match="modle"):
        read_bundle_file("b.json", b'{"name": "B", "parts": {"modle": {"version": "x"}}}')
    site.draft(SLUG)
    release(site, bundle("A"), 3)
    at = site.open("release", SLUG)
    at.file_uploader(key=f"release_upload_{SLUG}_0").upload("b.json", file_of(one), "application/json").run()
    at.button(key="release_file_read").click().run()
    assert "Model: gpt-x → gpt-y" in words(at)
    at.button(key="release_save").click().run()
    assert not at.exception
    assert view(site).registered[0].bundle == one


def test_an_uploaded_file_is_kept_as_text_or_known_by_its_fingerprint(site: Any) -> None:
    site.draft(SLUG)
    at = site.open("release", SLUG).button(key="release_new").click().run()
    for place, (content, text, has_fingerprint) in enumerate(
        (
            (b"\x89PNG\x00\x01", "", True),
            (b"\xef\xbb\xbfBe brief.\r\nBe kind.\r\n", "Be brief.\nBe kind.", False),
            (b"a" * 200_001, "", True),
        )
    ):
        at.file_uploader(key=f"release_prompt_file_{place}").upload("prompt", content, "text/plain").run()
        assert not at.exception
        assert at.text_area(key="release_prompt_text").value == text
        assert (len(at.text_input(key="release_prompt_sha256").value) == 64) == has_fingerprint


def test_a_part_is_as_it_is_since_the_first_release_in_a_row_that_has_it(now: datetime) -> None:
    lines = [
        LiveLine(bundle(name, model=model), 1, now - timedelta(days=days), None, "Ada", "", now, ())
        for name, model, days in (("D", "x", 3), ("C", "x", 5), ("B", "y", 7), ("A", "x", 9))
    ]
    assert since(tuple(lines), BundlePart.MODEL) == now - timedelta(days=5)
    assert since(tuple(lines), BundlePart.PROMPT) == now - timedelta(days=9)
