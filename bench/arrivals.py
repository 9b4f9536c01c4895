"""An HTTP/1.1 server that notes when each body arrived (time.monotonic(), which all processes of a machine share)."""

from __future__ import annotations

import asyncio
import re
import time

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class _Arrivals(asyncio.Protocol):
    noted: list[tuple[float, bytes]] = []

    def connection_made(self, transport) -> None:
        self.transport, self.waiting = transport, b""

    def data_received(self, received: bytes) -> None:
        at = time.monotonic()
        self.waiting += received
        while True:
            head, found, rest = self.waiting.partition(b"\r\n\r\n")
            length = LENGTH.search(head)
            wanted = int(length[1]) if length else 0
            if not found or len(rest) < wanted:
                return
            self.waiting = rest[wanted:]
            self.noted.append((at, rest[:wanted]))
            body = b'{"id":"r%d"}' % len(self.noted)
            self.transport.write(b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def serve(pipe) -> None:
    """In a process of its own; sends its URL, and what it noted when it is told to stop."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(_Arrivals, "127.0.0.1", 0)
        pipe.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        pipe.send(_Arrivals.noted)

    asyncio.run(main())
