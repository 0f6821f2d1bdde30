"""The type that the PDF report is set in: DejaVu Sans Condensed 2.37, unchanged, with its licence."""
