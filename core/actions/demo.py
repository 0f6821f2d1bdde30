"""The demo: three features to explore, generated, then imported like a user's own files."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO

from core.actions.age_limits import set_days
from core.actions.alarms import acknowledge_alarm
from core.actions.applying import AppliedFile, apply
from core.actions.demo_work import mend, ship, try_the_way_back
from core.actions.early_warnings import watch
from core.actions.features import create_feature, feature_exists, list_features
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.people import Caller, Role
from core.actions.policy import Act, require
from core.actions.questions import ask_question
from core.actions.rollout import resume
from core.actions.rollout_past import PastStart, record_past
from core.actions.usual_limits import Kept
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.demo.files import DemoFile, files_for
from core.demo.langfuse import REACTION
from core.demo.stories import WEEKS, Story, load_stories, tour_slugs
from core.evidence.columns import TABLE_KINDS, Kind
from core.intake.answers import Answers, FeedbackRule
from core.store import features
from core.store.alarms import PAUSED

DEMO_CALLER = Caller("Readygate demo", frozenset(Role))
TOUR = tour_slugs()
"""Where the first look round leads: the slugs of the demo's features by what it shows there."""

_SEED = 20_26
_REACTIONS = FeedbackRule(score=REACTION, accepted=("accepted",), edited=("edited",), rejected=("rejected",))


def make_demo(
    workspace: Workspace,
    now: datetime,
    *,
    asked_by: Caller = DEMO_CALLER,
    only_if_empty: bool = False,
    tell: Callable[[str], None] = lambda sentence: None,
) -> list[str]:
    """Create the demo features that are not there yet; returns the slugs it made.

    Their eight weeks end on the day of ``now``; the checklist is locked before the first trace. They
    are made in the demo's own name, for whoever may create features.
    """
    require(workspace, asked_by, Act.CREATE_FEATURE)
    if only_if_empty and list_features(workspace, DEMO_CALLER):
        return []
    made = []
    for story in load_stories():
        slug = story.feature.slug
        if feature_exists(workspace, slug):
            continue
        tell(f"Making the demo feature “{story.feature.name}” …")
        _make(workspace, story, now)
        made.append(slug)
    return made


def _make(workspace: Workspace, story: Story, now: datetime) -> None:
    card, slug, first_day = story.feature, story.feature.slug, _first_day(now)
    create_feature(
        workspace,
        DEMO_CALLER,
        first_day,
        name=card.name,
        owner=card.owner,
        stakes=Stakes(card.stakes),
        slug=slug,
    )
    # What people answer speaks for the release that is live, so it is said before they answer.
    ship(workspace, DEMO_CALLER, first_day, story)
    wanted = AppliedFile.model_validate(story.documents(first_day.date()))
    apply(workspace, DEMO_CALLER, first_day, wanted, lock=True)
    # Nobody in the demo is real, and its texts should still be there next year.
    set_days(workspace, DEMO_CALLER, first_day, slug, Kept.TEXTS, None)
    try_the_way_back(workspace, DEMO_CALLER, now, story)
    files = files_for(story, now, _SEED)
    for place, file in enumerate(files, start=1):
        # One after the other, so that the page lists them in this order.
        handed_in = now - timedelta(milliseconds=len(files) - place)
        upload_id = start_import(
            workspace,
            DEMO_CALLER,
            handed_in,
            slug,
            file_name=file.name,
            content=BytesIO(file.content),
            answers=_answers(file),
            bundle=file.release,
            for_worker=False,
        )
        run_import(workspace, upload_id, lambda: now, more_follow=place < len(files))
    mend(workspace, DEMO_CALLER, now, story, files[-1])
    starts = [PastStart(one.phase, first_day.date() + timedelta(days=one.after_days)) for one in story.ran]
    if starts:
        record_past(workspace, DEMO_CALLER, now, slug, starts)
        _answer_alarms(workspace, story, now)
    for question in story.questions:
        ask_question(workspace, DEMO_CALLER, now, slug, words=question.words)


def _first_day(now: datetime) -> datetime:
    return (now - timedelta(weeks=WEEKS)).replace(hour=0, minute=0, second=0, microsecond=0)


def _answer_alarms(workspace: Workspace, story: Story, now: datetime) -> None:
    """Notice what trips in the phase that runs, and answer it as the story's team did: else the first file
    of a visitor would stop the demo."""
    slug = story.feature.slug
    with workspace.database.writing() as connection:
        tripped = watch(workspace, connection, features.by_slug(connection, slug), None, now)
    for one in tripped:
        acknowledge_alarm(workspace, DEMO_CALLER, now, slug, one.id, reason=story.alarm_answer)
    if any(one.did == PAUSED for one in tripped):
        resume(workspace, DEMO_CALLER, now, slug, reason=story.alarm_answer)


def _answers(file: DemoFile) -> Answers:
    """What the page would ask about the file: the kind of a table, the meaning of the users' score."""
    return Answers(
        kind=file.kind if file.kind in TABLE_KINDS else None,
        feedback=_REACTIONS if file.kind is Kind.SCORES else None,
    )
