"""Calls that must not appear: they would run, fetch or show what a file from outside says."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Names that are banned wherever they stand, with what they would do to text from outside.
EVERYWHERE = {
    "eval": "runs it",
    "exec": "runs it",
    "literal_eval": "has no bound on nesting",
    "read_pickle": "runs it",
    "to_sql": "goes around the schema and the audit",
    "unsafe_allow_html": "shows it as HTML",
}
# On the screen only; elsewhere `table` and `html` are ordinary words.
ON_SCREEN = {
    "html": "shows it as HTML",
    "table": "shows it as Markdown, which fetches remote images",
    "ImageColumn": "fetches it",
    "LinkColumn": "lets it be clicked",
}


def banned(code: str, *, on_screen: bool) -> list[str]:
    """The banned names used in ``code``, each with its line."""
    names = EVERYWHERE | (ON_SCREEN if on_screen else {})
    found = []
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Attribute(value=ast.Name(id="yaml"), attr="load"):
                found.append(f"line {node.lineno}: yaml.load")
            case ast.Attribute(attr=name) if name in names:
                found.append(f"line {node.lineno}: {name}")
            case ast.Call(func=ast.Name(id=name)) if name in EVERYWHERE:
                found.append(f"line {node.lineno}: {name}")
            case ast.keyword(arg=str(name)) if name in EVERYWHERE:
                found.append(f"line {node.value.lineno}: {name}")
            case ast.ImportFrom(names=aliases):
                found += [f"line {node.lineno}: {alias.name}" for alias in aliases if alias.name in names]
            case _:
                pass
    return found


def test_no_banned_name_is_used() -> None:
    offences = {}
    for file in [ROOT / "app.py", *(ROOT / "core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]:
        place = file.relative_to(ROOT).as_posix()
        uses = banned(file.read_text(encoding="utf-8"), on_screen=place.startswith(("core/web/", "pages/")))
        if uses:
            offences[place] = uses
    assert offences == {}


@pytest.mark.parametrize(
    "code",
    [
        "st.markdown(text, unsafe_allow_html=True)",
        "st.html(text)",
        "left.table(frame)",
        "st.column_config.ImageColumn()",
        "st.column_config.LinkColumn()",
        "frame.to_sql('trace', engine)",
        "pd.read_pickle(path)",
        "from pandas import read_pickle",
        "eval(text)",
        "frame.eval(text)",
        "ast.literal_eval(text)",
        "from ast import literal_eval",
        "yaml.load(text)",
    ],
)
def test_the_ban_sees(code: str) -> None:
    assert banned(code, on_screen=True)


@pytest.mark.parametrize(
    "code", ["yaml.safe_load(text)", "html.escape(text)", "evals(text)", "st.dataframe(frame)"]
)
def test_the_ban_lets_pass(code: str) -> None:
    assert banned(code, on_screen=True) == []
