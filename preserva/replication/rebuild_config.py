"""Rebuilds a lost configuration from what its storages say about themselves.

What a storage says of our own institution counts only if it is one of ours: our primary storage or
a replica that we made. A storage into which another institution copies its packages may say
anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from preserva import config as configuration
from preserva.archive.ledger_replica import copied_entries
from preserva.archive.store import Store
from preserva.config import Config, Role, StorageConfig
from preserva.core.formats import layout
from preserva.core.formats.guarded_json import read_json
from preserva.core.formats.storage_identity import NewerFormatError, parse_identity
from preserva.core.values.entries import END
from preserva.errors import (
    NEWER_FORMAT,
    ConfigError,
    LedgerError,
    Refused,
    StorageError,
    WrongStorage,
)
from preserva.files.disk import writing
from preserva.i18n import _
from preserva.ledger.entry import content_of
from preserva.storage.base import read_all
from preserva.storage.open import open_storage
from preserva.tomlfile import quoted

_LARGEST = 65_536

Identities = Mapping[str, Mapping[str, Any]]
"""What storages say about themselves, by their URLs."""


def rebuild_config(path: Path, urls: Sequence[str], institution: str | None = None) -> Config:
    """Write a configuration of the storages at these URLs, for an institution; it is as given.

    Without one, it is the institution by whose configuration the first storage was made. What no
    storage knows (the policy, rights, what is asked of images) stays as it is by default; a primary
    storage that was lost gets a place beside the configuration, which a person may change. Raises
    Refused if there is a configuration, StorageError for a place that is not a storage, ConfigError
    if the storages do not say enough.
    """
    if path.exists():
        message = _("there is a configuration at {path}; it was not touched")
        raise Refused(message.format(path=path))
    identities = {url: _identity(url) for url in urls}
    own = institution or str(identities[urls[0]]["configured_by"])
    message = _("what the storages say about themselves is not enough for a configuration")
    try:
        text = "\n".join(_lines(identities, own)) + "\n"
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(message) from error
    with TemporaryDirectory() as folder:  # what storages say is not trusted before it was checked
        trial = Path(folder) / configuration.NAME
        trial.write_text(text, encoding="utf-8")
        try:
            configuration.load(trial)
        except ConfigError as error:
            raise ConfigError(f"{message}:", error.problems) from error
    with writing(path), path.open("x", encoding="utf-8") as stream:
        stream.write(text)
    return configuration.load(path)


def _identity(url: str) -> Mapping[str, Any]:
    with closing(open_storage(url, read_only=True)) as storage:
        content = read_all(storage, layout.IDENTITY, _LARGEST)
    try:
        parse_identity(content)
        identity: Mapping[str, Any] = read_json(content)
        if identity["institutions"] and identity["role"] and identity["configured_by"]:
            return identity
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


def _lines(identities: Identities, own: str) -> Iterator[str]:
    yield "# Rebuilt from what the storages say about themselves. Check it before you continue: the"
    yield "# policy, rights and requirements for images are not stored in any storage."
    yield f"[archive]\ninstitution = {quoted(own)}"
    for name, entry in _institutions(identities, own).items():
        yield f"\n[institutions.{quoted(name)}]"
        yield from (f"name.{quoted(key)} = {quoted(value)}" for key, value in entry["name"].items())
        yield from (f"{key} = {quoted(entry[key])}" for key in ("country", "isil") if key in entry)
    for url, identity in identities.items():
        local = "://" not in url
        yield f"\n[storages.{quoted(identity['storage'])}]"
        yield f"name = {quoted(identity.get('name', identity['storage']))}"
        yield f"institution = {quoted(identity['institution'])}"
        yield f"url = {quoted(str(Path(url).absolute()) if local else url)}"
        yield f"role = {quoted(_role(identity, own))}"
        if (depositor := _held_for(identity, own)) is not None:
            yield f"held_for = {quoted(depositor)}"
    if not any(_role(identity, own) == Role.PRIMARY for identity in identities.values()):
        name = _lost_primary(identities, own)
        yield "\n# This storage was lost: say where its new place is, an empty folder or a URL."
        yield f"[storages.{quoted(name)}]"
        yield f"institution = {quoted(own)}"
        yield f"url = {quoted(f'storages/{name}')}"
        yield f"role = {quoted(Role.PRIMARY.value)}"


def _institutions(identities: Identities, own: str) -> Mapping[str, Mapping[str, Any]]:
    """Who the institutions are: our own storages come first, and only they count about us.

    Raises ConfigError if none of ours says who we are.
    """
    ours = sorted(
        (identity for identity in identities.values() if _is_ours(identity, own)),
        key=lambda identity: identity["role"] != Role.PRIMARY,
    )
    institutions: dict[str, Mapping[str, Any]] = {}
    for identity in ours:
        institutions = {**identity["institutions"], **institutions}
    if own not in institutions:
        message = _(
            "none of these storages belongs to {id}, and what others say about it is not believed"
        )
        raise ConfigError(message.format(id=own))
    for identity in identities.values():
        institutions = {**identity["institutions"], **institutions}
    return institutions


def _is_ours(identity: Mapping[str, Any], own: str) -> bool:
    """Whether it claims to be our primary storage, or a replica that we made."""
    return identity["configured_by"] == own and identity["role"] in {Role.PRIMARY, Role.REPLICA}


def _role(identity: Mapping[str, Any], own: str) -> str:
    """What a storage is for us: the replica of another institution is held here for it."""
    if identity["configured_by"] == own:
        return str(identity["role"])
    return Role.HELD if identity["institution"] == own else Role.REPLICA


def _held_for(identity: Mapping[str, Any], own: str) -> str | None:
    """Whose copies a held storage is for: those of the institution that made it, or as it says."""
    if _role(identity, own) != Role.HELD:
        return None
    made_by = identity["configured_by"]
    depositor = identity.get("held_for") if made_by == own else made_by
    return None if depositor is None else str(depositor)


def _lost_primary(identities: Identities, own: str) -> str:
    """The id of our primary storage, which is not among these: our ledger knows it by that name."""
    for url, identity in identities.items():
        if _is_ours(identity, own):
            name = _named_in_ledger(url, str(identity["storage"]), own)
            if name is not None:
                return name
    return f"{own}-main"


def _named_in_ledger(url: str, storage: str, own: str) -> str | None:
    """Where our packages were stored last, by the copy of our ledger in a replica."""
    name = None
    config = StorageConfig(storage, own, url, Role.REPLICA, storage)
    with closing(open_storage(url, read_only=True)) as opened:
        try:
            for body in copied_entries(Store(config, opened), own):
                entry = content_of(body)
                if entry.get("type") == END and isinstance(entry.get("storage"), str):
                    name = str(entry["storage"])
        except LedgerError:
            return None
    return name
