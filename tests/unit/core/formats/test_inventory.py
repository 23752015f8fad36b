"""OCFL inventories and the layout."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.core.formats import inventory as formats
from preserva.core.formats import layout
from preserva.core.formats.inventory import Inventory, InventoryError, User
from preserva.core.formats.inventory_glance import glance, glance_of
from preserva.core.formats.inventory_text import Beginnings, serialise
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import Observed

USER = User("Amur Regional Scientific Library")
TIME = "2026-11-23T10:00:00+00:00"


def observed(files: dict[str, bytes]) -> dict[str, Observed]:
    """What was seen of some files."""
    return {
        path: Observed(path, len(data), digest_bytes(data, ["sha512"]))
        for path, data in files.items()
    }


def version(
    previous: Inventory | None, files: dict[str, bytes]
) -> tuple[Inventory, dict[str, str]]:
    """One more version."""
    return formats.next_version(
        previous, "urn:x", observed(files), created=TIME, message="m", user=USER
    )


def test_the_first_version_keeps_every_file_in_place() -> None:
    """Equal files too: v1/content is the whole package."""
    first, stored = version(None, {"a": b"1", "b": b"1", "c/d": b"2"})
    assert stored == {"a": "v1/content/a", "b": "v1/content/b", "c/d": "v1/content/c/d"}
    assert first.locate("v1") == stored


def test_a_later_version_stores_only_what_is_new() -> None:
    """A corrected record of a large book moves kilobytes."""
    first, _stored = version(None, {"a": b"1", "b": b"2"})
    second, stored = version(first, {"a": b"1", "b": b"3", "e": b"2"})
    assert stored == {"b": "v2/content/b"}
    assert second.locate("v2") == {"a": "v1/content/a", "b": "v2/content/b", "e": "v1/content/b"}
    assert list(formats.differences(first, second)) == []
    assert list(formats.differences(second, first)) == ["v2 is missing"]


trees = st.dictionaries(
    st.lists(st.text("abй .", min_size=1, max_size=4), min_size=1, max_size=3)
    .map("/".join)
    .filter(lambda path: not set(path.split("/")) & {".", ".."}),
    st.binary(max_size=3),
    min_size=1,
    max_size=6,
).filter(lambda tree: not any(a != b and b.startswith(a + "/") for a in tree for b in tree))


@given(st.lists(trees, min_size=1, max_size=4))
def test_what_is_written_is_read_back_equal(states: list[dict[str, bytes]]) -> None:
    """And the same facts give the same bytes."""
    current: Inventory | None = None
    for state in states:
        current, _stored = version(current, state)
    assert current is not None
    data = serialise(current)
    assert formats.parse(data) == current
    assert serialise(formats.parse(data)) == data
    for number, state in enumerate(states, 1):
        assert set(current.versions[f"v{number}"].files()) == set(state)


@given(
    st.lists(trees, min_size=1, max_size=4), st.none() | st.text(), st.none() | st.text(min_size=1)
)
def test_the_text_is_that_of_json(
    states: list[dict[str, bytes]], address: str | None, message: str | None
) -> None:
    """As the json module indents it, whatever is in names and messages."""
    current: Inventory | None = None
    for state in states:
        seen = observed(state)
        user = User('Библиотека \u2028"', address)
        current, _stored = formats.next_version(
            current, "urn:x", seen, created=TIME, message=message or "", user=user
        )
    assert current is not None
    data = serialise(current)
    document = json.loads(data)
    assert json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n" == data


@given(st.lists(trees, min_size=1, max_size=5))
def test_the_inventory_of_an_earlier_version_is_told_from_the_newest(
    states: list[dict[str, bytes]],
) -> None:
    """To the byte; of one that others wrote, nothing is told."""
    current: Inventory | None = None
    written = []
    for state in states:
        current, _stored = version(current, state)
        written.append(serialise(current))
    assert current is not None
    before = Beginnings(current, written[-1])
    names = [f"v{number}" for number in range(1, len(states) + 1)]
    assert [before.of(name) for name in names] == [*written[:-1], None]
    others = json.dumps(json.loads(written[-1])).encode()
    assert [Beginnings(current, others).of(name) for name in names] == [None] * len(names)


def test_what_was_stored_before_it_was_used_has_no_beginnings() -> None:
    """Its first version would have content that is in no state, and is not valid (E107)."""
    first, _stored = version(None, {"a": b"1"})
    second, _stored = version(first, {"a": b"1", "b": b"2"})
    (digest,) = second.manifest.keys() - first.manifest.keys()
    early = replace(second, manifest={**second.manifest, digest: ("v1/content/b",)})
    assert Beginnings(early, serialise(early)).of("v1") is None
    assert Beginnings(second, serialise(second)).of("v1") == serialise(first)


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "head", "type", "manifest", "versions", "v1", "state", "x"]),
                inner,
            )
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_input_does_worse_than_a_list_of_problems(data: bytes) -> None:
    """Hostile until checked."""
    with pytest.raises(InventoryError) as caught:
        formats.parse(data)
    assert caught.value.problems


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": ""}, "E036"),
        ({"type": "x"}, "E038"),
        ({"digestAlgorithm": "md5"}, "E025"),
        ({"head": "v2"}, "E040"),
        ({"versions": {}}, "E008"),
        ({"versions": {"v01": {}}}, "E009"),
        ({"manifest": {}}, "E050"),
        ({"contentDirectory": "a/b"}, "E017"),
    ],
)
def test_each_broken_rule_is_named(change: dict[str, object], code: str) -> None:
    """By the code of the OCFL specification."""
    first, _stored = version(None, {"a": b"1"})
    document = {**json.loads(serialise(first)), **change}
    with pytest.raises(InventoryError) as caught:
        formats.parse(json.dumps(document).encode())
    assert any(problem.startswith(code) for problem in caught.value.problems)


@pytest.mark.parametrize("path", ["../x", "/x", "a//b", "a/./b", ""])
def test_paths_never_lead_outside(path: str) -> None:
    """Neither in the manifest nor in a state."""
    first, _stored = version(None, {"a": b"1"})
    document = json.loads(serialise(first))
    (digest,) = document["manifest"]
    document["versions"]["v1"]["state"][digest] = [path]
    with pytest.raises(InventoryError, match="E099"):
        formats.parse(json.dumps(document).encode())


def test_the_layout_is_that_of_the_extension() -> None:
    """The examples of OCFL extension 0003."""
    assert layout.object_path("object-01") == "3c0/ff4/240/object-01"
    assert layout.object_path("..hor/rib:le-$id") == "487/326/d8c/%2e%2ehor%2frib%3ale-%24id"


NAMES = ("a", "b", "bag-info.txt")


@given(st.lists(trees, min_size=1, max_size=4), st.integers(1, 50))
def test_a_glance_shows_what_parsing_shows(states: list[dict[str, bytes]], size: int) -> None:
    """Of every inventory that we write, however it is cut into pieces."""
    current: Inventory | None = None
    for state in states:
        current, _stored = version(current, state)
    assert current is not None
    data = serialise(current)
    seen = glance((data[at : at + size] for at in range(0, len(data), size)), NAMES)
    parsed = glance_of(current, NAMES)
    if seen is None:  # the bytes of a file asked for are kept under another name
        own = {name for name in NAMES if name in parsed.places}
        assert any(not parsed.places[name][1].endswith(f"/content/{name}") for name in own)
    else:
        assert seen == replace(parsed, places=seen.places)
        assert {name: place[0] for name, place in seen.places.items()} == {
            name: place[0] for name, place in parsed.places.items()
        }
        for name, (digest, content) in seen.places.items():
            assert content in current.manifest[digest], name


@given(st.data())
def test_of_other_text_a_glance_tells_nothing_that_is_not_there(data: st.DataObject) -> None:
    """It is to be parsed; or it has the form, and says what a parser reads in it."""
    current, _stored = version(None, {"a": b"1", "bag-info.txt": b"2"})
    lines = serialise(current).split(b"\n")
    place = data.draw(st.integers(0, len(lines) - 1))
    changed = [*lines[:place], *data.draw(st.lists(st.sampled_from(lines), max_size=2))]
    text = b"\n".join([*changed, *lines[place + 1 :]])
    seen = glance([text], NAMES)
    if seen is not None:
        assert seen.versions == ("v1",)
        assert seen.identifier == "urn:x"
    assert glance([json.dumps(json.loads(serialise(current))).encode()], NAMES) is None
    assert glance([], NAMES) is None
