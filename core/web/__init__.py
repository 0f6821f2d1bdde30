"""The web frame: what `app.py` serves and what every page calls first.

Only cheap imports here; the actions and their libraries are loaded by `wiring` when first needed.
"""

from core.web import api, start_page
from core.web.failures import on_script_error
from core.web.lifespan import lifespan
from core.web.middleware import MIDDLEWARE
from core.web.opening import PageContext, open_page
from core.web.sign_in import secrets

ROUTES = [*api.ROUTES, *start_page.PAGE_ROUTES]

__all__ = ["MIDDLEWARE", "ROUTES", "PageContext", "lifespan", "on_script_error", "open_page", "secrets"]
