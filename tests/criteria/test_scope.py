"""The scope: what counts as decided, what is refused, what will hurt, and changes in people's words."""

from datetime import date
from typing import Any

import pytest

from core.criteria.scope import DECISIONS, FRAGILE_QUESTIONS, Scope, read_scope
from core.criteria.scope_changes import changed_promise, changed_scope
from core.criteria.scope_review import MOST_FIRST_PEOPLE, advice_on, fragile_signs
from core.criteria.stakes import Stakes
from core.errors import InvalidDocument

MADE = {"answer": "Refund questions", "owner": "Ada", "decided_on": "2026-02-20"}


def scope(**parts: Any) -> Scope:
    return read_scope(parts)


TODAY = date(2026, 3, 2)
OWNED = dict.fromkeys(("behaviour", "expansion", "containment", "alerts", "prompts", "incidents"), "Ada")


def advice(stakes: Stakes = Stakes.MEDIUM, **parts: Any) -> list[str]:
    """The keys of the advice on a scope in which everybody is named, unless ``parts`` say otherwise."""
    found = advice_on(scope(**({"owners": OWNED} | parts)), TODAY, stakes)
    assert all(one.sentence and one.reason for one in found)
    return [one.key for one in found]


def people(*roles: str, channel: str = "chat") -> list[dict[str, str]]:
    return [
        {"user_id": f"u{place}", "role": role, "feedback_channel": channel}
        for place, role in enumerate(roles)
    ]


@pytest.mark.parametrize(
    ("decision", "missing"),
    [
        ({}, ("the answer", "an owner", "a date")),
        ({"answer": "  ", "owner": "Ada"}, ("the answer", "a date")),
        (MADE | {"owner": ""}, ("an owner",)),
        (MADE | {"decided_on": None}, ("a date",)),
        (MADE, ()),
    ],
)
def test_a_decision_needs_answer_owner_and_date(decision: dict[str, Any], missing: tuple[str, ...]) -> None:
    found = scope(decisions={"rollout": decision})
    assert found.missing("rollout") == missing
    assert found.decided == (0 if missing else 1)


def test_the_workflow_is_not_decided_without_its_one_success_signal() -> None:
    without = scope(decisions={"workflow": MADE})
    assert (without.missing("workflow"), without.decided) == (("the main success signal",), 0)
    assert scope(decisions={"workflow": MADE}, success_signal="Settled alone").decided == 1


def test_all_six_can_be_decided_and_are_the_six_of_the_page() -> None:
    whole = scope(decisions=dict.fromkeys(DECISIONS, MADE), success_signal="Settled alone")
    assert whole.decided == len(DECISIONS) == 6
    assert list(type(whole.decisions).model_fields) == list(DECISIONS)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"decisions": {"budget": MADE}}, "decisions › budget: there is no such field"),
        ({"decisions": {"owner": MADE | {"decided_on": "soon"}}}, "decided_on"),
        ({"cohort": [{"user_id": ""}]}, "cohort › item 1 › user_id: this must not be blank"),
        ({"cohort": people("a", "b") + people("c")}, "“u0” is in the early cohort twice"),
        ({"worst_case": {"usd": -1}}, "worst_case › usd"),
        ({"worst_case": {"usd": float("nan")}}, "worst_case › usd"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(body: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidDocument, match="The scope cannot be used") as refused:
        read_scope(body)
    assert says in refused.value.sentence


@pytest.mark.parametrize(
    ("cohort", "keys"),
    [
        ([], []),
        (people("agent", "lead", "analyst"), []),
        (people("agent", "AGENT", "Agent"), ["cohort_one_role"]),
        (people(""), ["cohort_one_role"]),
        (people(*(f"role {n}" for n in range(MOST_FIRST_PEOPLE))), []),
        (people(*(f"role {n}" for n in range(MOST_FIRST_PEOPLE + 1))), ["cohort_large"]),
        (people("agent", "lead", channel=" "), ["cohort_silent"]),
    ],
)
def test_the_first_cohort_is_small_mixed_and_heard(cohort: list[dict[str, str]], keys: list[str]) -> None:
    assert advice(cohort=cohort) == keys


def test_a_first_segment_that_does_not_forgive_is_said_and_an_unanswered_one_is_not_guessed() -> None:
    asked = {"who": "The returns desk", "low_stakes": False, "gives_feedback": True}
    assert advice(segment=asked) == ["segment_low_stakes", "segment_stays"]
    assert advice(segment=asked | {"low_stakes": True, "stays_until_criteria_hold": True}) == []


def test_each_sign_of_a_fragile_proof_of_concept_has_its_advice() -> None:
    for key in FRAGILE_QUESTIONS:
        assert [one.key for one in fragile_signs(scope(fragile={key: True}))] == [key]
    assert fragile_signs(scope(fragile=dict.fromkeys(FRAGILE_QUESTIONS, False))) == ()


def test_changes_are_said_in_words() -> None:
    before = scope(
        success_signal="Settled alone",
        decisions={"owner": MADE},
        cohort=people("agent", "lead"),
        worst_case={"usd": 5000},
    )
    after = scope(
        success_signal="Settled within a day",
        decisions={"owner": MADE | {"owner": "Ben", "decided_on": "2026-02-21"}},
        cohort=[*people("agent"), {"user_id": "u9"}],
        worst_case={"usd": 20000},
        fragile={"owner_unclear": False},
    )
    assert changed_scope(before, after) == [
        "Main success signal: “Settled alone” → “Settled within a day”",
        "A visible owner, owner: “Ada” → “Ben”",
        "A visible owner, date: “2026-02-20” → “2026-02-21”",
        "Early cohort, added: u9",
        "Early cohort, removed: u1",
        "Worst case, US dollars: 5,000 → 20,000",
        "Is it unclear who owns it: none → no",
    ]
    assert changed_scope(after, after) == []


def test_a_saved_scope_reads_back_as_it_was() -> None:
    whole = scope(decisions={"rollout": MADE}, cohort=people("agent"), worst_case={"people": 3})
    assert read_scope(whole.model_dump(mode="json")) == whole


def test_nobody_named_is_one_finding_that_names_what_for() -> None:
    assert advice_on(Scope(), TODAY, Stakes.HIGH) == (), "an untouched scope is open, not wrong"
    found = advice_on(scope(owners=OWNED | {"containment": "", "alerts": " "}), TODAY, Stakes.LOW)
    assert [one.sentence for one in found] == [
        "Nobody is named for pausing and rolling back and answering alerts."
    ]


@pytest.mark.parametrize(
    ("stakes", "profile", "keys"),
    [
        (Stakes.MEDIUM, {"regulated": True}, ["stakes_regulated"]),
        (Stakes.HIGH, {"regulated": True}, []),
        (Stakes.LOW, {"reach": "external", "autonomy": "acts"}, ["stakes_acts_outside"]),
        (Stakes.LOW, {"reach": "internal", "autonomy": "acts"}, []),
        (Stakes.MEDIUM, {"reach": "external", "autonomy": "acts"}, []),
    ],
)
def test_what_makes_a_mistake_expensive_is_held_against_the_stakes(
    stakes: Stakes, profile: dict[str, Any], keys: list[str]
) -> None:
    assert advice(stakes, stakes_profile=profile) == keys


@pytest.mark.parametrize(
    ("worst", "keys"),
    [({"words": "Refunds nobody owes."}, ["worst_case_no_number"]), ({"words": "…", "people": 0}, [])],
)
def test_a_worst_case_without_a_number_is_said(worst: dict[str, Any], keys: list[str]) -> None:
    assert advice(worst_case=worst) == keys


def test_a_regression_that_is_decided_needs_its_margin() -> None:
    decided = {"decisions": {"regression": MADE}}
    assert advice(**decided) == ["regression_no_margin"]
    assert advice(**decided, regression_rule={"margin_points": 3}) == []


def test_an_older_document_keeps_its_fingerprint_and_reads_with_the_new_parts_open() -> None:
    older = {
        "success_signal": "Settled alone",
        "decisions": {"owner": MADE},
        "cohort": [],
        "segment": {"who": "The desk"},
        "worst_case": {"words": "x"},
        "fragile": {"owner_unclear": False},
    }
    written = read_scope(older).model_dump(mode="json")
    assert set(written) == set(older)
    assert read_scope(written).sources == ()


def test_only_the_workflow_and_its_signal_are_the_promise() -> None:
    before = scope(success_signal="Settled", decisions={"workflow": MADE, "owner": MADE})
    after = scope(
        success_signal="Settled",
        decisions={"workflow": MADE | {"owner": "Ben"}, "owner": MADE | {"answer": "B"}},
    )
    assert changed_promise(before, after) == []
    wider = scope(success_signal="Answered", decisions={"workflow": MADE | {"answer": "All questions"}})
    assert changed_promise(before, wider) == [
        "Main success signal: “Settled” → “Answered”",
        "One workflow, answer: “Refund questions” → “All questions”",
    ]
