"""Where the rows of a tool's own documents are: one module for each document that is no plain table."""
