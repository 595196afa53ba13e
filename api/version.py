"""The version that health and the API description show; a test keeps it equal to pyproject.toml."""

VERSION = "0.1.0"
