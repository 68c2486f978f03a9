"""A mail server that stores what it receives: mail_server.py FOLDER PORT [--auth]

Writes FOLDER/port once it listens (PORT 0: a free port), and each accepted email as FOLDER/<n>.eml, with the envelope
in the headers X-From, X-To, X-Hello and X-User. While FOLDER/replies has lines, it removes the first and replies with it
instead of accepting the email. Ends with its standard input.
"""
import os
import socket
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

folder, port, requires_auth = sys.argv[1], int(sys.argv[2]), "--auth" in sys.argv


class Handler:
    accepted = 0

    async def handle_DATA(self, server, session, envelope):
        replies = os.path.join(folder, "replies")
        if os.path.exists(replies):
            with open(replies) as file:
                first, *rest = file.read().splitlines()
            if rest:
                with open(replies, "w") as file:
                    file.write("\n".join(rest))
            else:
                os.remove(replies)
            return first
        Handler.accepted += 1
        path = os.path.join(folder, f"{Handler.accepted}.eml")
        with open(path + ".part", "wb") as file:
            file.write(f"X-From: {envelope.mail_from}\r\nX-To: {','.join(envelope.rcpt_tos)}\r\n".encode())
            file.write(f"X-Hello: {session.host_name}\r\n".encode())
            file.write(f"X-User: {session.auth_data or ''}\r\n".encode() + envelope.content)
        os.rename(path + ".part", path)
        return "250 accepted"


def authenticate(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b"stagedoor", b"let me in")
    return AuthResult(success=good, auth_data=data.login.decode())


options = dict(auth_required=True, auth_require_tls=False, authenticator=authenticate) if requires_auth else {}
controller = Controller(Handler(), hostname="127.0.0.1", port=port, **options)
if port == 0:  # the controller does not report the port it got
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
controller.start()
with open(os.path.join(folder, "port.part"), "w") as file:
    file.write(str(controller.port))
os.rename(os.path.join(folder, "port.part"), os.path.join(folder, "port"))
sys.stdin.read()
controller.stop()
