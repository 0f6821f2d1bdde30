"""An AI judge beside people, through the import: corrected, audited, and where they disagree."""

from collections.abc import Callable
from datetime import datetime

import pytest

from core.actions.gauges import Part
from core.actions.judge_audits import JudgeAudit, view_judge_audits
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.store.uploads import Upload
from core.web.screens.health_judge import audit_words, trust_words

HandIn = Callable[..., Upload]

RUNS = 400


@pytest.fixture
def judged(workspace: Workspace, feature: str, hand_in: HandIn) -> str:
    """400 traces of 400 users; the judge passes all but every eighth."""
    lines = ["run_id,user_id,query,response", *(f"r{n},u{n},Where? {n},Here." for n in range(RUNS))]
    hand_in("\n".join(lines), "traces.csv")
    judge = ["run_id,answer_right,is_judge", *(f"r{n},{word(n % 8 != 0)},yes" for n in range(RUNS))]
    hand_in("\n".join(judge), "judge.csv")
    return feature


def word(right: bool) -> str:
    return "yes" if right else "no"


def people(runs: int, *, wrong_of_passed: int = 0, sampling: str = "random") -> str:
    """People agree with the judge on the first ``runs`` traces, but for so many that it passes."""
    passed = [n for n in range(runs) if n % 8 != 0][:wrong_of_passed]
    lines = ["run_id,answer_right,reviewer,sampling"]
    lines += [f"r{n},{word(n % 8 != 0 and n not in passed)},Ada,{sampling}" for n in range(runs)]
    return "\n".join(lines)


def looked_at(workspace: Workspace, slug: str, now: datetime) -> JudgeAudit:
    (audit,) = view_judge_audits(workspace, LOCAL_CALLER, now, slug, Part())
    assert audit.metric.id == "answer_correctness"
    return audit


def test_without_labels_the_judge_is_not_audited(workspace: Workspace, judged: str, now: datetime) -> None:
    audit = looked_at(workspace, judged, now)
    assert (audit.audit.judged, audit.audit.labels, audit.is_audited, audit.lacking) == (400, 0, False, 30)
    assert audit_words(audit) == (
        "The judge says 87.5 % of 400. People labelled 0 of them at random; from 30 on it can be corrected: "
        "label 30 more."
    )
    assert trust_words(audit)[2].startswith("Not audited")


def test_labels_picked_worst_first_audit_nothing(
    workspace: Workspace, judged: str, hand_in: HandIn, now: datetime
) -> None:
    hand_in(people(100, wrong_of_passed=20, sampling="worst"), "labels.csv")
    assert looked_at(workspace, judged, now).audit.labels == 0


def test_people_correct_the_rate_and_show_what_the_judge_misses(
    workspace: Workspace, judged: str, hand_in: HandIn, now: datetime
) -> None:
    """Of 160 labelled the judge passes 140; people say that 4 of these are wrong."""
    hand_in(people(160, wrong_of_passed=4), "labels.csv")
    audit = looked_at(workspace, judged, now)
    own = audit.audit
    assert (own.both_pass, own.pass_fail, own.fail_pass, own.both_fail) == (136, 0, 4, 20)
    assert audit.is_audited
    assert not audit.is_weak
    assert own.caught == pytest.approx(20 / 24)
    assert audit.measured.value == pytest.approx(0.85, abs=0.002)
    assert audit.measured.low is not None
    assert audit.measured.high is not None
    assert audit.measured.low < 0.85 < audit.measured.high
    assert 160 < audit.measured.effective_n < 400
    assert "Corrected with 160 labels of people the rate is 85 %" in audit_words(audit)
    assert {one.run_id for one in audit.disputes} == {"r1", "r2", "r3", "r4"}
    assert not any(one.passes_by_people for one in audit.disputes)
    assert audit.agreement.kappa is not None


def test_a_weak_judge_is_named(workspace: Workspace, judged: str, hand_in: HandIn, now: datetime) -> None:
    hand_in(people(160, wrong_of_passed=20), "labels.csv")
    audit = looked_at(workspace, judged, now)
    assert audit.audit.caught == pytest.approx(0.5)
    assert audit.is_weak
    assert trust_words(audit)[2].startswith("Weak")


def test_where_all_labels_say_good_nothing_can_be_seen(
    workspace: Workspace, judged: str, hand_in: HandIn, now: datetime
) -> None:
    lines = ["run_id,answer_right,reviewer,sampling"]
    lines += [f"r{n},yes,Ada,random" for n in range(RUNS) if n % 8 != 0][:60]
    hand_in("\n".join(lines), "labels.csv")
    audit = looked_at(workspace, judged, now)
    assert not audit.is_audited
    assert "All 60 labels of people say good" in audit_words(audit)


def test_of_a_metric_where_less_is_better_bad_is_what_happens(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    """Hallucinations: the judge finds 10 of 100, people find 5 more."""
    hand_in("run_id,user_id\n" + "".join(f"r{n},u{n}\n" for n in range(100)), "traces.csv")
    judge = "".join(f"r{n},{word(n < 10)},yes\n" for n in range(100))
    hand_in("run_id,hallucination,is_judge\n" + judge, "judge.csv")
    labels = "".join(f"r{n},{word(n < 15)},random\n" for n in range(100))
    hand_in("run_id,hallucination,sampling\n" + labels, "labels.csv")
    (audit,) = view_judge_audits(workspace, LOCAL_CALLER, now, feature, Part())
    assert (audit.agreement.both_fail, audit.agreement.fail_pass) == (10, 5)
    assert (audit.agreement.both_pass, audit.agreement.pass_fail) == (85, 0)
    assert audit.measured.value == pytest.approx(0.15)


def test_two_people_who_disagree_count_as_in_every_rate(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    """Not grounded is what any reviewer says: the rate of failures takes the same trace as failed."""
    hand_in("run_id,user_id\nr1,u1\nr2,u2\n", "traces.csv")
    hand_in("run_id,grounded,is_judge\nr1,yes,yes\nr2,yes,yes\n", "judge.csv")
    hand_in("run_id,grounded,reviewer,sampling\nr1,yes,Ada,random\nr1,no,Bo,random\n", "labels.csv")
    audits = {one.metric.id: one for one in view_judge_audits(workspace, LOCAL_CALLER, now, feature, Part())}
    assert audits["grounding_accuracy"].audit.fail_pass == 1
    assert audits["groundedness_failure_rate"].audit.pass_fail == 1
