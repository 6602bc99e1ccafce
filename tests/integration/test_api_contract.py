"""The API as a contract: its document, its problems, who may do what, and what it never repeats."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.openapi.models import OpenAPI
from jsonschema import (  # type: ignore[import-untyped]  # it ships no types
    Draft202012Validator,
)

from cloud.access import Scope
from cloud.access.errors import TooManyAttempts
from cloud.api.problems import ProblemType, trouble_of
from cloud.api.reference import page
from cloud.errors import BadConfiguration, DatabaseUnavailable
from cloud.sales.tables import SALE
from cloud.storage import write
from tests.simulators.facts import NOON, a_minute, a_sale, an_unwatched_minute
from tests.simulators.whole_cloud import WholeCloud

PHONE = "+8613787655678"
DIGITS = "13787655678"
OPEN = {("get", "/health")}
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path_factory.mktemp("cloud")) as made:
        made.open_store()
        made.enrol()
        made.sell(a_sale(1, phone=PHONE, family_name="王"), a_sale(2))
        made.count(a_minute(ingress=2), an_unwatched_minute(NOON - timedelta(hours=1)))
        yield made


@pytest.fixture(scope="module")
def api(cloud: WholeCloud) -> Iterator[httpx.Client]:
    with cloud.served() as url, httpx.Client(base_url=f"{url}/v1", timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def document(api: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/openapi.json").json()
    return found


@pytest.fixture(scope="module")
def token(cloud: WholeCloud) -> dict[str, str]:
    return {"Authorization": f"Bearer {cloud.token().text}"}


def problem_of(answer: httpx.Response, document: dict[str, Any]) -> dict[str, Any]:
    """The answer's problem, checked against the document's own schema."""
    assert answer.headers["content-type"] == PROBLEM, answer.text
    problem: dict[str, Any] = answer.json()
    schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    Draft202012Validator(schema).validate(problem)
    assert problem["status"] == answer.status_code
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", problem["instance"])
    return problem


def operations(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(method, path) for path, methods in document["paths"].items() for method in methods]


def address(path: str) -> str:
    return path.replace("{one_id}", "00000000-0000-4000-8000-000000000000").replace(
        "{device}", "nobody"
    )


def test_document_is_openapi_3_1_and_every_schema_is_one(document: dict[str, Any]) -> None:
    OpenAPI.model_validate(document)
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": "/v1"}]
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(re.findall(r"#/components/schemas/\w+", str(document))) <= known


def test_every_operation_says_how_it_fails_and_what_it_is_for(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert list(operation["responses"]["default"]["content"]) == [PROBLEM]


def test_no_identifier_of_a_person_can_stand_in_an_address(document: dict[str, Any]) -> None:
    names = {
        parameter["name"]
        for methods in document["paths"].values()
        for operation in methods.values()
        for parameter in operation.get("parameters", [])
    }
    assert not names & {"phone", "card", "code", "name", "number"}


def test_nobody_is_answered_without_saying_who_they_are(
    api: httpx.Client, document: dict[str, Any]
) -> None:
    for method, path in operations(document):
        if (method, path) in OPEN:
            continue
        for headers in ({}, {"Authorization": "Bearer lk_0_0"}, {"Authorization": "Basic !"}):
            answer = api.request(method, address(path), headers=headers)
            problem = problem_of(answer, document)
            assert problem["type"] == ProblemType.UNAUTHENTICATED, (method, path, problem)
            assert answer.headers["www-authenticate"].split()[0] in {"Bearer", "Basic"}


def test_token_may_do_what_its_scopes_say_and_no_more(
    cloud: WholeCloud, api: httpx.Client, document: dict[str, Any]
) -> None:
    for scope, allowed in ((Scope.READ, "read"), (Scope.DEVICES, "keep")):
        headers = {"Authorization": f"Bearer {cloud.token(scope).text}"}
        for method, path in operations(document):
            if (method, path) in OPEN or path == "/shop/cards":
                continue
            needed = "read" if method == "get" or path == "/members/search" else "keep"
            answer = api.request(method, address(path), headers=headers)
            assert (answer.status_code == 403) == (needed != allowed), (method, path)


def test_unknown_address_is_a_problem_that_does_not_repeat_it(
    api: httpx.Client, document: dict[str, Any]
) -> None:
    problem = problem_of(api.get(f"/members/by-phone/{DIGITS}/x"), document)
    assert problem["type"] == ProblemType.UNKNOWN_ROUTE
    assert DIGITS not in str(problem)


def test_wrong_method_is_a_problem_that_names_the_right_ones(
    api: httpx.Client, document: dict[str, Any]
) -> None:
    answer = api.put("/stores")
    assert problem_of(answer, document)["type"] == ProblemType.METHOD_NOT_ALLOWED
    assert "GET" in answer.headers["allow"] or "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/body", "value_error"),
        ({"phone": DIGITS, "card": "1"}, "/body", "value_error"),
        ({"phone": [DIGITS]}, "/body/phone", "string_type"),
        ({"phone": DIGITS * 10}, "/body/phone", "string_too_long"),
        ({DIGITS: "x"}, "/body/…", "extra_forbidden"),
    ],
)
def test_invalid_request_names_the_places_and_no_values(
    api: httpx.Client,
    token: dict[str, str],
    document: dict[str, Any],
    *,
    body: dict[str, object],
    pointer: str,
    code: str,
) -> None:
    answer = api.post("/members/search", json=body, headers=token)
    problem = problem_of(answer, document)
    assert problem["type"] == ProblemType.INVALID
    assert {"pointer": pointer, "code": code} in problem["errors"]
    assert DIGITS not in answer.text


def test_body_that_is_no_json_is_a_problem(
    api: httpx.Client, token: dict[str, str], document: dict[str, Any]
) -> None:
    headers = {**token, "Content-Type": "application/json"}
    answer = api.post("/members/search", content=DIGITS + "{", headers=headers)
    assert problem_of(answer, document)["type"] == ProblemType.INVALID
    assert DIGITS not in answer.text


def test_request_that_is_too_large_is_a_problem(
    api: httpx.Client, token: dict[str, str], document: dict[str, Any]
) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(70):
            yield b" " * 1024

    for content in (b" " * 70_000, chunks()):
        answer = api.post("/members/search", content=content, headers=token)
        assert problem_of(answer, document)["type"] == ProblemType.TOO_LARGE


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (DatabaseUnavailable("locked"), 503, ProblemType.UNAVAILABLE),
        (TooManyAttempts(7), 503, ProblemType.UNAVAILABLE),
        (BadConfiguration("cloud.toml"), 500, ProblemType.FAULTY),
        (RuntimeError(PHONE), 500, ProblemType.FAULTY),
    ],
)
def test_trouble_of_ours_says_what_to_do_and_nothing_of_the_inside(
    error: Exception, status: int, kind: ProblemType
) -> None:
    trouble = trouble_of(error)
    assert (trouble.status, trouble.type) == (status, kind)
    assert str(error) not in trouble.detail


def test_broken_database_is_a_problem_with_an_instance_that_the_log_knows(
    tmp_path: Path, document: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    with WholeCloud(tmp_path) as broken, broken.served() as url:
        headers = {"Authorization": f"Bearer {broken.token().text}"}
        with write(broken.engine) as connection:
            SALE.drop(connection)
        problem = problem_of(httpx.get(f"{url}/v1/sales", headers=headers, timeout=30), document)
    assert problem["type"] == ProblemType.FAULTY
    assert problem["instance"] in "".join(capfd.readouterr())


def test_no_phone_number_is_logged_whatever_is_asked(
    api: httpx.Client,
    token: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    for value in (PHONE, DIGITS, f"{DIGITS}0", f"+1{DIGITS}"):
        api.post("/members/search", json={"phone": value}, headers=token)
        api.post("/members/search", json={"card": value}, headers=token)
        api.get(f"/members/{value}", headers=token)
    ours = [each for each in caplog.records if not each.name.startswith(("httpx", "httpcore"))]
    assert DIGITS not in " ".join(each.getMessage() for each in ours)
    assert DIGITS not in "".join(capfd.readouterr())


def test_answers_fit_the_document(
    cloud: WholeCloud, api: httpx.Client, token: dict[str, str], document: dict[str, Any]
) -> None:
    one_id = api.post("/members/search", json={"phone": PHONE}, headers=token).json()["items"][0][
        "one_id"
    ]
    day = "2026-11-22"
    for path, query in (
        ("/health", {}),
        ("/stores", {}),
        ("/devices", {}),
        ("/sales", {}),
        ("/sales/by-hour", {"store": "sh-0001", "business_day": day}),
        ("/footfall/by-hour", {"store": "sh-0001", "business_day": day}),
        ("/footfall/by-hour", {"store": "sh-0001", "business_day": "0001-01-01"}),
        ("/footfall/day", {"store": "sh-0001", "business_day": day}),
        ("/footfall/day", {"store": "sh-0001", "business_day": "0001-01-01"}),
        ("/footfall/heat", {"store": "sh-0001", "business_day": day}),
        ("/members/{one_id}", {}),
        ("/members/{one_id}/explain", {}),
        ("/ledger", {}),
        ("/deadletters", {}),
    ):
        answer = api.get(path.replace("{one_id}", one_id), params=query, headers=token)
        assert answer.status_code == 200, answer.text
        content = document["paths"][path]["get"]["responses"]["200"]["content"]
        schema = {**content["application/json"]["schema"], "components": document["components"]}
        Draft202012Validator(schema).validate(answer.json())
    assert PHONE not in str(cloud.audit.latest(cloud.engine))


def test_reference_page_is_current() -> None:
    written = Path(__file__).parents[2] / "docs" / "reference" / "api.md"
    assert written.read_text(encoding="utf-8") == page(), "write cloud.api.reference.page() there"
