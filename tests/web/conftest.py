"""What the tests of the web layer share."""

import pytest


@pytest.fixture(autouse=True)
def quickly(components_found_once: None, thrifty: None) -> None:
    """No test here is about looking for components, or about a database."""
