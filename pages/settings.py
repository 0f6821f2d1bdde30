"""Settings: who you are and what you may do, how people sign in, and (for administrators) who may do what."""

import streamlit as st

from core.actions.people_views import view_myself
from core.web import open_page
from core.web.screens import settings as screen
from core.web.screens import settings_holds, settings_people, settings_tokens, settings_webhooks

page = open_page("settings", needs_feature=False)
me = view_myself(page.workspace, page.caller)

st.title("Settings")
if not settings_people.opened_person(page, me):
    screen.myself(me)
    screen.how_sign_in_is_set(page, me)
    if me.manages:
        settings_people.people(page, me)
        settings_holds.holds(page)
        if None in me.manages:
            settings_tokens.tokens(page)
            settings_webhooks.webhooks(page)
    else:
        screen.roles_explained()
