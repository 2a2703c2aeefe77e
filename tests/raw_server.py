"""A server that says exactly what a test tells it to, on a real socket: right, wrong, slowly, or nothing."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

__all__ = ["Peer", "answer", "listening"]


class Peer:
    """One connection, as the server has it; ``port`` is the other end's."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        self.stopping = stopping
        self.connection = connection
        self.port = connection.getpeername()[1]

    def request(self) -> bytes:
        """Read one request's head; empty where the other end is gone."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            data = self.connection.recv(65_536)  # nobody here sends a second request before the answer
            if not data:
                return b""
            head += data
        return head

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.connection.sendall(data)


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer with a length, as it goes over the wire."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body


@contextmanager
def listening(talk: Callable[[Peer], None]) -> Iterator[str]:
    """Let ``talk`` answer each connection, in a thread of its own, and give the base URL."""
    stopping = threading.Event()
    connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            talk(Peer(connection, stopping))

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                connections.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/client/v4"
        finally:
            stopping.set()
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            thread.join()
