"""Who is told of an audit, and when; a server that fails changes nothing of how it ends."""

from __future__ import annotations

import email
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.cli.main import status_of
from preserva.config import load
from preserva.core.values.entries import NOTIFICATION
from preserva.errors import ConfigError
from preserva.fixity.audit import audit
from preserva.ingest.package import package
from preserva.outputs.mail import mail_text
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import decide, open_incidents
from preserva.reporting.notify import ping, send_mail
from tests.support.books import an_archive, make_book
from tests.support.mail_server import MailServer
from tests.support.servers import free_port
from tests.support.web_server import Send, answer, certificate, tls_of, web_server

START = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A running mail server."""
    running = MailServer()
    yield running
    running.listening.close()


@pytest.fixture
def called() -> Iterator[tuple[int, list[str]]]:
    """The port of a web server, and the paths that were asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running.server_address[1], paths
    running.shutdown()
    running.server_close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive of one book in two storages."""
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive, local="kp-1")
        replicate(archive)
    return tmp_path / "archive"


def configure(place: Path, text: str) -> None:
    """More lines for the configuration."""
    with (place / configuration.NAME).open("a", encoding="utf-8") as file:
        file.write(text)


def mail_to(port: int) -> str:
    """The configuration of a mail server on this machine."""
    return (
        '[mail]\nto = ["a@example.org", "b@example.org"]\nsender = "p@example.org"\n'
        f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
    )


@contextmanager
def at(place: Path, day: float) -> Iterator[ArchivalStorage]:
    """The archive on a day after START."""
    now = START + timedelta(days=day)
    with open_archive(place / configuration.NAME, clock=lambda: now) as archive:
        yield archive


def flip(place: Path) -> None:
    """One bit of a page in Minsk."""
    path = min((place / "storages/nlb-copy").rglob("*.tif"))
    path.chmod(0o644)
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])


def test_a_mail_comes_when_something_changed_and_once_a_week(
    place: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for each run; what is told is in the ledger, so a restart changes nothing."""
    monkeypatch.setenv("LANGUAGE", "en")
    configure(place, mail_to(server.port))

    def run(day: float, *, mend: bool = False) -> str | None:
        with at(place, day) as archive:
            if mend:
                repair(archive, apply=True)
            audit(archive, moved=("nlb-copy",))
            return send_mail(archive, mail_text)

    sound = "Audit of aonb: All 2 copies are sound, as far as they were read."
    assert [run(0), run(1), run(6.9)] == [None] * 3
    assert server.subjects == [sound]
    assert run(7) is None
    assert server.subjects == [sound] * 2
    flip(place)
    assert [run(8), run(9)] == [None] * 2
    assert server.subjects[2:] == ["Audit of aonb: 1 new incident"]
    text = email.message_from_bytes(server.messages[2], policy=default)
    assert text["To"] == "a@example.org, b@example.org"
    said = text.get_content()
    assert "aonb-kp-1 (nlb-copy): damaged" in said
    assert "preserva repair aonb-kp-1 --storage nlb-copy" in said
    assert run(10, mend=True) is None
    assert server.subjects[3:] == [sound]
    last = email.message_from_bytes(server.messages[3], policy=default).get_content()
    assert last.startswith("1 incident was resolved.")
    with at(place, 10) as archive:
        told = [one.facts["incidents"] for one in archive.ledger.entries(types=(NOTIFICATION,))]
    assert [len(one) for one in told] == [0, 0, 1, 0]


def test_a_copy_that_was_lost_and_brought_again_is_told(
    place: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nothing is open when the mail is written: whoever keeps it loses books."""
    monkeypatch.setenv("LANGUAGE", "en")
    configure(place, mail_to(server.port))

    def night(day: float) -> None:
        with at(place, day) as archive:
            replicate(archive)
            audit(archive)
            assert send_mail(archive, mail_text) is None

    night(0)
    with at(place, 0) as archive:
        store = archive.store("nlb-copy")
        shutil.rmtree(Path(store.storage.url) / store.root.path_of("urn:preserva:aonb:kp-1"))
    night(1)
    night(2)
    assert len(server.messages) == 2
    text = email.message_from_bytes(server.messages[1], policy=default).get_content()
    assert text.startswith(
        "aonb-kp-1 (nlb-copy): damaged or missing on 2026-12-02, sound again since then"
    )


def test_a_mail_that_was_refused_is_sent_by_the_next_run(place: Path, server: MailServer) -> None:
    """Nothing is recorded as told that nobody got."""
    configure(place, mail_to(server.port))
    server.refusing = True
    with at(place, 0) as archive:
        problem = send_mail(archive, mail_text)
        assert problem is not None and "a@example.org" in problem
        assert archive.ledger.newest(NOTIFICATION) is None
    server.refusing = False
    with at(place, 1) as archive:
        assert send_mail(archive, mail_text) is None
    assert len(server.messages) == 1


def test_a_switch_is_called_at_the_beginning_and_at_the_end(
    place: Path, called: tuple[int, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the audit could not even begin; a dry run calls nobody."""
    port, paths = called
    address = f"http://127.0.0.1:{port}"
    lines = (f'{one} = "{address}/{one}"' for one in ("start", "success", "failure"))
    configure(place, "[ping]\n" + "\n".join(lines) + "\n")
    command = ["--config", str(place / configuration.NAME), "audit"]
    assert status_of([*command, "--dry-run"]) == 0
    assert paths == []
    assert status_of(command) == 0
    assert paths == ["/start", "/success"]
    flip(place)
    assert status_of([*command, "--event", "nlb-copy"]) == 1
    assert paths[2:] == ["/start", "/failure"]
    with open_archive(place / configuration.NAME) as archive, archive.auditing("nlb-copy"):
        assert status_of(command) == 11
    assert paths[4:] == ["/start", "/failure"]


def test_known_damage_calls_until_a_person_has_decided_and_enough_copies_are_sound(
    place: Path, called: tuple[int, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """The status stays that of the archive; the metrics say what is open, and what is decided."""
    port, paths = called
    configure(
        place,
        f"""[ping]
success = "http://127.0.0.1:{port}/success"
failure = "http://127.0.0.1:{port}/failure"
""",
    )
    path = place / configuration.NAME
    path.write_text(path.read_text("utf-8").replace("copies = 2 ", "copies = 1 "), "utf-8")
    flip(place)
    metrics = place / "audit.prom"
    command = ["--config", str(path), "audit", "--metrics", str(metrics)]

    def gauges() -> dict[str, str]:
        lines = metrics.read_text("utf-8").splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

    for _night in range(2):
        assert status_of(command) == 1
        assert gauges()["preserva_incidents_open"] == "1"
        assert gauges()["preserva_incidents_undecided"] == "1"
        assert gauges()["preserva_copies_damaged"] == "1"
        assert gauges()['preserva_copies{state="sound"}'] == "1"
        assert gauges()["preserva_packages_too_few_copies"] == "0"
        assert gauges()['preserva_audit_copies{outcome="fail"}'] == "1"
    with open_archive(path) as archive:
        (incident,) = open_incidents(archive)
        decide(archive, incident.number, by="me", decision="lost for good")
    assert status_of(command) == 1
    assert gauges()["preserva_incidents_open"] == "1"
    assert gauges()["preserva_incidents_undecided"] == "0"
    assert paths == ["/failure", "/failure", "/success"]
    path.write_text(path.read_text("utf-8").replace("copies = 1 ", "copies = 2 "), "utf-8")
    assert status_of(command) == 1
    assert gauges()["preserva_packages_too_few_copies"] == "1"
    assert paths[3:] == ["/failure"]
    capsys.readouterr()


def test_nobody_there_changes_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The status is that of the audit; what failed is said."""
    port = free_port()
    configure(place, f'[ping]\nsuccess = "http://127.0.0.1:{port}/x"\n{mail_to(port)}')
    assert status_of(["--config", str(place / configuration.NAME), "audit"]) == 0
    said = capsys.readouterr().err
    assert f"http://127.0.0.1:{port}/… could not be called" in said
    assert "a@example.org" in said


@pytest.mark.parametrize(
    "text",
    [
        '[ping]\nstart = "http://example.org/"',
        '[ping]\nstart = "http://127.0.0.1.example.org/"',
        '[ping]\nstart = "file:///etc/passwd"',
        '[mail]\nto = ["a@example.org\\nBcc: x@example.org"]\nsender = "p@e.org"\nhost = "h"',
        '[mail]\nto = []\nsender = "p@example.org"\nhost = "h"',
        '[mail]\nto = ["a@e.org"]\nsender = "p@e.org"\nhost = "h"\npassword = "x"',
    ],
)
def test_what_would_not_be_safe_is_refused(place: Path, text: str) -> None:
    """Calls in the open, other schemes, more headers, a password in the configuration."""
    configure(place, text)
    with pytest.raises(ConfigError):
        load(place / configuration.NAME)


@pytest.mark.parametrize(
    "answer",
    [b"no HTTP\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)
def test_an_answer_that_is_no_http_is_said_and_raises_nothing(answer: bytes) -> None:
    """A broken monitor must not keep an audit from running."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for _attempt in range(2):
                line, _address = listening.accept()
                with line:
                    line.recv(4096)
                    line.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        problem = ping(f"http://127.0.0.1:{listening.getsockname()[1]}/x")
        thread.join(10)
    assert problem is not None and "/… " in problem


def test_a_password_that_cannot_be_read_is_said(
    place: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that are no text in the file of the password: the audit has its own status."""
    monkeypatch.delenv("PRESERVA_MAIL_PASSWORD", raising=False)
    (place / "secret").write_bytes(b"\xff\xfe")
    configure(place, mail_to(server.port) + 'user = "u"\npassword_file = "secret"\n')
    with at(place, 0) as archive:
        problem = send_mail(archive, mail_text)
    assert problem is not None and "a@example.org" in problem
    assert server.messages == []


def test_what_failed_is_said_without_the_secret_of_the_address() -> None:
    """The path of such an address is all that keeps strangers from calling it."""
    said = ping(f"http://127.0.0.1:{free_port()}/uuid-that-is-secret?key=1")
    assert said is not None
    assert "http://127.0.0.1:" in said
    assert "secret" not in said
    assert "key" not in said


def test_a_redirect_never_leads_from_an_encrypted_line_to_an_open_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who listens on the way learns nothing; within its server a call may be led on."""
    pem = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    places: list[str] = []

    def answering(target: str, send: Send) -> None:
        send(answer(status="302 x", Location=places[0]) if target == "/uuid" else answer())

    with web_server(answering) as plain, web_server(answering, tls_of(pem)) as secure:
        places[:] = [plain.url("/end")]
        problem = ping(secure.url("/uuid"))
        assert problem is not None and "not encrypted" in problem
        assert (len(secure.asked), plain.asked, "uuid" in problem) == (1, [], False)
        for server in (plain, secure):
            places[:] = ["/end"]
            assert ping(server.url("/uuid")) is None
            assert server.asked[-2:] == ["/uuid", "/end"]
