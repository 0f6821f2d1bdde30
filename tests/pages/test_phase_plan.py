"""The Phase plan page as people work with it: template, findings, mends, edit, order, conflict."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.plans import PlanView, save_plan, take_plan_template, view_plan
from core.rollout.edits import Edit, RemovePhase, SetPhase, SetPlan, edited
from core.rollout.plan import Fallback, PhasePlan, read_plan
from core.web.safe import lit

BEN = Caller("Ben", frozenset({Role.PM}))
SLUG = "refund-agent"
Words = Callable[[AppTest], str]


def test_a_template_is_taken_with_what_only_the_pm_knows(site: Any, words: Words) -> None:
    site.draft(SLUG)
    at = site.open("phase_plan", SLUG)
    assert "Start from a template" in words(at)
    assert at.text_input(key="plan_take_refund-agent_owner").value == "Ada", (
        "the feature's owner, to start from"
    )
    at.selectbox(key="plan_take_refund-agent_fallback").set_value("ask_user")
    at.number_input(key="plan_take_refund-agent_requests_per_day").set_value(20_000)
    at.number_input(key="plan_take_refund-agent_users").set_value(20_000)
    at.button(key="take_guardrail_escalation").click().run()
    assert not at.exception
    assert "Version 1 · 4 phases · Ada decides" in words(at)
    assert "No finding" in words(at)
    plan = view(site).plan
    assert (plan.users, {phase.fallback for phase in plan.phases}) == (20_000, {Fallback.ASK_USER})


def test_findings_stand_above_and_their_button_mends_them(site: Any, words: Words) -> None:
    at = planned(site, fallback=None, users=None, requests_per_day=None)
    said = words(at)
    assert "1 thing will hurt" in said
    assert "Early access does not say what happens to an unsure answer." in said
    assert "how many requests a day to expect and how many users there will be" in said
    assert at.button(key="mend_no_fallback").label == lit("Fallback: goes the way without AI, in 4 phases")
    at.button(key="mend_no_fallback").click().run()
    assert not at.exception
    assert {phase.fallback for phase in view(site).plan.phases} == {Fallback.NON_AI}
    assert "will hurt" not in words(at)
    assert view(site).history[0].reason == "Mended: No fallback"
    assert "Beta, fallback: none → goes the way without AI" in words(at), "the history says what changed"


def test_traffic_is_filled_in_later(site: Any, words: Words) -> None:
    at = planned(site, users=None, requests_per_day=None)
    assert "Unknown. Say how many requests" in words(at)
    key = f"plan_settings_{SLUG}_1"
    at.number_input(key=f"{key}_requests_per_day").set_value(20_000)
    at.number_input(key=f"{key}_users").set_value(20_000)
    at.button(key=f"{key}_save").click().run()
    assert not at.exception
    assert (view(site).plan.requests_per_day, view(site).plan.owner) == (20_000, "Ada")
    assert "200–1,000 tasks a day" in words(at)
    assert "No finding" in words(at)


def test_a_change_is_said_in_words_before_it_is_saved(site: Any, words: Words) -> None:
    at = edit_days(site, 28)
    assert "Beta, minimum duration: at least 21 days → at least 28 days" in words(at)
    assert view(site).number == 1
    at.text_input(key="phase_reason").set_value("Holidays")
    at.button(key="save_phase").click().run()
    assert not at.exception
    assert view(site).plan.phases[0].minimum_days == 28
    assert view(site).history[0].reason == "Holidays"
    assert "save_phase" not in keys(at), "the form is closed"


def test_opening_and_looking_changes_nothing(site: Any, words: Words) -> None:
    """Every phase of every template comes out of the form as it went in."""
    site.draft(SLUG)
    for template in ("guardrail_escalation", "internal_agent", "finance_story"):
        take_plan_template(site.workspace, LOCAL_CALLER, site.now, SLUG, template, based_on=view(site).number)
        for phase in view(site).plan.phases:
            at = site.open("phase_plan", SLUG)
            at.button(key=f"edit_{phase.id}").click().run()
            assert not at.exception
            assert "Nothing is changed yet" in words(at), phase.id
            assert at.button(key="save_phase").disabled


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("phase_review", 105.0, "The reviewed share is from 0 % to 100 %"),
        ("phase_review", 3.33, "finer than the pages show"),
        ("phase_threshold", 100.0, "The threshold is between 0 % and 100 %"),
        ("phase_users_high", 20, "from a low to a high that is not below it"),
        ("phase_minimum_days", 1_000, "must be less than or equal to 365"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_never_cut_off(
    field: str, typed: float, sentence: str, site: Any, words: Words
) -> None:
    at = planned(site)
    at.button(key="edit_beta").click().run()
    at.number_input(key=field).set_value(typed).run()
    assert not at.exception
    assert sentence in words(at)
    assert at.button(key="save_phase").disabled
    assert at.number_input(key=field).value == typed


def test_exposure_changes_from_people_to_a_share(site: Any, words: Words) -> None:
    at = planned(site)
    at.button(key="edit_beta").click().run()
    at.radio(key="phase_exposure_by").set_value("A share of users").run()
    at.number_input(key="phase_share_high").set_value(0.5).run()
    at.number_input(key="phase_share_low").set_value(0.5).run()
    assert "Beta, exposure: 50–100 users → 0.5 %" in words(at)
    at.button(key="save_phase").click().run()
    assert view(site).plan.phases[0].exposure_share == (0.005, 0.005)
    assert view(site).plan.phases[0].exposure_users is None


def test_what_was_typed_is_kept_while_the_other_way_to_say_it_is_shown(site: Any, words: Words) -> None:
    at = planned(site)
    at.button(key="edit_gradual").click().run()
    at.number_input(key="phase_share_high").set_value(20.0).run()
    at.radio(key="phase_exposure_by").set_value("A number of people").run()
    at.number_input(key="phase_users_high").set_value(700).run()
    at.radio(key="phase_exposure_by").set_value("A share of users").run()
    assert not at.exception
    assert at.number_input(key="phase_share_low").value == 5.0
    assert at.number_input(key="phase_share_high").value == 20.0
    assert "Gradual rollout, exposure: 5–25 % → 5–20 %" in words(at)
    at.radio(key="phase_exposure_by").set_value("A number of people").run()
    assert at.number_input(key="phase_users_high").value == 700


def test_early_warnings_are_added_changed_and_taken_out(site: Any, words: Words) -> None:
    at = planned(site)
    at.button(key="edit_beta").click().run()
    at.button(key="phase_warning_0_remove").click().run()
    at.button(key="phase_add_warning").click().run()
    at.selectbox(key="phase_warning_2_metric").set_value("latency_p95").run()
    at.number_input(key="phase_warning_2_bar").set_value(12.0).run()
    at.button(key="save_phase").click().run()
    assert not at.exception
    watched = [(warning.metric, warning.bar) for warning in view(site).plan.phases[0].warnings]
    assert watched == [("hallucination_rate", 0.05), ("latency_p95", 12_000.0)]


def test_success_criteria_are_rows_of_the_checklist_and_own_bars(site: Any, words: Words) -> None:
    at = planned(site)
    at.button(key="edit_gradual").click().run()
    at.multiselect(key="phase_criteria").set_value(["gradual_latency", "user_acceptance"]).run()
    at.button(key="save_phase").click().run()
    assert not at.exception
    phase = view(site).plan.phase("gradual")
    assert (phase.criteria, [bar.id for bar in phase.bars]) == (("user_acceptance",), ["gradual_latency"])


def test_phases_are_added_moved_and_removed(site: Any, words: Words) -> None:
    at = planned(site)
    at.button(key="add_phase").click().run()
    at.text_input(key="phase_name").set_value("Half of them").run()
    at.number_input(key="phase_share_high").set_value(50.0).run()
    at.button(key="save_phase").click().run()
    assert not at.exception
    assert order(site) == ["beta", "early_access", "gradual", "full", "half_of_them"]
    at.button(key="earlier_half_of_them").click().run()
    assert order(site)[-2:] == ["half_of_them", "full"]
    assert at.button(key="later_full").disabled
    at.button(key="remove_half_of_them").click().run()
    assert order(site) == ["beta", "early_access", "gradual", "full"]
    assert "Removed phase: Half of them" in words(at)


def test_a_plan_may_start_from_one_empty_phase(site: Any, words: Words) -> None:
    site.draft(SLUG)
    at = site.open("phase_plan", SLUG)
    at.button(key="add_phase").click().run()
    at.text_input(key="phase_name").set_value("Beta").run()
    at.button(key="save_phase").click().run()
    assert not at.exception
    assert "Nobody is named who decides about Beta." in words(at)
    at.button(key="remove_beta").click().run()
    assert "Start from a template" in words(at), "the last phase is gone"


class TestConflict:
    """Ada edits one guardrail while Ben, who began at the same version, saves another."""

    def test_both_changes_are_shown_and_nothing_is_overwritten(self, site: Any, words: Words) -> None:
        said = words(self.conflict(site))
        assert "Ben saved version 2" in said
        assert "Beta, human review: every answer → 50 % of answers" in said
        assert "Beta, minimum duration: at least 21 days → at least 28 days" in said
        assert self.beta(site) == (21, 0.5)

    def test_mine_on_top_keeps_both_in_the_same_phase(self, site: Any) -> None:
        at = self.conflict(site).button(key="save_mine").click().run()
        assert not at.exception
        assert self.beta(site) == (28, 0.5)
        assert "save_mine" not in keys(at)

    def test_theirs_drops_mine_only(self, site: Any) -> None:
        self.conflict(site).button(key="keep_theirs").click().run()
        assert self.beta(site) == (21, 0.5)

    def test_a_third_version_meanwhile_is_a_conflict_again(self, site: Any, words: Words) -> None:
        at = self.conflict(site)
        ben_saves(site, SetPlan({"owner": "Ben"}))
        at.button(key="save_mine").click().run()
        assert "Ben saved version 3" in words(at)
        at.button(key="save_mine").click().run()
        assert (self.beta(site), view(site).plan.owner) == ((28, 0.5), "Ben")

    def test_a_phase_that_is_gone_meanwhile_is_said_so(self, site: Any, words: Words) -> None:
        at = edit_days(site, 28)
        ben_saves(site, RemovePhase("beta"))
        at.button(key="save_phase").click().run()
        at.button(key="save_mine").click().run()
        assert not at.exception
        assert "Somebody removed it meanwhile" in words(at)
        assert "beta" not in order(site)

    def test_a_mend_of_a_plan_that_changed_meanwhile_is_a_conflict_too(self, site: Any, words: Words) -> None:
        at = planned(site, fallback=None)
        ben_saves(site, SetPlan({"owner": "Ben"}))
        at.button(key="mend_no_fallback").click().run()
        assert "Ben saved version 2" in words(at)
        at.button(key="save_mine").click().run()
        plan = view(site).plan
        assert (plan.owner, {phase.fallback for phase in plan.phases}) == ("Ben", {Fallback.NON_AI})

    def conflict(self, site: Any) -> AppTest:
        at = edit_days(site, 28)
        ben_saves(site, SetPhase("beta", {"review_share": 0.5}))
        at.button(key="save_phase").click().run()
        assert not at.exception
        return at

    def beta(self, site: Any) -> tuple[int | None, float]:
        phase = view(site).plan.phases[0]
        return phase.minimum_days, phase.review_share


def test_many_phases_stand_in_rows(site: Any, words: Words) -> None:
    site.draft(SLUG)
    phases = [
        {"id": f"p{n}", "name": f"Step {n}", "exposure_share": [n / 100, n / 100]} for n in range(1, 13)
    ]
    save_plan(site.workspace, BEN, site.now, SLUG, read_plan({"phases": phases}), based_on=None)
    at = site.open("phase_plan", SLUG)
    assert not at.exception
    assert "**12 · Step 12**" in words(at)


def test_the_forecast_says_how_long_and_what_reviewing_takes(site: Any, words: Words) -> None:
    at = planned(site)
    said = words(at)
    assert "How long it will take" in said
    assert "Nothing was counted yet" in said
    assert "Review in Beta" in said
    (table,) = (one.value for one in at.dataframe if "Takes" in one.value.columns)
    for row in table.to_dict("records"):
        slowest = f"; {row['Slowest']} takes longest" if row["Slowest"] else ""
        assert f"{row['Tasks a day']} tasks a day, so {row['Takes']}{slowest}." in said, "the card"
    assert "How many of them go wrong is unknown" in said
    at.number_input(key=f"review_minutes_{SLUG}").set_value(6.0).run()
    assert not at.exception
    assert at.query_params["review_minutes"] in ("6", ["6"])
    assert "minutes at 6 each" in words(at)
    at.selectbox(key="forecast_phase").set_value("gradual").run()
    assert not at.exception
    assert "nothing to review" in words(at)


def test_a_finding_leads_to_the_form_of_its_phase(site: Any, words: Words) -> None:
    at = planned(site, fallback=None)
    at.button(key="show_no_fallback_early_access").click().run()
    assert not at.exception
    assert at.text_input(key="phase_name").value == "Early access"


def test_two_versions_stand_beside_each_other(site: Any, words: Words) -> None:
    at = planned(site)
    assert "Compare two versions" not in [one.label for one in at.expander]
    ben_saves(site, RemovePhase("gradual"))
    at = site.open("phase_plan", SLUG)
    assert "differ." in words(at)
    (table,) = (one.value for one in at.dataframe if "Difference" in one.value.columns)
    assert set(table["Difference"]) == {"changed", "removed"}
    at.selectbox(key=f"plan_compare_before_{SLUG}").set_value(2).run()
    assert not at.exception
    assert "These two say the same." in words(at)


# Short ways


def planned(site: Any, **filled: Any) -> AppTest:
    """The page of a feature with the default plan, filled in except for what is said otherwise."""
    site.draft(SLUG)
    known = {"fallback": Fallback.NON_AI, "requests_per_day": 20_000, "users": 20_000} | filled
    take_plan_template(
        site.workspace, LOCAL_CALLER, site.now, SLUG, "guardrail_escalation", based_on=None, **known
    )
    return site.open("phase_plan", SLUG)


def edit_days(site: Any, days: int) -> AppTest:
    """The page with the form of the first phase open, in which its minimum is now so many days."""
    at = planned(site)
    at.button(key="edit_beta").click().run()
    at.number_input(key="phase_minimum_days").set_value(days).run()
    assert not at.exception
    return at


def ben_saves(site: Any, edit: Edit) -> PhasePlan:
    seen = view(site)
    plan = edited(seen.plan, edit)
    save_plan(site.workspace, BEN, site.now, SLUG, plan, based_on=seen.number)
    return plan


def view(site: Any) -> PlanView:
    return view_plan(site.workspace, LOCAL_CALLER, SLUG)


def order(site: Any) -> list[str]:
    return [phase.id for phase in view(site).plan.phases]


def keys(at: AppTest) -> set[str | None]:
    return {button.key for button in at.button}
