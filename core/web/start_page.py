"""The empty page that a browser gets first: Streamlit's own, which is told besides where its server is.

Streamlit's script looks for its server below the address of the page first, meets an error there and waits
before it looks one step higher. Every link to a page would pay for that. Scripts that stand in the page
itself are left out, since the security policy runs none of them; what is said to readers without scripts
is about Readygate.
"""

import re
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from streamlit import file_util

from core.web.registry import PAGES

_TELLS_ADDRESS = 'window.__streamlit = {BACKEND_BASE_URL: new URL(".", location.href).href};\n'
"""Every page stands one step below the server, also where a proxy puts both below a folder."""

SCRIPT_PATH = f"/readygate-{sha256(_TELLS_ADDRESS.encode()).hexdigest()[:12]}.js"
"""A file, since the security policy runs no script that stands in a page; its name tells its contents."""

_SCRIPTS_IN_THE_PAGE = re.compile(r"(<!--[^>]*-->\s*)?<script>.*?</script>\s*", re.DOTALL)
_AGENT_INTERFACE = re.compile(r"(<!--[^>]*-->\s*)?<link rel=\"service-desc\"[^>]*>\s*")
"""Streamlit's link to an interface that is off here."""
_WITHOUT_SCRIPTS = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
_NEEDS_SCRIPTS = """<noscript>
      <p>Readygate draws its pages with JavaScript. Please allow it for this site.</p>
      <p>A report can be read without it, and programs ask for the verdict at <code>api/v1</code>.</p>
    </noscript>"""

_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_LOOK_AGAIN = {"Cache-Control": "no-cache"}


def start_page(request: Request) -> Response:
    """The page at the address of any of ours; which one it is, the browser says later."""
    return HTMLResponse(_html(), headers=_LOOK_AGAIN)


def address_script(request: Request) -> Response:
    """The script that runs before Streamlit's own."""
    return Response(_TELLS_ADDRESS, media_type="text/javascript", headers=_FOR_EVER)


@cache
def _html() -> str:
    plain = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    plain = _AGENT_INTERFACE.sub("", _SCRIPTS_IN_THE_PAGE.sub("", plain))
    plain = _WITHOUT_SCRIPTS.sub(_NEEDS_SCRIPTS, plain)
    return plain.replace("<head>", f'<head>\n    <script src=".{SCRIPT_PATH}"></script>', 1).replace(
        "<title>Streamlit</title>", "<title>Readygate</title>", 1
    )


PAGE_ROUTES: list[BaseRoute] = [
    Route(SCRIPT_PATH, address_script),
    *(Route(f"/{spec.url_path}", start_page) for spec in PAGES),
]
