"""Folders of staging that lie, hidden, at the keys where they will be published.

See docs/adr/0010-object-storage.md. The marks say which: they are in the bucket, so whoever goes on
after a crash finds them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import obstore
from obstore.store import S3Store

from preserva.core.formats.layout import PUBLISHING, STAGING
from preserva.errors import Refused
from preserva.i18n import _
from preserva.storage.publication_marks import Mark
from preserva.storage.s3.bucket import errors


class S3Aims:
    """The marks of a bucket, and the paths in staging that they give another place."""

    def __init__(self, store: S3Store, url: str, empty: Callable[[str], None]) -> None:
        self._store = store
        self._url = url
        self._empty = empty  # removes all at and below a key
        self._known: dict[str, Mark] | None = None

    def marks(self) -> list[Mark]:
        """All marks that are in the bucket now."""
        with errors(PUBLISHING, self._url):
            found = obstore.list(self._store, PUBLISHING).collect()
        return [Mark.parse(one["path"]) for one in found]

    def forget(self) -> None:
        """What is known may have changed: ask the bucket at the next use."""
        self._known = None

    def known(self) -> dict[str, Mark]:
        """The marks by what they are staged as. They change only while one holds the lock."""
        known = self._known
        if known is None:
            known = self._known = {one.staged: one for one in self.marks() if one.staged}
        return known

    def key(self, path: str) -> str:
        """Where a path lies: elsewhere only if it is in a folder of staging that has an aim."""
        if path.startswith(f"{STAGING}/"):
            for staged, mark in self.known().items():
                if path == staged or path.startswith(f"{staged}/"):
                    return mark.final + path.removeprefix(staged)
        return path

    def aim(self, staged: str, final: str) -> None:
        """From now on what is created below `staged` lies below `final`, and is hidden there.

        What an earlier run left there for the same is gone on with; anything else goes. Its mark is
        replaced: so a deletion that a dead process sent, and that comes late, shows nothing.
        """
        self.forget()
        mark = Mark(final, staged, secrets.token_hex(8))
        earlier = []
        for one in self.marks():
            if (one.final, one.staged) == (final, staged):
                earlier.append(one)
            elif one.final == final or one.staged == staged:
                self.undo(one)
        if not self._follow(mark, earlier):
            raise Refused(_("{path} exists already; it was not touched").format(path=final))

    def show(self, mark: Mark) -> None:
        """Remove a mark: with this its path is there."""
        try:
            with errors(mark.path, self._url):
                obstore.delete(self._store, mark.path)
        finally:
            self.forget()

    def undo(self, mark: Mark) -> None:
        """Remove what a mark hides, and then the mark."""
        follower = mark._replace(nonce=secrets.token_hex(8))
        if self._follow(follower, [mark]):
            self._empty(mark.final)
            self.show(follower)

    def _follow(self, mark: Mark, earlier: list[Mark]) -> bool:
        """Put a mark in the place of earlier ones. False if their path was shown meanwhile."""
        with errors(mark.path, self._url):
            obstore.put(self._store, mark.path, b"", use_multipart=False)
            if earlier and not {*earlier} & {*self.marks()}:
                obstore.delete(self._store, mark.path)
                return False
            if earlier:
                obstore.delete(self._store, [one.path for one in earlier])
        return True
