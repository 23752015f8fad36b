"""Our METS in the dialect of Archivematica, the only one that metsrw reads."""

from __future__ import annotations

from lxml import etree

from preserva.core.eark.mets import NAMESPACE

_METS = f"{{{NAMESPACE}}}"


def for_metsrw(document: bytes) -> bytes:
    """The METS of a representation, its words changed where metsrw 0.7 knows only its own.

    metsrw reads the one map whose TYPE is `physical`, in which a division is an `Item` or a
    `Directory` with a LABEL, and follows ADMID to an amdSec only. METS and CSIP ask for none of
    this, and CSIP82 has `PHYSICAL`. Nothing else is changed.
    """
    root = etree.fromstring(document)
    for pages in root.iterfind(f"{_METS}structMap[@LABEL='Pages']"):
        pages.set("TYPE", "physical")
        for div in pages.iter(f"{_METS}div"):
            div.set("TYPE", "Directory" if div.get("TYPE") == "physSequence" else "Item")
            div.set("LABEL", str(div.get("LABEL") or div.get("ID")))
    for file in root.iter(f"{_METS}file"):
        file.set("ADMID", "amdSec")
    return etree.tostring(root)
