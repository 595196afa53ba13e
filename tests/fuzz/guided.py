"""The coverage-guided fuzzer: libFuzzer chooses what to change by the lines of the adapter that it reaches.

    python -m tests.fuzz.guided SECONDS [FOLDER]      needs atheris; a broken law is written to FOLDER

A process of its own: what it imports is instrumented, and libFuzzer ends the process when it is done.
"""

import sys
import tempfile
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["hub.integrations", "hub.kernel.money", "hub.kernel.phone"]):
    from tests.fuzz.bodies import CONTENT_TYPES, Body, drawn
    from tests.fuzz.events import SEEDS
    from tests.fuzz.findings import Findings
    from tests.fuzz.laws import read_lawfully
    from tests.fuzz.octets import damaged

LENGTH_MAX = 16_384
STARTERS = 400
_FINDINGS = Findings(Path(sys.argv[2] if len(sys.argv) > 2 else "."))


def try_one(data: bytes) -> None:
    """Read one input: a byte that chooses the content type, then the body."""
    if not data:
        return
    content_type = CONTENT_TYPES[data[0] % len(CONTENT_TYPES)]
    try:
        read_lawfully(data[1:], content_type.decode("latin-1"))
    except BaseException as error:
        body = Body(data[1:], ((b"content-type", content_type),), "guided")
        sys.stdout.write(_FINDINGS.add(body, f"{type(error).__name__}: {error}", origin="guided") + "\n")
        raise


def mutate(data: bytes, length_max: int, seed: int) -> bytes:
    """Change an input: by libFuzzer's ways, by ours, or for a new body."""
    rng = Random(seed)
    kind = rng.randrange(10)
    if kind < 6:
        return bytes(atheris.Mutate(data, length_max))
    if kind < 9:
        return (data[:1] + damaged(data[1:], rng, SEEDS))[:length_max]
    return (bytes([rng.randrange(256)]) + drawn(rng).content)[:length_max]


def main() -> None:
    """Run for so many seconds, from the captured bodies and some drawn ones. Does not return."""
    with tempfile.TemporaryDirectory(prefix="hub-guided-") as folder:
        starters = [*SEEDS, *(drawn(Random(number)).content for number in range(STARTERS))]
        for number, content in enumerate(starters):
            (Path(folder) / f"{number:04}").write_bytes(b"\x02" + content[: LENGTH_MAX - 1])
        options = [
            f"-max_total_time={sys.argv[1]}",
            f"-max_len={LENGTH_MAX}",
            f"-artifact_prefix={_FINDINGS.folder}/guided-",
            "-timeout=20",
            "-print_final_stats=1",
            "-verbosity=1",
        ]
        _FINDINGS.folder.mkdir(parents=True, exist_ok=True)
        atheris.Setup([sys.argv[0], *options, folder], try_one, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
