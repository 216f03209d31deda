"""./lantern trace FILE: checks and summarises a trace, and serves it to the Perfetto UI."""

from __future__ import annotations

import argparse
import http.server
import os
import sys
from pathlib import Path

from tools.command.say import Progress, UserError, file_error, info, note, shown
from trace import checker

HOST = "127.0.0.1"
PORT = 9001
"""The one port that the Perfetto UI's content policy allows it to fetch from."""
VIEWER = "https://ui.perfetto.dev"
PROBLEMS_SHOWN = 10


def run(options: argparse.Namespace) -> int:
    path: Path = options.file
    try:
        data = path.read_bytes()
    except OSError as error:
        raise file_error(error, f"reading {shown(path)}") from error
    with Progress(f"checking {shown(path)}") as progress:
        found = checker.check(data, progress.update)
    for line in found.summary.lines():
        info(line)
    for problem in found.problems[:PROBLEMS_SHOWN]:
        info(f"problem: {problem}")
    if found.count:
        note(f"{shown(path)} is not a sound trace: {found.count} problems were found.")
        return 1
    info("the trace is sound.")
    if options.open or (options.open is None and os.isatty(sys.stdout.fileno())):
        serve(path, data)
    return 0


def serve(path: Path, data: bytes) -> None:
    """Serves the one file on loopback until the viewer has fetched it, or Ctrl-C."""
    name = path.name

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self._head(204, 0)

        def do_GET(self) -> None:
            good = self.path == f"/{name}"
            self._head(200 if good else 404, len(data) if good else 0)
            if good:
                self.wfile.write(data)
                note("the viewer has fetched the trace; Ctrl-C ends.")

        def do_HEAD(self) -> None:
            self._head(200 if self.path == f"/{name}" else 404, 0)

        def _head(self, status: int, size: int) -> None:
            self.send_response(status)
            self.send_header("Access-Control-Allow-Origin", VIEWER)
            self.send_header("Access-Control-Allow-Private-Network", "true")
            self.send_header("Access-Control-Allow-Headers", "*")
            self.send_header("Cache-Control", "no-cache")
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(size))
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Silent: what matters is said in do_GET."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        # An address in use must be an error, but one that has just been left must not.
        allow_reuse_address = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A viewer that goes away in the middle is no fault of ours."""

    try:
        server = Server((HOST, PORT), Handler)
    except OSError as error:
        raise UserError(
            f"The trace cannot be served: port {PORT} of this machine is in use by another program."
        ) from error
    with server:
        info(f"open {VIEWER}/#!/?url=http://{HOST}:{PORT}/{name}")
        note("serving the trace; Ctrl-C ends.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print(flush=True)
