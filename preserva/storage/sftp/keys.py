"""SSH keys: the server's, which must be known, and ours, which must be usable."""

from __future__ import annotations

from typing import Any

import asyncssh

from preserva.errors import StorageError
from preserva.i18n import N_, _


class HostKeys(asyncssh.SSHClient):
    """Notes the key that a server showed and that is not in `known_hosts`; accepts none."""

    def __init__(self, known_hosts: Any) -> None:
        """`known_hosts` is what asyncssh takes for it."""
        self._known_hosts = known_hosts
        self.shown: str | None = None
        self.expected: list[str] = []

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        """Called for a key that is not among the known ones of this host."""
        self.shown = fingerprint(key)
        known = asyncssh.match_known_hosts(self._known_hosts, host, addr, port)[0]
        self.expected = [fingerprint(other) for other in known]
        return False


def fingerprint(key: asyncssh.SSHKey) -> str:
    """A key as `ssh-keygen -l` shows it: its kind, and the SHA-256 digest in base64."""
    return f"{key.get_algorithm()} {key.get_fingerprint()}"


def untrusted(host: str, keys: HostKeys, reason: str) -> StorageError:
    """The error for a server whose key has changed, is unknown, or was revoked."""
    if keys.expected:
        message = _("{host} shows a different host key than before: {shown}; known is {expected}")
        text = message.format(host=host, shown=keys.shown, expected=", ".join(keys.expected))
        return StorageError(text, hint=_CHANGED)
    if keys.shown is not None:
        message = _("the host key of {host} is not known: {shown}")
        return StorageError(message.format(host=host, shown=keys.shown), hint=_UNKNOWN)
    message = _("the host key of {host} could not be verified: {reason}")
    return StorageError(message.format(host=host, reason=reason), hint=_UNKNOWN)


def unusable_key(error: Exception) -> StorageError:
    """The error if our own keys or the SSH configuration cannot be used."""
    if isinstance(error, asyncssh.KeyImportError | asyncssh.KeyEncryptionError):
        message = _("a private SSH key cannot be used: {reason}")
        return StorageError(message.format(reason=error), hint=_PASSPHRASE)
    message = _("the SSH configuration cannot be used: {reason}")
    return StorageError(message.format(reason=error), hint=_CONFIGURATION)


_UNKNOWN = N_(
    "Nothing was sent. Ask the other institution for the fingerprint of its host key, "
    "not over this connection; compare it with what `ssh-keyscan` shows, and add the "
    "key to ~/.ssh/known_hosts."
)
_CHANGED = N_(
    "Nothing was sent. Either the server was reinstalled, or somebody is intercepting the "
    "connection. Ask the other institution by telephone whether it has a new key, and compare the "
    "fingerprint; only then replace the old line in ~/.ssh/known_hosts."
)
_PASSPHRASE = N_(
    "A key with a passphrase must be loaded into ssh-agent first (`ssh-add`): a program that runs "
    "at night cannot ask for it. Otherwise check that the file named by IdentityFile is a private "
    "key."
)
_CONFIGURATION = N_("Correct ~/.ssh/config, or the file that PRESERVA_SSH_CONFIG names.")
