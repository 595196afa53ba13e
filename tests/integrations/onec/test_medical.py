"""What nobody may keep is not kept, wherever in a body it stands; all else is kept to the byte."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.integrations.onec import names
from hub.integrations.onec.decoding import decode
from hub.integrations.onec.envelope import Batch, read_envelopes
from tests.integrations.onec.captured import body, expected, fixtures, mapped_here, sample, visit, written

SECRET = "тайна-7f3a"
MEDICAL = [
    "Диагноз",
    "ДиагнозОсновной",
    "КодМКБ",
    "МКБ10",
    "Анамнез",
    "АнамнезЖизни",
    "Жалобы",
    "Заключение",
    "ЗаключениеВрача",
    "Результат",
    "РезультатыАнализов",
    "Назначения",
    "Протокол",
    "ПротоколОсмотра",
    "Рецепт",
    "СНИЛС",
    "Паспорт",
    "ПаспортСерия",
    "Полис",
    "ПолисОМС",
    "Комментарий",
    "КомментарийКлиента",
    "Примечание",
    "Аллергии",
    "Фото",
    "diagnosis",
    "main_diagnosis",
    "mainDiagnosis",
    "DIAGNOSIS",
    "icd",
    "icd10",
    "icd_code",
    "patientIcd",
    "anamnesis",
    "complaint",
    "complaints",
    "conclusion",
    "prescription",
    "snils",
    "passport",
    "passportNo",
    "policy",
    "policy_number",
    "comment",
    "comments",
    "notes",
    "result",
    "lab_results",
    "analysis",
]
OF_SERVICE = ["Наименование", "service_name", "ServiceName", "Описание", "Содержание", "doctorName", "ФИО"]
HARMLESS = ["node", "basicData", "recommended_by", "channel", "Канал", "ИсточникРекламы", "resultant_tz"]
PLACES = [
    "",
    "source",
    "object",
    "visit",
    "visit/patient",
    "visit/lines/0",
    "visit/payments/0",
    "visit/promo",
    "appointment",
]
SPECIAL = {"visit_completed__repeated_keys.json", "visit_completed__cyrillic_keys.json"}
"""The first hides something, the second names a service."""
ACCEPTED = [
    name
    for name in fixtures()
    if not name.startswith("crash__")
    and name not in SPECIAL
    and not {"refused", "events"} & expected(name).keys()
]
"""Single events that pass the door."""
quick = settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CORE = 'xmlns="http://v8.1c.ru/8.1/data/core" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def kept(batch: Batch) -> str:
    return "".join(decode(envelope.content) for envelope in batch.items)


def with_field(place: str, name: str, value: object = SECRET) -> dict[str, Any]:
    event = sample()
    node: Any = event
    for step in place.split("/") if place else []:
        node = node[int(step)] if step.isdigit() else node.setdefault(step, {})
    node[name] = value
    return event


@pytest.mark.parametrize("name", MEDICAL)
def test_a_medical_field_leaves_an_event_wherever_it_stands(name: str) -> None:
    for place in PLACES:
        for value in (SECRET, {"text": SECRET}, [SECRET], [{"text": SECRET}]):
            raw = written(with_field(place, name, value))
            batch = read_envelopes(raw, None)
            assert SECRET not in kept(batch), place
            assert batch.items[0].dropped.medical == 1
            assert mapped_here(batch.items[0]) == visit(body("visit_completed__sample.json"))


@pytest.mark.parametrize("name", OF_SERVICE)
def test_what_names_a_service_or_a_doctor_leaves_a_line(name: str) -> None:
    event = with_field("visit/lines/0", name)
    event["visit"]["lines"][1]["service_ref"] = {
        "УИД": event["visit"]["lines"][1]["service_ref"],
        name: SECRET,
    }
    event["visit"]["Врач"] = {name: SECRET}
    batch = read_envelopes(written(event), None)
    assert SECRET not in kept(batch)
    assert batch.items[0].dropped.medical == 3
    assert mapped_here(batch.items[0]) == visit(body("visit_completed__sample.json"))


def test_the_name_of_a_patient_is_no_secret_of_a_service() -> None:
    raw = body("patient_upserted__sample.json")
    assert read_envelopes(raw, None).items[0].content == raw


@pytest.mark.parametrize("name", HARMLESS)
def test_an_unknown_field_is_counted_and_kept_with_the_bytes_that_came(name: str) -> None:
    raw = written(with_field("visit", name))
    (envelope,) = read_envelopes(raw, None).items
    assert envelope.content == raw
    assert envelope.dropped.medical == 0
    assert envelope.dropped.unknown == 1


def test_fields_of_the_contract_that_nobody_reads_are_not_unknown() -> None:
    for name in (
        "visit_completed__sample.json",
        "visit_refunded__sample.json",
        "patient_upserted__sample.xml",
    ):
        assert read_envelopes(body(name), None).items[0].dropped.unknown == 0


@pytest.mark.parametrize("name", [name for name in ACCEPTED if "medical" not in name])
def test_a_body_without_medical_fields_is_kept_to_the_byte(name: str) -> None:
    (envelope,) = read_envelopes(body(name), None).items
    assert envelope.content == body(name)
    assert envelope.sha256 == hashlib.sha256(body(name)).digest()


def test_a_repeated_key_hides_nothing_medical_and_is_else_kept() -> None:
    (envelope,) = read_envelopes(body("visit_completed__repeated_keys.json"), None).items
    assert json.loads(envelope.content) == sample()
    assert envelope.dropped.medical == 1
    harmless = b'{"a": {"b": 1, "b": [2], "b": 3}, "a": 4}'
    assert read_envelopes(harmless, None).items[0].content == harmless


@pytest.mark.parametrize(
    "name",
    [
        *fixtures("visit_completed__medical"),
        *fixtures("patient_upserted__medical"),
        *fixtures("message__medical"),
        *fixtures("batch__medical"),
    ],
)
def test_no_captured_body_keeps_its_secret(name: str) -> None:
    """Captured medical values are written as a dash, which stands nowhere else."""
    assert "—" in decode(body(name))
    assert "—" not in kept(read_envelopes(body(name), None))


def test_the_transport_key_is_of_the_bytes_that_came_and_repetition_is_seen() -> None:
    raw = written(with_field("visit", "Диагноз"))
    other = written(with_field("visit", "Диагноз", "другая"))
    first, again, edited = (read_envelopes(each, None).items[0] for each in (raw, raw, other))
    assert first == again
    assert first.sha256 == hashlib.sha256(raw).digest() != edited.sha256
    assert first.content == edited.content


def test_numbers_keep_their_digits_when_a_body_is_written_anew() -> None:
    event = json.dumps(with_field("visit", "Диагноз")).replace("2601.0", "2601.00")
    assert '"total":2601.00' in read_envelopes(event.encode(), None).items[0].content.decode()


@pytest.mark.parametrize(
    "raw",
    [
        f'{{"visit": {{"Диагноз": "{SECRET}"}}, "visit": {{}}}}',
        f'{{"a": [{{"Диагноз": "{SECRET}", "Диагноз": ""}}]}}',
        f'{{"\\u0414\\u0438\\u0430\\u0433\\u043d\\u043e\\u0437": "{SECRET}"}}',
        f'{{"rows": [{{"Имя": "Диагноз", "Значение": "{SECRET}"}}]}}',
        f'{{"row": {{"name": "diagnosis", "value": "{SECRET}"}}}}',
        f'[{{"Key": "СНИЛС", "Value": "{SECRET}"}}]',
        f'<Event диагноз="{SECRET}"/>',
        f'<Event xmlns:m="urn:m" m:диагноз="{SECRET}"/>',
        f"<Event><m:Диагноз xmlns:m='urn:m'>{SECRET}</m:Диагноз></Event>",
        f'<Event><Диагноз код="{SECRET}"/></Event>',
        f"<Event><Visit><![CDATA[]]><Жалобы><![CDATA[{SECRET}]]></Жалобы></Visit></Event>",
        f'<Event {CORE}><Visit xsi:nil="true"><Диагноз>{SECRET}</Диагноз></Visit></Event>',
        f'<Event {CORE}><Visit xsi:nil="1" диагноз="{SECRET}"/></Event>',
        f'<Event Visit=""><Visit a=""/><x:Visit xmlns:x="urn:x"><Снилс>{SECRET}</Снилс></x:Visit></Event>',
        f'<Structure {CORE}><Property name="Диагн&#1086;з"><Value>{SECRET}</Value></Property></Structure>',
        f'<Structure {CORE}><Property name="a"><Value/><Диагноз>{SECRET}</Диагноз></Property></Structure>',
        f'<Structure {CORE}><Property name="a" диагноз="{SECRET}"><Value/></Property></Structure>',
        f'<Structure {CORE} диагноз="{SECRET}"/>',
        f"<Map {CORE}><pair><Key>Диагноз</Key><Value>{SECRET}</Value></pair></Map>",
        f"<Map {CORE}><pair><Key><b>Диагноз</b></Key><Value/><Диагноз>{SECRET}</Диагноз></pair></Map>",
        f"<Протокол>{SECRET}</Протокол>",
        f"<Message><Header><Комментарий>{SECRET}</Комментарий></Header><Body><Event/></Body></Message>",
        f"<Message><Header/><Body><Event><Рецепт>{SECRET}</Рецепт></Event><Event/></Body></Message>",
        f"<Message><Body><CatalogObject.Диагнозы>{SECRET}</CatalogObject.Диагнозы></Body></Message>",
    ],
)
def test_nothing_medical_hides_where_no_field_shows_it(raw: str) -> None:
    for text in (raw, raw.replace("Диагноз", "ДИАГНОЗ")):
        batch = read_envelopes(text.encode(), None)
        assert SECRET not in kept(batch)


def test_only_names_of_fields_are_remembered_and_never_keys_that_may_be_values() -> None:
    named, phones = {"УИД": "", "Канал": ""}, {"+79000000001": "", "92c7ea9d-2cab-11e4-9f84-1078d2d69bb4": ""}
    assert names.ROOT.plan(dict(named)) is names.ROOT.plan(dict(named))
    assert names.ROOT.plan(dict(phones)) is not names.ROOT.plan(dict(phones))


keys = st.one_of(
    st.sampled_from(MEDICAL + HARMLESS),
    st.sampled_from(
        ["visit", "Визит", "lines", "Работы", "Line", "patient", "name", "value", "Имя", "object"]
    ),
    st.text(max_size=4),
)
trees = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.sampled_from([SECRET, "Диагноз", ""])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)


@quick
@given(st.dictionaries(keys, trees, max_size=5), st.booleans())
def test_whatever_the_tree_no_medical_name_is_kept_and_nothing_else_is_lost(
    event: dict[str, Any], is_ascii: bool
) -> None:
    raw = json.dumps(event, ensure_ascii=is_ascii).encode()
    (envelope,) = read_envelopes(raw, None).items
    told = json.loads(envelope.content)
    left = {str(name) for name in walk(told)}
    assert not left & set(MEDICAL)
    if not {str(name) for name in walk(event)} & set(MEDICAL) and "value" not in raw.decode():
        lost = envelope.dropped.medical  # titles inside of lines
        assert (told == event) == (lost == 0)
    (again,) = read_envelopes(envelope.content, None).items
    assert (again.content, again.dropped.medical) == (envelope.content, 0)


def walk(node: Any) -> list[Any]:
    inner = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    return [*(node if isinstance(node, dict) else ()), *(name for each in inner for name in walk(each))]
