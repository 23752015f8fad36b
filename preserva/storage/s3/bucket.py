"""A bucket of an S3-compatible object store, with its errors turned into ours."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from preserva.errors import NotFound, StorageError, StorageFull, Unreachable, UsageError
from preserva.i18n import N_, _
from preserva.storage.paths import may_hold_password
from preserva.storage.s3.failures import failure_of

if TYPE_CHECKING:
    from obstore import ListResult, ObjectMeta, PutMode
    from obstore.store import S3Config

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_SETTINGS = {"endpoint", "region"}
LISTING = 600.0
"""Seconds for the list of one folder, which may come in many pages."""

_NOT_IMPLEMENTED = 501
_SILENCE = "120s"  # after which a connection counts as dead


def open_bucket(url: str, *, repeats: int = 3) -> S3Store:
    """The place in a bucket that `s3://bucket/prefix?endpoint=https://host&region=name` names.

    Keys come from the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`) or the machine's
    role. A failed request is repeated up to `repeats` times. Nothing is read yet.

    Raises UsageError.
    """
    parts = urlsplit(url)
    settings = dict(parse_qsl(parts.query))
    if may_hold_password(parts.netloc) or settings.keys() - _SETTINGS:
        raise UsageError(_("a URL must not contain a password or key, only endpoint and region"))
    if not parts.netloc:
        raise UsageError(_("{url} is not of the form s3://bucket/folder").format(url=url))
    config: S3Config = {"checksum_algorithm": "SHA256", "virtual_hosted_style_request": False}
    endpoint = settings.get("endpoint") or os.environ.get("AWS_ENDPOINT_URL", "")
    if settings.get("endpoint"):
        config["endpoint"] = endpoint
    if settings.get("region"):
        config["region"] = settings["region"]
    host = urlsplit(endpoint)
    if may_hold_password(host.netloc):
        raise UsageError(_("a URL must not contain a password or key, only endpoint and region"))
    if host.scheme == "http" and host.hostname not in _LOOPBACK:
        message = _("{endpoint} is not encrypted; only https:// leaves this machine")
        raise UsageError(message.format(endpoint=endpoint))
    return S3Store(
        parts.netloc,
        prefix=unquote(parts.path).strip("/") or None,
        config=config,
        client_options={
            "allow_http": host.scheme == "http",
            "connect_timeout": "20s",
            "read_timeout": _SILENCE,
            "timeout": "7d",  # for a whole answer, which may be a large file on a slow connection
        },
        retry_config={"max_retries": repeats, "retry_timeout": timedelta(seconds=60)},
    )


def listed(store: S3Store, prefix: str | None) -> Iterator[ObjectMeta]:
    """Everything below a prefix. Raises what obstore raises; StorageError for a listing that would
    never end, in which the same objects come again and again."""
    firsts: set[str] = set()
    for batch in obstore.list(store, prefix, chunk_size=1000):
        if batch:
            if batch[0]["path"] in firsts:
                message = _("{path}: the list of what is there does not end")
                raise StorageError(message.format(path=prefix or ""), path=prefix or "")
            firsts.add(batch[0]["path"])
        yield from batch


def children_of(store: S3Store, prefix: str | None) -> ListResult[Sequence[ObjectMeta]]:
    """One level below a prefix. Raises what obstore raises; StorageError if it takes too long."""

    async def ask() -> ListResult[Sequence[ObjectMeta]]:
        async with asyncio.timeout(LISTING):
            return await obstore.list_with_delimiter_async(store, prefix)

    try:
        return asyncio.run(ask())
    except TimeoutError as error:
        message = _("{path}: the list of what is there does not end")
        raise StorageError(message.format(path=prefix or ""), path=prefix or "") from error


def is_there(store: S3Store, key: str) -> bool:
    """Whether an object is there. It is asked for by name, because a list may lag behind."""
    try:
        obstore.head(store, key)
    except FileNotFoundError:
        return False
    return True


def replace_seen(store: S3Store, key: str, data: bytes) -> None:
    """Replace the object that is there at this moment, or create one if there is none.

    Raises PreconditionError or AlreadyExistsError if another writer was faster. A store that does
    not support conditions answers with status 501, and is then asked without one.
    """
    try:
        tag = obstore.head(store, key)["e_tag"]
    except FileNotFoundError:
        tag = None
    condition: PutMode = {"e_tag": tag} if tag else "create"
    try:
        obstore.put(store, key, data, mode=condition, use_multipart=False)
    except (AlreadyExistsError, PreconditionError):
        if bytes(obstore.get(store, key).bytes()) != data:  # else it is our own, asked for twice
            raise
    except BaseError as error:
        if failure_of(error).status != _NOT_IMPLEMENTED:
            raise
        obstore.put(store, key, data, use_multipart=False)


@contextmanager
def errors(path: str, url: str) -> Iterator[None]:
    """Turn the errors of a call into ours: the message has the URL, the attribute our path."""
    where = f"{url}/{path}"
    try:
        yield
    except (AlreadyExistsError, PreconditionError) as error:
        message = _("{path} exists already; it was not touched").format(path=where)
        raise StorageError(message, path=path) from error
    except UnicodeEncodeError as error:
        message = _("{path}: an object store accepts only names in UTF-8").format(path=ascii(path))
        raise StorageError(message, path=path) from error
    except (BaseError, FileNotFoundError) as error:
        raise _ours(error, path, where, url) from error


def _ours(error: Exception, path: str, where: str, url: str) -> StorageError:
    failure = failure_of(error)
    if failure.code == "NoSuchBucket":
        message = _("there is no bucket for {url}").format(url=url)
        hint = N_("Create the bucket first; preserva does not create buckets.")
        return StorageError(message, path=path, hint=hint)
    if isinstance(error, FileNotFoundError):
        return NotFound(_("{path} is not there").format(path=where), path=path)
    if failure.is_full:
        return StorageFull(_("{path}: no space left").format(path=where), path=path)
    if failure.role:
        message = _("{url}: there are no keys for the object store").format(url=url)
        return StorageError(message, path=path, hint=_KEYS)
    if failure.code in _DENIED:
        message, hint = _DENIED[failure.code]
        return StorageError(f"{where}: " + _(message), path=path, hint=hint)
    denied = isinstance(error, PermissionDeniedError | UnauthenticatedError)
    if denied or failure.is_refused:
        message = _("{path}: the object store denied access").format(path=where)
        return StorageError(message, path=path, hint=_KEYS)
    message = _("{path}: {reason}").format(path=where, reason=failure.sentence)
    return (Unreachable if failure.is_passing else StorageError)(message, path=path)


_KEYS = N_("Check that AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set and permit this.")
_DENIED = {
    "RequestTimeTooSkewed": (
        N_("the clock of this machine is not that of the object store"),
        N_("Set the clock (with NTP, for instance) and run the command again."),
    ),
    "InvalidAccessKeyId": (
        N_("the object store does not know the access key"),
        N_("Check AWS_ACCESS_KEY_ID; the key may have been withdrawn."),
    ),
    "SignatureDoesNotMatch": (
        N_("the secret key does not belong to the access key"),
        N_("Check AWS_SECRET_ACCESS_KEY, and that it was copied whole."),
    ),
    "ExpiredToken": (
        N_("the temporary key has run out"),
        N_("Get a new one, and set AWS_SESSION_TOKEN with the two keys."),
    ),
}
"""S3 error codes for denied access: what they mean, and what to do."""
