"""The document that describes the interface (OpenAPI 3.1), made from the table of its addresses."""

from __future__ import annotations

import re
from typing import Any

from preserva.version import __version__
from preserva.web.interface.endpoints import BASE, ENDPOINTS, ProgramEndpoint
from preserva.web.interface.schemas import SCHEMAS, JsonSchema

_PROBLEMS = {
    "400": "The request is not one that this address takes.",
    "401": "There is no token, or it is not valid any more.",
    "403": "The role of the token does not allow this.",
    "404": "There is nothing of this name or number.",
    "409": "It was refused; nothing was changed.",
    "413": "The request is too large, or did not come to its end.",
    "503": "The archive cannot be opened at the moment.",
}
_DESCRIPTION = (
    "What people do on the pages, for programs. A token is made by an administrator, and sent as"
    " `Authorization: Bearer TOKEN`. Work is a job: it is begun, and asked about until it has"
    " ended; the same Idempotency-Key begins it once, however often it is sent."
)


def openapi(url: str) -> dict[str, Any]:
    """The whole document; `url` is that of the server."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "preserva", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": f"{url}{BASE}"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(endpoint: ProgramEndpoint) -> dict[str, Any]:
    said = {"description": _sentence(endpoint), "content": _json(endpoint.gives)}
    problems = {
        status: {"description": text, "content": _json("Problem", "application/problem+json")}
        for status, text in _PROBLEMS.items()
    }
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": _sentence(endpoint),
        "description": f"Needs the role `{endpoint.role.value}`.",
        "parameters": _parameters(endpoint),
        "responses": {str(endpoint.status.value): said, **problems},
    }
    if endpoint.takes == "*":
        content: dict[str, Any] = {"application/octet-stream": {}}
        operation["requestBody"] = {"required": True, "content": content}
    elif endpoint.takes:
        operation["requestBody"] = {"required": True, "content": _json(endpoint.takes)}
    return operation


def _parameters(endpoint: ProgramEndpoint) -> list[dict[str, Any]]:
    text: JsonSchema = {"type": "string"}
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": text}
        for name in re.findall(r"\{(\w+)\}", endpoint.path)
    ]
    parameters += [
        {"name": name, "in": "query", "description": meaning, "schema": text}
        for name, meaning in endpoint.query
    ]
    if endpoint.takes == "NewJob":
        key = {"type": "string", "minLength": 1, "maxLength": 60}
        parameters.append(
            {"name": "Idempotency-Key", "in": "header", "required": True, "schema": key}
        )
    return parameters


def _sentence(endpoint: ProgramEndpoint) -> str:
    """The first sentence of what answers it: documented once."""
    return (endpoint.view.__doc__ or "").partition(". Raises")[0].rstrip(".").split("\n")[0] + "."


def _json(name: str, media: str = "application/json") -> dict[str, Any]:
    return {media: {"schema": {"$ref": f"#/components/schemas/{name}"}}}
