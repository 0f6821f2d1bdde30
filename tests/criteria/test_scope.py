"""The scope: what counts as decided, what is refused, what will hurt, and changes in people's words."""

from typing import Any

import pytest

from core.criteria.scope import DECISIONS, FRAGILE_QUESTIONS, Scope, read_scope
from core.criteria.scope_review import MOST_FIRST_PEOPLE, advice_on, changed_scope, fragile_signs
from core.errors import InvalidDocument

MADE = {"answer": "Refund questions", "owner": "Ada", "decided_on": "2026-02-20"}


def scope(**parts: Any) -> Scope:
    return read_scope(parts)


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
    found = advice_on(scope(cohort=cohort))
    assert [one.key for one in found] == keys
    assert all(one.sentence and one.reason for one in found)


def test_a_first_segment_that_does_not_forgive_is_said_and_an_unanswered_one_is_not_guessed() -> None:
    asked = {"who": "The returns desk", "low_stakes": False, "gives_feedback": True}
    keys = [one.key for one in advice_on(scope(segment=asked))]
    assert keys == ["segment_low_stakes", "segment_stays"]
    assert advice_on(scope(segment=asked | {"low_stakes": True, "stays_until_criteria_hold": True})) == ()


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
