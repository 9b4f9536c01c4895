"""A proxy between the product and a real server that lets requests through and, when told to, keeps the reply to itself: what
a load balancer does that dies at the wrong moment.

    with LossyProxy(redmine.port) as proxy:
        proxy.lose(b"POST", times=2)     # the server does them, the client sees the connection close
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any


class LossyProxy:
    def __init__(self, target_port: int):
        self._target = target_port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.lost = 0
        self._losses: dict[bytes, int] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> LossyProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._listener.close()

    def lose(self, method: bytes, times: int = 1) -> None:
        with self._lock:
            self._losses[method] = self._losses.get(method, 0) + times

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._target))
        method = [b""]  # of the last request of this connection; a client does not pipeline

        def forth() -> None:
            with contextlib.suppress(OSError):
                while data := client.recv(65536):
                    word = data.split(b" ", 1)[0]
                    if word in (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE"):
                        method[0] = word
                    server.sendall(data)
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_WR)

        threading.Thread(target=forth, daemon=True).start()
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if self._keeps(method[0]):
                    break
                client.sendall(data)
        for end in (client, server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _keeps(self, method: bytes) -> bool:
        with self._lock:
            if not self._losses.get(method):
                return False
            self._losses[method] -= 1
            self.lost += 1
            return True
