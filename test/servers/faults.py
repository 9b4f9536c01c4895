"""How an answer can go wrong on the wire. Each gets the handler and the body that would have been right."""

from __future__ import annotations

import gzip
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler

Handler = BaseHTTPRequestHandler


def _head(handler: Handler, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Type": "application/json", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def truncate(handler: Handler, body: bytes) -> None:
    """Half of what Content-Length promises, then the connection closes."""
    _head(handler, Content_Length=str(len(body)))
    handler.wfile.write(body[: len(body) // 2])


def reset(handler: Handler, body: bytes) -> None:
    """Half of the body, then a TCP reset."""
    _head(handler, Content_Length=str(len(body)))
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def close(handler: Handler, body: bytes) -> None:
    """No answer at all: the connection closes."""


def unread(handler: Handler, body: bytes) -> None:
    """A TCP reset without a word, as from a server that never read the request."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def silence(handler: Handler, body: bytes) -> None:
    """No answer, and the connection stays open until the client leaves (an hour at most)."""
    handler.connection.settimeout(3600)
    handler.connection.recv(1)


def slow(handler: Handler, body: bytes) -> None:
    """The right body, a byte every 50 ms."""
    _head(handler, Content_Length=str(len(body)))
    for byte in body:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.05)


def html(handler: Handler, body: bytes) -> None:
    """A login page with status 200."""
    page = b"<!DOCTYPE html><html><body>Please sign in</body></html>"
    _head(handler, Content_Type="text/html", Content_Length=str(len(page)))
    handler.wfile.write(page)


def garbage(handler: Handler, body: bytes) -> None:
    """Complete by Content-Length, but not JSON."""
    broken = body[:-2] + b",,"
    _head(handler, Content_Length=str(len(broken)))
    handler.wfile.write(broken)


def empty(handler: Handler, body: bytes) -> None:
    """200 with no body."""
    _head(handler, Content_Length="0")


def huge(handler: Handler, body: bytes) -> None:
    """Announces a terabyte and sends spaces until the client leaves."""
    _head(handler, Content_Length=str(1 << 40))
    _forever(handler, b" " * 65536)


def endless(handler: Handler, body: bytes) -> None:
    """A chunked body that does not end."""
    _head(handler, Transfer_Encoding="chunked")
    _forever(handler, b"10000\r\n" + b" " * 65536 + b"\r\n")


def gzip_bomb(handler: Handler, body: bytes) -> None:
    """1 GB of spaces in 1 MB of gzip."""
    member = gzip.compress(b" " * (1 << 20))
    _head(handler, Content_Encoding="gzip", Content_Length=str(len(member) * 1024))
    for _ in range(1024):
        handler.wfile.write(member)


def redirect(handler: Handler, body: bytes) -> None:
    """To another host, where credentials must not go."""
    _head(handler, 302, Location="http://localhost:9/elsewhere", Content_Length="0")


def too_many(handler: Handler, body: bytes) -> None:
    """429 with Retry-After: 1."""
    _head(handler, 429, Retry_After="1", Content_Length="0")


def _forever(handler: Handler, piece: bytes) -> None:
    while True:
        handler.wfile.write(piece)


FAULTS = {f.__name__: f for f in (truncate, reset, unread, close, silence, slow, html, garbage, empty,
                                  huge, endless, gzip_bomb, redirect, too_many)}
