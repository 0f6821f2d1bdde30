"""Evals: the tests made from what went wrong, and how each release does on them."""

import streamlit as st

from core.actions.eval_results import view_eval_results
from core.actions.eval_suites import view_suites
from core.web import open_page
from core.web.screens import case_view, eval_baseline, eval_cases, eval_header
from core.web.screens import eval_results as screen
from core.web.screens.case_downloads import case_downloads

page = open_page("evals")

st.title("Evals")
if case_id := str(st.query_params.get("case", "")):
    case_view.one_case(page, case_id)
else:
    suites = view_suites(page.workspace, page.caller, page.slug)
    results = view_eval_results(page.workspace, page.caller, page.now, page.slug)
    eval_header.header(page, suites, results)
    eval_cases.cases(page, results.unseen)
    if suites.cases:
        st.header("Run it in your eval tool")
        case_downloads(page, left_out=suites.without_texts)
    screen.results(page, results)
    if suites.cases or results.mix.kinds or results.hard:
        screen.task_mix(page, results)
        screen.graders(results)
    eval_baseline.baselines(page)
