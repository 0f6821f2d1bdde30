"""Go / no-go: the answer in a minute, and every number behind it."""

from core.actions.gates import view_gate
from core.actions.scopes import view_scope
from core.web import open_page
from core.web.screens import go_no_go as screen
from core.web.screens.scope import beside_the_verdict

page = open_page("go_no_go")
view = view_gate(page.workspace, page.caller, page.now, page.slug)

if view.decision.rows:
    screen.answer(view.decision)
    screen.what_decides(view.decision.rows)
    screen.all_rows(page, view.decision)
    screen.by_week(view)
    screen.conditions(view)
    beside_the_verdict(view_scope(page.workspace, page.caller, page.slug))
else:
    screen.nothing_to_decide(page.slug)
