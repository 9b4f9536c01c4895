"""The proxy keeps the replies that it is told to keep, and no others."""

from __future__ import annotations

import http.client

import pytest
from api import Answer, ApiServer
from proxy import LossyProxy


def test_a_lost_reply_was_done_all_the_same():
    with ApiServer() as api, LossyProxy(api.port) as proxy:
        api.route("/x", Answer({"ok": True}))
        kept = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)

        def ask(method: str) -> int:
            kept.request(method, "/x", b"{}" if method == "POST" else None)
            answer = kept.getresponse()
            answer.read()
            return answer.status

        proxy.lose(b"POST")
        assert [ask("GET"), ask("GET")] == [200, 200]
        with pytest.raises((http.client.HTTPException, OSError)):
            ask("POST")
        kept.close()
        assert ask("POST") == 200
        assert proxy.lost == 1
        assert [r.method for r in api.requests()] == ["GET", "GET", "POST", "POST"]
