"""What bag-info.txt of a package says, and that our profile knows all of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from preserva.archive.staging import Staging
from preserva.bag.profiles import own_profile
from preserva.config import Institution
from preserva.core.values.model import PackageId
from preserva.information_package.tag_files import bag_info


def test_the_profile_names_every_line() -> None:
    """Those of an institution that says how it is reached, too."""
    names = {"ru": "Б", "be": "Б", "en": "L"}
    institution = Institution("aonb", names, "RU", None, "Office", "Address", "a@example.org")
    staging = cast(Staging, SimpleNamespace(state=dict))
    info = bag_info(institution, PackageId("aonb", "1"), "T", "2026-12-01", staging)
    assert info == [
        ("BagIt-Profile-Identifier", own_profile().identifier),
        ("Source-Organization", "L"),
        ("Organization-Address", "Address"),
        ("Contact-Name", "Office"),
        ("Contact-Email", "a@example.org"),
        ("External-Identifier", "urn:preserva:aonb:1"),
        ("External-Description", "T"),
        ("Bagging-Date", "2026-12-01"),
        *info[8:9],
        ("Payload-Oxum", "0.0"),
        ("E-ARK-Package-Type", "AIP"),
        ("E-ARK-Specification-Version", "2.2.0"),
    ]
    known = {rule.label.casefold() for rule in own_profile().tags}
    assert {label.casefold() for label, _value in info[1:]} == known
