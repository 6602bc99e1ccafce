"""The API's reference page, made from its OpenAPI document so that it cannot rot.

``page`` is the text of ``docs/reference/api.md``; a test keeps both equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cloud.api.app import MOUNTED_AT, document
from cloud.api.problems import TITLES, ProblemType

_REF: Final = "#/components/schemas/"
_NAMES: Final = {"token": "an API token", "device": "a device's login"}
_Json = Mapping[str, Any]


def page() -> str:
    """The whole page, Markdown."""
    described = document()
    served = f"`{MOUNTED_AT}/openapi.json` (OpenAPI {described['openapi']})"
    lines = [
        "<!-- Made by cloud.api.reference from the code; do not edit. -->",
        "# HTTP API",
        "",
        described["info"]["description"],
        "",
        f"The document itself is served at {served}.",
        "",
        *_routes(described),
        *_problems(),
        *_schemas(described),
    ]
    return "\n".join(lines) + "\n"


def _routes(described: _Json) -> Iterator[str]:
    yield from ("## Routes", "", "| route | who | what | answers |", "|---|---|---|---|")
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            route = f"`{method.upper()} {MOUNTED_AT}{path}`"
            needed = [_NAMES[name] for need in operation.get("security", []) for name in need]
            who, what = ", ".join(needed) or "anybody", operation["summary"]
            yield f"| {route} | {who} | {what} | {_answer(operation)} |"
    yield ""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield from _details(f"{method.upper()} {MOUNTED_AT}{path}", operation)


def _details(route: str, operation: _Json) -> Iterator[str]:
    yield from (f"### `{route}`", "", operation["description"], "")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if body:
        yield from (f"Body: {_kind(body['schema'])}", "")
    parameters = operation.get("parameters", [])
    if parameters:
        yield from ("| parameter | where | kind | |", "|---|---|---|---|")
        for each in parameters:
            needed = "(needed) " if each["required"] else ""
            said = each.get("description", "")
            yield f"| `{each['name']}` | {each['in']} | {_kind(each['schema'])} | {needed}{said} |"
        yield ""


def _answer(operation: _Json) -> str:
    status, answer = next(
        (status, answer) for status, answer in operation["responses"].items() if status != "default"
    )
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    return f"{status} {_kind(schema)}" if schema else f"{status}"


def _problems() -> Iterator[str]:
    yield from (
        "## Problems",
        "",
        "Every error is `application/problem+json` (RFC 9457). Branch on `type`.",
        "",
        "| type | title |",
        "|---|---|",
    )
    yield from (f"| `{kind.value}` | {TITLES[kind]} |" for kind in ProblemType)
    yield ""


def _schemas(described: _Json) -> Iterator[str]:
    yield "## Objects"
    for name, schema in sorted(described["components"]["schemas"].items()):
        yield from ("", f"### {name}", "", schema.get("description", ""))
        if "enum" in schema:
            yield from ("", ", ".join(f"`{value}`" for value in schema["enum"]))
        if "properties" not in schema:
            continue
        yield from ("", "| member | kind | |", "|---|---|---|")
        for member, described_as in schema["properties"].items():
            said = described_as.get("description", "")
            yield f"| `{member}` | {_kind(described_as)} | {said} |"


def _kind(schema: _Json) -> str:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    if "const" in schema:
        return f"`{schema['const']}`"
    plain: str = schema.get("format", schema.get("type", ""))
    return plain
