"""The receiver of webhooks verifies as others do."""

from __future__ import annotations

import hashlib
import hmac
import time
import urllib.error
import urllib.request

import pytest
from api import Answer
from webhook import Webhook, plain_signature, standard_signature

SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def deliver(hook: Webhook, body: bytes, **headers: str) -> int:
    class Stays(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    request = urllib.request.Request(hook.url + "/hook", body, {k.replace("_", "-"): v for k, v in headers.items()})
    try:
        return urllib.request.build_opener(Stays).open(request, timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code


def signed(body: bytes, *secrets: str, at: float | None = None) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    return {"webhook_id": "msg_1", "webhook_timestamp": stamp,
            "webhook_signature": " ".join(standard_signature(s, "msg_1", stamp, body) for s in secrets)}


@pytest.mark.parametrize(("id_", "stamp", "body", "signature"), [
    ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ("msg_1", 1767268800, '{"name":"Zoë \\u0001","qty":12345678901234567890.10}', "v1,SOXV5VXHwxOqADPSYRTZH+p3NkQQbTSp52JT7wtCkXw=")])
def test_signatures_are_those_of_the_reference(id_, stamp, body, signature):
    """As standardwebhooks 1.1.1 from npm makes them."""
    assert standard_signature(SECRET, id_, stamp, body.encode()) == signature


def test_what_is_believed():
    body = b'{"a": 1}'
    with Webhook([SECRET]) as hook:
        assert deliver(hook, body, **signed(body, SECRET)) == 200
        assert deliver(hook, body, **signed(body, OTHER, SECRET)) == 200  # while the secrets rotate
        assert deliver(hook, body, **signed(body, OTHER)) == 401
        assert deliver(hook, b'{"a": 2}', **signed(body, SECRET)) == 401
        assert deliver(hook, body, **signed(body, SECRET, at=time.time() - 400)) == 401
        assert deliver(hook, body, **signed(body, SECRET, at=time.time() + 400)) == 401
        assert deliver(hook, body, **{**signed(body, SECRET), "webhook_id": "msg_2"}) == 401
        assert deliver(hook, body) == 401
        assert hook.bodies() == [{"a": 1}] * 2
        assert [d.problem is None for d in hook.deliveries] == [True, True] + [False] * 6


def test_plain_signatures():
    body = b"x=1"
    with Webhook(["key"], header="X-Hub-Signature-512", algorithm="sha512", prefix="sha512=") as hook:
        good = "sha512=" + hmac.new(b"key", body, hashlib.sha512).hexdigest()
        assert deliver(hook, body, X_Hub_Signature_512=good) == 200
        assert deliver(hook, body, X_Hub_Signature_512=good[:-1]) == 401
    assert plain_signature("key", body, "sha256", "base64") == "YUhkZKwR/9Ha25NtHQ1eXDRZkebc32ezwatmcfdRG6Y="


def test_scripted_answers():
    with Webhook() as hook:
        hook.answers(500, 302, 410, 503, Answer("no", 200, {"Content-Type": "text/html"}))
        assert [deliver(hook, b"{}") for _ in range(6)] == [500, 302, 410, 503, 200, 200]
        assert [d.status for d in hook.good()] == [200, 200]
