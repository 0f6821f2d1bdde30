"""Go / no-go: the answer in a minute, the way to sign it, and every number behind it."""

from core.actions.gates import view_gate
from core.actions.overrides import view_overrides
from core.actions.scopes import view_scope
from core.actions.signing import view_sign_off
from core.actions.waivers import view_waivers
from core.web import open_page
from core.web.screens import eval_due, forecast, override, report_downloads, sign_off, waivers
from core.web.screens import go_no_go as screen
from core.web.screens.scope import beside_the_verdict

page = open_page("go_no_go")
view = view_gate(page.workspace, page.caller, page.now, page.slug)

if view.decision.rows:
    signatures = view_sign_off(page.workspace, page.caller, page.now, page.slug)
    waived = view_waivers(page.workspace, page.caller, page.now, page.slug)
    overruled = view_overrides(page.workspace, page.caller, page.now, page.slug)
    screen.answer(view.decision, waived)
    forecast.blast_caption(page)
    override.strip(overruled)
    sign_off.strip(page, signatures)
    screen.what_decides(view.decision.rows)
    sign_off.block(page, signatures, view.decision)
    override.block(page, overruled)
    screen.all_rows(page, view.decision, waived)
    waivers.listed(page, waived)
    screen.by_week(view)
    screen.conditions(view)
    eval_due.due_line(page)
    beside_the_verdict(view_scope(page.workspace, page.caller, page.slug))
    report_downloads.block(page)
else:
    screen.nothing_to_decide(page.slug)
