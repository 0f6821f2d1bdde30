"""The script that Streamlit runs for every visitor; the router decides which page is shown."""

from core.web.router import main

main()
