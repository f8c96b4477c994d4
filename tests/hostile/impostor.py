"""Answers under the server's name and asks for the password in clear, as nobody honest does."""

import socket
import struct
import sys


def exactly(stream, count):
    data = b""
    while len(data) < count:
        more = stream.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def serve(stream):
    while True:
        (length,) = struct.unpack("!i", exactly(stream, 4))
        body = exactly(stream, length - 4)
        if struct.unpack("!i", body[:4])[0] in (80877103, 80877104):
            stream.sendall(b"N")
            continue
        break
    stream.sendall(b"R" + struct.pack("!ii", 8, 3))
    kind = exactly(stream, 1)
    (length,) = struct.unpack("!i", exactly(stream, 4))
    print("told", kind, exactly(stream, length - 4).rstrip(b"\0").decode(), flush=True)


server = socket.create_server(("0.0.0.0", 5432))
print("listening", flush=True)
while True:
    stream, _ = server.accept()
    stream.settimeout(5)
    try:
        serve(stream)
    except (EOFError, OSError):
        print("left", flush=True)
    stream.close()
