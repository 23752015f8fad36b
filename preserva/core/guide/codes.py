"""The codes that packages and ledgers use, as plain tables for whoever has nothing else."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from preserva.core.eark.readme import STANDARDS
from preserva.core.values.codes import Code

CodeRow = tuple[str, ...]

_SCHEMA_DIGESTS = {
    "http://www.loc.gov/standards/mets/mets.xsd": (
        "8f289c776e490e4763dab0e4b958c74993e5f271718cf244f24d00bb5af62a1f"
    ),
    "https://earkcsip.dilcis.eu/schema/DILCISExtensionMETS.xsd": (
        "40844e8064de67cd1378028f65cdbbe72e94fa21fae2ab7ad9c1ac1adbe6aac1"
    ),
    "http://www.loc.gov/standards/xlink/xlink.xsd": (
        "f1f5bb6003165cdd8f6c1fcc32f8fd1f965e1681010f3b9806d9460bcffa8a3c"
    ),
    "http://www.loc.gov/standards/premis/v3/premis.xsd": (
        "03b8a77a20b32b882ad799e12262671d07ad18210c60233f4e613a1289491cba"
    ),
    "http://www.loc.gov/standards/mods/v3/mods-3-8.xsd": (
        "ded45d61d3378d4bed750d8f80633bb0b37e1883afd3a106eef6225c54737a18"
    ),
    "http://www.loc.gov/standards/mix/mix20/mix20.xsd": (
        "aaff5ad9b49e7116b1a3f521e4f3aaa2e75df9f38a2cf708379679c53a107dac"
    ),
}
"""The SHA-256 of schemas, by address, as they were published in 2026."""


def codes_csv(
    known: Iterable[CodeRow],
    relators: Mapping[str, str],
    registers: Mapping[str, str],
    libraries: Mapping[str, str],
) -> bytes:
    """`formats-codes.csv`: rows of a list, a code and its meaning.

    `known` are such rows, those of "MARC relator" among them; `relators` are UNIMARC's as MARC's,
    `registers` and `libraries` names by their codes.
    """
    rows = list(known)
    words = {code: meaning for name, code, meaning in rows if name == "MARC relator"}
    rows += [("library", *row) for row in libraries.items()]
    rows += [("register of book monuments", *row) for row in registers.items()]
    for code, marc in relators.items():
        rows.append(("UNIMARC relator ($4)", code, f"{words[marc]} (MARC relator {marc})"))
    rows += [("finding", code.value, code.message) for code in Code]
    return _csv([("list", "code", "meaning"), *rows])


def charsets_csv(tables: Mapping[str, Mapping[int, str]]) -> bytes:
    """`formats-charsets.csv`: the letter of each byte, by the names of old character sets.

    A mark that is put on a letter is shown on a dotted circle.
    """
    rows = [("character set", "byte", "Unicode", "letter")]
    for name, table in tables.items():
        for byte, letter in sorted(table.items()):
            rows.append((name, f"{byte:02X}", f"U+{ord(letter):04X}", _shown(letter)))
    return _csv(rows)


def _shown(letter: str) -> str:
    if unicodedata.combining(letter):
        return f"\u25cc{letter}"
    return letter if letter.isprintable() else ""


def schemas_csv() -> bytes:
    """`formats-schemas.csv`: the standards, where they were published, digests of XML schemas."""
    return _csv([("standard", "edition", "address", "namespace", "schema", "SHA-256"), *_schemas()])


def _schemas() -> Iterator[CodeRow]:
    for each in STANDARDS:
        schema = each.schema or ""
        digest = _SCHEMA_DIGESTS.get(schema, "")
        yield (each.name, each.version, each.url, each.namespace or "", schema, digest)


def _csv(rows: Iterable[CodeRow]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")
