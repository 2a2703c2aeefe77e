"""The sandbox on a loopback socket."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from socketserver import TCPServer, ThreadingMixIn
from threading import Event, Lock, Thread
from typing import Any, Final
from urllib.parse import unquote

from cfusage_lab.errors import ConfigError
from cfusage_lab.sandbox.endpoint import API_PATH, Sandbox
from cfusage_lab.sandbox.trouble import CONNECTION, Connection

__all__ = ["ANY_PORT", "serve"]

ANY_PORT: Final = 0
"""Where the sandbox listens unless somebody names a port: the system takes one that is free."""


_Socket = Any
_Address = Any


class _Server(ThreadingMixIn, TCPServer):
    """One thread a connection; closing it ends every connection and every thread."""

    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, sandbox: Sandbox, port: int) -> None:
        self.sandbox = sandbox
        self.stopping = Event()
        self._connections: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: _Socket, client_address: _Address) -> None:
        """Remember the connection, and give it a thread."""
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Socket) -> None:
        """Close the connection, and forget it."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: _Socket, client_address: _Address) -> None:
        """Report an error, but say nothing of a client that went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """End all connections, so that their threads end too."""
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)
        self.stopping.set()  # last, so that no slow answer comes early instead of never


class _Handler(BaseHTTPRequestHandler):
    """Hands each request of a connection to the application, and its answer back."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one packet

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Stay quiet."""

    def _respond(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        path, _, query = self.path.partition("?")
        connection = Connection(self.server.stopping)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path),
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "wsgi.input": BytesIO(self.rfile.read(length)),
            CONNECTION: connection,
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers.items()},
        }
        body = b"".join(self.server.sandbox(environ, self._start))  # type: ignore[arg-type]
        if connection.drop is not None:
            self.close_connection = True
        if connection.drop == "before_headers":
            return
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if connection.drop == "in_body" else body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _respond  # noqa: N815

    def _start(self, status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> None:
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)


@contextmanager
def serve(sandbox: Sandbox, port: int = ANY_PORT) -> Iterator[str]:
    """Serve a sandbox on 127.0.0.1, and give its base URL, ``http://127.0.0.1:PORT/client/v4``.

    Port 0 takes any free port. Leaving the context ends all connections and threads.

    Raises
    ------
    OSError
        If the port is taken.
    ConfigError
        If no thread can be started, as in a browser's kernel.
    """
    with _Server(sandbox, port) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="sandbox")
        try:
            thread.start()
        except RuntimeError as error:
            raise ConfigError(
                f"no socket can be served here ({error}): cfu.UsageClient.sandbox() needs none"
            ) from error
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}{API_PATH}"
        finally:
            server.shutdown()
            server.hang_up()
            thread.join()
