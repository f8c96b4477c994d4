"""What answers at a Neon endpoint's host, in small: ends TLS, demands SNI, wakes the compute behind it.

The sentences are Neon's own. It reads `/front/tls.crt` and `/front/tls.key`, `/front/host`, the only name
that it knows, and `/front/mode` for each connection: `plain`; `pooler`, which refuses options;
`careless pooler`, which passes over them; `far`, in which all takes its time on the way; `refuse TEXT`: once a session has said TEXT, its commit is
refused as by Neon's control plane; `closed`, in which nobody answers; `gone`, in which the endpoint is no more, and Neon plays a
login with a secret that it makes up, so that nobody learns which endpoints there are; or a sentence with which every session is refused.
"""

import base64
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time

BACKEND = ("orders-direct", 5432)
SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102
NO_ENDPOINT = (
    "Endpoint ID is not specified. Either please upgrade the postgres client library (libpq) for SNI support "
    "or pass the endpoint ID (first part of the domain name) as a parameter: '?options=endpoint%3D<endpoint-id>'. "
    "See more at https://neon.tech/sni"
)
# Of what a client says as it connects; all else is dropped without a word.
PASSED = (b"user", b"database", b"application_name", b"replication", b"options")
# The kernel of a machine that is off does not answer; the address's node does.
PATIENCE = 60


def say(text):
    print(text, flush=True)


def read(name):
    with open(os.path.join("/front", name)) as file:
        return file.read().strip()


def exactly(stream, count):
    data = b""
    while len(data) < count:
        more = stream.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def first_message(stream):
    (length,) = struct.unpack("!i", exactly(stream, 4))
    body = exactly(stream, length - 4)
    return struct.unpack("!i", body[:4])[0], struct.pack("!i", length) + body


def error(text, severity="ERROR", state="XX000"):
    fields = [b"S" + severity.encode(), b"V" + severity.encode(), b"C" + state.encode(), b"M" + text.encode(), b""]
    body = b"\0".join(fields) + b"\0"
    return b"E" + struct.pack("!i", len(body) + 4) + body


def play_login(client, role):
    """SCRAM against a secret that nobody has."""

    def send(kind, payload=b""):
        client.sendall(b"R" + struct.pack("!ii", len(payload) + 8, kind) + payload)

    def answer():
        tag = exactly(client, 1)
        (length,) = struct.unpack("!i", exactly(client, 4))
        assert tag == b"p", tag
        return exactly(client, length - 4)

    send(10, b"SCRAM-SHA-256\0\0")
    nonce = answer().rpartition(b"r=")[2]
    salt = base64.b64encode(os.urandom(16))
    send(11, b"r=" + nonce + base64.b64encode(os.urandom(18)) + b",s=" + salt + b",i=4096")
    answer()
    client.sendall(error(f"password authentication failed for user '{role}'"))


def wake():
    asleep = False
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(BACKEND, timeout=2)
        except OSError:
            if not asleep:
                say("waking the compute")
                asleep = True
            if time.monotonic() > deadline:
                return None
            time.sleep(0.1)


def pump(source, target, seconds=0.0):
    try:
        while data := source.recv(65536):
            time.sleep(seconds)
            target.sendall(data)
    except OSError:
        pass
    # A session ends for both.
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def pump_refusing(client, backend, text):
    """From the client, until it commits what is refused."""
    said = False
    try:
        while data := client.recv(65536):
            said = said or text.encode() in data
            if said and re.search(rb"\bcommit;", data):
                client.sendall(error("Received HTTP code 409 from control plane: database already exists"))
                client.sendall(b"Z" + struct.pack("!i", 5) + b"I")
                break
            backend.sendall(data)
    except OSError:
        pass
    # Closed alone it would stay, as long as somebody reads from it.
    try:
        backend.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def serve(raw):
    code, message = first_message(raw)
    while code == GSS_REQUEST:
        raw.sendall(b"N")
        code, message = first_message(raw)
    if code == CANCEL_REQUEST:
        backend = wake()
        if backend:
            backend.sendall(message)
        return
    if code != SSL_REQUEST:
        raw.sendall(error("connection is insecure (try using `sslmode=require`)"))
        return
    raw.sendall(b"S")
    named = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda stream, name, context: named.append(name)
    context.load_cert_chain("/front/tls.crt", "/front/tls.key")
    client = context.wrap_socket(raw, server_side=True)
    name = named[0] if named else None
    code, message = first_message(client)
    words = message[8:].split(b"\0")
    given = dict(zip(words[::2], words[1::2]))
    mode = read("mode")
    if name != read("host"):
        say(f"a session for {name}")
        client.sendall(error(NO_ENDPOINT))
        return
    if mode == "pooler" and b"options" in given:
        client.sendall(error("unsupported startup parameter in options: search_path", "FATAL", "08P01"))
        return
    passed = [key for key in PASSED if key in given and (key != b"options" or mode != "careless pooler")]
    body = message[4:8] + b"".join(key + b"\0" + given[key] + b"\0" for key in passed) + b"\0"
    message = struct.pack("!i", len(body) + 4) + body
    if mode == "gone":
        say("refused")
        play_login(client, given[b"user"].decode())
        return
    if mode not in ("plain", "pooler", "careless pooler", "far") and not mode.startswith("refuse "):
        say("refused")
        client.sendall(error(mode))
        return
    backend = wake()
    if backend is None:
        client.sendall(error("Couldn't connect to compute node"))
        return
    backend.settimeout(None)
    backend.sendall(message)
    back = threading.Thread(target=pump, args=(backend, client), daemon=True)
    back.start()
    if mode.startswith("refuse "):
        pump_refusing(client, backend, mode.removeprefix("refuse "))
    else:
        pump(client, backend, 0.05 if mode == "far" else 0.0)
    back.join()


def attend(raw):
    try:
        if read("mode") == "closed":
            say("refused")
            return
        serve(raw)
    except (EOFError, OSError) as why:
        say(f"session ended: {why!r}")
    finally:
        raw.close()


def main():
    door = socket.create_server(("0.0.0.0", 5432), backlog=200)
    say("listening")
    while True:
        raw, (address, _) = door.accept()
        say(f"connection from {address}")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=attend, args=(raw,), daemon=True).start()


sys.exit(main())
