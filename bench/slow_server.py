"""An HTTP/1.1 server that takes its time for every answer and hardly any of the processor's: one body, keep-alive."""

from __future__ import annotations

import asyncio


class _Slow(asyncio.Protocol):
    answer = b""
    delay = 0.0

    def connection_made(self, transport) -> None:
        self.transport, self.waiting = transport, b""

    def data_received(self, received: bytes) -> None:
        self.waiting += received
        while b"\r\n\r\n" in self.waiting:
            _, self.waiting = self.waiting.split(b"\r\n\r\n", 1)
            asyncio.get_running_loop().call_later(self.delay, self.send)

    def send(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(self.answer)


def serve(body: bytes, delay: float, pipe) -> None:
    """In a process of its own, so that it does not share the interpreter with the measurement; sends its URL."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(_Slow, "127.0.0.1", 0, backlog=1024)
        pipe.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)

    _Slow.delay = delay
    _Slow.answer = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + str(len(body)).encode()
                    + b"\r\n\r\n" + body)
    asyncio.run(main())
