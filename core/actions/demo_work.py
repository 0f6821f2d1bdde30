"""What the team of a demo feature did beside handing in files: releases, drills, attacks, fixes and cases."""

from datetime import datetime, timedelta
from functools import partial

from core.actions.bundle_files import bundle_of
from core.actions.bundles import put_live, save_bundle
from core.actions.eval_cases import promote
from core.actions.eval_suites import lock_suite
from core.actions.fixes import save_fix
from core.actions.incidents import report_incident
from core.actions.people import Caller
from core.actions.red_team import record_check, record_finding
from core.actions.rehearsals import record_rehearsal
from core.actions.tool_lists import add_tool_list
from core.actions.workspace import Workspace
from core.demo.files import DemoFile, failures_in
from core.demo.release_story import AttackFound, Drill
from core.demo.stories import Story

_DEPLOYED_BEFORE = timedelta(hours=6)
"""The live release was deployed in the evening before the first trace."""


def ship(workspace: Workspace, caller: Caller, now: datetime, story: Story) -> None:
    """Register the releases of the story and put them live, one after the other; ``now`` is its first day."""
    slug, newest, moment = story.feature.slug, None, now - _DEPLOYED_BEFORE
    for section in story.bundle.sections():
        bundle = bundle_of(section)
        newest = save_bundle(workspace, caller, now, slug, bundle, based_on=newest).number
    earlier, reason = story.bundle.earlier, ""
    if earlier is not None:
        since = moment - timedelta(days=earlier.live_for_days)
        put_live(workspace, caller, now, slug, earlier.name, at=since)
        reason = earlier.changed_because
    put_live(workspace, caller, now, slug, story.bundle.name, at=moment, reason=reason)


def try_the_way_back(workspace: Workspace, caller: Caller, now: datetime, story: Story) -> None:
    """Write down drills and attacks, each on its own day, in the order in which they took place."""
    slug, numbers = story.feature.slug, dict[str, int]()

    def rehearse(one: Drill, at: datetime) -> None:
        record_rehearsal(
            workspace,
            caller,
            at,
            slug,
            part=one.part,
            at=at,
            worked=True,
            minutes=one.minutes,
            done_by=one.done_by,
            note=one.note,
        )

    def find(one: AttackFound, at: datetime) -> None:
        found = record_finding(
            workspace,
            caller,
            at,
            slug,
            title=one.title,
            kind=one.kind,
            severity=one.severity,
            how=one.how,
            found_at=at,
        )
        numbers[one.title] = found.number

    def try_again(one: AttackFound, at: datetime) -> None:
        number = numbers[one.title]
        record_check(workspace, caller, at, slug, number, works=False, checked_at=at, note=one.note)

    acts = [(one.days_ago, partial(rehearse, one)) for one in story.drills]
    acts += [(one.found_days_ago, partial(find, one)) for one in story.attacks]
    acts += [(one.stopped_days_ago, partial(try_again, one)) for one in story.attacks if one.stopped_days_ago]
    for days_ago, act in sorted(acts, key=lambda one: -one[0]):
        act(now - timedelta(days=days_ago))


def mend(workspace: Workspace, caller: Caller, now: datetime, story: Story, log: DemoFile) -> None:
    """What came of the failures in the ``log``: fixes, an eval case for each in a locked set, incidents.

    The tools are handed in as the model is given them: their names and descriptions are where to look first.
    """
    slug = story.feature.slug
    if story.bundle.tool_list:
        content = story.bundle.tool_list.encode()
        add_tool_list(workspace, caller, now, slug, file_name="tools.json", content=content)
    newest = {kind: run_id for run_id, kind in failures_in(log)}
    for one in story.mended:
        promote(
            workspace,
            caller,
            now,
            slug,
            newest[one.failure_type],
            failure_type=one.failure_type,
            no_personal_data=True,
            alike_ok=True,
        )
        save_fix(
            workspace,
            caller,
            now,
            slug,
            one.failure_type,
            fix=one.fix,
            owner=one.owner,
            state="done" if one.done_days_ago else "in_progress",
            fixed_at=now - timedelta(days=one.done_days_ago) if one.done_days_ago else None,
        )
    if story.mended:
        lock_suite(workspace, caller, now, slug)
    for told in story.incidents:
        at = now - timedelta(days=told.days_ago)
        report_incident(workspace, caller, now, slug, what=told.what, happened_at=at, owner=told.owner)
