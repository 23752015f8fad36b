"""A configuration that was lost, made anew from what its storages say of themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from preserva import config as configuration
from preserva.config import Config, Role
from preserva.core.formats import layout
from preserva.core.formats.storage_identity import NewerFormatError, parse_identity
from preserva.errors import NEWER_FORMAT, ConfigError, Refused, StorageError, WrongStorage
from preserva.files.disk import writing
from preserva.i18n import _
from preserva.storage.base import read_all
from preserva.storage.open import open_storage

_LARGEST = 65_536


def rebuild_config(path: Path, urls: Sequence[str], institution: str | None = None) -> Config:
    """Write a configuration of the storages at these URLs, for an institution; it is as given.

    Without one, it is the institution by whose configuration the first storage was made. What no
    storage knows (the policy, rights, what is asked of images) stays as it is by default. Raises
    Refused if there is a configuration, StorageError for what is no storage, ConfigError if what
    the storages say makes none.
    """
    if path.exists():
        message = _("there is a configuration at {path}; it was not touched")
        raise Refused(message.format(path=path))
    found = {url: _identity(url) for url in urls}
    own = institution or str(found[urls[0]]["configured_by"])
    try:
        text = "\n".join(_lines(found, own)) + "\n"
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = _("what the storages say of themselves makes no configuration")
        raise ConfigError(message) from error
    with TemporaryDirectory() as folder:  # what storages say is not trusted before it was checked
        trial = Path(folder) / configuration.NAME
        trial.write_text(text, encoding="utf-8")
        configuration.load(trial)
    with writing(path), path.open("x", encoding="utf-8") as stream:
        stream.write(text)
    return configuration.load(path)


def _identity(url: str) -> Mapping[str, Any]:
    with closing(open_storage(url, read_only=True)) as storage:
        content = read_all(storage, layout.IDENTITY, _LARGEST)
    try:
        parse_identity(content)
        found: Mapping[str, Any] = json.loads(content)
        if found["institutions"] and found["role"] and found["configured_by"]:
            return found
    except NewerFormatError as error:
        message = _("{file} in {url} was written by a newer preserva (format {number})")
        text = message.format(file=layout.IDENTITY, url=url, number=error.number)
        raise WrongStorage(text, hint=NEWER_FORMAT) from error
    except (ValueError, KeyError, TypeError):
        pass
    message = _("{file} in {url} does not say which storage this is, and who the institutions are")
    raise StorageError(
        message.format(file=layout.IDENTITY, url=url),
        hint=_("It is damaged, or older than 2026-11-24: write the configuration by hand."),
    )


def _lines(found: Mapping[str, Mapping[str, Any]], own: str) -> Iterator[str]:
    yield "# Made anew from what the storages say of themselves. Look at it before you go on: the"
    yield "# policy, rights and what is asked of images are not written in any storage."
    yield f"[archive]\ninstitution = {_text(own)}"
    institutions: dict[str, Mapping[str, Any]] = {}
    for identity in found.values():
        institutions |= identity["institutions"]
    for name, one in institutions.items():
        yield f"\n[institutions.{_text(name)}]"
        yield from (f"name.{_text(key)} = {_text(value)}" for key, value in one["name"].items())
        yield from (f"{key} = {_text(one[key])}" for key in ("country", "isil") if key in one)
    for url, identity in found.items():
        local = "://" not in url
        yield f"\n[storages.{_text(identity['storage'])}]"
        yield f"name = {_text(identity.get('name', identity['storage']))}"
        yield f"institution = {_text(identity['institution'])}"
        yield f"url = {_text(str(Path(url).absolute()) if local else url)}"
        yield f"role = {_text(_role(identity, own))}"


def _role(identity: Mapping[str, Any], own: str) -> str:
    """What a storage is for us: the replica of another institution is held here for it."""
    if identity["configured_by"] == own:
        return str(identity["role"])
    return Role.HELD if identity["institution"] == own else Role.REPLICA


def _text(value: object) -> str:
    """A string of TOML, as which any string of JSON can be read. Raises TypeError for others."""
    if not isinstance(value, str):
        raise TypeError(value)
    return json.dumps(value, ensure_ascii=False)
