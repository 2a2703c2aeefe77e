"""An S3 server on loopback that checks keys and signatures, and a proxy that is not to be trusted."""

import http.client
import json
import logging
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from moto.server import ThreadedMotoServer

from cfusage_lab.archive.location import StorageOptions

Answer = tuple[int, bytes, dict[str, str]]
Answering = Callable[[str, str], Answer | None]


class Store:
    """The server, one user of it, and what her archive is told."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        root = {"aws_access_key_id": "root", "aws_secret_access_key": "root", "region_name": "us-east-1"}
        iam = boto3.client("iam", endpoint_url=self.url, **root)
        iam.create_user(UserName="analyst")
        key = iam.create_access_key(UserName="analyst")["AccessKey"]
        rule = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [rule]})
        iam.put_user_policy(UserName="analyst", PolicyName="all", PolicyDocument=policy)
        self.options = StorageOptions(  # hides its values where a failing test would show them
            AWS_ACCESS_KEY_ID=key["AccessKeyId"],
            AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"],
            AWS_REGION="us-east-1",
            AWS_ENDPOINT_URL=self.url,
            AWS_ALLOW_HTTP="true",
        )
        self.s3 = boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            region_name="us-east-1",
        )
        self._free_requests("0")

    @contextmanager
    def trusting(self) -> Iterator[None]:
        """Let anybody in for a while, whatever the signature."""
        self._free_requests("inf")
        try:
            yield
        finally:
            self._free_requests("0")

    def _free_requests(self, number: str) -> None:
        """Say how many requests are answered without a look at key and signature."""
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.url}/moto-api/reset-auth", number.encode(), {"Content-Type": "text/plain"}, method="POST"
        )
        urllib.request.urlopen(request).close()  # noqa: S310 - loopback

    def objects(self, bucket: str, prefix: str = "") -> dict[str, int]:
        """Return the names in a bucket, and how many bytes each has."""
        found = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {one["Key"]: one["Size"] for one in found}

    def stop(self) -> None:
        """End the server."""
        self._server.stop()


@contextmanager
def proxy(
    url: str, *, answering: Answering = lambda _method, _path: None, is_honest: bool = False
) -> Iterator[str]:
    """Stand before a store, and give answers of one's own; unless honest, drop ``If-None-Match``."""
    dropped = set() if is_honest else {"if-none-match"}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_parts: object) -> None:
            """Keep quiet."""

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer, headers = answering(self.command, self.path) or self._asked(body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        def _asked(self, body: bytes) -> Answer:
            sent = {name: value for name, value in self.headers.items() if name.lower() not in dropped}
            connection = http.client.HTTPConnection(url.removeprefix("http://"))
            connection.request(self.command, self.path, body, sent)
            got = connection.getresponse()
            answer = got.read()
            headers = {name.title(): value for name, value in got.getheaders()}
            for name in ("Connection", "Date", "Server", "Transfer-Encoding"):
                headers.pop(name, None)
            connection.close()
            return got.status, answer, headers

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _pass_on  # noqa: N815 - http.server's names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def error(status: int, code: str, message: str = "no", more: str = "", **headers: str) -> Answer:
    """Return an answer in S3's XML."""
    inside = f"<Code>{code}</Code><Message>{message}</Message>{more}<RequestId>4442587FB7D0A2F9</RequestId>"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inside}</Error>'.encode()
    return status, body, {name.replace("_", "-"): value for name, value in headers.items()}
