"""A TOML file checked against its JSON Schema: every problem with its key path."""

from __future__ import annotations

import difflib
import json
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from preserva.errors import ArchiveNotFound, ConfigError
from preserva.i18n import N_, _
from preserva.resources import schema_file

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Explanations = Mapping[str, Callable[[object], str]]
NOTHING: Explanations = {}

_LARGEST = 16 << 20


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(_("{text} is not a usable number").format(text=text))
    return value


def read_toml(path: Path) -> dict[str, Any]:
    """The content of the file. Raises ArchiveNotFound if it does not exist, ConfigError."""
    try:
        if path.exists() and not path.is_file():  # a FIFO would make us wait for ever
            raise ConfigError(_("{path} is not a file").format(path=path))
        with path.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ConfigError(_("{path} is too large").format(path=path))
        # Notepad of Windows puts a mark before the first character; TOML has none
        return tomllib.loads(data.decode("utf-8-sig"), parse_float=_finite)
    except FileNotFoundError as error:
        raise ArchiveNotFound(_("there is no {path}").format(path=path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            _("{path} is not in UTF-8: save it as UTF-8").format(path=path)
        ) from error
    except (OSError, ValueError, RecursionError) as error:  # of TOML, UTF-8, and numbers
        message = _("{path} cannot be read: {reason}").format(path=path, reason=error)
        raise ConfigError(message) from error


def schema_problems(
    document: Mapping[str, Any], schema: str, name: str, patterns: Explanations = NOTHING
) -> Iterator[str]:
    """The problems by one of our schemas; `name` is used for the file if there is no key to name.

    `patterns` explains, by the key that has it, what a value that fits no pattern should have been:
    each makes a sentence of the value.
    """
    from jsonschema import Draft202012Validator

    rules = json.loads(schema_file(schema).read_text("utf-8"))
    errors = Draft202012Validator(rules).iter_errors(document)
    ordered = sorted(errors, key=lambda error: [str(part) for part in error.absolute_path])
    problems = (text for error in ordered for text in _explained(error, name, patterns))
    yield from dict.fromkeys(problems)  # each missing key is an error that names all of them


_CLOSE = 0.7
"""How alike a key and the one that is meant must be: `instituton` is, `sections` is not."""

_RULES = {
    "enum": N_("{value!r} is not one of {rule!r}"),
    "exclusiveMinimum": N_("{value!r} is less than or equal to the minimum of {rule!r}"),
    "maximum": N_("{value!r} is greater than the maximum of {rule!r}"),
    "minimum": N_("{value!r} is less than the minimum of {rule!r}"),
    "pattern": N_("{value!r} does not match {rule!r}"),
    "type": N_("{value!r} is not of type {rule!r}"),
    "uniqueItems": N_("{value!r} has non-unique elements"),
}
"""Violations of JSON Schema rules, in the words of jsonschema."""


def _explained(error: ValidationError, name: str, patterns: Explanations) -> Iterator[str]:
    where = ".".join(str(part) for part in error.absolute_path)
    schema = error.schema if isinstance(error.schema, dict) else {}
    instance: Any = error.instance
    rule: Any = error.validator_value
    if error.validator == "additionalProperties" and "properties" in schema:
        known = list(schema["properties"])
        for key in sorted(set(instance) - set(known)):
            close = difflib.get_close_matches(key, known, 1, _CLOSE)
            hint = _("; did you mean {key}?").format(key=close[0]) if close else ""
            yield _("{key}: unknown key").format(key=_joined(where, key)) + hint
    elif error.validator == "required":
        for key in rule:
            if key not in instance:
                yield _("{key}: missing").format(key=_joined(where, key))
    elif error.validator == "pattern" and (last := where.rpartition(".")[2]) in patterns:
        yield f"{where}: " + patterns[last](instance)
    elif error.validator == "not":
        yield _("{key}: must not contain a password").format(key=where)
    else:
        known_rule = _RULES.get(str(error.validator))
        message = _(known_rule).format(value=instance, rule=rule) if known_rule else error.message
        yield f"{where or name}: " + message


def quoted(value: object) -> str:
    """A string as TOML writes it, as which any string of JSON can be read. Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _joined(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
