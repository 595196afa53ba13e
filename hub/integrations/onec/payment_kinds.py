"""The names under which 1C knows our kinds of payment."""

from hub.contracts.facts import PaymentKind

_SPELLINGS = {
    PaymentKind.CASH: "cash наличные наличными наличный наличныйрасчет нал",
    # By 54-ФЗ a receipt knows cash and «безналичные»; at a clinic's till the latter is the card terminal.
    PaymentKind.CARD: "card карта картой банковскаякарта платежнаякарта эквайринг безналичные безнал",
    PaymentKind.SBP: "sbp сбп системабыстрыхплатежей",
    PaymentKind.PREPAYMENT: "prepayment предоплата аванс зачетаванса",
    PaymentKind.CERTIFICATE: "certificate сертификат подарочныйсертификат",
    PaymentKind.INSURANCE: "insurance страховая страховка страховаякомпания страхование дмс",
    PaymentKind.POINTS: "points баллы баллами бонусы бонусами бонусныебаллы",
    PaymentKind.CASHBACK: "cashback кэшбэк кешбэк кешбек",
}
_KINDS = {spelling: kind for kind, spellings in _SPELLINGS.items() for spelling in spellings.split()}
_DROPPED = str.maketrans("ё", "е", " _-\u00a0")


def find_payment_kind(text: str) -> PaymentKind | None:
    """Read a kind of payment in any of its spellings."""
    return _KINDS.get(text) or _KINDS.get(text.lower().translate(_DROPPED))
