"""What a newcomer reads when everything is up."""

from tools.stack.ports import LOOPBACK
from tools.stack.programs import DEMO_INFOBASE, DEMO_INFOBASE_SECRET, Desk, is_demo

_STAFF = ("admin", "cashier", "senior", "marketer", "accountant", "auditor")


def welcome_lines(desk: Desk) -> list[str]:
    """Give the table of addresses and, in the demo, of logins."""
    hub = f"http://{LOOPBACK}:{desk.ports.api}"
    flower_login = desk.hub_env["FLOWER_BASIC_AUTH"]
    rows = [
        ("Кабинет пациента", f"{hub}/"),
        ("Сотрудникам", f"{hub}/admin"),
        ("Все ссылки", f"{hub}/api"),
        ("API, документация", f"{hub}/api/docs"),
        ("Состояние", f"{hub}/api/health"),
        ("Flower", f"http://{LOOPBACK}:{desk.ports.flower}/flower/   ({_flower_login(flower_login)})"),
    ]
    if is_demo(desk):
        rows += _demo_rows(desk)
    width = max(len(title) for title, _ in rows)
    table = [f"  {title:<{width}}  {text}" for title, text in rows]
    return ["", "Моя ❤ скидка работает", "", *table, "", "  Остановить: Ctrl-C", ""]


def _demo_rows(desk: Desk) -> list[tuple[str, str]]:
    return [
        ("1С (песочница)", f"http://{LOOPBACK}:{desk.ports.onec}/"),
        ("Битрикс24 (песочница)", f"http://{LOOPBACK}:{desk.ports.bitrix24}/"),
        ("СМС (песочница)", f"http://{LOOPBACK}:{desk.ports.sms}/messages?phone=%2B79000000001"),
        ("Почта (песочница)", f"http://{LOOPBACK}:{desk.ports.mail}/"),
        ("Сотрудники", f"{', '.join(_STAFF)}; пароль demo-<логин>, например admin / demo-admin"),
        ("Пациенты", "+79000000001, +79000000002, … (код входа смотрите в песочнице СМС)"),
        ("База 1С", f"Basic {DEMO_INFOBASE}:{DEMO_INFOBASE_SECRET}"),
    ]


def _flower_login(basic_auth: str) -> str:
    user, _, password = basic_auth.partition(":")
    return f"{user} / {password}"
