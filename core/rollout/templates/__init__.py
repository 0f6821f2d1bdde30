"""The phase plans that come with Readygate, as TOML files."""
