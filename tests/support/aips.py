"""Small packages for tests, made of drawn bytes: everything but the bag around them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from preserva.core.book.image import ByteOrder, Capture, Image, Orientation, Resolution, Unit
from preserva.core.book.rights import Rights
from preserva.core.eark.aip import (
    AipSpec,
    ContentFile,
    DescriptiveFile,
    DescriptiveType,
    Render,
    RepresentationSpec,
    build_aip,
)
from preserva.core.eark.mets import Division
from preserva.core.eark.premis import (
    Agent,
    Event,
    Format,
    Identifier,
    LinkedAgent,
)
from preserva.core.eark.rights import RightsStatement
from preserva.core.eark.vocabulary import (
    AgentType,
    CopyrightStatus,
    EventOutcome,
    EventRelatedAgentRole,
    EventType,
    RightsBasis,
)
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import Observed, PackageId

PACKAGE = PackageId("aonb", "kp-000123")
CREATED = "2026-11-23T08:00:00Z"

TIFF = Format("Tagged Image File Format", "image/tiff", puid="fmt/353")
JPEG = Format("JPEG File Interchange Format", "image/jpeg", "1.01", "fmt/43")
ALTO = Format("ALTO", "text/xml", "4.4", "fmt/101")
PDF = Format("Acrobat PDF 1.7", "application/pdf", "1.7", "fmt/276")

MODS = (
    '<mods xmlns="http://www.loc.gov/mods/v3" version="3.8">'
    "<titleInfo><title>Апостол</title></titleInfo></mods>"
).encode()

SOFTWARE = Agent(
    Identifier("local", "agent-preserva"), "preserva", AgentType.SOFTWARE, version="0.1.0"
)
LIBRARY = Agent(
    Identifier("local", "agent-aonb"),
    "Амурская областная научная библиотека",
    AgentType.ORGANIZATION,
)

SCAN = Image(
    4961,
    7016,
    (8, 8, 8),
    "RGB",
    "Uncompressed",
    byte_order=ByteOrder.LITTLE_ENDIAN,
    icc_profile="Adobe RGB (1998)",
    resolution=Resolution(Fraction(600), Fraction(600), Unit.INCH),
    orientation=Orientation.NORMAL,
    capture=Capture("Zeutschel", "OS 12002", "OmniScan 12", "2024-03-05T10:20:30"),
)


def observed(path: str, content: bytes) -> Observed:
    """What a file of this content is when it is read."""
    return Observed(path, len(content), digest_bytes(content, ("sha512", "sha256")))


@dataclass(frozen=True, slots=True)
class Pages:
    """The files of a representation, made anew each time, so that none is kept in memory."""

    name: str
    suffix: str
    format: Format
    count: int

    def __iter__(self) -> Iterator[ContentFile]:
        for number in range(1, self.count + 1):
            path = f"representations/{self.name}/data/{number:04}{self.suffix}"
            yield ContentFile(
                observed(path, self.content(number)),
                self.format,
                f"Лист {number} — й ё ў{self.suffix}",
                page=number,
                label=f"{(number + 1) // 2}{'r' if number % 2 else 'v'}",
                image=SCAN if self.format.mime.startswith("image/") else None,
            )

    def content(self, number: int) -> bytes:
        """The bytes of a page."""
        return f"{self.name} {number}\n".encode()


def representations(pages: int) -> tuple[Pages, ...]:
    """The three representations of a book."""
    return (
        Pages("master", ".tif", TIFF, pages),
        Pages("access", ".jpg", JPEG, pages),
        Pages("text", ".xml", ALTO, pages),
    )


def event(kind: EventType, number: int) -> Event:
    """Something that was done to the whole book, by the software for the library."""
    return Event(
        Identifier("UUID", f"00000000-0000-4000-8000-{number:012}"),
        kind,
        CREATED,
        EventOutcome.SUCCESS,
        detail="every file",
        agents=(
            LinkedAgent(SOFTWARE.identifier, EventRelatedAgentRole.EXECUTING_PROGRAM),
            LinkedAgent(LIBRARY.identifier, EventRelatedAgentRole.IMPLEMENTER),
        ),
    )


def spec(pages: int) -> AipSpec:
    """A book of so many pages in three representations, with chapters in the first."""
    structure = Division(
        "monograph",
        "Апостол",
        parts=(
            Division("titlepage", pages=(1,)),
            Division("chapter", "Деяния & послания", tuple(range(1, min(pages, 5) + 1))),
        ),
    )
    return AipSpec(
        id=PACKAGE,
        title="Апостол",
        created=CREATED,
        software_version="0.1.0",
        institution="Амурская областная научная библиотека имени Н. Н. Муравьёва-Амурского",
        descriptive=(
            DescriptiveFile(
                observed("metadata/descriptive/mods.xml", MODS), "text/xml", DescriptiveType.MODS
            ),
        ),
        representations=tuple(
            RepresentationSpec(item.name, item, structure if item.name == "master" else None)
            for item in representations(pages)
        ),
        events=tuple(
            event(kind, number)
            for number, kind in enumerate(
                (
                    EventType.MESSAGE_DIGEST_CALCULATION,
                    EventType.FORMAT_IDENTIFICATION,
                    EventType.INFORMATION_PACKAGE_CREATION,
                    EventType.INGESTION,
                ),
                1,
            )
        ),
        agents=(SOFTWARE, LIBRARY),
        rights=(
            RightsStatement(
                Identifier("local", "rights-1"),
                Rights(
                    RightsBasis.COPYRIGHT,
                    CopyrightStatus.PUBLIC_DOMAIN,
                    "ru",
                    determined="2026-11-23",
                ),
                (),
            ),
        ),
    )


def metadata(facts: AipSpec) -> dict[str, bytes]:
    """The metadata files that `build_aip` makes, by path, in the order in which it makes them."""
    files: dict[str, bytes] = {}

    def put(path: str, render: Render) -> Observed:
        stream = io.BytesIO()
        render(stream)
        assert path not in files
        files[path] = stream.getvalue()
        return observed(path, files[path])

    build_aip(facts, put)
    return files


def write_package(parent: Path, pages: int) -> Path:
    """The folder of a whole package with so many pages, below `parent`."""
    folder = parent / PACKAGE.portable
    files = {**metadata(spec(pages)), "metadata/descriptive/mods.xml": MODS}
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    for item in representations(pages):
        data = folder / f"representations/{item.name}/data"
        data.mkdir(parents=True)
        for number in range(1, pages + 1):
            (data / f"{number:04}{item.suffix}").write_bytes(item.content(number))
    return folder
