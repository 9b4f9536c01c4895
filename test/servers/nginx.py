"""A private nginx on a free port that serves a directory. Its access log is the ledger of what was asked.

    with Nginx(directory, gzip=True, extra="location /slow { limit_rate 1k; }") as web: ... web.url, web.ledger()
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONFIG = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  types {{ application/json json; }}
  default_type application/json;
  log_format ledger '$msec\\t$request_method\\t$request_uri\\t$status\\t$body_bytes_sent\\t$connection\\t$http_user_agent';
  access_log {directory}/access.log ledger;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  keepalive_requests 100000;
  {http}
  server {{
    listen 127.0.0.1:{port}{ssl};
    root {root};
    {server}
  }}
}}
"""


@dataclass
class Entry:
    at: float
    method: str
    uri: str
    status: int
    bytes: int
    connection: int
    agent: str


class Nginx:
    def __init__(self, root: Path | str, gzip: bool = False, rate: str | None = None, basic: tuple[str, str] | None = None,
                 tls: bool = False, extra: str = ""):
        """rate: '2r/s' answers 429 with Retry-After: 1 above it; basic: (user, password); extra: server directives."""
        self.root = Path(root).resolve()
        self.directory = Path(tempfile.mkdtemp(prefix="pg_tandem_nginx."))
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.certificate = self.directory / "certificate.pem"
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._process: subprocess.Popen | None = None
        http, server = [], [extra]
        if gzip:
            http.append("gzip on; gzip_types application/json; gzip_min_length 1; gzip_proxied any;")
        if rate:
            http.append(f"limit_req_zone $server_port zone=all:1m rate={rate};")
            server.append('limit_req zone=all; limit_req_status 429; error_page 429 @busy;'
                          ' location @busy { auth_basic off; add_header Retry-After 1 always; return 429; }')
        if basic:
            hashed = subprocess.run(["openssl", "passwd", "-apr1", "-stdin"], input=basic[1], check=True,
                                    capture_output=True, text=True).stdout.strip()
            (self.directory / "users").write_text(f"{basic[0]}:{hashed}\n")
            server.append(f'auth_basic "api"; auth_basic_user_file {self.directory}/users;')
        if tls:
            self._make_certificate()
            server.append(f"ssl_certificate {self.certificate}; ssl_certificate_key {self.directory}/key.pem;")
        self._user = "user root;\n" if os.geteuid() == 0 else ""
        (self.directory / "nginx.conf").write_text(self._user + CONFIG.format(
            directory=self.directory, port=self.port, root=self.root, ssl=" ssl http2" if tls else "",
            http="\n".join(http), server="\n".join(server)))

    def __enter__(self) -> Nginx:
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        assert program, "nginx is not installed (apt install nginx-light)"
        self._process = subprocess.Popen(
            [program, "-p", str(self.directory), "-c", str(self.directory / "nginx.conf"),
             "-e", str(self.directory / "error.log")],
            stdin=subprocess.DEVNULL, preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGTERM))
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"nginx did not start:\n{self.error_log()}") from None
                time.sleep(0.02)

    def __exit__(self, *_: Any) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)
        shutil.rmtree(self.directory, ignore_errors=True)

    def ledger(self, prefix: str = "/") -> list[Entry]:
        """The requests answered so far whose URI begins with `prefix`."""
        entries = []
        log = self.directory / "access.log"
        for line in log.read_text().splitlines() if log.exists() else []:
            at, method, uri, status, size, connection, agent = line.split("\t")
            if uri.startswith(prefix):
                entries.append(Entry(float(at), method, uri, int(status), int(size), int(connection), agent))
        return entries

    def error_log(self) -> str:
        log = self.directory / "error.log"
        return log.read_text() if log.exists() else ""

    def _make_certificate(self) -> None:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", self.directory / "key.pem",
                        "-out", self.certificate], check=True, capture_output=True)
