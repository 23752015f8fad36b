"""Records going into the catalogue and coming out: each one whole, with all that is made of it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import cast

from preserva.catalogue import agreement, numbers
from preserva.catalogue.database import Database
from preserva.catalogue.entry import TEXTS, CatalogueEntry, dumps, library_of, loads
from preserva.catalogue.fold import keys, words
from preserva.core.values.model import PackageId
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

    `source` is the file, URL or package that it comes from; `package` a package that holds a
    digitised copy, where it is known; `record` what was read, for a comparison with what is there.
    `of_library` says that the record comes from its own library, not from a third one, and `stamp`
    when it last changed there (seconds since 1970), if the source says so.
    """

    uri: str
    source: str
    entry: CatalogueEntry
    original: bytes
    charset: str | None = None
    package: str | None = None
    record: Record | None = None
    of_library: bool = True
    stamp: int | None = None


@dataclass(frozen=True, slots=True)
class Catalogued:
    """A record in the catalogue; one that was deleted has no entry.

    `changed` counts seconds since 1970; `packages` hold its digitised copies, in their order;
    `of_library` and `stamp` are as in `Incoming`.
    """

    id: int
    uri: str
    source: str
    changed: int
    packages: tuple[str, ...]
    collection: bool
    charset: str | None
    entry: CatalogueEntry | None
    original: bytes
    of_library: bool = True
    stamp: int | None = None

    @property
    def package(self) -> str | None:
        """The first of its packages."""
        return next(iter(self.packages), None)


_COLUMNS = (
    "record.id, uri, source, changed, packages, collection, charset, body, original,"
    " of_library, stamp"
)
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
            "SELECT id, digest, deleted, packages, source FROM record WHERE uri = ?", incoming.uri
        )
        packages = incoming.package
        again = False
        if known:
            id_, old, deleted, held, source = known[0]
            again = source == incoming.source
            packages = _with(None if deleted else cast("str | None", held), incoming.package)
            same = old == digest
            if not deleted and (same or (keep is not None and keep(self._known(id_)))):
                if incoming.package is None or held is None:
                    self._come_again(cast("int", id_), incoming)
                more = self._hold(cast("int", id_), packages, held, time)
                if not same:
                    return Taken.KEPT
                self._read_again(cast("int", id_), incoming.entry)
                return Taken.AGAIN if again else Taken.CHANGED if more else Taken.UNCHANGED
            self._forget(cast("int", id_))
        self._run(
            "INSERT INTO record (uri, library, source, of_library, stamp, packages, collection,"
            " changed, charset, digest, original) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (uri) DO UPDATE SET source = excluded.source, of_library ="
            " excluded.of_library, stamp = excluded.stamp, packages = excluded.packages,"
            " collection = excluded.collection, changed = excluded.changed, deleted = 0, charset ="
            " excluded.charset, digest = excluded.digest, original = excluded.original",
            incoming.uri, library_of(incoming.uri) or "", incoming.source, incoming.of_library,
            incoming.stamp, packages, incoming.entry.collection, self._never_back(time),
            incoming.charset, digest, zlib.compress(incoming.original),
        )  # fmt: skip
        ((id_,),) = self._run("SELECT id FROM record WHERE uri = ?", incoming.uri)
        self._remember(cast("int", id_), incoming.entry)
        return Taken.AGAIN if again else Taken.CHANGED

    def _come_again(self, id_: int, incoming: Incoming) -> None:
        """Note where a record that stays as it is came from last."""
        self._run(
            "UPDATE record SET source = ?, of_library = ?, stamp = ? WHERE id = ?",
            incoming.source, incoming.of_library, incoming.stamp, id_,
        )  # fmt: skip

    def _hold(self, id_: int, packages: str | None, held: object, time: int) -> bool:
        """Note the packages of a record that stays; whether there is another one, for harvesters.

        The record stays that of the first package, so that importing again changes nothing.
        """
        if packages == held:
            return False
        self._run(
            "UPDATE record SET packages = ?, changed = ? WHERE id = ?",
            packages, self._never_back(time), id_,
        )  # fmt: skip
        record = self.by_id(id_)
        if record.entry is not None:
            self.remake(record, record.entry)
        return True

    def _read_again(self, id_: int, entry: CatalogueEntry) -> None:
        """Rebuild the index of a record if this version reads more in it than an earlier one."""
        if self._run("SELECT body FROM entry WHERE id = ?", id_) != [(dumps(entry),)]:
            self.remake(self._known(id_), entry)

    def delete(
        self, uri: str, time: int, *, of_library: bool = True, stamp: int | None = None
    ) -> bool:
        """Leave only the mark that the record was there; False if there is nothing to delete.

        `of_library` and `stamp` say who deleted it and when, as in `Incoming`.
        """
        known = self._run("SELECT id FROM record WHERE uri = ? AND NOT deleted", uri)
        if not known:
            return False
        (id_,) = known[0]
        self._forget(cast("int", id_))
        self._run(
            "UPDATE record SET deleted = 1, changed = ?, of_library = ?, stamp = ?, digest = NULL,"
            " original = NULL WHERE id = ?", self._never_back(time), of_library, stamp, id_,
        )  # fmt: skip
        return True

    def get(self, uri: str) -> Catalogued | None:
        """The record with that identifier, deleted or not."""
        return next((_catalogued(row) for row in self._run(f"{_FROM} WHERE uri = ?", uri)), None)

    def of_package(self, name: str) -> Catalogued | None:
        """The record of a package, by its URI or its portable form."""
        try:
            return next(self._holding(PackageId.parse(name).uri), None)
        except ValueError:
            return None

    def release(self, package: str, time: int) -> int:
        """Take a package from its records; how many were deleted, because it was their last."""
        deleted = 0
        for record in list(self._holding(package)):
            others = [name for name in record.packages if name != package]
            if others:
                self._hold(record.id, " ".join(others), package, time)
            else:
                deleted += self.delete(record.uri, time)
        return deleted

    def _holding(self, package: str) -> Iterator[Catalogued]:
        rows = self._run(
            f"{_FROM} WHERE packages IS NOT NULL AND NOT deleted"
            " AND instr(' ' || packages || ' ', ?)", f" {package} ",
        )  # fmt: skip
        yield from map(_catalogued, rows)

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
            conditions.append("packages IS NOT NULL")
        if collections:
            conditions.append("collection")
        rows = self._stream(
            f"{_FROM} WHERE {' AND '.join(conditions)} ORDER BY changed, record.id LIMIT ?",
            *values,
            -1 if limit is None else limit,
        )
        yield from map(_catalogued, rows)

    def packages(self) -> Iterator[str]:
        """The packages of all records."""
        for (names,) in self._stream("SELECT packages FROM record WHERE packages IS NOT NULL"):
            yield from str(names).split()

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
        for key in agreement.keys(entry):
            self._run("INSERT INTO key VALUES (?, ?)", key, id_)
        others = set[str]()
        texts: dict[str, list[str]] = {name: [] for name in TEXTS}
        for name, text in entry.texts():
            for word in words(text):
                own, *more = keys(word)
                texts[name].append(own)
                others.update(more)
        values = [" ".join(texts[name]) for name in TEXTS]
        ((uri, packages),) = self._run("SELECT uri, packages FROM record WHERE id = ?", id_)
        whole = numbers.whole_words(entry, str(uri), str(packages or "").split())
        tokens = " ".join(facet_token(facet.value, value) for facet, value in facets)
        marks = ", ".join("?" * (len(TEXTS) + 4))
        self._run(
            f"INSERT INTO words (rowid, {', '.join(TEXTS)}, facets, other, whole) VALUES ({marks})",
            id_, *values, tokens, " ".join(sorted(others)), " ".join(whole),
        )  # fmt: skip

    def remake(self, record: Catalogued, entry: CatalogueEntry) -> None:
        """Make what is made of a record anew."""
        self._forget(record.id)
        self._remember(record.id, entry)

    def _forget(self, id_: int) -> None:
        for table, column in (("words", "rowid"), ("entry", "id"), ("facet", "id"), ("key", "id")):
            self._run(f"DELETE FROM {table} WHERE {column} = ?", id_)


def facet_token(name: str, value: str) -> str:
    """The word under which a facet is in the index: no text of a record can be the same."""
    return "facet" + hashlib.sha256(f"{name}\0{value}".encode()).hexdigest()[:16]


def _with(held: str | None, package: str | None) -> str | None:
    """The packages of a record with one more, as they are stored: separated by spaces."""
    names = {*(held or "").split(), *([package] if package else [])}
    return " ".join(sorted(names)) or None


def _catalogued(row: tuple[object, ...]) -> Catalogued:
    id_, uri, source, changed, packages, collection, charset, body, original, own, stamp = row
    return Catalogued(
        cast("int", id_),
        str(uri),
        str(source),
        cast("int", changed),
        tuple(str(packages or "").split()),
        bool(collection),
        cast("str | None", charset),
        loads(str(body)) if body is not None else None,
        zlib.decompress(cast("bytes", original)) if original is not None else b"",
        bool(own),
        cast("int | None", stamp),
    )
