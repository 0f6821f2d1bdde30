"""Go / no-go: the answer in a minute, and every number behind it."""

from core.actions.gates import view_gate
from core.web import open_page
from core.web.screens import go_no_go as screen

page = open_page("go_no_go")
view = view_gate(page.workspace, page.caller, page.now, page.slug)
page.show_verdict(view.decision.verdict)

if view.decision.rows:
    screen.answer(view.decision)
    screen.what_decides(view.decision.rows)
    screen.all_rows(view.decision)
    screen.by_week(view)
    screen.conditions(view)
else:
    screen.nothing_to_decide(page.slug)
