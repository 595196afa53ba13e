"""What each problem code says to people, in Russian and in English.

A test proves that every error of the hub has its words here. Details never name a value that was sent.
"""

from collections.abc import Mapping
from types import MappingProxyType

from api.portal_texts import PORTAL_TEXTS, ProblemText

PROBLEM_TEXTS: Mapping[str, ProblemText] = MappingProxyType(
    {
        **PORTAL_TEXTS,
        "unparsable": ProblemText(
            "Не удалось прочитать",
            "Тело запроса не удалось разобрать.",
            "Unparsable",
            "The body could not be parsed.",
        ),
        "xml-unsafe": ProblemText(
            "Небезопасный документ",
            "DTD, сущности и слишком глубокая вложенность не принимаются.",
            "Unsafe document",
            "DTD, entities and too deep nesting are not accepted.",
        ),
        "mailing-state": ProblemText(
            "Так не получится",
            "Рассылка уже в другом состоянии, см. state.",
            "Not in this state",
            "The mailing stands elsewhere, see state.",
        ),
        "template-invalid": ProblemText(
            "Шаблон не подходит",
            "Текст шаблона нельзя использовать: что именно не так, сказано в problem, где — в name и line.",
            "Template refused",
            "The template's words cannot be used: problem says why, name and line say where.",
        ),
        "idempotency-key-required": ProblemText(
            "Нужен ключ повтора",
            "Передайте заголовок Idempotency-Key: он защищает от двойного выполнения.",
            "Idempotency key required",
            "Send the Idempotency-Key header: it keeps the call from being made twice.",
        ),
        "idempotency-key-reused": ProblemText(
            "Ключ уже использован",
            "Этот Idempotency-Key уже использован с другим телом запроса.",
            "Idempotency key reused",
            "This Idempotency-Key was used with another body.",
        ),
        "idempotency-in-progress": ProblemText(
            "Ещё выполняется",
            "Первый запрос с этим ключом ещё выполняется. Повторите чуть позже.",
            "Still running",
            "The first call with this key is still running. Ask again in a moment.",
        ),
        "unauthenticated": ProblemText(
            "Нужен вход",
            "Войдите или передайте действующий ключ доступа.",
            "Sign-in required",
            "Sign in, or send valid credentials.",
        ),
        "token-invalid": ProblemText(
            "Нужен вход",
            "Токен доступа недействителен. Войдите снова.",
            "Invalid token",
            "The access token is not valid. Sign in again.",
        ),
        "token-expired": ProblemText(
            "Вход устарел",
            "Срок действия токена истёк. Войдите снова.",
            "Token expired",
            "The token has expired. Sign in again.",
        ),
        "token-reused": ProblemText(
            "Вход прерван",
            "Этот токен уже использован. Войдите снова.",
            "Token reused",
            "This token was used before. Sign in again.",
        ),
        "origin-foreign": ProblemText(
            "Чужая страница",
            "Запрос пришёл с другого сайта.",
            "Foreign page",
            "The call came from another site.",
        ),
        "signature-invalid": ProblemText(
            "Подпись не принята",
            "Подпись тела отсутствует, неверна или её время отличается более чем на пять минут.",
            "Signature refused",
            "The signature is missing, wrong, or more than five minutes off.",
        ),
        "sign-in-failed": ProblemText(
            "Вход не выполнен", "Неверный логин или пароль.", "Sign-in failed", "Wrong login or password."
        ),
        "password-wrong": ProblemText(
            "Пароль не подошёл",
            "Нынешний пароль указан неверно.",
            "Wrong password",
            "The present password is not right.",
        ),
        "totp-required": ProblemText(
            "Нужен второй шаг",
            "Введите код из приложения на телефоне или код восстановления.",
            "Second step",
            "Enter the code from your phone, or a recovery code.",
        ),
        "totp-wrong": ProblemText(
            "Код не подошёл",
            "Код из приложения неверен или уже использован. Дождитесь следующего.",
            "Wrong code",
            "The code is wrong or was used. Wait for the next one.",
        ),
        "totp-enrolled": ProblemText(
            "Второй шаг уже есть",
            "Второй шаг входа уже настроен. Снять его может только администратор сервера.",
            "Second step is set",
            "The second step is set up already. Only the server's administrator can remove it.",
        ),
        "code-wrong": ProblemText(
            "Код не подошёл",
            "Код неверен или устарел. Проверьте его или запросите новый.",
            "Wrong code",
            "The code is wrong or too old. Check it, or ask for a new one.",
        ),
        "profile-of-clinic": ProblemText(
            "Это меняет клиника",
            "Эти данные ведёт клиника. Попросите исправить их там.",
            "The clinic changes this",
            "The clinic keeps these data. Ask there to correct them.",
        ),
        "profile-closed": ProblemText(
            "Карта закрыта",
            "Карта этого человека закрыта в клинике. Открыть её снова может только клиника.",
            "Card closed",
            "This person's card was closed by the clinic. Only the clinic can open it again.",
        ),
        "forbidden": ProblemText(
            "Нет доступа", "Для этого не хватает прав.", "Forbidden", "You may not do this."
        ),
        "approval-own": ProblemText(
            "Нужен другой человек",
            "Нельзя просить за себя и решать о том, о чём просили вы сами или что касается вас.",
            "Somebody else has to",
            "You may not ask for yourself, nor decide what you asked for or gain by.",
        ),
        "approval-closed": ProblemText(
            "Уже решено",
            "Заявка уже решена, или её срок истёк.",
            "Already closed",
            "The request was decided already, or its time is over.",
        ),
        "approval-pending": ProblemText(
            "Заявка уже ждёт",
            "О том же самом уже есть нерешённая заявка.",
            "Already asked for",
            "A request about the same is waiting for a decision.",
        ),
        "infobase-foreign": ProblemText(
            "Чужая база",
            "Документ назван от имени другой информационной базы.",
            "Foreign infobase",
            "The document speaks for another infobase.",
        ),
        "not-found": ProblemText(
            "Не найдено", "Такого здесь нет.", "Not found", "There is no such thing here."
        ),
        "method-not-allowed": ProblemText(
            "Метод не поддерживается",
            "По этому адресу такой метод не поддерживается.",
            "Method not allowed",
            "This address does not take that method.",
        ),
        "event-not-replayable": ProblemText(
            "Повтор невозможен",
            "Повторить можно событие, которое отложено, отклонено или пропущено.",
            "Cannot be replayed",
            "Only a parked, buried, ignored or stale event can be replayed.",
        ),
        "event-not-buriable": ProblemText(
            "Снять нельзя",
            "Снять можно событие, которое ждёт очереди или недостающих данных.",
            "Cannot be given up",
            "Only an event that waits for its turn or for a fact can be given up.",
        ),
        "delivery-closed": ProblemText(
            "Доставка не в том состоянии",
            "С доставкой в этом состоянии так поступить нельзя.",
            "Delivery closed",
            "This cannot be done to a delivery in its state.",
        ),
        "entry-key-reused": ProblemText(
            "Проводка уже есть",
            "Проводка с этим ключом уже есть, и она другая.",
            "Entry key reused",
            "An entry with this key exists, and it differs.",
        ),
        "purse-moved": ProblemText(
            "Счёт перенесён",
            "Карточку пациента только что объединили с другой. Повторите операцию.",
            "Account moved",
            "The patient's card was just merged into another. Try again.",
        ),
        "purse-held": ProblemText(
            "Часть баллов в резерве",
            "Счёт можно перенести, когда закончится резерв на кассе.",
            "Part of the account is held",
            "The account can be moved once the hold at the cash desk has ended.",
        ),
        "clawback-exceeds-accrual": ProblemText(
            "Нечего возвращать",
            "Возврат больше, чем было начислено по документу.",
            "Clawback exceeds accrual",
            "More would be taken back than the document accrued.",
        ),
        "lease-lost": ProblemText(
            "Работа перехвачена",
            "Эту работу уже выполняет другой процесс.",
            "Lease lost",
            "Another process has taken this work over.",
        ),
        "body-too-large": ProblemText(
            "Слишком много данных",
            "Тело запроса не больше 2 МиБ, в пакете не больше 200 событий.",
            "Too large",
            "A body may have 2 MiB, a batch 200 events.",
        ),
        "unsupported-media-type": ProblemText(
            "Неизвестный формат",
            "Ожидается Content-Type: application/json.",
            "Unsupported media type",
            "Content-Type: application/json is expected.",
        ),
        "validation-failed": ProblemText(
            "Проверьте данные",
            "Часть полей заполнена неверно.",
            "Check the fields",
            "Some fields are not valid.",
        ),
        "amount-invalid": ProblemText(
            "Неверная сумма",
            "Сумма должна быть больше нуля, не больше двух знаков после запятой.",
            "Invalid amount",
            "An amount is above zero, with at most two decimals.",
        ),
        "event-invalid": ProblemText(
            "Документ не принят",
            "Поле документа нарушает правило обмена.",
            "Document refused",
            "A field of the document breaks a rule of the exchange.",
        ),
        "body-too-slow": ProblemText(
            "Слишком медленно",
            "Тело запроса не пришло вовремя.",
            "Too slow",
            "The body did not arrive in time.",
        ),
        "rate-limited": ProblemText(
            "Слишком часто",
            "Слишком много попыток. Повторите позже.",
            "Too many tries",
            "Too many tries. Come back later.",
        ),
        "busy": ProblemText(
            "Сервис занят",
            "Сейчас запрос выполнить не удалось. Повторите чуть позже.",
            "Busy",
            "This cannot be done just now. Try again in a moment.",
        ),
        "upstream-unavailable": ProblemText(
            "Смежная система недоступна",
            "Система, от которой зависит ответ, недоступна. Повторите позже.",
            "Upstream unavailable",
            "A system that the answer depends on is away. Try again later.",
        ),
        "internal": ProblemText(
            "Ошибка сервиса",
            "Что-то сломалось у нас. Сообщите номер обращения поддержке.",
            "Internal error",
            "Something broke on our side. Give the correlation id to support.",
        ),
    }
)
