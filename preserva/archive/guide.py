"""The guide at the top of a storage: README, lists of books, `check.py`, formats.

Whoever finds the disk and nothing else begins there. It is made of the configuration, the ledger
and the packages, and never read back; the ledger has the digests of what was written, so it is
written anew only when something changed, and `check.py` sees if somebody else changed it.
docs/adr/0048-the-disk-explains-itself.md says why.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING

from preserva.archive.ledger_mark import advance, claim
from preserva.archive.listed_books import listed_books
from preserva.archive.places import renew_place
from preserva.archive.store import Store
from preserva.config import Config, Institution, Role
from preserva.core.guide.books import books_csv, books_html, one_line
from preserva.core.guide.codes import CodeRow, charsets_csv, codes_csv, schemas_csv
from preserva.core.guide.text import readme_html
from preserva.core.values.digest import digest_bytes
from preserva.core.values.entries import STORAGE_DESCRIPTION, SUCCESS
from preserva.core.values.facts import StorageDescribed
from preserva.describe.marc.charset import tables
from preserva.describe.mods.crosswalk import crosswalk
from preserva.errors import NotFound, PreservaError
from preserva.logs import get_logger
from preserva.resources import schema_file
from preserva.storage.base import read_all
from preserva.storage.published import replace

if TYPE_CHECKING:
    from preserva.archive.archive import ArchivalStorage

_logger = get_logger(__name__)

_GRAMMARS = (
    "mets-profile.rng",
    "mets-profile.sch",
    "premis-profile.rng",
    "preserva-bagit-profile.json",
)
"""What METS, PREMIS and bag-info.txt hold as they are written here: our own schemas."""

_LANGUAGES = {"ru": "По-русски", "be": "Па-беларуску", "en": "English"}
_ROLES = {
    Role.PRIMARY: (
        "основное хранилище: пакеты создаются здесь",
        "асноўнае сховішча: пакеты ствараюцца тут",
        "the primary storage: packages are made here",
    ),
    Role.REPLICA: (
        "реплика: здесь хранятся копии пакетов",
        "рэпліка: тут захоўваюцца копіі пакетаў",
        "a replica: copies of packages are kept here",
    ),
}
_CONTACTS = {
    "office": ("Отдел", "Аддзел", "Office"),
    "address": ("Адрес", "Адрас", "Address"),
    "email": ("Эл. почта", "Эл. пошта", "E-mail"),
}


def renew_guides(archive: ArchivalStorage, stores: Iterable[Store]) -> None:
    """Renew the guides of storages of ours where something changed; no request goes to others.

    That one cannot be written is no reason to fail: the next run that writes there does it.
    """
    for store in stores:
        with _no_reason_to_fail(store):
            known, files = archive.ledger.size, _files(archive, store)
            if _digests(files) == _recorded(archive, store):
                continue
            store.known_identity()
            with store.storage.lock(archive.own_name()):
                claim(archive, store)
                if archive.ledger.size != known:  # somebody else wrote meanwhile
                    files = _files(archive, store)
                _write(archive, store, files)
                advance(archive, store)


def renew_guide(archive: ArchivalStorage, store: Store) -> None:
    """The same for one storage, whose lock is held."""
    with _no_reason_to_fail(store):
        _write(archive, store, _files(archive, store))


def look_at_guides(archive: ArchivalStorage, stores: Iterable[Store]) -> None:
    """Write what storages of ours lack of their guide, or have otherwise; who they are, too."""
    for store in [archive.store(store.id) for store in stores]:
        if store.config.role is Role.REPLICA or store.id == archive.primary.id:
            with _no_reason_to_fail(store), archive.writing(store):
                renew_place(store, archive.config)
                _write(archive, store, _files(archive, store), look=True)


@contextmanager
def _no_reason_to_fail(store: Store) -> Iterator[None]:
    try:
        yield
    except PreservaError as error:
        _logger.warning("the guide of %s was not renewed: %s", store.id, error)


def _write(
    archive: ArchivalStorage, store: Store, files: Mapping[str, bytes], *, look: bool = False
) -> None:
    """Write what changed of the guide of one of our storages, holding its lock; record it.

    What was recorded as written is not looked at, unless told to `look`. A killed run leaves some
    files new and the record old: the next one writes them all. Raises LedgerError, StorageError.
    """
    recorded = _recorded(archive, store)
    digests = _digests(files)
    missing = [name for name in files if look and not _is_there(store, name, files[name])]
    if digests == recorded and not missing:
        return
    for name, data in files.items():
        if recorded.get(name) != digests[name] or name in missing:
            replace(store.storage, name, data)
    if digests != recorded:
        archive.ledger.append(
            STORAGE_DESCRIPTION,
            time=archive.now(),
            outcome=SUCCESS,
            storage=store.id,
            facts=StorageDescribed(digests),
        )


def _recorded(archive: ArchivalStorage, store: Store) -> Mapping[str, str]:
    entry = archive.ledger.last(storage=store.id, types=(STORAGE_DESCRIPTION,))
    return {} if entry is None else entry.facts_as(StorageDescribed).files


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: digest_bytes(data, ["sha256"])["sha256"] for name, data in files.items()}


def _is_there(store: Store, name: str, data: bytes) -> bool:
    try:
        return read_all(store.storage, name, max(len(data), 1) + 1) == data
    except NotFound:
        return False


def _files(archive: ArchivalStorage, store: Store) -> dict[str, bytes]:
    """Every file of the guide by its path. The same archive always gives the same bytes."""
    texts = {
        code: _asset(f"README.{code}.txt").format(**_words(archive.config, store, place))
        for place, code in enumerate(_LANGUAGES)
    }
    formats = {code: _asset(f"formats.{code}.txt") for code in _LANGUAGES}
    name = store.config.name
    books = listed_books(archive, store)
    relators, registers = crosswalk().relators, crosswalk().registers
    libraries = {each.id: _named(each) for each in archive.config.institutions.values()}
    return {
        "README.txt": _one_after_another(texts),
        "README.html": readme_html(name, texts),
        "books.csv": books_csv(books),
        "books.html": books_html(books, name),
        "check.py": _asset("check.py").encode(),
        "formats.txt": _one_after_another(formats),
        "formats-schemas.csv": schemas_csv(),
        "formats-codes.csv": codes_csv(_known_codes(), relators, registers, libraries),
        "formats-charsets.csv": charsets_csv(tables()),
        **{
            f"formats-{name.removeprefix('preserva-')}": schema_file(name).read_bytes()
            for name in _GRAMMARS
        },
    }


def _one_after_another(texts: Mapping[str, str]) -> bytes:
    """A text in each language, by its code; first their names, so that a reader goes on to his."""
    parts = "\n\n".join(f"{_LANGUAGES[code].upper()}\n\n{text}" for code, text in texts.items())
    return f"{', '.join(_LANGUAGES.values())}\n\n\n{parts}".encode()


def _known_codes() -> Iterator[CodeRow]:
    rows = csv.reader(_asset("codes.csv").splitlines())
    next(rows)  # the headings
    return map(tuple, rows)


def _asset(name: str) -> str:
    file = resources.files("preserva.archive").joinpath("on_disk", name)
    return file.read_text(encoding="utf-8")


def _words(config: Config, store: Store, place: int) -> dict[str, str]:
    """What the README says of this storage, in the language of that place in `_LANGUAGES`."""
    code = list(_LANGUAGES)[place]
    keeper = config.institutions[store.config.institution]
    people = {each.id: each for each in (config.institution, keeper)}.values()
    return {
        "storage": store.id,
        "name": one_line(store.config.name),
        "role": _ROLES[store.config.role][place],
        "maker": config.institution.names[code],
        "keeper": keeper.names[code],
        "copies": "; ".join(_elsewhere(config, store, code)) or "—",
        "contacts": "".join(line for each in people for line in _contacts(each, place, code)),
    }


def _elsewhere(config: Config, store: Store, code: str) -> Iterator[str]:
    """The other storages of the packages, each with the institution that keeps it."""
    for other in config.storages.values():
        if other.id != store.id and other.role in _ROLES:
            yield f"{one_line(other.name)} ({config.institutions[other.institution].names[code]})"


def _named(institution: Institution) -> str:
    """Its names, and its code among libraries."""
    isil = [f"ISIL {institution.isil}"] if institution.isil else []
    return " = ".join([*(institution.names[code] for code in _LANGUAGES), *isil])


def _contacts(institution: Institution, place: int, code: str) -> Iterator[str]:
    """A line for what is known of how an institution is reached."""
    told = {name: getattr(institution, name) for name in _CONTACTS}
    if any(told.values()):
        yield f"  {institution.names[code]}:\n"
    for name, value in told.items():
        if value:
            yield f"    {_CONTACTS[name][place]}: {one_line(value)}\n"
