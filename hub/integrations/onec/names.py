"""Every spelling under which 1C is known to send a field; one table per object of an event.

The left word is the canonical name (it is what pointers show); the right ones are folded spellings.
A field that is not here is never read: nothing medical can pass by accident.
"""

from types import MappingProxyType

from hub.integrations.onec.tree import Names, folded


def _names(**spellings: str) -> Names:
    table: dict[str, str] = {}
    for name, others in spellings.items():
        for spelling in (name, folded(name), *others.split()):
            table.setdefault(spelling, name)
    return MappingProxyType(table)


ROOT = _names(
    event_id="id идсобытия идентификаторсобытия",
    event_type="type типсобытия тип",
    occurred_at="датасобытия",
    source="источник",
    exchange="обмен",
    object="объект документ",
    visit="визит оказаниеуслуг",
    patient="пациент клиент",
    cancel="отмена возврат",
)
SOURCE = _names(infobase="база инфобаза", tz="timezone часовойпояс")
EXCHANGE = _names(message_no="номерсообщения")
OBJECT = _names(
    type="тип",
    ref="уид uid guid ссылка refkey",
    number="номер",
    date="дата",
    data_version="версияданных",
    posted="проведен",
    deletion_mark="пометкаудаления",
)
VISIT = _names(
    patient="пациент клиент",
    clinic_ref="клиника clinic",
    completed_at="датазавершения",
    lines="line работы услуги списокработ",
    payments="payment оплаты оплата",
    promo="промо",
    promo_code="промокод",
    referral_code="реферальныйкод",
    total="суммадокумента итого",
)
LINE = _names(
    no="linenumber номерстроки",
    service_ref="service номенклатура услуга",
    loyalty_group="группалояльности",
    doctor_ref="doctor сотрудник врач",
    qty="количество",
    price="цена",
    discount="суммаскидки скидка",
    points_paid="суммабаллами",
    amount="сумма",
)
PAYMENT = _names(kind="видоплаты вид", amount="сумма")
PROMO = _names(promo_code="промокод", referral_code="реферальныйкод")
CANCEL = _names(
    visit_ref="visit визит документоснование",
    kind="вид",
    refund_doc_ref="документвозврата",
    lines="line работы услуги списокработ",
)
PATIENT = _names(
    ref="уид uid guid ссылка refkey",
    code="код",
    surname="фамилия lastname",
    name="имя firstname",
    father_name="отчество middlename patronymic",
    birthday="датарождения birthdate",
    phone="телефон",
    email="почта электроннаяпочта адресэп",
    card_code="кодкарты card",
    referral_code="реферальныйкод",
    merged_into_ref="объединенс mergedinto",
    consents="consent согласия согласие",
    deletion_mark="пометкаудаления",
)
CONSENT = _names(purpose="цель", granted="дано", at="дата", doc_version="версия")
REFERENCE = _names(ref="уид uid guid ссылка refkey id")
"""A reference written as an object: {"УИД": "…", "Наименование": "…"}."""
ROWS = _names(rows="line работа работы услуга услуги payment оплата оплаты consent согласие строка row item")
"""Elements that only hold rows: <Работы><Работа/>…</Работы>."""
