"""A mail server of this machine, which keeps what it is sent."""

from __future__ import annotations

import email
import socket
import threading
from email.policy import default


class MailServer(threading.Thread):
    """As much of SMTP (RFC 5321) as a client needs that sends one message at a time."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]
        self.messages: list[bytes] = []
        self.refusing = False
        self.start()

    def run(self) -> None:
        while True:
            try:
                line, _address = self.listening.accept()
            except OSError:
                return
            with line, line.makefile("rwb", buffering=0) as stream:
                self.serve(stream)

    def serve(self, stream: object) -> None:
        def say(text: str) -> None:
            stream.write(text.encode() + b"\r\n")  # type: ignore[attr-defined]

        lines = iter(stream.readline, b"")  # type: ignore[attr-defined]
        say("220 here")
        for line in lines:
            word = line[:4].upper()
            if word == b"DATA":
                say("354 go on")
                body = []
                for part in lines:
                    if part == b".\r\n":
                        break
                    body.append(part)
                self.messages.append(b"".join(body))
            if word == b"QUIT":
                say("221 bye")
                return
            say("550 no" if self.refusing and word == b"RCPT" else "250 well")

    @property
    def subjects(self) -> list[str]:
        """Of the messages so far."""
        parsed = (email.message_from_bytes(one, policy=default) for one in self.messages)
        return [str(one["Subject"]) for one in parsed]
