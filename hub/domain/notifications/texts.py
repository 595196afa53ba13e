"""The words that the code brings, Russian and English, short for a text, whole for a letter.

Written for a stranger's eyes: whoever reads the screen over a shoulder learns nothing but a sum and a date.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hub.domain.notifications.catalogue import Channel, NoticeKind
from hub.domain.notifications.preferences import Language


@dataclass(frozen=True, slots=True)
class Words:
    """A template: `subject` is empty for an SMS."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class _Line:
    """One notice in one language: its short and its long form. `tail` ends the letter."""

    subject: str
    short: str
    long: str


_RU_EXPIRING = _Line(
    "{{ expires_on }} сгорит {{ amount }} {{ unit }}",
    "{{ expires_on }} сгорит {{ amount }} {{ unit }}.",
    "{{ expires_on }} сгорит {{ amount }} {{ unit }}. До этого дня их можно потратить.",
)
_EN_EXPIRING = _Line(
    "{{ amount }} {{ unit }} expire on {{ expires_on }}",
    "{{ amount }} {{ unit }} expire on {{ expires_on }}.",
    "{{ amount }} {{ unit }} expire on {{ expires_on }}. Until then you can spend them.",
)
_RU: Mapping[NoticeKind, _Line] = {
    NoticeKind.POINTS_ACCRUED: _Line(
        "Начислено {{ amount }} {{ unit }}",
        "начислено {{ amount }} {{ unit }}"
        "{% if available_on %}, можно потратить с {{ available_on }}{% endif %}.",
        "Начислено {{ amount }} {{ unit }}."
        "{% if available_on %} Потратить можно с {{ available_on }}.{% endif %}",
    ),
    NoticeKind.POINTS_ACTIVATED: _Line(
        "Можно потратить {{ amount }} {{ unit }}",
        "можно потратить {{ amount }} {{ unit }}.",
        "Теперь можно потратить {{ amount }} {{ unit }}.",
    ),
    NoticeKind.POINTS_SPENT: _Line(
        "Списано {{ amount }} {{ unit }}",
        "списано {{ amount }} {{ unit }}. Не вы? Скажите администратору.",
        "Списано {{ amount }} {{ unit }}. Если это были не вы, скажите администратору.",
    ),
    NoticeKind.POINTS_TAKEN_BACK: _Line(
        "Пересчитано: −{{ amount }} {{ unit }}",
        "пересчитано: −{{ amount }} {{ unit }}.",
        "Начисление пересчитано: −{{ amount }} {{ unit }}.",
    ),
    NoticeKind.POINTS_EXPIRING_30: _RU_EXPIRING,
    NoticeKind.POINTS_EXPIRING_7: _RU_EXPIRING,
    NoticeKind.POINTS_EXPIRING_1: _RU_EXPIRING,
    NoticeKind.TIER_RAISED: _Line(
        "Ваш уровень: {{ tier }}",
        "ваш уровень теперь {{ tier }}, кэшбэк {{ rate_percent }} %.",
        "Ваш уровень теперь {{ tier }}, кэшбэк {{ rate_percent }} %.",
    ),
    NoticeKind.TIER_LOWERING: _Line(
        "Уровень изменится {{ changes_on }}",
        "{{ changes_on }} уровень станет {{ tier }}.",
        "{{ changes_on }} ваш уровень станет {{ tier }}. Чтобы сохранить нынешний,"
        " не хватает {{ amount }} ₽.",
    ),
    NoticeKind.CERTIFICATE_ISSUED: _Line(
        "Сертификат на {{ nominal }} ₽",
        "у вас сертификат на {{ nominal }} ₽.",
        "У вас сертификат на {{ nominal }} ₽."
        "{% if valid_until %} Действует до {{ valid_until }}.{% endif %}"
        "\n\nКод и QR видны только вам, в кабинете.",
    ),
    NoticeKind.CERTIFICATE_OFFERED: _Line(
        "Вам дарят сертификат на {{ balance }} ₽",
        "вам дарят сертификат на {{ balance }} ₽. Примите его до {{ expires_on }}: {{ cabinet_url }}",
        "Вам дарят сертификат на {{ balance }} ₽. Примите его в кабинете до {{ expires_on }}.",
    ),
    NoticeKind.CERTIFICATE_ACCEPTED: _Line(
        "Ваш подарок приняли",
        "ваш сертификат на {{ balance }} ₽ приняли.",
        "Сертификат на {{ balance }} ₽, который вы подарили, приняли.",
    ),
    NoticeKind.CERTIFICATE_REDEEMED: _Line(
        "Сертификат: списано {{ amount }} ₽",
        "с сертификата списано {{ amount }} ₽, осталось {{ balance }} ₽.",
        "С сертификата списано {{ amount }} ₽, осталось {{ balance }} ₽.",
    ),
    NoticeKind.CERTIFICATE_EXPIRING: _Line(
        "Сертификат действует до {{ expires_on }}",
        "сертификат действует до {{ expires_on }}, на нём {{ balance }} ₽.",
        "Сертификат действует до {{ expires_on }}, на нём {{ balance }} ₽.",
    ),
    NoticeKind.REFERRAL_REWARDED: _Line(
        "Награда за приглашение: {{ amount }} {{ unit }}",
        "награда за приглашение: {{ amount }} {{ unit }}.",
        "Награда за приглашение: {{ amount }} {{ unit }}. Спасибо!",
    ),
    NoticeKind.CONSENT_CHANGED: _Line(
        "Ваши согласия изменены",
        "ваши согласия изменены.",
        "Ваши согласия на обработку данных изменены. Посмотреть их можно в кабинете.",
    ),
    NoticeKind.ERASURE_REQUESTED: _Line(
        "Заявление об удалении данных принято",
        "заявление об удалении данных принято, срок до {{ due_on }}.",
        "Заявление об удалении ваших данных принято. Мы удалим их до {{ due_on }}.",
    ),
    NoticeKind.ERASURE_DONE: _Line(
        "Ваши данные удалены",
        "ваши данные удалены.",
        "Ваши данные удалены. Это последнее письмо от нас.",
    ),
    NoticeKind.MAILING_SENT: _Line(
        "{{ program }}", "новости программы: {{ cabinet_url }}", "Новости программы."
    ),
}
_EN: Mapping[NoticeKind, _Line] = {
    NoticeKind.POINTS_ACCRUED: _Line(
        "You got {{ amount }} {{ unit }}",
        "you got {{ amount }} {{ unit }}{% if available_on %}, to spend from {{ available_on }}{% endif %}.",
        "You got {{ amount }} {{ unit }}."
        "{% if available_on %} You can spend them from {{ available_on }}.{% endif %}",
    ),
    NoticeKind.POINTS_ACTIVATED: _Line(
        "{{ amount }} {{ unit }} to spend",
        "you can spend {{ amount }} {{ unit }} now.",
        "You can spend {{ amount }} {{ unit }} now.",
    ),
    NoticeKind.POINTS_SPENT: _Line(
        "{{ amount }} {{ unit }} spent",
        "{{ amount }} {{ unit }} spent. Not you? Tell the reception.",
        "{{ amount }} {{ unit }} were spent. If that was not you, tell the reception.",
    ),
    NoticeKind.POINTS_TAKEN_BACK: _Line(
        "Recounted: −{{ amount }} {{ unit }}",
        "recounted: −{{ amount }} {{ unit }}.",
        "An accrual was recounted: −{{ amount }} {{ unit }}.",
    ),
    NoticeKind.POINTS_EXPIRING_30: _EN_EXPIRING,
    NoticeKind.POINTS_EXPIRING_7: _EN_EXPIRING,
    NoticeKind.POINTS_EXPIRING_1: _EN_EXPIRING,
    NoticeKind.TIER_RAISED: _Line(
        "Your tier: {{ tier }}",
        "your tier is {{ tier }} now, cashback {{ rate_percent }} %.",
        "Your tier is {{ tier }} now, cashback {{ rate_percent }} %.",
    ),
    NoticeKind.TIER_LOWERING: _Line(
        "Your tier changes on {{ changes_on }}",
        "your tier becomes {{ tier }} on {{ changes_on }}.",
        "Your tier becomes {{ tier }} on {{ changes_on }}. {{ amount }} RUB more would keep it.",
    ),
    NoticeKind.CERTIFICATE_ISSUED: _Line(
        "A certificate for {{ nominal }} RUB",
        "you have a certificate for {{ nominal }} RUB.",
        "You have a certificate for {{ nominal }} RUB."
        "{% if valid_until %} It is valid until {{ valid_until }}.{% endif %}"
        "\n\nCode and QR are shown to you alone, in your account.",
    ),
    NoticeKind.CERTIFICATE_OFFERED: _Line(
        "A certificate for {{ balance }} RUB as a gift",
        "you are given a certificate for {{ balance }} RUB. Accept it by {{ expires_on }}: {{ cabinet_url }}",
        "You are given a certificate for {{ balance }} RUB. Accept it in your account by {{ expires_on }}.",
    ),
    NoticeKind.CERTIFICATE_ACCEPTED: _Line(
        "Your gift was accepted",
        "your certificate for {{ balance }} RUB was accepted.",
        "The certificate for {{ balance }} RUB that you gave was accepted.",
    ),
    NoticeKind.CERTIFICATE_REDEEMED: _Line(
        "Certificate: {{ amount }} RUB spent",
        "{{ amount }} RUB of the certificate spent, {{ balance }} RUB left.",
        "{{ amount }} RUB of the certificate were spent, {{ balance }} RUB are left.",
    ),
    NoticeKind.CERTIFICATE_EXPIRING: _Line(
        "A certificate is valid until {{ expires_on }}",
        "a certificate is valid until {{ expires_on }}, {{ balance }} RUB on it.",
        "A certificate is valid until {{ expires_on }}, {{ balance }} RUB on it.",
    ),
    NoticeKind.REFERRAL_REWARDED: _Line(
        "Reward for your invitation: {{ amount }} {{ unit }}",
        "a reward for your invitation: {{ amount }} {{ unit }}.",
        "A reward for your invitation: {{ amount }} {{ unit }}. Thank you!",
    ),
    NoticeKind.CONSENT_CHANGED: _Line(
        "Your consents were changed",
        "your consents were changed.",
        "Your consents to the use of data were changed. You see them in your account.",
    ),
    NoticeKind.ERASURE_REQUESTED: _Line(
        "Your request for erasure was received",
        "your request for erasure was received, due by {{ due_on }}.",
        "Your request for erasure was received. We shall erase your data by {{ due_on }}.",
    ),
    NoticeKind.ERASURE_DONE: _Line(
        "Your data was erased",
        "your data was erased.",
        "Your data was erased. This is the last letter from us.",
    ),
    NoticeKind.MAILING_SENT: _Line(
        "{{ program }}", "news of the programme: {{ cabinet_url }}", "News of the programme."
    ),
}
DEFAULTS: Mapping[tuple[NoticeKind, Channel, Language], Words] = MappingProxyType(
    {
        (kind, channel, language): (
            Words("", "{{ program }}: " + line.short)
            if channel is Channel.SMS
            else Words(line.subject, line.long)
        )
        for language, lines in ((Language.RU, _RU), (Language.EN, _EN))
        for kind, line in lines.items()
        for channel in Channel
    }
)
"""Every kind in every language by every channel, whether it goes there by default or not."""
