"""What a sign-in through the portal says when it fails, and the shape of every such text."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class ProblemText(NamedTuple):
    """Title and detail in both languages."""

    title_ru: str
    detail_ru: str
    title_en: str
    detail_en: str


PORTAL_TEXTS: Mapping[str, ProblemText] = MappingProxyType(
    {
        "portal-unreachable": ProblemText(
            "Портал не отвечает",
            "Битрикс24 сейчас не отвечает. Попробуйте позже или войдите по паролю.",
            "The portal is silent",
            "Bitrix24 does not answer now. Try later, or sign in by password.",
        ),
        "sso-refused": ProblemText(
            "Портал не подтвердил вход",
            "Ссылка для входа устарела или уже использована. Начните вход заново.",
            "The portal did not confirm",
            "The sign-in is too old or was used. Begin anew.",
        ),
        "sso-state-invalid": ProblemText(
            "Вход начат не здесь",
            "Этот вход начат в другом браузере или слишком давно. Начните заново.",
            "Begun elsewhere",
            "This sign-in was begun in another browser, or too long ago. Begin anew.",
        ),
        "staff-not-granted": ProblemText(
            "Доступ ещё не выдан",
            "Портал вас знает, но роли в системе у вас пока нет. Обратитесь к администратору.",
            "No access yet",
            "The portal knows you, but you have no role here yet. Ask an administrator.",
        ),
    }
)
