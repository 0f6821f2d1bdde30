"""Go / no-go: the answer in a minute, the way to sign it, and every number behind it."""

from core.actions.baselines import view_baselines
from core.actions.gates import view_gate
from core.actions.overrides import view_overrides
from core.actions.signing import view_sign_off
from core.actions.waivers import view_waivers
from core.web import open_page
from core.web.opening import drawn_first, sidebar
from core.web.screens import (
    commitments,
    decisions_record,
    forecast,
    go_no_go,
    go_no_go_answer,
    go_no_go_beside,
    go_no_go_conditions,
    go_no_go_rows,
    override,
    report_downloads,
    sign_off,
    waivers,
)

page = open_page("go_no_go")

if page.decision.rows:
    ahead = forecast.gathered(page)
    waived = view_waivers(page.workspace, page.caller, page.now, page.slug)
    go_no_go_answer.answer(page.decision, waived, ahead)
    # Whoever came for the verdict reads it while the rest is gathered.
    with drawn_first(page):
        view = view_gate(page.workspace, page.caller, page.now, page.slug)
        signatures = view_sign_off(page.workspace, page.caller, page.now, page.slug)
        overruled = view_overrides(page.workspace, page.caller, page.now, page.slug)
        baselines = view_baselines(page.workspace, page.caller, page.slug)
    sign_off.first_screen(page, signatures, view.decision)
    override.strip(overruled)
    waivers.way_to_decide(waived)
    commitments.both_verdicts(view.decision)
    go_no_go_rows.what_decides(page, view, waived, baselines)
    go_no_go_beside.beside(page, view.decision, baselines)
    go_no_go.by_week(view)
    go_no_go_conditions.next_step(page, view, ahead)
    sign_off.block(page, signatures, view.decision)
    override.block(page, overruled)
    waivers.listed(page, waived)
    go_no_go_conditions.record(view)
    decisions_record.block(page)
    report_downloads.block(page)
    go_no_go_conditions.fingerprints(view)
else:
    sidebar(page)
    go_no_go.nothing_to_decide(page)
