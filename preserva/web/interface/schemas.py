"""The JSON Schemas (draft 2020-12) of what the interface takes and gives."""

from __future__ import annotations

from typing import Any

from preserva.core.policy.judgement import State
from preserva.core.values.report import Outcome

JsonSchema = dict[str, Any]

_TEXT: JsonSchema = {"type": "string"}
_NUMBER: JsonSchema = {"type": "integer"}
_TIME: JsonSchema = {"type": "string", "format": "date-time"}


def _or_null(schema: JsonSchema) -> JsonSchema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(**members: JsonSchema) -> JsonSchema:
    """An object that has all of these and nothing else."""
    return {
        "type": "object",
        "required": list(members),
        "properties": members,
        "additionalProperties": False,
    }


def _list(of: JsonSchema) -> JsonSchema:
    return {"type": "array", "items": of}


def _named(name: str) -> JsonSchema:
    return {"$ref": f"#/components/schemas/{name}"}


SCHEMAS: dict[str, JsonSchema] = {
    "Problem": {
        "description": "Why a request was not done (RFC 9457).",
        **_object(
            title=_TEXT,
            status=_NUMBER,
            detail=_TEXT,
            advice=_or_null(_TEXT),
        ),
    },
    "NewJob": {
        "description": "Which action to begin; the other members are its fields.",
        "type": "object",
        "required": ["action"],
        "properties": {"action": _TEXT},
        "additionalProperties": _TEXT,
    },
    "Progress": {
        "description": "How far the present step is; `total` is null if it is not known.",
        **_object(
            subject=_TEXT, done=_NUMBER, total=_or_null(_NUMBER), unit={"enum": ["bytes", "files"]}
        ),
    },
    "Job": {
        "description": "`exit_status` is that of the command line; null until the job has ended.",
        **_object(
            number=_NUMBER,
            action=_TEXT,
            fields={"type": "object", "additionalProperties": _TEXT},
            person=_TEXT,
            state={"enum": ["queued", "running", "ended"]},
            requested=_TIME,
            ended=_or_null(_TIME),
            exit_status=_or_null(_NUMBER),
            stopped_by=_or_null(_TEXT),
        ),
    },
    "JobDetails": {
        "description": "A job with what it has written until now.",
        **_object(
            job=_named("Job"),
            progress=_or_null(_named("Progress")),
            output=_TEXT,
            messages=_TEXT,
        ),
    },
    "Jobs": _object(jobs=_list(_named("Job"))),
    "Copy": _object(
        storage=_TEXT,
        state={"enum": [state.value for state in State]},
        version=_or_null(_NUMBER),
        checked=_or_null(_TIME),
    ),
    "Book": _object(
        package=_TEXT,
        title=_TEXT,
        outcome={"enum": [outcome.value for outcome in Outcome]},
        version=_NUMBER,
        withdrawn={"type": "boolean"},
        copies=_list(_named("Copy")),
    ),
    "Books": _object(total=_NUMBER, books=_list(_named("Book"))),
    "Incident": _object(
        number=_NUMBER,
        package=_or_null(_TEXT),
        storage=_TEXT,
        state=_TEXT,
        since=_TIME,
        decided={"type": "boolean"},
    ),
    "Today": _object(
        outcome={"enum": [outcome.value for outcome in Outcome]},
        entries=_NUMBER,
        digest=_TEXT,
        incidents=_list(_named("Incident")),
        too_few=_NUMBER,
        incomplete=_NUMBER,
        overdue=_NUMBER,
        jobs_waiting=_NUMBER,
    ),
    "File": {
        "description": "What an action names a file by that was handed over; for a month.",
        **_object(file=_TEXT),
    },
    "Action": _object(
        name=_TEXT, title=_TEXT, role={"enum": ["look", "prepare", "decide", "administer"]}
    ),
    "Actions": _object(actions=_list(_named("Action"))),
    "InboxFolder": _object(place=_NUMBER, folder=_TEXT),
    "Inbox": _object(folders=_list(_named("InboxFolder"))),
}
"""Each by its name in the document that describes the interface."""
