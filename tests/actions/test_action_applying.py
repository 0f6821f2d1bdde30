"""Applying a file: creating and changing a feature from TOML or JSON, again and again without harm."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.actions import applying
from core.actions.applying import AppliedFile, apply, read_apply_file
from core.actions.checklists import save_checklist, view_checklist
from core.actions.features import change_feature, feature_exists, find_feature
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.scopes import save_scope, view_scope
from core.actions.workspace import Workspace
from core.criteria.scope import Scope
from core.criteria.stakes import Stakes
from core.errors import Conflict, InvalidDocument, NotAllowed, UnreadableFile, UserError, WrongUsage

Watched = Callable[..., AbstractContextManager[Any]]
Everything = Callable[[], Mapping[str, list[str]]]

FILE = """
[feature]
slug = "triage"
name = "Triage"
owner = "Ada"
stakes = "high"

[[checklist.items]]
kind = "measured"
id = "suite"
metric = "eval_pass_rate"
source = "eval"
bar = 0.8

[[checklist.items]]
kind = "attested"
id = "plan"
sentence = "There is a plan for failures."

[[attestations]]
item = "plan"
answer = "yes"
why = "Read it."
link = "https://wiki/plan"
"""


def read(tmp_path: Path, content: str, name: str = "triage.toml") -> AppliedFile:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return read_apply_file(path)


def test_a_file_makes_the_feature_its_checklist_its_lock_and_its_answers(
    workspace: Workspace, now: datetime, tmp_path: Path
) -> None:
    wanted = read(tmp_path, FILE)
    applied = apply(workspace, LOCAL_CALLER, now, wanted, lock=True)
    assert (applied.slug, applied.did) == (
        "triage",
        (
            "created the feature triage; texts of its traces are kept for 90 days after they were handed in",
            "saved the checklist as version 1",
            "locked version 1",
            "answered plan: yes",
        ),
    )
    view = view_checklist(workspace, LOCAL_CALLER, "triage")
    assert (view.committed, view.checklist.stakes) == (view.checklist, Stakes.HIGH)
    assert view.answers["plan"].why == "Read it."


def test_applying_again_changes_nothing(
    workspace: Workspace, now: datetime, tmp_path: Path, everything: Everything
) -> None:
    wanted = read(tmp_path, FILE)
    apply(workspace, LOCAL_CALLER, now, wanted, lock=True)
    before = everything()
    assert apply(workspace, LOCAL_CALLER, now, wanted, lock=True).did == ()
    assert everything() == before


def test_a_fault_in_the_middle_is_mended_by_applying_again(
    workspace: Workspace, now: datetime, tmp_path: Path, watched: Watched, everything: Everything
) -> None:
    """Each part is saved whole; whichever statement breaks, the file can be applied again to its end."""
    wanted = read(tmp_path, FILE)
    for place in range(1, 200):
        named = wanted.model_copy(
            update={"feature": wanted.feature.model_copy(update={"slug": f"triage-{place}"})}
        )
        with watched(place) as statements:
            try:
                apply(workspace, LOCAL_CALLER, now, named, lock=True)
            except RuntimeError:
                apply(workspace, LOCAL_CALLER, now, named, lock=True)
        view = view_checklist(workspace, LOCAL_CALLER, f"triage-{place}")
        assert (view.number, len(view.commitments), set(view.answers)) == (1, 1, {"plan"})
        if not statements.failed:
            break
    assert not statements.failed
    assert len(everything()["attestation"]) == place


def test_json_says_the_same_as_toml(tmp_path: Path) -> None:
    wanted = read(tmp_path, FILE)
    body = json.dumps(wanted.model_dump(mode="json"))
    assert read(tmp_path, body, "triage.JSON") == wanted


def test_the_option_names_the_feature_where_the_file_does_not(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    wanted = AppliedFile.model_validate({"feature": {"owner": "Eve"}})
    applied = apply(workspace, LOCAL_CALLER, now, wanted, slug=feature)
    assert applied.did == ("changed the feature's name, owner or stakes",)
    assert find_feature(workspace, feature).owner == "Eve"


def test_a_template_fills_a_checklist_without_items(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    wanted = AppliedFile.model_validate({"checklist": {"template": "ready_for_everyone"}})
    assert apply(workspace, LOCAL_CALLER, now, wanted, slug=feature).did == (
        "saved the checklist as version 1",
    )
    assert len(view_checklist(workspace, LOCAL_CALLER, feature).checklist.items) == 6
    assert apply(workspace, LOCAL_CALLER, now, wanted, slug=feature).did == ()


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"stakes": "huge"}, "stakes: this must be 'low', 'medium' or 'high'.*'huge'"),
        ({"stakes": 3}, "stakes: this must be 'low', 'medium' or 'high'"),
        ({"itmes": []}, "itmes: there is no such field"),
    ],
)
def test_a_checklist_from_a_template_is_read_like_any_other(
    workspace: Workspace, feature: str, now: datetime, keys: dict[str, Any], sentence: str
) -> None:
    wanted = AppliedFile.model_validate({"checklist": {"template": "ready_for_everyone", **keys}})
    with pytest.raises(InvalidDocument, match=sentence):
        apply(workspace, LOCAL_CALLER, now, wanted, slug=feature)
    assert view_checklist(workspace, LOCAL_CALLER, feature).number is None


def test_new_stakes_are_a_new_version_of_the_checklist(
    workspace: Workspace, now: datetime, tmp_path: Path
) -> None:
    apply(workspace, LOCAL_CALLER, now, read(tmp_path, FILE), lock=True)
    lower = AppliedFile.model_validate({"feature": {"stakes": "low"}})
    assert apply(workspace, LOCAL_CALLER, now, lower, slug="triage").did == (
        "changed the feature's name, owner or stakes",
        "saved the checklist as version 2",
        "Stakes: high → low",
    )
    view = view_checklist(workspace, LOCAL_CALLER, "triage")
    assert (view.number, view.checklist.stakes) == (2, Stakes.LOW)
    assert view.committed is not None
    assert view.committed.stakes is Stakes.HIGH


def test_an_amendment_needs_its_reason_here_as_well(
    workspace: Workspace, now: datetime, tmp_path: Path, everything: Everything
) -> None:
    apply(workspace, LOCAL_CALLER, now, read(tmp_path, FILE), lock=True)
    looser = read(tmp_path, FILE.replace("bar = 0.8", "bar = 0.7"))
    before = everything()
    with pytest.raises(WrongUsage, match="an amendment needs a reason"):
        apply(workspace, LOCAL_CALLER, now, looser, lock=True, reason=" ")
    assert everything() == before
    did = apply(workspace, LOCAL_CALLER, now, looser, lock=True, reason="The suite got harder").did
    assert (did[0], did[2]) == ("saved the checklist as version 2", "locked version 2")
    assert "80" in did[1]
    assert "70" in did[1]
    assert view_checklist(workspace, LOCAL_CALLER, "triage").commitments[0].reason == "The suite got harder"


@pytest.mark.parametrize(
    ("content", "error", "sentence"),
    [
        ("[feature", UnreadableFile, "triage.toml cannot be read"),
        ("[feature]\nslugs = 1", InvalidDocument, "slugs: there is no such field"),
        ('[feature]\nstakes = "huge"', InvalidDocument, "'low', 'medium' or 'high'.*'huge'"),
        ("[plans]", InvalidDocument, "It may hold .feature., .scope., .checklist., .plan., .bundle. and"),
        ('[[attestations]]\nitem = "plan"\nanswer = "maybe"\nwhy = "x"', InvalidDocument, "'maybe'"),
    ],
)  # fmt: skip
def test_a_file_with_a_fault_is_told_in_a_sentence(
    tmp_path: Path, content: str, error: type[UserError], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        read(tmp_path, content)


def test_a_file_that_cannot_be_opened_or_decoded_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"nope\.toml cannot be opened: No such file"):
        read_apply_file(tmp_path / "nope.toml")
    latin = tmp_path / "latin.toml"
    latin.write_bytes('[feature]\nname = "Größe"'.encode("latin-1"))
    with pytest.raises(UnreadableFile, match=r"latin\.toml cannot be read"):
        read_apply_file(latin)
    broken = tmp_path / "broken.json"
    broken.write_text('{"feature": ')
    with pytest.raises(UnreadableFile, match=r"broken\.json cannot be read"):
        read_apply_file(broken)
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    with pytest.raises(UnreadableFile, match=r"folder\.toml cannot be opened"):
        read_apply_file(folder)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("bar = 0.8", "bar = 80"), "0.9 for 90 %"),
        (('metric = "eval_pass_rate"', 'metric = "luck"'), "no metric “luck”"),
        (('source = "eval"', 'source = "label"'), "takes the sources eval"),
        (('id = "plan"', 'id = "suite"'), "Two items have the id “suite”"),
        (('name = "Triage"\n', ""), "its name and owner are needed"),
        (('name = "Triage"', 'name = " "'), "1 to 120 characters"),
        (('owner = "Ada"', 'owner = ""'), "Nobody owns this feature"),
        (('slug = "triage"\n', ""), "Which feature is this for"),
        (('item = "plan"', 'item = "plam"'), "no question “plam”"),
        (('item = "plan"', 'item = "suite"'), "no question “suite”"),
        (('why = "Read it."', 'why = " "'), "why: this must not be blank"),
        (('link = "https://wiki/plan"', 'link = "wiki"'), "link: this must be a web address.*'wiki'"),
    ],
)
def test_a_document_with_a_fault_is_told_and_nothing_is_saved(
    workspace: Workspace, now: datetime, tmp_path: Path, change: tuple[str, str], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        apply(workspace, LOCAL_CALLER, now, read(tmp_path, FILE.replace(*change)), lock=True)
    assert not feature_exists(workspace, "triage")


def test_a_lock_of_nothing_is_refused(workspace: Workspace, feature: str, now: datetime) -> None:
    with pytest.raises(WrongUsage, match="There is no checklist to lock"):
        apply(workspace, LOCAL_CALLER, now, AppliedFile(), slug=feature, lock=True)


def test_a_fault_in_an_answer_keeps_a_known_feature_as_it_was(
    workspace: Workspace, now: datetime, tmp_path: Path, everything: Everything
) -> None:
    apply(workspace, LOCAL_CALLER, now, read(tmp_path, FILE), lock=True)
    before = everything()
    changed = FILE.replace('owner = "Ada"', 'owner = "Eve"').replace("bar = 0.8", "bar = 0.9")
    with pytest.raises(WrongUsage, match="no question “plam”"):
        apply(workspace, LOCAL_CALLER, now, read(tmp_path, changed.replace('item = "plan"', 'item = "plam"')))
    unknown = AppliedFile.model_validate(
        {"feature": {"owner": "Eve"}, "attestations": [{"item": "plam", "answer": "yes", "why": "x"}]}
    )
    with pytest.raises(WrongUsage, match="no question “plam”"):
        apply(workspace, LOCAL_CALLER, now, unknown, slug="triage")
    assert everything() == before


def test_whoever_may_not_do_all_of_it_does_nothing_of_it(
    workspace: Workspace, now: datetime, tmp_path: Path, everything: Everything
) -> None:
    """An administrator may create a feature, but not write its checklist."""
    before = everything()
    admin = Caller("Eve", frozenset({Role.ADMIN}))
    with pytest.raises(NotAllowed, match="Eve may not edit the checklist"):
        apply(workspace, admin, now, read(tmp_path, FILE), lock=True)
    assert everything() == before


def test_a_scope_saved_on_the_page_meanwhile_is_a_conflict(
    workspace: Workspace, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(workspace, LOCAL_CALLER, now, read(tmp_path, FILE))
    theirs = Scope(success_signal="Settled alone")

    def somebody_is_faster(*arguments: Any, **named: Any) -> bool:
        save_scope(workspace, LOCAL_CALLER, now, "triage", theirs, based_on=None)
        return change_feature(*arguments, **named)

    monkeypatch.setattr(applying, "change_feature", somebody_is_faster)
    with pytest.raises(Conflict):
        apply(workspace, LOCAL_CALLER, now, read(tmp_path, FILE + '\n[scope]\nsuccess_signal = "Mine"\n'))
    view = view_scope(workspace, LOCAL_CALLER, "triage")
    assert (view.number, view.scope) == (1, theirs)


@pytest.mark.parametrize("lock", [False, True])
def test_a_change_on_the_page_meanwhile_is_a_conflict(
    workspace: Workspace, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: bool
) -> None:
    """Somebody saves on the page after the run has looked: nothing of theirs is overwritten or locked."""
    apply(workspace, LOCAL_CALLER, now, read(tmp_path, FILE))
    page = view_checklist(workspace, LOCAL_CALLER, "triage")
    theirs = page.checklist.model_copy(update={"stakes": Stakes.MEDIUM})

    def somebody_is_faster(*arguments: Any, **named: Any) -> bool:
        save_checklist(workspace, LOCAL_CALLER, now, "triage", theirs, based_on=page.number)
        return change_feature(*arguments, **named)

    monkeypatch.setattr(applying, "change_feature", somebody_is_faster)
    mine = FILE if lock else FILE.replace("bar = 0.8", "bar = 0.9")
    with pytest.raises(Conflict):
        apply(workspace, LOCAL_CALLER, now, read(tmp_path, mine), lock=lock)
    view = view_checklist(workspace, LOCAL_CALLER, "triage")
    assert (view.number, view.checklist, view.commitments) == (2, theirs, ())
