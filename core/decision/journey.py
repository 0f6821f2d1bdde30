"""The journey of a feature from its creation to a verdict: what is done, what is open, what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.criteria.checklist import AttestedItem, MeasuredItem
from core.criteria.judge import Row
from core.criteria.no_result import cases_without_result, rests_on_them
from core.criteria.scope import DECISIONS
from core.criteria.verdict import Verdict
from core.decision.conditions import Condition
from core.decision.promises import PromisedItem
from core.decision.steps import Step, StepState, step
from core.evidence.columns import Kind
from core.metrics.measurement import Measurement, Source
from core.rollout.standing import STATE_WORDS, Standing, reach_words
from core.rollout.transitions import State


@dataclass(frozen=True)
class JourneyFacts:
    """What the journey is told from; the rows are those of the decision.

    ``kinds`` are the kinds of evidence that the feature has, and ``test_cases`` counts its cases, which are
    none before they are run; ``questions`` the uploads that wait for an answer. ``standing`` is where the
    rollout stands, and ``plan_blocking`` how many rules its plan breaks in a way that blocks. ``not_mine``
    are the keys of the steps that the reader's roles do not cover, ``reader`` the reader's name.
    ``has_unlocked_plan``: there is a newer plan than the one that the newest lock binds. ``asked`` counts the
    questions before a signature that wait for an answer. ``conditions`` are those of the decision that are
    about the release, and ``signed`` how many signatures there are of how many: None where nobody can sign.
    """

    decided: int
    rows: Sequence[Row]
    verdict: Verdict
    is_locked: bool
    has_unlocked_changes: bool
    kinds: frozenset[Kind]
    questions: int = 0
    test_cases: int = 0
    standing: Standing = field(default_factory=Standing)
    plan_blocking: int = 0
    not_mine: frozenset[str] = field(default_factory=frozenset)
    reader: str = ""
    has_unlocked_plan: bool = False
    asked: int = 0
    conditions: Sequence[Condition] = ()
    signed: tuple[int, int] | None = None

    def condition(self, name: str) -> Condition | None:
        """The condition of that name; None where the decision has nothing to say about it."""
        return next((one for one in self.conditions if one.name == name), None)


_KINDS_OF: dict[Source, tuple[Kind, ...]] = {
    Source.EVAL: (Kind.EVALS,),
    Source.LABEL: (Kind.TRACES, Kind.LABELS),
    Source.JUDGE: (Kind.TRACES, Kind.LABELS),
    Source.FEEDBACK: (Kind.TRACES,),
    Source.TRACE: (Kind.TRACES,),
}
_KIND_WORDS = {Kind.TRACES: "traces", Kind.LABELS: "labels", Kind.EVALS: "eval results"}
_CASES_OF = {
    Source.EVAL: ("eval case", "eval cases"),
    Source.LABEL: ("labelled answer", "labelled answers"),
    Source.JUDGE: ("judged answer", "judged answers"),
    Source.FEEDBACK: ("reaction of a user", "reactions of users"),
    Source.TRACE: ("trace", "traces"),
}


def journey(facts: JourneyFacts) -> tuple[Step, ...]:
    """The steps in their order; those that come up only at times are there only when they do."""
    counting = [row for row in facts.rows if row.counts]
    steps = (
        _scope(facts),
        _checklist(facts),
        _plan(facts),
        _lock(facts),
        _release(facts.condition("release")),
        _rehearsal(facts.condition("rollback")),
        _questions(facts),
        _evidence(facts),
        _failing(counting),
        _answers(facts, counting),
        _stale(counting),
        _cases(counting),
        _regressions(facts.condition("regressions")),
        _red_team(facts.condition("red_team")),
        _asked(facts),
        _go(facts),
        _sign(facts.signed),
        _rollout(facts.standing),
    )
    return tuple(_for_reader(one, facts) for one in steps if one is not None)


def more_words(row: Row) -> str:
    """What a row that is not settled waits for: "about 460 more labelled answers for Answer correctness"."""
    if row.finding is None or not isinstance(row.item, MeasuredItem):
        return f"an answer to “{row.label.rstrip('.?')}”"
    if row.verdict is Verdict.NO_DATA:
        return f"evidence for {row.label}"
    if row.more_cases is None:
        return f"a look at why {row.label} is not settled"
    if row.more_cases_to is Verdict.NO_GO:
        return f"a better {row.label}: at today's rate it will fail"
    if isinstance(row.finding, Measurement) and rests_on_them(row.item, row.finding):
        without = cases_without_result(row.finding)
        cases = "the 1 case that has" if without == 1 else f"the {without:,} cases that have"
        return f"results of {cases} none, for {row.label}"
    one, many = _CASES_OF[row.item.source]
    return f"about {row.more_cases:,} more {one if row.more_cases == 1 else many} for {row.label}"


def _for_reader(one: Step, facts: JourneyFacts) -> Step:
    """An open step that the reader's roles do not cover needs someone else."""
    if one.state is StepState.OPEN and one.key in facts.not_mine:
        return replace(one, state=StepState.SOMEONE_ELSE)
    return one


def _scope(facts: JourneyFacts) -> Step:
    of = f"{facts.decided} of {len(DECISIONS)} decided"
    done = facts.decided == len(DECISIONS)
    return step("scope", "scope", f"Scope: {of}", f"decide the scope ({of})", done=done)


def _checklist(facts: JourneyFacts) -> Step:
    deciding = sum(row.item.decides for row in facts.rows if not isinstance(row.item, PromisedItem))
    if not facts.rows:
        return step("checklist", "checklist", "Checklist: empty", "fill the checklist", done=False)
    words = f"Checklist: {_count(deciding, 'deciding item')}"
    ask = "let an item of the checklist decide: all are advisory"
    return step("checklist", "checklist", words, ask, done=deciding > 0)


def _plan(facts: JourneyFacts) -> Step:
    phases, blocking = len(facts.standing.plan.phases), facts.plan_blocking
    if not phases:
        return step("plan", "phase_plan", "Phase plan: none yet", "plan the phases", done=False)
    if blocking:
        found = _count(blocking, "finding")
        blocks = "blocks" if blocking == 1 else "block"
        ask = f"mend the phase plan ({found} {blocks})"
        return step("plan", "phase_plan", f"Phase plan: {found} {blocks}", ask, done=False)
    return step("plan", "phase_plan", f"Phase plan: {_count(phases, 'phase')}", "", done=True)


def _lock(facts: JourneyFacts) -> Step:
    if not facts.is_locked:
        return step("lock", "checklist", "Checklist: not locked", "lock the checklist", done=False)
    if facts.has_unlocked_changes:
        ask = "lock the changes of the checklist"
        return step("lock", "checklist", "Checklist: changes are not locked", ask, done=False)
    if facts.has_unlocked_plan:
        ask = "lock the changes of the phase plan"
        return step("lock", "checklist", "Phase plan: changes are not locked", ask, done=False)
    return step("lock", "checklist", "Checklist: locked", "", done=True)


def _release(live: Condition | None) -> Step | None:
    """Evidence counts for what is live only, so that has to be said before there is any."""
    if live is None:
        return None
    words = "Release: said" if live.met else "Release: not said yet"
    return step("release", "release", words, "say which release is live", done=live.met)


def _rehearsal(back: Condition | None) -> Step | None:
    if back is None:
        return None
    words = "Way back: rehearsed" if back.met else "Way back: not rehearsed"
    return step("rehearsal", "release", words, "rehearse the way back", done=back.met)


def _regressions(worse: Condition | None) -> Step | None:
    if worse is None or worse.met:
        return None
    ask = "compare the live release with the one before"
    return step("regressions", "release", "Release: not shown to be as good", ask, done=False)


def _red_team(attacked: Condition | None) -> Step | None:
    if attacked is None or attacked.met:
        return None
    ask = "answer what the red team found"
    return step("red_team", "release", "Red team: not answered", ask, done=False)


def _questions(facts: JourneyFacts) -> Step | None:
    if not facts.questions:
        return None
    uploads = _count(facts.questions, "upload")
    ask = f"answer what {uploads} {'asks' if facts.questions == 1 else 'ask'}"
    return step("questions", "evidence", f"Questions on {uploads}", ask, done=False)


def _evidence(facts: JourneyFacts) -> Step:
    items = [row.item for row in facts.rows if isinstance(row.item, MeasuredItem) and row.item.decides]
    needed = [kind for item in items for kind in _KINDS_OF[item.source]]
    missing = [kind for kind in _KIND_WORDS if kind in needed and kind not in facts.kinds]
    if missing:
        words = " and ".join(_KIND_WORDS[kind] for kind in missing)
        if facts.test_cases and Kind.EVALS in missing:
            return _not_run(facts.test_cases, words)
        return step("evidence", "evidence", f"Evidence: no {words} yet", f"upload {words}", done=False)
    if not facts.kinds and (items or not facts.rows):
        if facts.test_cases:
            return _not_run(facts.test_cases, "results")
        return step("evidence", "evidence", "Evidence: none yet", "upload evidence", done=False)
    return step("evidence", "evidence", "Evidence: uploaded", "", done=True)


def _not_run(test_cases: int, missing: str) -> Step:
    """There are cases to run, and nothing yet that says how the feature does."""
    cases = _count(test_cases, "test case")
    words, ask = f"Evidence: {cases}, no {missing} yet", f"run the {cases} and upload {missing}"
    return step("evidence", "evidence", words, ask, done=False)


def _failing(counting: Sequence[Row]) -> Step | None:
    failing = [row for row in counting if row.verdict is Verdict.NO_GO]
    if not failing:
        return None
    words = _labels(failing)
    return step("failing", "go_no_go", f"Fails: {words}", f"mend what fails: {words}", done=False)


def _answers(facts: JourneyFacts, counting: Sequence[Row]) -> Step | None:
    asked = [
        row
        for row in facts.rows
        if isinstance(row.item, AttestedItem) and row.item.decides and not isinstance(row.item, PromisedItem)
    ]
    if not asked:
        return None
    missing = [
        row
        for row in counting
        if isinstance(row.item, AttestedItem) and row.verdict in (Verdict.NO_DATA, Verdict.STALE)
    ]
    words = f"People's answers: {len(asked) - len(missing)} of {len(asked)}"
    ask = f"get {_count(len(missing), 'answer')} from people"
    owners = list(dict.fromkeys(row.item.owner for row in missing))
    found = step("answers", "checklist", words, ask, done=not missing, who=", ".join(filter(None, owners)))
    if missing and all(owner and owner != facts.reader for owner in owners):
        return replace(found, state=StepState.SOMEONE_ELSE)
    return found


def _stale(counting: Sequence[Row]) -> Step | None:
    old = [row for row in _measured(counting) if row.verdict is Verdict.STALE]
    if not old:
        return None
    words = _labels(old)
    if any(row.of_other_release for row in old):
        ask = f"bring evidence of the live release for {words}"
        return step("stale", "evidence", f"Of another release: {words}", ask, done=False)
    return step("stale", "evidence", f"Too old: {words}", f"bring newer evidence for {words}", done=False)


def _cases(counting: Sequence[Row]) -> Step | None:
    """The rows that wait for more cases; the one that waits for the most speaks for all."""
    measured = _measured(counting)
    if not measured:
        return None
    waiting = [row for row in measured if row.verdict in (Verdict.NO_DATA, Verdict.NOT_ENOUGH_EVIDENCE)]
    if not waiting:
        return step("cases", "evidence", "Enough cases for every row", "", done=True)
    most = max(waiting, key=lambda row: (row.verdict is Verdict.NO_DATA, row.more_cases or 0))
    page = "evidence" if most.more_cases_to is not Verdict.NO_GO else "go_no_go"
    words = f"Not settled: {_count(len(waiting), 'row')} of {len(measured)}"
    return step("cases", page, words, more_words(most), done=False)


def _asked(facts: JourneyFacts) -> Step | None:
    """What somebody wants to know before they sign; it keeps nothing back but their signature."""
    if not facts.asked:
        return None
    ask = f"answer {_count(facts.asked, 'question')} before signing"
    words = f"Before signing: {_count(facts.asked, 'open question')}"
    return step("asked", "go_no_go", words, ask, done=False)


def _go(facts: JourneyFacts) -> Step:
    done = facts.verdict is Verdict.GO and facts.is_locked
    words = "Every row is GO" if done else "Every row is GO: not yet"
    return step("go", "go_no_go", words, "read what keeps the verdict from GO", done=done)


def _sign(signed: tuple[int, int] | None) -> Step | None:
    if signed is None:
        return None
    given, needed = signed
    ask = f"get {_count(needed - given, 'signature')}"
    return step("sign", "go_no_go", f"Signatures: {given} of {needed}", ask, done=given >= needed)


def _rollout(standing: Standing) -> Step:
    """The step forward that comes next, whatever it waits for; the gate is asked when it is taken."""
    words = f"Rollout: {STATE_WORDS[standing.state]}"
    if standing.state in (State.RUNNING, State.PAUSED) and standing.place:
        words = (
            f"Rollout: phase {standing.place} of {len(standing.plan.phases)} {STATE_WORDS[standing.state]}"
        )
    done = standing.state is State.COMPLETE
    return step("rollout", "phase_plan", words, _onward(standing), done=done)


def _onward(standing: Standing) -> str:
    coming = f"{standing.next.name} ({reach_words(standing.next)})" if standing.next else ""
    match standing.state:
        case State.NOT_STARTED:
            return f"start {coming}" if coming else "plan the phases"
        case State.PAUSED:
            return "find out what happened, then resume or roll back"
        case State.ROLLED_BACK:
            return "mend what led to the roll back, then start again"
        case State.RUNNING if standing.days_left:
            return f"let {standing.name} run for {standing.rest_words}"
        case State.RUNNING:
            return f"go on to {coming}" if coming else "complete the rollout"
        case _:
            return ""


def _measured(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if isinstance(row.item, MeasuredItem)]


def _labels(rows: Sequence[Row]) -> str:
    """Up to two labels, and how many there are beyond."""
    more = f" and {len(rows) - 2} more" if len(rows) > 2 else ""
    return ", ".join(row.label.rstrip(".") for row in rows[:2]) + more


def _count(n: int, noun: str) -> str:
    return f"1 {noun}" if n == 1 else f"{n:,} {noun}s"
