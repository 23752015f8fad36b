"""The tag files of a package's bag."""

from __future__ import annotations

from collections.abc import Mapping

from preserva.archive.staging import Staging
from preserva.bag.tag_files import read_tag_files
from preserva.config import Institution
from preserva.core.formats import bagit
from preserva.core.formats.inventory import Inventory
from preserva.core.values.digest import ALGORITHMS, digest_bytes
from preserva.core.values.model import PackageId
from preserva.storage.base import Storage, read_all
from preserva.storage.glance import GlancedObject
from preserva.storage.ocfl import StoredObject
from preserva.version import __version__

_LARGEST_BAG_INFO = 1 << 20


def bag_info(
    institution: Institution, package: PackageId, title: str, date: str, staging: Staging
) -> list[tuple[str, str]]:
    """The content of bag-info.txt, as schemas/preserva-bagit-profile.json requires it."""
    contact = {
        "Organization-Address": institution.address,
        "Contact-Name": institution.office,
        "Contact-Email": institution.email,
    }
    payload = [seen for path, seen in staging.state().items() if path.startswith("data/")]
    return [
        ("BagIt-Profile-Identifier", "urn:preserva:bagit-profile:1"),
        ("Source-Organization", institution.names["en"]),
        *((label, value) for label, value in contact.items() if value),
        ("External-Identifier", package.uri),
        ("External-Description", title),
        ("Bagging-Date", date),
        ("Bag-Software-Agent", f"preserva {__version__}"),
        ("Payload-Oxum", f"{sum(file.size for file in payload)}.{len(payload)}"),
        ("E-ARK-Package-Type", "AIP"),
        ("E-ARK-Specification-Version", "2.2.0"),
    ]


def write_tag_files(staging: Staging, bag_info: list[tuple[str, str]]) -> None:
    """Complete a bag whose payload is written: declaration, bag-info, manifests, tag manifests."""
    payload = sorted(path for path in staging.state() if path.startswith("data/"))
    staging.write("bagit.txt", bagit.DECLARATION)
    staging.write("bag-info.txt", bagit.serialise_bag_info(bag_info))
    _write_manifests(staging, "manifest", payload)
    _write_manifests(staging, "tagmanifest", sorted(set(staging.state()) - set(payload)))


def _write_manifests(staging: Staging, kind: str, paths: list[str]) -> None:
    state = staging.state()
    for algorithm in staging.algorithms:
        lines = (bagit.manifest_line(path, state[path].digests[algorithm]) for path in paths)
        staging.write(f"{kind}-{algorithm}.txt", b"".join(lines))


def manifest_algorithms(inventory: Inventory) -> list[str]:
    """The algorithms of a package's manifests, which it keeps even if the policy has changed.

    A further digest of files that stay as they are would cost reading all of them again.
    """
    files = inventory.versions[inventory.head].files()
    return [name for name in ALGORITHMS if f"manifest-{name}.txt" in files]


NAMES = ("bagit.txt", "bag-info.txt", "package-info.txt")
"""The files that a title is read from."""


def title_of(storage: Storage, found: StoredObject, version: str) -> str:
    """The title of a package: External-Description in its bag's metadata.

    Raises StorageError.
    """
    located, files = found.inventory.locate(version), found.inventory.versions[version].files()
    places = {name: (files[name], located[name]) for name in NAMES if name in files}
    return _title(storage, found.path, places, found.inventory.algorithm)


def title_at(storage: Storage, seen: GlancedObject) -> str:
    """The title of a package that was glanced at for `NAMES`. Raises StorageError."""
    return _title(storage, seen.path, seen.glance.places, seen.glance.algorithm)


def _title(
    storage: Storage, path: str, places: Mapping[str, tuple[str, str]], algorithm: str
) -> str:
    files = dict[str, bytes]()
    own = digest_bytes(bagit.DECLARATION, [algorithm])[algorithm]
    for name, (digest, content) in places.items():
        if digest == own:
            files[name] = bagit.DECLARATION  # that of every package of ours need not be fetched
        else:
            files[name] = read_all(storage, f"{path}/{content}", _LARGEST_BAG_INFO)
    return external_description(read_tag_files(files).bag_info) or ""


def external_description(info: list[tuple[str, str]]) -> str | None:
    """The title that a bag's metadata gives, if it gives one."""
    return next(
        (value for label, value in info if label.casefold() == "external-description"), None
    )
