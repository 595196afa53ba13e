"""Every spelling under which 1C is known to send a field; one table per kind of object of an event.

The left word is the canonical name (it is what pointers show); the right ones are folded spellings.
`spare` fields are of the contract, and the hub has no use for them. A field that is not here is
never read: nothing medical can pass by accident.
"""

from hub.integrations.onec.spelling import Names, spelled

_REF = "уид uid guid ссылка refkey"
_LINES = "line работы услуги списокработ"

REFERENCE = Names(spelled({"ref": f"{_REF} id"}))
"""A reference written as an object: {"УИД": "…", "Наименование": "…"}."""
_OF_SERVICE = Names(spelled({"ref": f"{_REF} id"}), is_of_service=True)
SOURCE = Names(spelled({"infobase": "база инфобаза", "node": "узел", "tz": "timezone часовойпояс"}))
EXCHANGE = Names(spelled({"message_no": "номерсообщения"}), spare=("receivedno",))
OBJECT = Names(
    spelled(
        {
            "type": "тип",
            "ref": _REF,
            "number": "номер",
            "date": "дата",
            "data_version": "версияданных",
            "posted": "проведен",
            "deletion_mark": "пометкаудаления",
        }
    )
)
LINE = Names(
    spelled(
        {
            "no": "linenumber номерстроки",
            "service_ref": "service номенклатура номенклатураkey услуга услугаkey",
            "loyalty_group": "группалояльности",
            "doctor_ref": "doctor сотрудник сотрудникkey врач врачkey",
            "qty": "количество",
            "price": "цена",
            "discount": "суммаскидки скидка",
            "points_paid": "суммабаллами",
            "amount": "сумма",
        }
    ),
    inner={"service_ref": _OF_SERVICE, "doctor_ref": _OF_SERVICE},
    is_row=True,
    is_of_service=True,
)
PAYMENT = Names(
    spelled({"kind": "видоплаты вид", "amount": "сумма"}), spare=("ref", "holdid", "сертификат"), is_row=True
)
PROMO = Names(spelled({"promo_code": "промокод", "referral_code": "реферальныйкод"}))
CONSENT = Names(
    spelled({"purpose": "цель", "granted": "дано", "at": "дата", "doc_version": "версия версиядокумента"}),
    is_row=True,
)
PATIENT = Names(
    spelled(
        {
            "ref": _REF,
            "code": "код",
            "surname": "фамилия lastname",
            "name": "имя firstname",
            "father_name": "отчество middlename patronymic",
            "birthday": "датарождения birthdate",
            "phone": "телефон",
            "email": "почта электроннаяпочта адресэп",
            "card_code": "кодкарты card",
            "referral_code": "реферальныйкод",
            "merged_into_ref": "объединенс mergedinto",
            "consents": "consent согласия согласие",
            "deletion_mark": "пометкаудаления",
        }
    ),
    inner={"consents": CONSENT, "merged_into_ref": REFERENCE},
)
VISIT = Names(
    spelled(
        {
            "patient": "patientref пациент пациентkey клиент клиентkey",
            "clinic_ref": "клиника клиникаkey clinic",
            "completed_at": "датазавершения",
            "lines": _LINES,
            "payments": "payment оплаты оплата",
            "promo": "промо",
            "promo_code": "промокод",
            "referral_code": "реферальныйкод",
            "total": "суммадокумента итого",
        }
    ),
    inner={
        "patient": PATIENT,
        "clinic_ref": REFERENCE,
        "lines": LINE,
        "payments": PAYMENT,
        "promo": PROMO,
    },
)
CANCEL = Names(
    spelled(
        {
            "visit_ref": "visit визит документоснование",
            "kind": "вид",
            "refund_doc_ref": "документвозврата",
            "lines": _LINES,
        }
    ),
    inner={"visit_ref": REFERENCE, "refund_doc_ref": REFERENCE, "lines": LINE},
)
ROOT = Names(
    spelled(
        {
            "event_id": "id идсобытия идентификаторсобытия",
            "event_type": "type типсобытия тип",
            "occurred_at": "датасобытия",
            "source": "источник",
            "exchange": "обмен",
            "object": "объект документ",
            "visit": "визит оказаниеуслуг",
            "patient": "пациент клиент",
            "cancel": "отмена возврат",
        }
    ),
    inner={
        "source": SOURCE,
        "exchange": EXCHANGE,
        "object": OBJECT,
        "visit": VISIT,
        "patient": PATIENT,
        "cancel": CANCEL,
    },
    spare=("schemaversion", "sentat"),
)
