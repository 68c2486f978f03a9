"""A mail server that keeps what it receives: mail_server.py FOLDER PORT [--auth]

Writes FOLDER/port when it listens (0: on a free port), and each letter that it took as FOLDER/<n>.eml, with the
envelope in front as X-From, X-To and X-User. Answers a letter with the first line of FOLDER/replies, which it takes
away, as long as there is one. Ends when its standard input does.
"""
import os
import socket
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

folder, port, wants_auth = sys.argv[1], int(sys.argv[2]), "--auth" in sys.argv


class Keeper:
    taken = 0

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
        Keeper.taken += 1
        path = os.path.join(folder, f"{Keeper.taken}.eml")
        with open(path + ".part", "wb") as file:
            file.write(f"X-From: {envelope.mail_from}\r\nX-To: {','.join(envelope.rcpt_tos)}\r\n".encode())
            file.write(f"X-User: {session.auth_data or ''}\r\n".encode() + envelope.content)
        os.rename(path + ".part", path)
        return "250 kept"


def authenticate(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b"stagedoor", b"let me in")
    return AuthResult(success=good, auth_data=data.login.decode())


options = dict(auth_required=True, auth_require_tls=False, authenticator=authenticate) if wants_auth else {}
controller = Controller(Keeper(), hostname="127.0.0.1", port=port, **options)
if port == 0:  # the controller itself could not tell which one it got
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
controller.start()
with open(os.path.join(folder, "port.part"), "w") as file:
    file.write(str(controller.port))
os.rename(os.path.join(folder, "port.part"), os.path.join(folder, "port"))
sys.stdin.read()
controller.stop()
