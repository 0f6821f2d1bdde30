"""The question what becomes of personal data in texts, with a preview before anything is stored."""

from collections.abc import Mapping

import streamlit as st

from core.actions.previews import personal_preview
from core.intake.personal_texts import REPLACE
from core.web.opening import PageContext
from core.web.safe import lit, visible
from core.web.wording import write_count

_SHOWN_AT_FIRST = 3


def personal_question(page: PageContext, upload_id: str, key: str, options: Mapping[str, str]) -> None:
    """Passages before and after, as text only, then the choice; the recommended one is set."""
    st.caption(
        "Asked once: later files of this feature are treated the same way. Detection is not complete: "
        "it knows e-mail addresses, phone numbers, card numbers, IBANs, US social security numbers, IP "
        "addresses and common keys. Look at the texts yourself before you share them."
    )
    shown = personal_preview(page.workspace, page.caller, upload_id)
    with st.container(gap="small", key=f"{key}_preview"):
        for place, passage in enumerate(shown[:_SHOWN_AT_FIRST]):
            _passage(passage.column, passage.before, passage.after, f"{key}_{place}")
    rest = shown[_SHOWN_AT_FIRST:]
    if rest:
        with st.expander(f"{write_count(len(rest), 'more passage')}", icon=":material/visibility:"):
            for place, passage in enumerate(rest, start=_SHOWN_AT_FIRST):
                _passage(passage.column, passage.before, passage.after, f"{key}_{place}")
    st.radio(
        "What becomes of them?",
        list(options),
        index=list(options).index(REPLACE),
        format_func=lambda choice: lit(options[choice]),
        key=key,
    )


def _passage(column: str, before: str, after: str, key: str) -> None:
    """One passage; `st.code` without a language draws characters and nothing else."""
    with st.container(border=True, gap="xxsmall", key=f"passage_{key}"):
        st.caption(lit(f"{column}: in the file, then as it would be stored"))
        st.code(visible(before)[0], language=None, wrap_lines=True)
        st.code(visible(after)[0], language=None, wrap_lines=True)
