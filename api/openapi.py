"""The API's description: what FastAPI knows, with our problems and who may call instead of its defaults."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.access import Entrance
from api.version import VERSION

TITLE = "Моя ❤ скидка"
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code", "correlation_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "description": "kebab-case, for machines"},
        "correlation_id": {"type": "string"},
        "retry_after_s": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "pointer", "code", "message"],
                "properties": {name: {"type": "string"} for name in ("where", "pointer", "code", "message")},
            },
        },
    },
    "additionalProperties": True,
}
_ONEC_REFUSAL = {
    "type": "object",
    "required": ["result", "code", "message", "correlation_id"],
    "properties": {
        "result": {"type": "boolean", "const": False},
        "code": {"type": "string"},
        "message": {"type": "string"},
        "correlation_id": {"type": "string"},
    },
    "additionalProperties": True,
}
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "JWT of a person, or key of a service"},
    "basic": {"type": "http", "scheme": "basic", "description": "login and secret of a service"},
}
_SECURITY: dict[str, list[dict[str, list[str]]]] = {
    Entrance.PUBLIC: [],
    Entrance.PERSON: [{"bearer": []}],
    Entrance.PATIENT: [{"bearer": []}],
    Entrance.PERMITTED: [{"bearer": []}, {"basic": []}],
    Entrance.INFOBASE: [{"basic": []}, {"bearer": []}],
    Entrance.OPERATOR: [{"bearer": []}],
}
_DEFAULT_SCHEMAS = ("HTTPValidationError", "ValidationError")


def describe_api(app: FastAPI) -> dict[str, Any]:
    """Write the OpenAPI document; the same for the same code."""
    document = get_openapi(title=TITLE, version=VERSION, routes=app.routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _DEFAULT_SCHEMAS:
        schemas.pop(name, None)
    schemas |= {"Problem": _PROBLEM, "OnecRefusal": _ONEC_REFUSAL}
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = _SCHEMES
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _describe_operation(operation, is_onec=path.startswith("/api/1c/"))
    return document


def _describe_operation(operation: dict[str, Any], *, is_onec: bool) -> None:
    """Replace the framework's 422 by our problems, and say which credentials are asked for."""
    operation["responses"].pop("422", None)
    media, schema = (
        ("application/json", "OnecRefusal") if is_onec else ("application/problem+json", "Problem")
    )
    refusal = {
        "description": "Refused",
        "content": {media: {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }
    operation["responses"]["4XX"] = refusal
    operation["responses"]["5XX"] = refusal
    operation["security"] = _SECURITY[operation["x-access"]["entrance"]]
