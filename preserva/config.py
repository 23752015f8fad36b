"""The configuration: `preserva.toml` -> JSON Schema -> a frozen Config, every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from preserva.core.book.rights import Rights
from preserva.core.book.scans import USUAL_RULES, Colours, ImageRules, ScanProfile, Undecodable
from preserva.core.eark.vocabulary import CopyrightStatus, RightsBasis
from preserva.core.policy.testimony import Custody
from preserva.errors import ConfigError
from preserva.i18n import _
from preserva.tomlfile import read_toml, schema_problems

NAME = "preserva.toml"


class Role(StrEnum):
    """What a storage is for."""

    PRIMARY = "primary"
    REPLICA = "replica"
    HELD = "held"  # another institution writes its copies there, and we keep them


@dataclass(frozen=True, slots=True)
class Institution:
    """One of the institutions that keep copies. `names` by language: ru, be, en; ISO 3166 code."""

    id: str
    names: Mapping[str, str]
    country: str
    isil: str | None = None


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
    """Addresses that are called when an audit begins, ends well, or does not end well."""

    start: str | None = None
    success: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """Who is told what an audit changed, and by which server; the password stands elsewhere."""

    to: tuple[str, ...]
    sender: str
    host: str
    port: int = 587
    security: str = "starttls"
    user: str | None = None
    password_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What the institutions agreed on."""

    digests: tuple[str, ...] = ("sha512", "sha256")
    copies: int = 2
    audit_interval_days: int = 90


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration, valid. `xsd` is the folder of official schemas, where there is one."""

    path: Path
    institution: Institution
    ledger: Path
    institutions: Mapping[str, Institution]
    storages: Mapping[str, StorageConfig]
    policy: Policy
    rights: Rights | None = None
    images: ImageRules = USUAL_RULES
    xsd: Path | None = None
    classes: tuple[PackageClass, ...] = ()
    pings: Pings = Pings()
    mail: Mail | None = None

    def audit_interval_days(self, storage: str) -> int:
        """In how many days each copy in a storage shall be read once."""
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
            one
            for one in self.storages.values()
            if one.role is Role.PRIMARY and one.institution == self.institution.id
        )


def load(path: Path) -> Config:
    """Read a configuration. Raises ArchiveNotFound, or ConfigError with every problem in it."""
    document = read_toml(path)
    no_storage = _("no storage can be at {value}; there are folders, {schemes}").format(
        value="{value}", schemes="file://, s3://, sftp://, fs+…://"
    )
    problems = list(schema_problems(document, "config.schema.json", NAME, {"url": no_storage}))
    problems = problems or list(_contradictions(document))
    if problems:
        raise ConfigError(_("{path} is not usable:").format(path=path), problems)
    return _config(path, document)


def _contradictions(document: Mapping[str, Any]) -> Iterator[str]:
    """What each key alone cannot show."""
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
        message = _("storages: {id} needs one primary storage, and has {count}")
        yield message.format(id=own, count=len(ours))
    if (rights := _rights(document, "XX")) is not None:
        for key in rights.missing():
            yield _("{key}: missing").format(key=f"rights.{key}")
    urls = sorted(PurePosixPath(storage["url"]) for storage in storages.values())
    for one, other in pairwise(urls):  # what lies in a folder is sorted behind it
        if one == other:
            yield _("storages: {url} stands twice, so it would be no second copy").format(url=one)
        elif other.is_relative_to(one):
            yield _("storages: {inner} lies inside {outer}").format(inner=other, outer=one)


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
        id_: Institution(id_, one["name"], one["country"], one.get("isil"))
        for id_, one in document["institutions"].items()
    }
    storages = {
        id_: StorageConfig(
            id_,
            one["institution"],
            one["url"] if "://" in one["url"] else str(base / one["url"]),
            Role(one["role"]),
            one.get("name", id_),
            one.get("audit_interval_days"),
            _held_for(document, one),
        )
        for id_, one in document["storages"].items()
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
        tuple(PackageClass(id_, **one) for id_, one in document.get("classes", {}).items()),
        Pings(**document.get("ping", {})),
        _mail(document, base),
    )


def _mail(document: Mapping[str, Any], base: Path) -> Mail | None:
    given = document.get("mail")
    if given is None:
        return None
    one = {**given, "to": tuple(given["to"])}
    if "password_file" in one:
        one["password_file"] = base / one["password_file"]
    return Mail(**one)


def _images(document: Mapping[str, Any]) -> ImageRules:
    """What is asked of images, from two sections."""
    scan = {**document.get("scan", {})}
    images = {**document.get("images", {})}
    if "undecodable" in images:
        images["undecodable"] = Undecodable(images["undecodable"])
    scan["colours"] = tuple(Colours(one) for one in scan.get("colours", ()))
    scan["bits"] = tuple(scan.get("bits", ()))
    return ImageRules(**images, scan=ScanProfile(**scan))


def _rights(document: Mapping[str, Any], country: str) -> Rights | None:
    """The rights in books whose packages state none; by our own law where no other is named."""
    given = document.get("rights")
    if given is None:
        return None
    facts = {"jurisdiction": country, **given}
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


TEMPLATE = """\
# The configuration of preserva. `preserva config check` tells whether it is right.
# No password and no key belongs into this file.

[archive]
institution = "aonb"        # who works with this configuration
ledger = "ledger.sqlite"    # the record of what was done; keep it on a safe disk

# The institutions that keep copies.

[institutions.aonb]
name.ru = "Амурская областная научная библиотека имени Н. Н. Муравьёва-Амурского"
name.be = "Амурская абласная навуковая бібліятэка імя М. М. Мураўёва-Амурскага"
name.en = "Amur Regional Scientific Library"
country = "RU"              # whose law decides on rights
# isil = "RU-…"             # the code in ISO 15511, where there is one

[institutions.nlb]
name.ru = "Национальная библиотека Беларуси"
name.be = "Нацыянальная бібліятэка Беларусі"
name.en = "National Library of Belarus"
country = "BY"
isil = "BY-HM0000"

# Their storages. A url is a folder, absolute or relative to this file, or a URL.
# role = "primary": packages are made here. role = "replica": copies come here. role = "held": the
# other institution brings its copies here, `preserva receive` takes note of them.

[storages.aonb-main]
name = "Blagoveshchensk"
institution = "aonb"
url = "storages/aonb-main"
role = "primary"

[storages.nlb-copy]
name = "Minsk"
institution = "nlb"
url = "storages/nlb-copy"
role = "replica"

# What both agreed on.

[policy]
digests = ["sha512", "sha256"]   # of every file; sha512 must be one
copies = 2                       # of every package
audit_interval_days = 90         # each copy is read and checked once in so many days

# Packages that shall be read more often, by their identifiers: * stands for anything.

# [classes.manuscripts]
# packages = "aonb-ms-*"
# audit_interval_days = 30

# Who is told of audits: a dead man's switch is called, and a mail says what changed, and once a
# week that nothing did. The password comes from PRESERVA_MAIL_PASSWORD or from a file.

# [ping]
# start = "https://ping.example.org/audit/start"
# failure = "https://ping.example.org/audit/fail"
# [mail]
# to = ["books@example.org"]
# sender = "preserva@example.org"
# host = "mail.example.org"

# What is asked of page images. A broken one is a reason to scan again, and to refuse the book:
# undecodable = "record" packages it all the same, and says in PREMIS which image is broken.

[images]
undecodable = "refuse"

# How masters shall be scanned; what departs is named when a book is packaged.

# [scan]
# min_resolution = 400             # dots per inch
# colours = ["grey", "colour"]     # and not bitonal
# bits = [8, 16]                   # of a sample
# lossless = true

# Official XML Schemas (METS, PREMIS, MODS ...) that packages are checked against: a folder with
# an XML catalog, catalog.xml. Nothing is fetched.

# [schemas]
# xsd = "xsd"

# What may be done with books whose packages say nothing else (--rights says it for one book).

# [rights]
# basis = "copyright"
# status = "public domain"
# note = "published before 1830"
"""
