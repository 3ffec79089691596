"""A mail server for tests/servers/smtp.sh: `smtp.py PORT DATA`.

Lists whose address begins with `unknown` are refused (550). The first message to one that begins with `grey` is refused for now at
its recipient (451), and to one with `full` after its end (452), as busy servers do; the next one is taken on.
"""

import os
import signal
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import AuthResult, LoginPassword

port, data = int(sys.argv[1]), sys.argv[2]
user, password = (os.environ[name].encode() for name in ("SMTP_USER", "SMTP_PASSWORD"))
seen = set()


def is_first(address):
    """Whether an address is asked for the first time."""
    return address not in seen and not seen.add(address)


class Handler(Mailbox):
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("unknown"):
            return "550 5.1.1 no such user here"
        if address.startswith("grey") and is_first(address):
            return "451 4.7.1 greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        if any(address.startswith("full") and is_first(address) for address in envelope.rcpt_tos):
            return "452 4.2.2 mailbox full"
        return await super().handle_DATA(server, session, envelope)


def authenticate(server, session, envelope, mechanism, given):
    fits = isinstance(given, LoginPassword) and given.login == user and given.password == password
    return AuthResult(success=fits, handled=False)


def controller(port, **options):
    return Controller(
        Handler(data + "/maildir"), hostname="127.0.0.1", port=port, authenticator=authenticate, auth_required=True,
        data_size_limit=5_000_000, **options
    )


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(data + "/cert.pem", data + "/key.pem")
servers = [
    controller(port, tls_context=context, require_starttls=True),
    # Encrypted from the start, it is not told by the library that it is.
    controller(port + 1, ssl_context=context, auth_require_tls=False),
]
for server in servers:
    server.start()
signal.sigwait({signal.SIGTERM, signal.SIGINT})
for server in servers:
    server.stop()
