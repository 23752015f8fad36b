"""Storage layouts: the examples of their own documents."""

from __future__ import annotations

import pytest

from preserva.core.formats import layouts

NAMES = {
    number: next(name for name in layouts._LAYOUTS if name.startswith(number))
    for number in ("0002", "0003", "0004", "0006", "0007", "0010", "0011", "0012")
}
HASH = "3c0ff4240c1e116dba14c7627f2319b58aa3d77606d0d90dfc6161608ac987d4"
REVERSED = {"delimiter": ":", "tupleSize": 4, "numberOfTuples": 2, "reverseObjectRoot": True}
RIGHT = {"delimiter": "edu/", "zeroPadding": "right"}
WHOLE = {"delimiter": "edu/", "tupleSegmentSizes": [3, 4], "fullIdentifierAsObjectRoot": True}
CLEAN = {"numberOfFallbackTuples": 2}
ENCODED = {"encodeUTF": True, "numberOfFallbackTuples": 2, "fallbackDigestAlgorithm": "sha512"}
SHORT = {"digestAlgorithm": "md5", "tupleSize": 2, "numberOfTuples": 15}
LONG = " ".join(["abcdefghijabcdefghij"] * 13)


@pytest.mark.parametrize(
    ("number", "settings", "identifier", "path"),
    [
        ("0002", {}, "..hor_rib:lé-$id", "..hor_rib:lé-$id"),
        ("0003", {}, "..hor/rib:le-$id", "487/326/d8c/%2e%2ehor%2frib%3ale-%24id"),
        ("0004", {}, "object-01", f"3c0/ff4/240/{HASH}"),
        ("0004", {"tupleSize": 0, "numberOfTuples": 0}, "object-01", HASH),
        (
            "0004",
            {**SHORT, "shortObjectRoot": True},
            "object-01",
            "ff/75/53/44/92/48/5e/ab/b3/9f/86/35/67/28/88/4e",
        ),
        ("0006", {"delimiter": ":"}, "namespace:12887296", "12887296"),
        ("0006", {"delimiter": "INFO:"}, "info:fedora/object-01", "fedora/object-01"),
        ("0007", REVERSED, "namespace:12887296", "6927/8821/12887296"),
        ("0007", REVERSED, "abc123", "321c/ba00/abc123"),
        ("0007", RIGHT, "https://institution.edu/3448793", "344/879/300/3448793"),
        ("0007", RIGHT, "https://institution.edu/abc/edu/f8.05v", "f8./05v/000/f8.05v"),
        ("0010", {}, "druid:gh875jh5489", "gh/875/jh/5489"),
        ("0010", {}, "urn:nbn:fi:111-0023815", "11/1-0/02/3815"),
        ("0010", WHOLE, "https://institution.edu/abc/edu/f8a905v", "f8a/905v/f8a905v"),
        ("0011", CLEAN, "..hor_rib:lé-$id", "..hor_rib_lé-$id"),
        ("0011", CLEAN, '~ info:fedora/-obj#ec@t-"01 ', "info_fedora/obj_ec_t-_01"),
        ("0011", CLEAN, "/test/ ~/.../blah", "test/_../blah"),
        ("0011", CLEAN, LONG, "fallback/0/e/0eafabb38fa7f1583d1461afe980ebdc"),
        ("0011", ENCODED, "object=u123a-01", "object=u003Du123a-01"),
        (
            "0011",
            ENCODED,
            '~ info:fedora/-obj#ec@t-"01 ',
            "=u007E=u0020info=u003Afedora/-obj=u0023ec=u0040t-=u002201=u0020",
        ),
        ("0011", ENCODED, "/test/ ~/.../blah", "test/=u0020~/=u002E../blah"),
        (
            "0012",
            {"delimiters": [":", "/"], **SHORT, "digestAlgorithm": "md5"},
            "object-01",
            "ff/75/53/44/92/48/5e/ab/b3/9f/86/35/67/28/88/object-01",
        ),
        (
            "0012",
            {"delimiters": ["/"], "tupleSize": 0, "numberOfTuples": 0},
            "..hor/rib:le-$id",
            "rib%3ale-%24id",
        ),
        ("0012", {"delimiters": ["c", "d"], "tupleSize": 0, "numberOfTuples": 0}, "abcdd", "d"),
    ],
)
def test_examples(number: str, settings: dict[str, object], identifier: str, path: str) -> None:
    assert layouts.object_path(NAMES[number], settings, identifier) == path


@pytest.mark.parametrize(
    ("number", "settings", "identifier"),
    [
        ("0003", {"tupleSize": "3"}, "x"),
        ("0003", {"digestAlgorithm": "rot13"}, "x"),
        ("0004", {"tupleSize": 32, "numberOfTuples": 32}, "x"),
        ("0006", {}, "x"),
        ("0006", {"delimiter": ":"}, "x:"),
        ("0007", {"zeroPadding": "above"}, "x"),
        ("0010", {"tupleSegmentSizes": [1]}, "xy"),
        ("0012", {"delimiters": [""]}, "x"),
    ],
)
def test_what_a_layout_cannot_place(
    number: str, settings: dict[str, object], identifier: str
) -> None:
    with pytest.raises(layouts.LayoutError):
        layouts.object_path(NAMES[number], settings, identifier)


def test_an_unknown_layout_is_not_computed() -> None:
    assert not layouts.known("9999-mine")
    assert layouts.known("0003-hash-and-id-n-tuple-storage-layout")
