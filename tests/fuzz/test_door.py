"""Some hundreds of bodies through the real application and a real drain; `make fuzz` sends a million."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.middleware import BODY_MAX_BYTES
from tests.conftest import Servers
from tests.fuzz import findings as found
from tests.fuzz import road
from tests.fuzz.bodies import Body, numbered
from tests.fuzz.campaign import Campaign, Named, Tally
from tests.fuzz.door import PATH, AsgiDoor, Told, judged, open_door
from tests.fuzz.findings import Findings
from tests.fuzz.giants import LIMIT
from tests.fuzz.laws import LawBrokenError
from tests.fuzz.test_reading import SEED
from tools import seed as demo

BODIES = 400


@pytest.fixture
def ground(clean: Servers) -> Iterator[road.Ground]:
    demo.main()
    ground = road.Ground(clean.superuser_conninfo)
    ground.keep()
    yield ground
    ground.restore()


def run(ground: road.Ground, findings: Findings, bodies: list[Named]) -> tuple[Tally, list[str]]:
    told: list[str] = []

    async def send() -> Tally:
        async with open_door() as door:
            listener = road.Listener()
            with listener.listening():
                campaign = Campaign(door, ground, listener, findings, told.append)
                await campaign.run_round(bodies, is_drained=True)
        return campaign.tally

    return asyncio.run(send()), told


def test_no_body_breaks_a_law_between_the_door_and_its_end(ground: road.Ground, tmp_path: Path) -> None:
    tally, told = run(
        ground, Findings(tmp_path), [(str(number), numbered(SEED, number)) for number in range(BODIES)]
    )
    assert told == []
    assert tally.bodies == BODIES
    assert set(tally.statuses) == {202, 400, 403, 413}
    # Were nothing processed, the drain would prove nothing.
    assert tally.endings.keys() >= {"processed", "buried", "stale", "ignored"}
    assert tally.drained == tally.rows > BODIES // 2


def test_a_length_that_is_no_number_is_no_server_error(ground: road.Ground, tmp_path: Path) -> None:
    lengths = (b"\xb2", b"9" * 5_000, b"-1", b"1e9", b"")
    bodies = [(length.decode("latin-1"), Body(b"{}", ((b"content-length", length),))) for length in lengths]
    tally, told = run(ground, Findings(tmp_path), bodies)
    assert told == []
    assert tally.statuses == {202: 4, 413: 1}


def test_a_broken_law_is_written_down_and_its_file_gives_the_body_again(
    ground: road.Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(_door: AsgiDoor, _body: Body) -> Told:
        answer = b'{"result": false, "code": "internal", "message": "", "correlation_id": ""}'
        return Told(500, {b"content-type": b"application/json"}, answer)

    monkeypatch.setattr(AsgiDoor, "send", lose)
    body = Body(b"\x00\xff", ((b"content-type", b"\xff"),), "by hand")
    tally, [told] = run(ground, Findings(tmp_path), [("7", body)])
    assert tally.statuses == {500: 1}
    [path] = tmp_path.iterdir()
    assert f"-m tests.fuzz replay {path}" in told
    assert found.read(path) == body


@pytest.mark.parametrize(
    "content",
    [
        b'{"result": true, "code": "accepted", "message": "x"}',
        b'{"result": true, "code": "accepted", "message": "x", "items": [], "received-no": 1}',
        b'{"result": true, "code": "accepted", "message": "x", "items": [], "items": []}',
        b'{"result": true, "code": "accepted", "message": "x", "items": [{}]}',
        b'\xef\xbb\xbf{"result": true, "code": "accepted", "message": "x", "items": []}',
        b'{"result": true, "code": "accepted", "message": NaN, "items": []}',
        b"",
    ],
)
def test_an_answer_out_of_shape_is_a_broken_law(content: bytes) -> None:
    headers = {b"content-type": b"application/json", b"x-correlation-id": b"1"}
    assert judged(Told(202, headers, b'{"result": true, "code": "accepted", "message": "x", "items": []}'))
    with pytest.raises((LawBrokenError, ValueError)):
        judged(Told(202, headers, content))


def test_the_fuzzer_knows_the_door(ground: road.Ground) -> None:
    assert LIMIT == BODY_MAX_BYTES
    assert PATH == "/api/1c/v1/events"


def test_a_log_that_tells_a_planted_value_or_a_failure_is_a_broken_law() -> None:
    road.check_lines(['{"event": "intake_kept", "level": "info"}'])
    for line in (
        '{"event": "seen", "surname": "qzKANAREIKAова"}',
        '{"event": "batch_failed", "level": "error"}',
    ):
        with pytest.raises(LawBrokenError):
            road.check_lines([line])
