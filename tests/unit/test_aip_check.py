"""Our validator of packages: nothing on a sound one, and each kind of damage by its name."""

from __future__ import annotations

import pytest

from tests.mutations import Kind, damaged, findings, kinds, package


def test_a_sound_package_has_no_findings() -> None:
    assert findings(package()) == []


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.name)
def test_damage_is_found_and_named(kind: Kind) -> None:
    assert {(one.code.value, one.path) for one in findings(damaged(kind))} == kind.expected
