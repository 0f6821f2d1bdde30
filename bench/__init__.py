"""Measures Readygate beside what one would write instead: `python -m bench`."""
