"""The launcher: serves the app under `streamlit run app.py`, `uvicorn app:app` and `python3 app.py`.

The Streamlit script is `core/web/entry.py`, not this file: beside a `pages/` folder a script could
be gone round, because Streamlit would run the files in it directly.
"""

import sys

if __name__ == "__main__" and "streamlit" not in sys.modules:
    # A bare `python3 app.py`: make an environment with the libraries, then serve from there.
    from core.environment import start

    raise SystemExit(start())

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

ROOT = Path(__file__).resolve().parent

if get_script_run_ctx(suppress_warning=True) is not None:
    # Run as a script, for example by Streamlit's AppTest.
    from core.web.router import main

    main()
else:
    from core.web import MIDDLEWARE, ROUTES, lifespan, on_script_error, secrets

    app = st.App(
        ROOT / "core" / "web" / "entry.py",
        secrets=secrets(),
        routes=ROUTES,
        middleware=MIDDLEWARE,
        lifespan=lifespan,
        on_script_error=on_script_error,
    )
