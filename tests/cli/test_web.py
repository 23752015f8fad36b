"""`preserva web` and `preserva web people`."""

from __future__ import annotations

import fcntl
import sys
from pathlib import Path

import pytest

from preserva.web import people
from tests.cli.test_commands import JsonRun, Run, ready, run, run_json

__all__ = ["ready", "run", "run_json"]

WEB = ("web", "people")


def test_people_come_change_and_go(ready: Path, run: Run, run_json: JsonRun) -> None:
    status, address, _err = run(
        *WEB, "add", "petrov", "--role", "decide", "--url", "https://b.example/"
    )
    assert (status, address.startswith("https://b.example/enter/")) == (0, True)
    assert run(*WEB)[1] == "petrov\tdecide\tinvited\n"
    assert run(*WEB, "add", "ivanova", "--role", "administer")[0] == 0
    assert run(*WEB, "role", "petrov", "look")[0] == 0
    renewed = run(*WEB, "invite", "petrov")[1]
    assert renewed.startswith("http://127.0.0.1:8010/enter/") and renewed != address
    assert run_json(*WEB) == (
        0,
        {
            "schema_version": 1,
            "command": "web people",
            "people": [
                {"person": "ivanova", "role": "administer", "has_password": False},
                {"person": "petrov", "role": "look", "has_password": False},
            ],
        },
    )
    assert run(*WEB, "remove", "petrov")[0] == 0
    assert run(*WEB)[1] == "ivanova\tadminister\tinvited\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("add", "ivanova"), 2),
        (("add", "a b"), 2),
        (("add", "petrov", "--role", "root"), 2),
        (("role", "petrov", "look"), 2),
        (("invite", "petrov"), 2),
        (("remove", "petrov"), 2),
        (("remove", "ivanova"), 4),
        (("role", "ivanova", "look"), 4),
    ],
)
def test_what_cannot_be_done(
    ready: Path, run: Run, arguments: tuple[str, ...], expected: int
) -> None:
    run(*WEB, "add", "ivanova", "--role", "administer")
    assert run(*WEB, *arguments)[0] == expected
    assert run(*WEB)[1] == "ivanova\tadminister\tinvited\n"


def test_only_people_of_the_configuration_are_invited(ready: Path, run: Run) -> None:
    path = ready / "preserva.toml"
    path.write_text(path.read_text("utf-8") + "[people.ivanova]\n", encoding="utf-8")
    assert run(*WEB, "add", "petrov")[0] == 2
    assert run(*WEB, "add", "ivanova")[0] == 0


def test_without_the_extra_it_says_what_to_install(
    ready: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    status, out, err = run("web", "--person", "petrov")
    assert (status, out) == (2, "")
    assert "pip install 'preserva[web]'" in err
    assert not (ready / "web").exists()


def test_the_first_start_names_who_comes_first(ready: Path, run: Run) -> None:
    """Here nobody acts, so nobody is let in, and no server starts."""
    status, out, err = run("web")
    assert (status, out) == (2, "")
    assert "--person" in err
    assert run(*WEB)[1] == ""


@pytest.mark.parametrize("url", ["ftp://x.example", "x.example", "http://"])
def test_an_address_that_is_none(ready: Path, run: Run, url: str) -> None:
    assert run("web", "--person", "petrov", "--url", url)[0] == 2


def test_one_server_for_an_archive(ready: Path, run: Run) -> None:
    run(*WEB)
    with (ready / "web" / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status, _out, err = run("web", "--person", "petrov")
    assert (status, str(ready / "web") in err) == (11, True)


def test_nobody_else_reads_the_file_of_the_server(ready: Path, run: Run) -> None:
    run(*WEB, "add", "petrov")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (ready / "web").iterdir()}
    assert (ready / "web").stat().st_mode & 0o777 == 0o700
    assert modes["web.sqlite3"] == 0o600 and modes["jobs"] == 0o700


def test_a_file_of_a_later_version_is_refused(ready: Path, run: Run) -> None:
    import sqlite3
    from contextlib import closing

    run(*WEB, "add", "petrov")
    with closing(sqlite3.connect(ready / "web" / "web.sqlite3")) as rows:
        rows.execute("PRAGMA user_version = 2")
    assert run(*WEB)[0] == 4


def test_every_role_that_can_be_typed_is_one(ready: Path, run: Run) -> None:
    for role in people.PageRole:
        assert run(*WEB, "add", role.value, "--role", role.value)[0] == 0
    assert [line.split("\t")[1] for line in run(*WEB)[1].splitlines()] == [
        "administer", "decide", "look", "prepare"
    ]  # fmt: skip
