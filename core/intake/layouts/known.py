"""Which document of a tool a file is: the one layout that fits its beginning, else none."""

from core.intake.layouts.layout import Layout
from core.intake.peek import Peek

LAYOUTS: tuple[Layout, ...] = ()
"""In the order in which they are tried; the first that fits is taken, so the most particular come first."""


def layout_of(beginning: Peek) -> Layout | None:
    """The layout of the document that begins so; None for a plain table."""
    return next((layout for layout in LAYOUTS if layout.fits(beginning)), None)
