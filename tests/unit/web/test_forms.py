"""Forms with files, as browsers send them and as nobody should."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.web.forms import SentFile, SentForm, read_form
from preserva.web.uploads import safe_name

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
NAMES = st.text(
    st.characters(exclude_characters='%"\r\n', exclude_categories=["Cs", "Cc"]), min_size=1
)
DATA = st.binary().filter(lambda data: BOUNDARY.encode() not in data)


def multipart(fields: list[tuple[str, str]], files: dict[str, tuple[str, bytes]]) -> bytes:
    """A form as Chromium and Firefox write it."""
    body = b""
    for name, value in fields:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        body += head.encode() + value.encode() + b"\r\n"
    for name, (filename, data) in files.items():
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}";'
            f' filename="{filename}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        )
        body += head.encode() + data + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


@given(
    st.lists(st.tuples(NAMES, st.text(st.characters(exclude_categories=["Cs"])))),
    st.dictionaries(NAMES, st.tuples(NAMES, DATA), max_size=3),
)
def test_every_form_is_read_as_it_was_written(
    fields: list[tuple[str, str]], files: dict[str, tuple[str, bytes]]
) -> None:
    form = read_form(TYPE, multipart(fields, files))
    assert form.fields == dict(fields)
    assert [(name, value) for name, values in form.lists.items() for value in values] == sorted(
        fields, key=lambda item: list(dict(fields)).index(item[0])
    )
    assert form.files == {name: SentFile(*sent) for name, sent in files.items()}


@given(st.text(), st.binary())
def test_no_bytes_are_more_than_a_value_error(content_type: str, body: bytes) -> None:
    for kind in (content_type, TYPE, "multipart/form-data"):
        with suppress(ValueError):
            read_form(kind, body)


def test_a_file_that_was_not_chosen_is_none() -> None:
    assert read_form(TYPE, multipart([("a", "1")], {"file": ("", b"")})) == SentForm(
        {"a": "1"}, {"a": ("1",)}
    )


def test_quotes_in_names_come_back() -> None:
    form = read_form(TYPE, multipart([], {"file": ("a %22b%22.csv", b"1")}))
    assert form.files["file"].name == 'a "b".csv'


def test_values_of_one_name_are_a_list() -> None:
    form = read_form("application/x-www-form-urlencoded", b"folder=a&folder=b&x=")
    assert (form.lists, form.fields["folder"]) == ({"folder": ("a", "b"), "x": ("",)}, "b")


@pytest.mark.parametrize("body", [b"", b"--", multipart([("a", "1")], {})[:-6]])
def test_a_form_without_its_end_is_none(body: bytes) -> None:
    with pytest.raises(ValueError, match="form"):
        read_form(TYPE, body)


@given(st.text())
def test_a_name_can_lead_nowhere(name: str) -> None:
    safe = safe_name(name)
    assert 1 <= len(safe) <= 120 and not re.search(r"[/\\\0]", safe)
    assert not safe.startswith((".", "-")) and safe.isprintable()


def test_names_keep_what_tells_the_format() -> None:
    names = {"C:\\Книги\\запис.ISO": "запис.ISO", "../../etc/passwd": "passwd", "..": "file"}
    assert {name: safe_name(name) for name in names} == names
