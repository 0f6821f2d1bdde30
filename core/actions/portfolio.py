"""The portfolio: every feature with its verdict and what it waits for, sorted and filtered as asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from core.actions.demo import DEMO_CALLER
from core.actions.features import FeatureLine, list_features
from core.actions.follow_ups import due_look_backs
from core.actions.gates import decide_on, weeks_of
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.progress import since_when
from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict, severity
from core.decision.decide import Decision
from core.decision.journey import more_words
from core.decision.override import OverrideState
from core.decision.waiting import SIGN_OFF, waits_for
from core.metrics.measurement import Measurement, WeekPoint
from core.rollout.alarms import WATCHER
from core.rollout.standing import standing_words
from core.rollout.transitions import State
from core.store import audit, features, verdict_changes


@dataclass(frozen=True)
class PortfolioLine:
    """One feature; ``headline`` is the row whose number stands for it.

    ``since`` is when the verdict became this one; ``None`` where time alone has changed it since.
    ``look_backs`` counts the steps at which somebody has to look back now; ``is_demo``: it is of the demo.
    """

    feature: FeatureLine
    decision: Decision
    since: datetime | None
    headline: Row | None
    phase: str
    look_backs: int = 0
    is_demo: bool = False

    @property
    def alarms(self) -> int:
        """How many early warnings tripped that nobody has acknowledged."""
        return len(self.decision.alarms)

    @property
    def release(self) -> str:
        """The name of the release that is live; "" where none is."""
        live = self.decision.release.releases.live if self.decision.release else None
        return live.name if live else ""

    @property
    def is_overruled(self) -> bool:
        """Whether somebody set the verdict aside, and the day until which that was given is not over."""
        return any(
            one.state in (OverrideState.HOLDS, OverrideState.USED)
            and self.decision.as_of < one.given.expires_at
            for one in self.decision.overrides
        )

    @property
    def asks_for_a_look(self) -> bool:
        """Whether somebody has to look at it now, whatever the verdict is."""
        stopped = self.decision.standing.is_stopped
        return bool(self.alarms or self.look_backs or stopped or self.is_overruled)

    @property
    def urgency(self) -> "Urgency":
        """Where it belongs on a list that begins with what must not wait."""
        decision = self.decision
        last = decision.standing.last
        alarmed = decision.standing.is_stopped and last is not None and last.by == WATCHER
        held_back = any(alarm.holds_back for alarm in decision.alarms)
        if held_back or alarmed or self.is_overruled:
            return Urgency.ALARM
        is_go = decision.verdict is Verdict.GO and not decision.bar.is_draft
        if decision.standing.reaches_users and not is_go:
            return Urgency.EXPOSED
        if is_go and not decision.standing.is_stopped:
            return Urgency.GO
        # What was stopped had users, so it is no mere draft.
        never_out = decision.bar.is_draft and not decision.standing.is_stopped
        return Urgency.DRAFT if never_out else Urgency.WAITING

    @property
    def waits_for(self) -> str:
        """What the feature waits for, in short: the rows that hold the verdict where it is."""
        deciding, verdict = self.decision.deciding, self.decision.verdict
        if not deciding:
            return "a checklist"
        if verdict is Verdict.GO:
            return self._after_go()
        if verdict in (Verdict.NOT_ENOUGH_EVIDENCE, Verdict.NO_DATA):
            most = max(deciding, key=lambda row: row.more_cases or 0)
            return more_words(most) + _and_more(len(deciding) - 1)
        newer = "newer evidence for " if verdict is Verdict.STALE else ""
        return newer + ", ".join(row.label for row in deciding[:2]) + _and_more(len(deciding) - 2)

    def _after_go(self) -> str:
        """What a GO still waits for: the lock, other conditions, then whoever signs; else it may go on."""
        offs = self.decision.sign_offs
        if self.decision.bar.is_draft:
            return "the lock of its checklist"
        refused = next((one for one in (offs.commitment, offs.step) if one is not None and one.refused), None)
        if refused is not None:
            return f"sign-off: {refused.title} is refused"
        waits = waits_for(self.decision)
        first = next((words for words in waits if words != SIGN_OFF), None)
        if first is not None:
            return first + _and_more(len(waits) - 1)
        if not offs.people_sign_in:
            return "sign-off outside Readygate"
        return "nothing: it may go on" if offs.is_met else "sign-off: look at its Go / no-go"


class Urgency(IntEnum):
    """The groups of the list that has the worst first: exposure before verdict, drafts last."""

    ALARM = 0
    """An early warning that holds the rollout back or stopped it; a verdict that was overruled."""
    EXPOSED = 1
    """It reaches users and is not GO."""
    WAITING = 2
    """It reaches nobody: stopped, whatever its verdict, or locked, on its way and not GO."""
    GO = 3
    DRAFT = 4
    """Nobody has the feature, and what it is held to is not locked."""


class Order(StrEnum):
    WORST = "worst"
    NAME = "name"
    SINCE = "since"


@dataclass(frozen=True)
class Wanted:
    """Which lines to show, in which order; an empty choice leaves everything in."""

    text: str = ""
    verdicts: frozenset[Verdict] = frozenset()
    owners: frozenset[str] = frozenset()
    stakes: frozenset[Stakes] = frozenset()
    states: frozenset[State] = frozenset()
    asks_for_a_look: bool = False
    order: Order = Order.WORST

    @property
    def narrows(self) -> bool:
        chosen = self.verdicts or self.owners or self.stakes or self.states
        return bool(self.text.strip() or chosen or self.asks_for_a_look)


def view_portfolio(workspace: Workspace, caller: Caller, now: datetime) -> list[PortfolioLine]:
    """Every feature the caller may see, the most urgent first."""
    lines = []
    for line in list_features(workspace, caller):
        with workspace.database.reading() as connection:
            feature = features.by_slug(connection, line.slug)
            decision = decide_on(workspace, connection, feature, now)
            since = since_when(connection, feature, decision)
            due = due_look_backs(connection, feature.id, now)
        phase = standing_words(decision.standing)
        lines.append(
            PortfolioLine(
                line,
                decision,
                since,
                _headline(decision),
                phase,
                len(due),
                feature.created_by == DEMO_CALLER.name,
            )
        )
    return arranged(lines, Wanted())


def warm_gate(workspace: Workspace, slug: str, now: datetime) -> None:
    """Ask what the portfolio will ask of a feature: its first visitor finds the answers remembered."""
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        decision = decide_on(workspace, connection, feature, now)
        headline = _headline(decision)
        if headline is not None and isinstance(headline.item, MeasuredItem):
            weeks_of(workspace, connection, feature, decision, headline.item)


def standing(workspace: Workspace) -> tuple[int, int]:
    """A stamp that is another one after every action: while it stays, only time can change a verdict."""
    with workspace.database.reading() as connection:
        return audit.newest_seq(connection), verdict_changes.newest_id(connection)


def view_headline_weeks(workspace: Workspace, caller: Caller, line: PortfolioLine) -> tuple[WeekPoint, ...]:
    """The weeks of the line's headline, from the first with evidence to the last."""
    require(workspace, caller, Act.SEE, line.feature.slug)
    if line.headline is None or not isinstance(line.headline.item, MeasuredItem):
        return ()
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, line.feature.slug)
        return weeks_of(workspace, connection, feature, line.decision, line.headline.item)


def arranged(lines: Iterable[PortfolioLine], wanted: Wanted) -> list[PortfolioLine]:
    """The lines that fit, in the order that is asked; equals stand by name."""
    fitting = sorted((line for line in lines if _fits(line, wanted)), key=_by_name)
    match wanted.order:
        case Order.WORST:
            return sorted(fitting, key=_how_bad)
        case Order.SINCE:
            known = sorted(
                (line for line in fitting if line.since is not None), key=_changed_at, reverse=True
            )
            return known + [line for line in fitting if line.since is None]
        case Order.NAME:
            return fitting


def _fits(line: PortfolioLine, wanted: Wanted) -> bool:
    words = f"{line.feature.name} {line.feature.slug} {line.feature.owner} {line.release}".casefold()
    return (
        all(word in words for word in wanted.text.casefold().split())
        and (not wanted.verdicts or line.decision.verdict in wanted.verdicts)
        and (not wanted.owners or line.feature.owner in wanted.owners)
        and (not wanted.stakes or line.decision.bar.stakes in wanted.stakes)
        and (not wanted.states or line.decision.standing.state in wanted.states)
        and (not wanted.asks_for_a_look or line.asks_for_a_look)
    )


def _how_bad(line: PortfolioLine) -> tuple[int, int, bool, float]:
    """The most urgent first, then the worst verdict, what asks for a look, what reaches the most users."""
    decision = line.decision
    verdict = severity(decision.verdict)
    if decision.bar.is_draft:
        # What a draft would say is no verdict: at best nothing is known.
        verdict = min(verdict, severity(Verdict.NO_DATA))
    return line.urgency, verdict, not line.asks_for_a_look, -(decision.exposure or 0.0)


def _by_name(line: PortfolioLine) -> str:
    return line.feature.name.casefold()


def _changed_at(line: PortfolioLine) -> float:
    return line.since.timestamp() if line.since is not None else 0.0


def _and_more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def _headline(decision: Decision) -> Row | None:
    """The row that fails, where one does; else answer correctness over all tasks, else what is measured."""
    measured: Sequence[Row] = [row for row in decision.rows if isinstance(row.finding, Measurement)]
    failing = [row for row in measured if row.counts and row.verdict is Verdict.NO_GO]
    whole = [row for row in measured if isinstance(row.item, MeasuredItem) and not row.item.slice]
    answers = [row for row in whole if getattr(row.item, "metric", "") == "answer_correctness"]
    return next(iter(failing or answers or whole or measured), None)
