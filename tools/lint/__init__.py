"""House rules that no ready-made linter knows: `python -m tools.lint`. Each tells its story."""
