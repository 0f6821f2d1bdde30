"""Every page opens itself: the router is not the only door that Streamlit has (ADR 0001)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "pages").glob("*.py"))


def begins_with_open_page(code: str) -> bool:
    """Whether the first statement after the docstring and the imports is a call of core.web's open_page."""
    imports_it = False
    for position, statement in enumerate(ast.parse(code).body):
        match statement:
            case ast.Expr(value=ast.Constant(value=str())) if position == 0:
                continue
            case ast.ImportFrom(module="core.web", names=names) if any(
                name.name == "open_page" and name.asname is None for name in names
            ):
                imports_it = True
            case ast.Import() | ast.ImportFrom():
                continue
            case ast.Expr(value=ast.Call(func=ast.Name(id="open_page"))):
                return imports_it
            case ast.Assign(value=ast.Call(func=ast.Name(id="open_page"))):
                return imports_it
            case _:
                return False
    return False


def test_there_are_pages() -> None:
    assert {"checklist.py", "evidence.py", "go_no_go.py", "portfolio.py"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_opens_itself_before_anything_else(page: Path) -> None:
    assert begins_with_open_page(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("code", "opens"),
    [
        ("'''A page.'''\nfrom core.web import open_page\npage = open_page('evals')\n", True),
        ("import streamlit as st\nfrom core.web import open_page, show\nopen_page('evals')\n", True),
        (
            "import streamlit as st\nfrom core.web import open_page\nst.title('x')\nopen_page('evals')\n",
            False,
        ),
        ("from core.web import open_page\nif True:\n    open_page('evals')\n", False),
        ("from core.web import show\nopen_page = show\nopen_page('evals')\n", False),
        ("from core.web import open_page\n", False),
        ("", False),
    ],
)
def test_what_counts_as_opening(code: str, opens: bool) -> None:
    assert begins_with_open_page(code) is opens
