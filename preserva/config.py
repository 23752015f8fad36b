"""The configuration: `preserva.toml` -> JSON Schema -> a frozen Config, every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from preserva.core.book.rights import Rights
from preserva.core.book.scan_policy import ScanPolicy
from preserva.core.book.scans import USUAL_RULES, Colours, ImageRules, ScanProfile, Undecodable
from preserva.core.eark.vocabulary import CopyrightStatus, RightsBasis
from preserva.core.policy.health import USUAL_LIMITS, HealthLimits
from preserva.core.policy.testimony import Custody
from preserva.core.values.people import Person
from preserva.errors import ConfigError
from preserva.i18n import _
from preserva.tomlfile import read_toml, schema_problems

NAME = "preserva.toml"


class Role(StrEnum):
    """The role of a storage."""

    PRIMARY = "primary"
    REPLICA = "replica"
    HELD = "held"  # another institution writes its copies there, and we keep them


@dataclass(frozen=True, slots=True)
class Institution:
    """One of the institutions that keep copies. `names` by language: ru, be, en; ISO 3166 code.

    `office`, `address` and `email` say whom to ask; they go into storages and packages.
    """

    id: str
    names: Mapping[str, str]
    country: str
    isil: str | None = None
    office: str | None = None
    address: str | None = None
    email: str | None = None

    @property
    def contacts(self) -> tuple[str, ...]:
        """How to reach it, a line for each thing that is known."""
        return tuple(line for line in (self.office, self.address, self.email) if line)


@dataclass(frozen=True, slots=True)
class StorageConfig:
    """A place where copies are kept. `url` is absolute: a folder or a URL.

    `audit_interval_days` stands where it is another than the policy's; `held_for`, in a storage of
    role HELD, is the institution that brings its copies there, where that is known.
    """

    id: str
    institution: str
    url: str
    role: Role
    name: str
    audit_interval_days: int | None = None
    held_for: str | None = None


@dataclass(frozen=True, slots=True)
class PackageClass:
    """Packages that are audited more often: those whose identifiers match `packages`."""

    id: str
    packages: str
    audit_interval_days: int

    @property
    def pattern(self) -> str:
        """The same for their URIs."""
        institution, _hyphen, local = self.packages.partition("-")
        return f"urn:preserva:{institution}:{local}"


@dataclass(frozen=True, slots=True)
class Pings:
    """URLs that are called when an audit, a replication or a look at the health of it all begins,
    and when it succeeds or fails.
    """

    start: str | None = None
    success: str | None = None
    failure: str | None = None
    replicate_start: str | None = None
    replicate_success: str | None = None
    replicate_failure: str | None = None
    health_success: str | None = None
    health_failure: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """Who receives mail about audits, and through which server. The password is not here."""

    to: tuple[str, ...]
    sender: str
    host: str
    port: int = 587
    security: str = "starttls"
    user: str | None = None
    password_file: Path | None = None


@dataclass(frozen=True, slots=True)
class PageSettings:
    """The pages for staff: `inbox` are the folders in which scans wait to be packaged.

    In `outbox`, if there is one, are the copies of many books that a table asks for.
    `webhook_hosts` are names and networks (`*.example.org`, `10.1.0.0/16`) that may be told when a
    job has ended; an address inside is called only if it is in one of them.
    """

    inbox: tuple[Path, ...] = ()
    webhook_hosts: tuple[str, ...] = ()
    outbox: Path | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What the institutions agreed on."""

    digests: tuple[str, ...] = ("sha512", "sha256")
    copies: int = 2
    audit_interval_days: int = 90
    removal_grace_days: int = 30


@dataclass(frozen=True, slots=True)
class Config:
    """A complete, valid configuration. `xsd` is the folder of official schemas, if there is one.

    `language` is that of mails and pages, which others read; None if it is left to who runs it.
    """

    path: Path
    institution: Institution
    ledger: Path
    institutions: Mapping[str, Institution]
    storages: Mapping[str, StorageConfig]
    policy: Policy
    rights: Rights | None = None
    images: ImageRules = USUAL_RULES
    xsd: Path | None = None
    language: str | None = None
    classes: tuple[PackageClass, ...] = ()
    pings: Pings = Pings()
    health: HealthLimits = USUAL_LIMITS
    mail: Mail | None = None
    people: Mapping[str, Person] = field(default_factory=dict)
    web: PageSettings = PageSettings()

    def audit_interval_days(self, storage: str) -> int:
        """The number of days within which each copy in a storage is read once."""
        return self.storages[storage].audit_interval_days or self.policy.audit_interval_days

    @property
    def custody(self) -> Custody:
        """Whose packages lie in which storage; in the primary of another institution, its own."""
        own = self.institution.id
        held = {
            storage.id: storage.held_for if storage.role is Role.HELD else storage.institution
            for storage in self.storages.values()
            if storage.role is Role.HELD
            or (storage.role is Role.PRIMARY and storage.institution != own)
        }
        return Custody(own, held)

    def primary(self) -> StorageConfig:
        """The storage where our own packages are made."""
        return next(
            storage
            for storage in self.storages.values()
            if storage.role is Role.PRIMARY and storage.institution == self.institution.id
        )


def load(path: Path) -> Config:
    """Read a configuration. Raises ArchiveNotFound, or ConfigError with every problem in it."""
    document = read_toml(path)
    problems = list(schema_problems(document, "config.schema.json", NAME, {"url": _no_storage}))
    problems = problems or list(_contradictions(document))
    if problems:
        raise ConfigError(_("{path} is not usable:").format(path=path), problems)
    return _config(path, document)


def _no_storage(value: object) -> str:
    message = _("{value} is not a supported storage; use a folder, {schemes}")
    return message.format(value=value, schemes="file://, s3://, sftp://, fs+…://")


def _contradictions(document: Mapping[str, Any]) -> Iterator[str]:
    """The problems that no single key shows."""
    institutions, storages = document["institutions"], document["storages"]
    own = document["archive"]["institution"]
    if own not in institutions:
        yield _("archive.institution: {id} is not among the institutions").format(id=own)
    for name, storage in storages.items():
        if storage["institution"] not in institutions:
            message = _("storages.{name}.institution: {id} is not among the institutions")
            yield message.format(name=name, id=storage["institution"])
        if "held_for" in storage:
            yield from _held_for_contradictions(document, name, storage)
    ours = [
        name
        for name, storage in storages.items()
        if storage["role"] == Role.PRIMARY and storage["institution"] == own
    ]
    if len(ours) != 1:
        message = _("storages: {id} needs exactly one primary storage, but has {count}")
        yield message.format(id=own, count=len(ours))
    if (rights := _rights(document, "XX")) is not None:
        for key in rights.missing():
            yield _("{key}: missing").format(key=f"rights.{key}")
    urls = sorted(PurePosixPath(storage["url"]) for storage in storages.values())
    for url, next_url in pairwise(urls):  # a folder is sorted before its content
        if url == next_url:
            yield _(
                "storages: {url} is listed twice; a copy in the same place is not a second copy"
            ).format(url=url)
        elif next_url.is_relative_to(url):
            yield _("storages: {inner} is inside {outer}").format(inner=next_url, outer=url)


def _held_for_contradictions(
    document: Mapping[str, Any], name: str, storage: Mapping[str, Any]
) -> Iterator[str]:
    key, depositor = f"storages.{name}.held_for", storage["held_for"]
    if storage["role"] != Role.HELD:
        yield _('{key}: only a storage whose role is "held" has it').format(key=key)
    elif depositor == document["archive"]["institution"]:
        yield _("{key}: {id} is our own institution").format(key=key, id=depositor)
    elif depositor not in document["institutions"]:
        yield _("{key}: {id} is not among the institutions").format(key=key, id=depositor)


def _held_for(document: Mapping[str, Any], storage: Mapping[str, Any]) -> str | None:
    """Whose packages a held storage is for: as it says, or as nothing else can be meant."""
    if storage["role"] != Role.HELD:
        return None
    own = document["archive"]["institution"]
    stated = storage.get("held_for") or storage["institution"]
    others = [id_ for id_ in document["institutions"] if id_ != own]
    if stated != own:
        return str(stated)
    return others[0] if len(others) == 1 else None


def _config(path: Path, document: Mapping[str, Any]) -> Config:
    base = path.resolve().parent
    institutions = {
        id_: Institution(
            id_,
            keys["name"],
            keys["country"],
            **{key: keys.get(key) for key in ("isil", "office", "address", "email")},
        )
        for id_, keys in document["institutions"].items()
    }
    storages = {
        id_: StorageConfig(
            id_,
            keys["institution"],
            keys["url"] if "://" in keys["url"] else str(base / keys["url"]),
            Role(keys["role"]),
            keys.get("name", id_),
            keys.get("audit_interval_days"),
            _held_for(document, keys),
        )
        for id_, keys in document["storages"].items()
    }
    policy = dict(document.get("policy", {}))
    if "digests" in policy:
        policy["digests"] = tuple(policy["digests"])
    archive = document["archive"]
    return Config(
        path.resolve(),
        institutions[archive["institution"]],
        base / archive.get("ledger", "ledger.sqlite"),
        institutions,
        storages,
        Policy(**policy),
        _rights(document, institutions[archive["institution"]].country),
        _images(document),
        base / document["schemas"]["xsd"] if "schemas" in document else None,
        archive.get("language"),
        tuple(PackageClass(id_, **keys) for id_, keys in document.get("classes", {}).items()),
        Pings(**document.get("ping", {})),
        HealthLimits(**document.get("health", {})),
        _mail(document, base),
        {
            id_: Person(id_, keys.get("name"), keys.get("login", id_))
            for id_, keys in document.get("people", {}).items()
        },
        _pages(document.get("web", {}), base),
    )


def _pages(section: Mapping[str, Any], base: Path) -> PageSettings:
    return PageSettings(
        tuple(base / folder for folder in section.get("inbox", ())),
        tuple(section.get("webhook_hosts", ())),
        base / section["outbox"] if "outbox" in section else None,
    )


def _mail(document: Mapping[str, Any], base: Path) -> Mail | None:
    section = document.get("mail")
    if section is None:
        return None
    settings = {**section, "to": tuple(section["to"])}
    if "password_file" in settings:
        settings["password_file"] = base / settings["password_file"]
    return Mail(**settings)


def _images(document: Mapping[str, Any]) -> ImageRules:
    """The requirements for images, from two sections."""
    policy, scan = ScanPolicy.among(document.get("scan", {}))
    images = {**document.get("images", {})}
    if "undecodable" in images:
        images["undecodable"] = Undecodable(images["undecodable"])
    images |= {key: scan.pop(key) for key in ("settle_seconds",) if key in scan}
    scan["colours"] = tuple(Colours(name) for name in scan.get("colours", ()))
    scan["bits"] = tuple(scan.get("bits", ()))
    return ImageRules(**images, scan=ScanProfile(**scan), policy=policy)


def _rights(document: Mapping[str, Any], country: str) -> Rights | None:
    """The rights in books whose packages state none; by default under the institution's own law."""
    section = document.get("rights")
    if section is None:
        return None
    facts = {"jurisdiction": country, **section}
    return Rights(
        **{
            **facts,
            "basis": RightsBasis.by_label(facts["basis"]),
            "status": CopyrightStatus.by_label(facts.get("status", "")),
            "jurisdiction": facts["jurisdiction"].lower(),
            "acts": tuple(facts.get("acts", ())),
            "restrictions": tuple(facts.get("restrictions", ())),
        }
    )


TEMPLATE = Path(__file__).with_name("config_template.toml").read_text("utf-8")
