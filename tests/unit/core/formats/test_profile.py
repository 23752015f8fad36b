"""BagIt Profiles 1.4.0: documents and bags, one broken rule at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preserva.bag.create.create import create_bag
from preserva.bag.folder import FolderSource
from preserva.bag.profiles import ProfileCache, check_profiles, load_profile, own_profile
from preserva.bag.validate import BagReport, validate_source
from preserva.core.formats.profile import (
    BagFacts,
    NameRule,
    Profile,
    Serialization,
    TagRule,
    check_profile,
)
from preserva.core.formats.profile import matches as glob
from preserva.core.formats.profile_document import parse_profile
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind
from preserva.errors import ConfigError, Damaged, NotFound

URI = "https://example.org/profile-1.json"

MINIMAL: Mapping[str, object] = {
    "BagIt-Profile-Info": {
        "Source-Organization": "Somebody",
        "External-Description": "For tests",
        "Version": "1",
        "BagIt-Profile-Identifier": URI,
        "BagIt-Profile-Version": "1.4.0",
    },
    "Serialization": "forbidden",
    "Accept-BagIt-Version": ["0.97", "1.0"],
}


def parse(**changes: object) -> tuple[Profile | None, list[tuple[Code, str | None]]]:
    document = {**MINIMAL, **{key.replace("_", "-"): value for key, value in changes.items()}}
    profile, findings = parse_profile(json.dumps(document).encode())
    return profile, [(finding.code, finding.path) for finding in findings]


def document(changes: Mapping[str, object]) -> bytes:
    return json.dumps({**MINIMAL, **changes}).encode()


def test_a_minimal_profile_has_the_defaults_of_the_standard() -> None:
    assert parse() == (
        Profile(
            identifier=URI,
            version="1",
            source_organization="Somebody",
            external_description="For tests",
            accept_bagit_version=("0.97", "1.0"),
            specification="1.4.0",
            serialization=Serialization.FORBIDDEN,
        ),
        [],
    )


def test_every_key_is_read() -> None:
    changes = {
        "Bag-Info": {
            "Title": {"required": True, "values": ["a", "b"], "repeatable": False},
            "Note": {"description": "free"},
        },
        "Manifests-Required": ["sha256"],
        "Manifests-Allowed": ["sha256", "sha512"],
        "Tag-Manifests-Required": ["sha512"],
        "Tag-Manifests-Allowed": ["sha512"],
        "Allow-Fetch.txt": True,
        "Fetch.txt-Required": True,
        "Data-Empty": True,
        "Serialization": "required",
        "Accept-Serialization": ["application/zip"],
        "Tag-Files-Required": ["meta/a.xml"],
        "Tag-Files-Allowed": ["meta/*"],
        "Payload-Files-Required": ["data/x/"],
        "Payload-Files-Allowed": ["data/x/*"],
    }
    profile, findings = parse_profile(document(changes))
    assert findings == []
    assert profile == Profile(
        identifier=URI,
        version="1",
        source_organization="Somebody",
        external_description="For tests",
        accept_bagit_version=("0.97", "1.0"),
        specification="1.4.0",
        tags=(TagRule("Title", True, ("a", "b"), False), TagRule("Note")),
        manifests=NameRule(("sha256",), ("sha256", "sha512")),
        tag_manifests=NameRule(("sha512",), ("sha512",)),
        allow_fetch=True,
        require_fetch=True,
        data_empty=True,
        serialization=Serialization.REQUIRED,
        accept_serialization=("application/zip",),
        tag_files=NameRule(("meta/a.xml",), ("meta/*",)),
        payload_files=NameRule(("data/x/",), ("data/x/*",)),
    )


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"BagIt-Profile-Info": None}, "BagIt-Profile-Info"),
        ({"Accept-BagIt-Version": []}, "Accept-BagIt-Version"),
        ({"Accept-BagIt-Version": [1.0]}, "Accept-BagIt-Version"),
        ({"Manifests-Required": "md5"}, "Manifests-Required"),
        ({"Manifests-Required": ["md5"], "Manifests-Allowed": ["sha1"]}, "Manifests-Allowed"),
        (
            {"Tag-Manifests-Required": ["md5"], "Tag-Manifests-Allowed": []},
            "Tag-Manifests-Allowed",
        ),
        ({"Allow-Fetch.txt": False, "Fetch.txt-Required": True}, "Fetch.txt-Required"),
        ({"Allow-Fetch.txt": "maybe"}, "Allow-Fetch.txt"),
        ({"Data-Empty": 1}, "Data-Empty"),
        ({"Serialization": "sometimes"}, "Serialization"),
        ({"Serialization": "required"}, "Accept-Serialization"),
        ({"Serialization": "optional"}, "Accept-Serialization"),
        ({"Bag-Info": []}, "Bag-Info"),
        ({"Bag-Info": {"A": {"required": "x"}}}, "Bag-Info/A/required"),
        ({"Bag-Info": {"A": {"values": "x"}}}, "Bag-Info/A/values"),
        ({"Bag-Info": {"A": 3}}, "A"),
        ({"Bag-Info": {"A": {}, "a": {}}}, "Bag-Info/a"),
        ({"Tag-Files-Required": ["a"], "Tag-Files-Allowed": ["b*"]}, "Tag-Files-Allowed"),
        ({"Tag-Files-Required": ["data/a"]}, "Tag-Files-Required"),
        ({"Payload-Files-Required": ["a"]}, "Payload-Files-Required"),
        (
            {"Payload-Files-Required": ["data/a/"], "Payload-Files-Allowed": ["data/b/*"]},
            "Payload-Files-Allowed",
        ),
    ],
)
def test_a_profile_that_contradicts_itself_is_not_used(
    changes: Mapping[str, object], key: str
) -> None:
    profile, findings = parse_profile(document(changes))
    assert profile is None
    assert {(one.code, one.path) for one in findings} >= {(Code.PROFILE_INVALID, key)}


@pytest.mark.parametrize("key", sorted(MINIMAL["BagIt-Profile-Info"]))  # type: ignore[call-overload]
def test_what_the_profile_says_of_itself_is_required(key: str) -> None:
    info = MINIMAL["BagIt-Profile-Info"]
    assert isinstance(info, dict)
    profile, findings = parse(
        BagIt_Profile_Info={name: value for name, value in info.items() if name != key}
    )
    path = f"BagIt-Profile-Info/{key}"
    if key == "BagIt-Profile-Version":
        assert profile is not None and profile.specification == "1.1.0"
        assert findings == [(Code.PROFILE_ADVICE, path)]
    else:
        assert profile is None
        assert findings == [(Code.PROFILE_INVALID, path)]


def test_slips_of_the_standard_and_of_real_profiles_are_only_advice() -> None:
    profile, findings = parse_profile(
        document(
            {
                "Allow-Fetch.txt": "false",
                "Other-Info": [],
                "Bag-Info": {"BagIt-Profile-Identifier": {}, "A": {"recommended": True}},
                "Tag-Files-Required": ["bag-info.txt"],
            }
        )
    )
    assert profile is not None and profile.allow_fetch is False
    assert [(one.code, one.path) for one in findings] == [
        (Code.PROFILE_ADVICE, "Other-Info"),
        (Code.PROFILE_ADVICE, "Allow-Fetch.txt"),
        (Code.PROFILE_ADVICE, "Bag-Info/BagIt-Profile-Identifier"),
        (Code.PROFILE_ADVICE, "Tag-Files-Required"),
    ]


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"a": 1, "a": 2}', b"1" * 5000]
)
def test_hostile_bytes_are_findings(data: bytes) -> None:
    profile, findings = parse_profile(data)
    assert profile is None
    assert {one.code for one in findings} >= {Code.PROFILE_INVALID}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*MINIMAL, "Bag-Info", "Tag-Files-Required"]), json_values))
def test_no_document_makes_it_raise(changes: dict[str, object]) -> None:
    profile, findings = parse_profile(document(changes))
    assert (profile is None) == any(one.code is Code.PROFILE_INVALID for one in findings)
    assert all(one.message() for one in findings)


@settings(max_examples=300, deadline=None)
@given(st.text("ab/", max_size=8), st.text("ab/*", max_size=6))
def test_globs_are_what_fnmatch_says(path: str, pattern: str) -> None:
    import fnmatch

    assert glob(path, pattern) == fnmatch.fnmatchcase(path, pattern)


def test_a_hostile_glob_is_not_slow() -> None:
    assert not glob("a" * 5000, "*a" * 2000 + "b")


FACTS = BagFacts(
    bagit_version="1.0",
    media_type=None,
    bag_info=(("BagIt-Profile-Identifier", URI), ("Title", "a")),
    manifests=frozenset(["sha512"]),
    tag_manifests=frozenset(["sha512"]),
    has_fetch=False,
    files=(
        Entry("bagit.txt", Kind.FILE, 55),
        Entry("bag-info.txt", Kind.FILE, 55),
        Entry("manifest-sha512.txt", Kind.FILE, 55),
        Entry("meta/a.xml", Kind.FILE, 1),
        Entry("data/x/1", Kind.FILE, 3),
        Entry("data/y", Kind.FOLDER),
    ),
)
PROFILE = Profile(URI, "1", "Somebody", "For tests", ("1.0",))


def test_a_bag_that_conforms_has_no_findings() -> None:
    profile = replace(
        PROFILE,
        tags=(TagRule("title", True, ("a",), False),),
        manifests=NameRule(("sha512",), ("sha512",)),
        tag_manifests=NameRule(("sha512",), ("sha512",)),
        allow_fetch=False,
        serialization=Serialization.FORBIDDEN,
        tag_files=NameRule(("meta/a.xml",), ("meta/*",)),
        payload_files=NameRule(("data/x/", "data/y/", "data/x/1"), ("data/x/*",)),
    )
    bag = replace(FACTS, files=(*FACTS.files, Entry("data/y/z", Kind.FOLDER)))
    assert check_profile(profile, bag) == []


@pytest.mark.parametrize(
    ("profile", "bag", "codes"),
    [
        ({"accept_bagit_version": ("0.97",)}, {}, [Code.PROFILE_BAGIT_VERSION]),
        ({"serialization": Serialization.REQUIRED}, {}, [Code.PROFILE_SERIALIZATION]),
        (
            {"serialization": Serialization.FORBIDDEN},
            {"media_type": "application/zip"},
            [Code.PROFILE_SERIALIZATION],
        ),
        (
            {"accept_serialization": ("application/zip",)},
            {"media_type": "application/x-tar"},
            [Code.PROFILE_SERIALIZATION],
        ),
        (
            {"accept_serialization": ("application/tar",)},
            {"media_type": "application/x-tar"},
            [],
        ),
        ({}, {"bag_info": ()}, [Code.PROFILE_NOT_NAMED]),
        (
            {},
            {
                "bag_info": (
                    ("bagit-profile-identifier", "urn:other"),
                    ("BagIt-Profile-Identifier", URI),
                )
            },
            [],
        ),
        ({"tags": (TagRule("Date", True),)}, {}, [Code.PROFILE_TAG_MISSING]),
        ({"tags": (TagRule("TITLE", values=("b",)),)}, {}, [Code.PROFILE_TAG_VALUE]),
        (
            {"tags": (TagRule("Title", repeatable=False, values=("a",)),)},
            {"bag_info": (*FACTS.bag_info, ("title", "c"))},
            [Code.PROFILE_TAG_REPEATED, Code.PROFILE_TAG_VALUE],
        ),
        ({"manifests": NameRule(("md5",))}, {}, [Code.PROFILE_MANIFEST_REQUIRED]),
        ({"manifests": NameRule((), ("md5",))}, {}, [Code.PROFILE_MANIFEST_FORBIDDEN]),
        ({"tag_manifests": NameRule(("md5",))}, {}, [Code.PROFILE_MANIFEST_REQUIRED]),
        ({"tag_manifests": NameRule((), ())}, {}, [Code.PROFILE_MANIFEST_FORBIDDEN]),
        ({"allow_fetch": False}, {"has_fetch": True}, [Code.PROFILE_FETCH]),
        ({"require_fetch": True}, {}, [Code.PROFILE_FETCH]),
        ({"data_empty": True}, {}, [Code.PROFILE_NOT_EMPTY]),
        ({"data_empty": True}, {"files": (Entry("data/.keep", Kind.FILE, 0),)}, []),
        (
            {"data_empty": True},
            {"files": (Entry("data/a", Kind.FILE, 0), Entry("data/b", Kind.FILE, 0))},
            [Code.PROFILE_NOT_EMPTY],
        ),
        ({"tag_files": NameRule(("x.txt",))}, {}, [Code.PROFILE_FILE_REQUIRED]),
        ({"tag_files": NameRule((), ())}, {}, [Code.PROFILE_FILE_FORBIDDEN]),
        ({"payload_files": NameRule(("data/y/",))}, {}, [Code.PROFILE_FILE_REQUIRED]),
        ({"payload_files": NameRule((), ("data/y/*",))}, {}, [Code.PROFILE_FILE_FORBIDDEN]),
    ],
)
def test_each_rule_is_applied(
    profile: dict[str, object], bag: dict[str, object], codes: list[Code]
) -> None:
    changed = replace(PROFILE, **profile)  # type: ignore[arg-type]
    facts = replace(FACTS, **bag)  # type: ignore[arg-type]
    assert [one.code for one in check_profile(changed, facts)] == codes


def test_all_that_is_wrong_is_named_but_nothing_after_a_fatal_rule() -> None:
    profile = replace(PROFILE, tags=(TagRule("A", True), TagRule("B", True)), require_fetch=True)
    assert [one.code for one in check_profile(profile, FACTS)] == [
        Code.PROFILE_TAG_MISSING,
        Code.PROFILE_TAG_MISSING,
        Code.PROFILE_FETCH,
    ]
    fatal = replace(profile, accept_bagit_version=("0.93",))
    assert [one.code for one in check_profile(fatal, FACTS)] == [Code.PROFILE_BAGIT_VERSION]


def make_bag(folder: Path, *info: tuple[str, str]) -> BagReport:
    (folder / "source").mkdir()
    (folder / "source" / "a").write_bytes(b"a")
    create_bag(folder / "source", folder / "bag", bag_info=info)
    return validate_source(FolderSource(folder / "bag"))


def test_preservas_own_profile_is_sound_and_demands_what_packages_carry(tmp_path: Path) -> None:
    profile = own_profile()
    info = [
        ("BagIt-Profile-Identifier", profile.identifier),
        ("Source-Organization", "Амурская областная научная библиотека"),
        ("External-Identifier", "urn:preserva:aonb:kp-000123"),
        ("External-Description", "Ёлка"),
        ("Bagging-Date", "2026-11-23"),
        ("Bag-Software-Agent", "preserva 0.1.0"),
        ("E-ARK-Package-Type", "AIP"),
        ("E-ARK-Specification-Version", "2.2.0"),
    ]
    assert check_profiles(make_bag(tmp_path, *info), [profile]) == []
    for n, (label, _value) in enumerate(info):
        place = tmp_path / str(n)
        place.mkdir()
        bag = make_bag(place, *(field for field in info if field[0] != label))
        code = Code.PROFILE_NOT_NAMED if n == 0 else Code.PROFILE_TAG_MISSING
        assert [one.code for one in check_profiles(bag, [profile])] == [code]


def test_profiles_are_kept_by_digest_and_found_by_identifier(tmp_path: Path) -> None:
    cache = ProfileCache(tmp_path / "cache")
    given = tmp_path / "profile.json"
    given.write_bytes(document({}))
    digest = cache.add(given)
    assert cache.add(given) == digest
    assert cache.get(digest) == load_profile(given)
    assert cache.find(URI) == [load_profile(given)]
    assert cache.find("urn:preserva:bagit-profile:1") == [own_profile()]
    with pytest.raises(NotFound):
        cache.get("0" * 64)
    (tmp_path / "cache" / f"{digest}.json").write_bytes(b"{}")
    with pytest.raises(Damaged):
        cache.get(digest)


def test_a_profile_that_is_named_but_not_at_hand_is_unknown(tmp_path: Path) -> None:
    bag = make_bag(tmp_path, ("BagIt-Profile-Identifier", URI))
    cache = ProfileCache(tmp_path / "cache")
    assert [one.code for one in check_profiles(bag, cache=cache)] == [Code.PROFILE_UNAVAILABLE]
    given = tmp_path / "profile.json"
    given.write_bytes(document({"Fetch.txt-Required": True}))
    cache.add(given)
    assert [one.code for one in check_profiles(bag, cache=cache)] == [Code.PROFILE_FETCH]


def test_an_unusable_profile_file_is_refused_with_every_reason(tmp_path: Path) -> None:
    given = tmp_path / "profile.json"
    given.write_bytes(document({"Allow-Fetch.txt": "x", "Data-Empty": 3}))
    with pytest.raises(ConfigError) as caught:
        load_profile(given)
    assert len(caught.value.problems) == 2
