"""The blocks of each screen, one module a page; the page puts them in order."""
