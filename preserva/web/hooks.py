"""Webhooks: programs of others that are told when a job has ended.

Only hosts that the configuration names are called, and inside addresses only where it names them.
What is told is a row in the same transaction as the end of the job, so none is forgotten; it is
signed, and sent again until it is taken, for about a day (https://www.standardwebhooks.com).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from dataclasses import dataclass
from sqlite3 import Connection

from preserva.config import Config
from preserva.errors import UsageError
from preserva.http_client.client import AnswerError, post
from preserva.http_client.policy import SCHEMES, AddressError, RequestPolicy, shown
from preserva.i18n import _
from preserva.logs import get_logger
from preserva.web.database import WebDatabase

_logger = get_logger(__name__)

DELAYS = (5.0, 60.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0)
"""Seconds after which a delivery that was not taken is tried again; then it is given up."""
LONGEST_URL = 1000
_SECONDS = 10.0
_PAUSE = 2.0
_KEPT = 30 * 86_400.0
_SECRET = "whsec_"


@dataclass(frozen=True, slots=True)
class Hook:
    """An address that is told: by whom it was added, when (seconds since 1970), and how it goes."""

    number: int
    url: str
    made_by: str
    made: float
    waiting: int
    problem: str | None

    @property
    def shown(self) -> str:
        """The address without what may be secret in it."""
        return shown(self.url)


def policy_of(config: Config) -> RequestPolicy:
    """Which addresses may be called: those of the hosts that the configuration names."""
    return RequestPolicy(SCHEMES, config.web.webhook_hosts, timeout=_SECONDS)


def add(config: Config, database: WebDatabase, url: str, made_by: str) -> str:
    """Add an address; the secret by which it proves that we call. Raises UsageError."""
    if len(url) > LONGEST_URL:
        raise UsageError(_("this address is too long"))
    try:
        policy_of(config).check(url)
    except AddressError as error:
        raise UsageError(
            _("{url} is not called: {reason}").format(url=shown(url), reason=error),
            hint=_("The configuration names the hosts that may be called: [web] webhook_hosts."),
        ) from error
    secret = secrets.token_bytes(32)
    with database.writing() as rows:
        rows.execute(
            "INSERT INTO hook (url, secret, made_by, made) VALUES (?, ?, ?, ?)",
            [url, secret.hex(), made_by, database.clock()],
        )
    return _SECRET + base64.b64encode(secret).decode("ascii")


def known(database: WebDatabase) -> list[Hook]:
    """All addresses, the newest first."""
    query = (
        "SELECT number, url, made_by, made,"
        " (SELECT count(*) FROM delivery WHERE hook = hook.number AND due IS NOT NULL),"
        " (SELECT problem FROM delivery WHERE hook = hook.number ORDER BY number DESC LIMIT 1)"
        " FROM hook ORDER BY number DESC"
    )
    with database.reading() as rows:
        return [Hook(*row) for row in rows.execute(query)]


def remove(database: WebDatabase, number: int) -> None:
    """Call an address no more, nor send it what waits."""
    with database.writing() as rows:
        rows.execute("DELETE FROM hook WHERE number = ?", [number])


def note_end(
    rows: Connection, now: float, number: int, action: str, person: str, status: int
) -> None:
    """Have all addresses told that a job has ended, within the transaction in which it ends."""
    data = {"job": number, "action": action, "person": person, "exit_status": status}
    body = json.dumps({"type": "job.ended", "timestamp": int(now), "data": data})
    rows.execute(
        "INSERT INTO delivery (hook, body, made, due) SELECT number, ?, ?, ? FROM hook",
        [body, now, now],
    )


def signature(secret: bytes, number: str, time: str, body: str) -> str:
    """By what the other side knows that we sent exactly this, at this time."""
    digest = hmac.digest(secret, f"{number}.{time}.{body}".encode(), hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode("ascii")


def deliver(config: Config, database: WebDatabase) -> bool:
    """Send one delivery that is due; whether there was one."""
    now = database.clock()
    with database.writing() as rows:
        rows.execute("DELETE FROM delivery WHERE due IS NULL AND made < ?", [now - _KEPT])
        row = rows.execute(
            "SELECT delivery.number, url, secret, body, attempts FROM delivery"
            " JOIN hook ON hook.number = delivery.hook WHERE due <= ? ORDER BY due LIMIT 1",
            [now],
        ).fetchone()
        if row is None:
            return False
        attempts = row["attempts"] + 1
        again = now + DELAYS[attempts - 1] if attempts <= len(DELAYS) else None
        rows.execute(  # first: a server that is killed now sends it again, and not at once
            "UPDATE delivery SET attempts = ?, due = ? WHERE number = ?",
            [attempts, again, row["number"]],
        )
    problem = _sent(
        config, row["url"], bytes.fromhex(row["secret"]), row["number"], row["body"], now
    )
    with database.writing() as rows:
        if problem is None:
            rows.execute("UPDATE delivery SET due = NULL WHERE number = ?", [row["number"]])
        rows.execute("UPDATE delivery SET problem = ? WHERE number = ?", [problem, row["number"]])
    return True


def _sent(
    config: Config, url: str, secret: bytes, number: int, body: str, now: float
) -> str | None:
    """Send it; why it was not taken, if it was not. A host that is named no more is not called."""
    identifier, time = f"msg_{number}", str(int(now))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": time,
        "webhook-signature": signature(secret, identifier, time, body),
    }
    try:
        post(url, body.encode(), headers, policy_of(config))
    except (AddressError, AnswerError) as error:
        _logger.warning("webhook %s: %s", shown(url), error)
        return str(error)
    return None


class HookSender(threading.Thread):
    """Sends what is due until stopped. A host that does not answer keeps no job waiting."""

    def __init__(self, config: Config, database: WebDatabase) -> None:
        super().__init__(name="preserva-web-hooks", daemon=True)
        self._config, self._database = config, database
        self._over = threading.Event()

    def stop(self) -> None:
        """Send no more. What is not sent yet is sent by the next server."""
        self._over.set()
        self.join()

    def run(self) -> None:
        """Work until stopped. What goes wrong once is tried again."""
        while not self._over.is_set():
            try:
                if deliver(self._config, self._database):
                    continue
            except Exception:
                _logger.exception("a webhook could not be sent")
            self._over.wait(_PAUSE)
