"""Records going into the catalogue and coming out: each one whole, with all that is made of it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import cast

from preserva.catalogue.agreement import keys
from preserva.catalogue.database import Database
from preserva.catalogue.entry import TEXTS, CatalogueEntry, dumps, library_of, loads
from preserva.catalogue.fold import stems
from preserva.describe.record import Record


class Taken(Enum):
    """What became of a record on its way in."""

    CHANGED = "changed"  # it is new, or other than it was
    UNCHANGED = "unchanged"
    KEPT = "kept"  # the one that is there stays
    AGAIN = "again"  # the same source had one with this identifier before; this one stands


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record on its way in: `original` are its unchanged bytes, `entry` what they say.

    `source` is the file, URL or package that it comes from; `package` the package that holds the
    digitised copy, where it is known; `record` what was read, for a comparison with what is there.
    """

    uri: str
    source: str
    entry: CatalogueEntry
    original: bytes
    charset: str | None = None
    package: str | None = None
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Catalogued:
    """A record in the catalogue; one that was deleted has no entry.

    `changed` counts seconds since 1970.
    """

    id: int
    uri: str
    source: str
    changed: int
    package: str | None
    collection: bool
    charset: str | None
    entry: CatalogueEntry | None
    original: bytes


_COLUMNS = "record.id, uri, source, changed, package, collection, charset, body, original"
_FROM = f"SELECT {_COLUMNS} FROM record LEFT JOIN entry USING (id)"


class Index:
    """The records of a catalogue. Changes belong inside `Database.writing`."""

    def __init__(self, database: Database) -> None:
        self._run = database.run
        self._stream = database.stream

    def put(
        self, incoming: Incoming, time: int, keep: Callable[[Catalogued], bool] | None = None
    ) -> Taken:
        """Take a record in, or leave it if it is there already, unchanged.

        `keep` is asked about a record that would be replaced: where it is true, that one stays.
        The time never runs backwards, whatever the clock does.
        """
        digest = hashlib.sha256(incoming.original).digest()
        known = self._run(
            "SELECT id, digest, deleted, package, source FROM record WHERE uri = ?", incoming.uri
        )
        package = incoming.package
        again = False
        if known:
            id_, old, deleted, held, source = known[0]
            again = source == incoming.source
            package = package or cast("str | None", held)
            if old == digest and not deleted and package == held:
                self._run("UPDATE record SET source = ? WHERE id = ?", incoming.source, id_)
                self._read_again(cast("int", id_), incoming.entry)
                return Taken.AGAIN if again else Taken.UNCHANGED
            if keep is not None and old != digest and not deleted and keep(self._known(id_)):
                self._run(
                    "UPDATE record SET source = ?, package = ? WHERE id = ?",
                    incoming.source, package, id_,
                )  # fmt: skip
                return Taken.KEPT
            self._forget(cast("int", id_))
        self._run(
            "INSERT INTO record (uri, library, source, package, collection, changed, charset,"
            " digest, original) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (uri) DO UPDATE SET"
            " source = excluded.source, package = excluded.package, collection ="
            " excluded.collection, changed = excluded.changed, deleted = 0, charset ="
            " excluded.charset, digest = excluded.digest, original = excluded.original",
            incoming.uri, library_of(incoming.uri) or "", incoming.source, package,
            incoming.entry.collection, self._never_back(time), incoming.charset, digest,
            zlib.compress(incoming.original),
        )  # fmt: skip
        ((id_,),) = self._run("SELECT id FROM record WHERE uri = ?", incoming.uri)
        self._remember(cast("int", id_), incoming.entry)
        return Taken.AGAIN if again else Taken.CHANGED

    def delete(self, uri: str, time: int) -> bool:
        """Leave only the mark that the record was there; False if there is nothing to delete."""
        known = self._run("SELECT id FROM record WHERE uri = ? AND NOT deleted", uri)
        if not known:
            return False
        (id_,) = known[0]
        self._forget(cast("int", id_))
        self._run(
            "UPDATE record SET deleted = 1, changed = ?, digest = NULL, original = NULL"
            " WHERE id = ?", self._never_back(time), id_,
        )  # fmt: skip
        return True

    def get(self, uri: str) -> Catalogued | None:
        """The record with that identifier, deleted or not."""
        return next((_catalogued(row) for row in self._run(f"{_FROM} WHERE uri = ?", uri)), None)

    def by_id(self, id_: int) -> Catalogued:
        """The record with that number."""
        (row,) = self._run(f"{_FROM} WHERE record.id = ?", id_)
        return _catalogued(row)

    def _known(self, id_: object) -> Catalogued:
        return self.by_id(cast("int", id_))

    def of_work(self, work: str, limit: int = 100) -> list[str]:
        """The identifiers of the records with that work."""
        rows = self._run(
            "SELECT uri FROM entry JOIN record USING (id) WHERE work = ? ORDER BY uri LIMIT ?",
            work, limit,
        )  # fmt: skip
        return [str(uri) for (uri,) in rows]

    def changed_since(
        self,
        since: int = 0,
        *,
        until: int | None = None,
        after: tuple[int, int] = (-1, -1),
        library: str | None = None,
        digitised: bool = False,
        collections: bool = False,
        limit: int | None = None,
    ) -> Iterator[Catalogued]:
        """Records in the order of their last change, those after a (changed, id) only.

        Deleted ones are among them. The order does not change while others write.
        """
        conditions = ["(changed, record.id) > (?, ?)", "changed <= ?"]
        values: list[object] = [*max(after, (since, -1)), (1 << 62) if until is None else until]
        if library is not None:
            conditions.append("library = ?")
            values.append(library)
        if digitised:
            conditions.append("package IS NOT NULL")
        if collections:
            conditions.append("collection")
        rows = self._stream(
            f"{_FROM} WHERE {' AND '.join(conditions)} ORDER BY changed, record.id LIMIT ?",
            *values,
            -1 if limit is None else limit,
        )
        yield from map(_catalogued, rows)

    def count(self) -> int:
        """How many records there are, deleted ones left out."""
        ((number,),) = self._run("SELECT count(*) FROM entry")
        return cast("int", number)

    def libraries(self) -> list[str]:
        """Whose records there are, deleted ones too."""
        libraries: list[str] = []
        library: object = ""
        while library is not None:  # one step in the index for each, however many records
            ((library,),) = self._run("SELECT min(library) FROM record WHERE library > ?", library)
            libraries += [] if library is None else [str(library)]
        return libraries

    def _never_back(self, time: int) -> int:
        ((latest,),) = self._run("SELECT max(changed) FROM record")
        return max(time, cast("int | None", latest) or 0)

    def _remember(self, id_: int, entry: CatalogueEntry) -> None:
        self._run("INSERT INTO entry VALUES (?, ?, ?)", id_, dumps(entry), entry.work)
        facets = list(dict.fromkeys(entry.facets()))
        for facet, value in facets:
            self._run("INSERT INTO facet VALUES (?, ?, ?)", id_, facet.value, value)
        for key in keys(entry):
            self._run("INSERT INTO key VALUES (?, ?)", key, id_)
        texts: dict[str, list[str]] = {name: [] for name in TEXTS}
        for name, text in entry.texts():
            texts[name] += stems(text)
        values = [" ".join(texts[name]) for name in TEXTS]
        tokens = " ".join(facet_token(facet.value, value) for facet, value in facets)
        marks = ", ".join("?" * (len(TEXTS) + 2))
        self._run(
            f"INSERT INTO words (rowid, {', '.join(TEXTS)}, facets) VALUES ({marks})",
            id_, *values, tokens,
        )  # fmt: skip

    def _read_again(self, id_: int, entry: CatalogueEntry) -> None:
        """Rebuild the index of a record if this version reads more in it than an earlier one."""
        if self._run("SELECT body FROM entry WHERE id = ?", id_) != [(dumps(entry),)]:
            self._forget(id_)
            self._remember(id_, entry)

    def _forget(self, id_: int) -> None:
        for table, column in (("words", "rowid"), ("entry", "id"), ("facet", "id"), ("key", "id")):
            self._run(f"DELETE FROM {table} WHERE {column} = ?", id_)


def facet_token(name: str, value: str) -> str:
    """The word under which a facet is in the index: no text of a record can be the same."""
    return "facet" + hashlib.sha256(f"{name}\0{value}".encode()).hexdigest()[:16]


def _catalogued(row: tuple[object, ...]) -> Catalogued:
    id_, uri, source, changed, package, collection, charset, body, original = row
    return Catalogued(
        cast("int", id_),
        str(uri),
        str(source),
        cast("int", changed),
        cast("str | None", package),
        bool(collection),
        cast("str | None", charset),
        loads(str(body)) if body is not None else None,
        zlib.decompress(cast("bytes", original)) if original is not None else b"",
    )
