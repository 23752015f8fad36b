"""A second opinion on every bag that we write, by an independent program: bagit-python."""

from __future__ import annotations

from preserva.archive.staging import Staging
from preserva.errors import StorageError
from preserva.i18n import _
from preserva.storage.local import LocalStorage


def second_opinion(staging: Staging) -> None:
    """Let bagit-python check the bag's structure. Raises StorageError if it refuses.

    It reads from a file system only, and does not know the encoding of % and line ends in names
    (RFC 8493 section 2.1.3); in other cases reading back must suffice. Digests are not computed
    again: every file is read back and compared anyway.
    """
    encoded = any(character in path for path in staging.files for character in "%\r\n")
    if encoded or not isinstance(staging.storage, LocalStorage):
        return
    import bagit

    folder = staging.storage.root / staging.folder
    try:
        bagit.Bag(str(folder)).validate(completeness_only=True)
    except bagit.BagError as error:
        message = _("bagit-python does not accept the bag that was written: {reason}")
        raise StorageError(message.format(reason=error)) from error
