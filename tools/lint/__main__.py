"""`python -m tools.lint`: read the house, ask every rule, print what is broken and why it matters."""

import sys
from pathlib import Path

from tools.lint.house import read_house
from tools.lint.rules import RULES

_ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Print findings, then the story of each broken rule; give the exit code."""
    house = read_house(_ROOT)
    found = {rule: sorted(rule.check(house)) for rule in RULES}
    for rule, findings in found.items():
        for finding in findings:
            print(f"{finding.path}:{finding.line}: [{rule.name}] {finding.message}")
    for rule, findings in found.items():
        if findings:
            print(f"\n{rule.name}: {rule.story}")
    count = sum(map(len, found.values()))
    print(f"tools.lint: {len(RULES)} rules, {len(house.sources)} files, {count} findings")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
