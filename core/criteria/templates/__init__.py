"""Checklist templates: readable TOML files that a company can extend with its own."""
