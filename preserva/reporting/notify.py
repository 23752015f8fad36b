"""Notifications about audits: a dead man's switch is called, and a mail says what changed.

Nothing here affects the result of an audit: a failed notification is returned as a sentence.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import localtime, make_msgid

from preserva.archive.archive import ArchivalStorage
from preserva.config import Mail
from preserva.core.policy.overview import EndedIncident, Incident, Overview
from preserva.core.values.entries import NOTIFICATION, SUCCESS
from preserva.core.values.facts import Notification
from preserva.http_client.client import AnswerError, read
from preserva.http_client.policy import SCHEMES, AddressError, RequestPolicy, named_hosts, shown
from preserva.i18n import _, speaking_for_others
from preserva.reporting.incidents import ended_since
from preserva.reporting.overview import overview

PASSWORD = "PRESERVA_MAIL_PASSWORD"

_SECONDS = 10
_ATTEMPTS = 2
_ALL_CLEAR = timedelta(days=7)
"""After this time a mail is sent in any case: silence must mean a failure."""

MailText = Callable[[Overview, Sequence[Incident], int, Sequence[EndedIncident]], tuple[str, str]]
"""Writes the subject and the text of a mail: the state of everything, the incidents that are new,
how many ended of those that were told, and those that began and ended since the last mail.
"""


def ping(url: str | None) -> str | None:
    """Call an address; returns why that failed, if it did. None always succeeds.

    Redirects may lead to other public hosts, but never from an encrypted connection to an open one.
    """
    if url is None:
        return None
    policy = RequestPolicy(SCHEMES, named_hosts(url), timeout=_SECONDS, any_public_host=True)
    try:
        read(url, policy, 1024, attempts=_ATTEMPTS)
    except (AddressError, AnswerError) as error:
        place = shown(url, path=False)  # its path is a secret of those who are called
        return _("{url} could not be called: {reason}").format(url=place, reason=error)
    return None


def send_mail(archive: ArchivalStorage, mail_text: MailText) -> str | None:
    """Mail what changed since the last mail, if anything did or a week has passed.

    A copy that was lost or damaged and is sound again is also reported.

    Returns why that failed, if it did; the next run then tries again. The incidents that were
    reported are recorded in the ledger.
    """
    mail = archive.config.mail
    if mail is None:
        return None
    state = overview(archive, past=False)
    last = archive.ledger.newest(NOTIFICATION)
    before = set() if last is None else set(last.facts_as(Notification).incidents)
    now = {incident.number for incident in state.incidents}
    ended = () if last is None else ended_since(archive, last.number, before | now)
    news = now != before or ended
    if last is not None and not news and not _silent_too_long(archive, last.time):
        return None
    opened: Sequence[Incident] = [
        incident for incident in state.incidents if incident.number not in before
    ]
    with speaking_for_others(archive.config.language):
        subject, text = mail_text(state, opened, len(before - now), ended)
    try:
        _send(mail, subject, text)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        return _("the mail to {to} could not be sent: {reason}").format(
            to=", ".join(mail.to), reason=error
        )
    facts = Notification(tuple(sorted(now)))
    archive.ledger.append(NOTIFICATION, time=archive.now(), outcome=SUCCESS, facts=facts)
    return None


def _silent_too_long(archive: ArchivalStorage, time: str) -> bool:
    passed = archive.clock() - datetime.fromisoformat(time)
    return not timedelta() <= passed < _ALL_CLEAR


def _send(mail: Mail, subject: str, text: str) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, mail.sender, ", ".join(mail.to)
    message["Date"], message["Message-ID"] = (
        localtime(),
        make_msgid(domain=mail.sender.partition("@")[2]),
    )
    message.set_content(text)
    context = ssl.create_default_context()
    if mail.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            mail.host, mail.port, timeout=_SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS)
    with server:
        if mail.security == "starttls":
            server.starttls(context=context)
        if mail.user is not None:
            server.login(mail.user, _password(mail))
        server.send_message(message)


def _password(mail: Mail) -> str:
    if PASSWORD in os.environ or mail.password_file is None:
        return os.environ.get(PASSWORD, "")
    return mail.password_file.read_text("utf-8").strip()
