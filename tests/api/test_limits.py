"""Who asks too often waits: per address, per phone, per caller; with Redis, without it, and back again."""

import time
from collections.abc import Generator

import httpx
import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from api.buckets import SPEND_LUA, Bucket, LocalBuckets, read_verdict
from hub.kernel import settings as configuration
from hub.kernel.rates import PERIOD_S, RateClass, read_rates, subject_rate
from tests.api.conftest import Hub
from tests.conftest import Servers


@pytest.fixture
def strict(hub: Hub, monkeypatch: pytest.MonkeyPatch, servers: Servers) -> Generator[Hub]:
    """Six calls a minute in every class, and no call counted yet."""
    monkeypatch.setenv("HUB_RATES", ",".join(f"{rate}=6" for rate in RateClass))
    configuration.settings.cache_clear()
    with redis.Redis.from_url(servers.redis.url()) as counted:
        counted.flushdb()
        yield hub
        counted.flushdb()
    monkeypatch.undo()
    configuration.settings.cache_clear()


@pytest.fixture
def without_redis(strict: Hub, servers: Servers) -> Generator[Hub]:
    """Redis stopped; afterwards it is back, and asked again."""
    servers.redis.stop()
    yield strict
    servers.redis.start()
    strict.app.state.limiter.forget_outage()


def ask_code(hub: Hub, phone: str = "+79000000001", **headers: str) -> httpx.Response:
    return hub.http.post("/api/auth/code", json={"phone": phone}, headers=headers)


def counted(hub: Hub, metric: str, **labels: str) -> float:
    return hub.app.state.metrics.registry.get_sample_value(metric, labels) or 0


def test_an_address_that_asks_too_often_is_told_when_to_come_back(strict: Hub) -> None:
    answers = [ask_code(strict, f"+7900000010{number}") for number in range(7)]

    assert [answer.status_code for answer in answers] == [202] * 6 + [429]
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers[2:5]] == ["r=3", "r=2", "r=1"]
    assert answers[2].headers["RateLimit-Policy"] == '"sign-in";q=6;w=60'
    refused = answers[-1]
    assert refused.json()["code"] == "rate-limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= PERIOD_S / 6
    assert refused.json()["retry_after_s"] == int(refused.headers["Retry-After"])


def test_another_address_is_not_held_for_the_first_ones_sins(strict: Hub) -> None:
    for number in range(7):
        ask_code(strict, f"+7900000010{number}")
    assert ask_code(strict, "+79000000200").status_code == 429
    assert ask_code(strict, "+79000000200", **{"X-Forwarded-For": "203.0.113.7"}).status_code == 202


def test_a_phone_is_counted_whoever_asks_and_however_it_is_spelled(strict: Hub) -> None:
    spelled = ["+79000000001", "8 900 000-00-01", "89000000001", "9000000001", "+7 (900) 000-00-01"]
    answers = [
        ask_code(strict, phone, **{"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number, phone in enumerate([*spelled, "+79000000001"])
    ]
    assert answers == [202] * subject_rate(6) + [429]


def test_the_hosts_of_one_ipv6_network_are_one_address(strict: Hub) -> None:
    hosts = [f"2001:db8:1:1::{number}" for number in range(7)]
    answers = [
        ask_code(strict, f"+7900000010{number}", **{"X-Forwarded-For": host}).status_code
        for number, host in enumerate(hosts)
    ]
    assert answers == [202] * 6 + [429]
    assert ask_code(strict, "+79000000200", **{"X-Forwarded-For": "2001:db8:1:2::1"}).status_code == 202


def test_callers_are_counted_apart_and_by_their_class(strict: Hub) -> None:
    maria, andrey = strict.patient(), strict.patient(strict.andrey_id)
    answers = [strict.http.get("/api/me", headers=maria) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    assert answers[0].headers["RateLimit-Policy"].startswith('"cabinet"')
    assert strict.http.get("/api/me", headers=andrey).status_code == 200
    till = strict.http.get("/api/1c/v1/exchange/state", headers=strict.onec)
    assert till.headers["RateLimit-Policy"].startswith('"till"')


def test_1c_is_told_in_its_own_shape(strict: Hub) -> None:
    told = [strict.http.get("/api/1c/v1/exchange/state", headers=strict.onec) for _ in range(7)][-1]
    assert (told.status_code, told.json()["result"], told.json()["code"]) == (429, False, "rate-limited")


def test_the_intake_has_no_limit_but_its_queue(strict: Hub) -> None:
    for _ in range(20):
        answer = strict.http.post("/api/1c/v1/events", content=b"[]", headers=strict.onec)
        assert answer.status_code == 202
        assert "RateLimit" not in answer.headers


def test_health_is_never_limited(strict: Hub) -> None:
    assert {strict.http.get("/api/livez").status_code for _ in range(20)} == {200}


def test_redis_holds_no_phone(strict: Hub, servers: Servers) -> None:
    ask_code(strict)
    with redis.Redis.from_url(servers.redis.url(), decode_responses=True) as counted:
        keys = list(counted.scan_iter("hub:rate:*"))
    assert len(keys) == 2
    assert not any("9000000001" in key or "127.0.0.1" in key for key in keys)


def test_without_redis_sign_in_keeps_its_limit_and_still_works(without_redis: Hub) -> None:
    before = counted(without_redis, "hub_rate_uncounted_total", rate="sign-in", way="local")
    answers = [ask_code(without_redis, f"+7900000010{number}").status_code for number in range(7)]
    assert answers == [202] * 6 + [429]
    assert counted(without_redis, "hub_rate_uncounted_total", rate="sign-in", way="local") == before + 7


def test_without_redis_tills_and_people_are_let_through_and_a_metric_tells(without_redis: Hub) -> None:
    before = counted(without_redis, "hub_rate_uncounted_total", rate="till", way="open")
    answers = [
        without_redis.http.get("/api/1c/v1/exchange/state", headers=without_redis.onec) for _ in range(9)
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert counted(without_redis, "hub_rate_uncounted_total", rate="till", way="open") == before + 9


def test_an_outage_slows_one_call_and_not_each(without_redis: Hub) -> None:
    began_s = time.monotonic()
    for _ in range(20):
        assert without_redis.http.get("/api/me", headers=without_redis.patient()).status_code == 200
    assert time.monotonic() - began_s < 5


def test_redis_that_comes_back_counts_again(strict: Hub, servers: Servers) -> None:
    servers.redis.stop()
    ask_code(strict)
    servers.redis.start()
    strict.app.state.limiter.forget_outage()
    ask_code(strict)
    with redis.Redis.from_url(servers.redis.url()) as counting:
        assert len(list(counting.scan_iter("hub:rate:*"))) == 2


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(1, 20), min_size=1, max_size=3),
    waits_us=st.lists(st.integers(0, 30_000_000), min_size=1, max_size=40),
)
def test_a_bucket_never_lets_more_through_than_its_count_and_what_leaked(
    counts: list[int], waits_us: list[int]
) -> None:
    local, now_us, allowed = LocalBuckets(), 0, 0
    buckets = [Bucket(f"k{index}", count) for index, count in enumerate(counts)]
    for wait_us in waits_us:
        now_us += wait_us
        verdict = local.spend(buckets, now_us=now_us)
        allowed += not verdict.is_refused
        if verdict.is_refused:
            again = LocalBuckets.spend(local, buckets, now_us=now_us + verdict.wait_us)
            now_us += verdict.wait_us
            allowed += not again.is_refused
    least = min(counts)
    assert allowed <= least + now_us * least // (PERIOD_S * 1_000_000) + 1


def test_redis_and_memory_say_the_same(servers: Servers) -> None:
    buckets = [Bucket("hub:rate:same:a", 5), Bucket("hub:rate:same:b", 8)]
    local = LocalBuckets()
    with redis.Redis.from_url(servers.redis.url()) as counted:
        counted.delete(*(bucket.key for bucket in buckets))
        spend = counted.register_script(SPEND_LUA)
        for _ in range(7):
            told = spend(
                keys=[bucket.key for bucket in buckets],
                args=[PERIOD_S * 1_000_000, *(bucket.count for bucket in buckets)],
            )
            shared, own = read_verdict(buckets, told), local.spend(buckets)
            assert (shared.count, shared.left, shared.is_refused) == (own.count, own.left, own.is_refused)
        assert shared.is_refused
        assert 0 < counted.pttl(buckets[0].key) <= PERIOD_S * 1_000


@pytest.mark.parametrize("text", ["till=0", "till=x", "door=5", "till=-1", "till", "till=²", "till=9999999"])
def test_odd_rates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_rates(text)


def test_a_rate_that_is_not_named_keeps_its_default() -> None:
    assert read_rates("till=7")[RateClass.TILL] == 7
    assert read_rates("till=7")[RateClass.SIGN_IN] == read_rates("")[RateClass.SIGN_IN]
