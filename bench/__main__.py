"""`make bench`: intake against one INSERT and commit per caller, the drain against pgbench."""

from bench import drain, intake
from bench.ground import ground


def main() -> None:
    """Run every benchmark and print its lines."""
    with ground() as postgres:
        intake.run()
        drain.run(postgres)


if __name__ == "__main__":
    main()
