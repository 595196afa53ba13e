"""REST as the portal speaks it: parameters in query, form or JSON; upper-case names; errors by code."""

import json
import urllib.parse

import fastapi
import fastapi.responses

from sandbox.bitrix24.portal import Employee, Portal, TokenError

PAGE = 50
Answer = fastapi.responses.JSONResponse
Parameters = dict[str, str]


async def read_parameters(request: fastapi.Request) -> Parameters:
    """Gather what came in the query and in the body; brackets of PHP stay in the names."""
    given = dict(request.query_params)
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            read = json.loads(body or b"{}")
        except ValueError:
            return given
        return given | (_flatten(read) if isinstance(read, dict) else {})
    return given | dict(urllib.parse.parse_qsl(body.decode(errors="replace")))


def by_token(portal: Portal, token: str) -> int | Answer:
    """Give the employee whose token this is, or the refusal."""
    if not token:
        return refuse(401, "NO_AUTH_FOUND", "Wrong authorization data")
    try:
        user_id = portal.read_access(token)
    except TokenError as error:
        return refuse(401, str(error), "The access token provided has expired or is invalid.")
    employee = portal.find_employee(user_id)
    if employee is None or not employee.is_active:
        return refuse(401, "authorization_error", "Unable to authorize user")
    return user_id


def answer(portal: Portal, method: str, given: Parameters, caller: int | Answer) -> Answer:
    """Do one method for whoever calls, or pass on the refusal."""
    if isinstance(caller, Answer):
        return caller
    employee = portal.find_employee(caller)
    assert employee is not None
    name = method.removesuffix(".json").lower()
    if name == "user.current":
        return Answer({"result": _write(employee)})
    if name == "user.admin":
        return Answer({"result": employee.is_admin})
    if name == "user.get":
        return _list(portal, given)
    return refuse(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")


def refuse(status: int, code: str, words: str) -> Answer:
    """Refuse as the portal does."""
    return Answer({"error": code, "error_description": words}, status_code=status)


def _list(portal: Portal, given: Parameters) -> Answer:
    """Give employees by number, fifty at a time; dismissed ones too."""
    wanted = {
        value for name, value in given.items() if name.upper().split("[")[0] in {"ID", "FILTER"} and value
    }
    found = [one for one in portal.list_employees() if not wanted or str(one.user_id) in wanted]
    start = int(given.get("start", "0")) if given.get("start", "0").isdigit() else 0
    told: dict[str, object] = {
        "result": [_write(one) for one in found[start : start + PAGE]],
        "total": len(found),
    }
    if start + PAGE < len(found):
        told["next"] = start + PAGE
    return Answer(told)


def _write(employee: Employee) -> dict[str, object]:
    return {
        "ID": str(employee.user_id),
        "ACTIVE": employee.is_active,
        "NAME": employee.name,
        "LAST_NAME": employee.last_name,
        "EMAIL": employee.email,
        "WORK_POSITION": employee.position,
        "UF_DEPARTMENT": [1],
        "USER_TYPE": "employee",
    }


def _flatten(read: dict[str, object], prefix: str = "") -> Parameters:
    """Write nested JSON as brackets, so that both ways of asking are one."""
    flat: Parameters = {}
    for name, value in read.items():
        key = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, dict):
            flat |= _flatten(value, key)
        elif isinstance(value, list):
            flat |= {f"{key}[{index}]": str(one) for index, one in enumerate(value)}
        else:
            flat[key] = str(value)
    return flat
