"""The one list of pages and the folder of pages say the same."""

import re

import pytest

from core.web.registry import PAGES, PAGES_FOLDER, PageSpec


def test_every_page_file_is_in_the_menu_and_every_entry_has_its_file() -> None:
    assert {spec.file for spec in PAGES} == {file.name for file in PAGES_FOLDER.glob("*.py")}


def test_keys_and_addresses_are_unique_and_the_root_is_the_default_page() -> None:
    assert len({spec.key for spec in PAGES}) == len(PAGES)
    assert len({spec.url_path for spec in PAGES}) == len(PAGES)
    assert [spec.key for spec in PAGES if spec.default] == ["portfolio"]
    assert [spec.key for spec in PAGES if spec.url_path == ""] == ["portfolio"]


def test_a_page_file_is_named_as_its_key_so_that_it_is_found() -> None:
    assert [spec.file for spec in PAGES] == [f"{spec.key}.py" for spec in PAGES]


@pytest.mark.parametrize("spec", PAGES, ids=lambda spec: spec.key)
def test_the_menu_calls_a_page_as_its_own_heading_does(spec: PageSpec) -> None:
    headings = re.findall(r'st\.title\("(.+)"\)', spec.path.read_text(encoding="utf-8"))
    # The Go / no-go page has the verdict itself as its heading.
    assert headings == ([] if spec.key == "go_no_go" else [spec.title])
