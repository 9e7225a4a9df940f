"""An authenticator app, as RFC 6238 says it should be; independent of the one it is checked by."""

import base64
import hmac
import time


def present_code(secret: str) -> str:
    """The six digits the app shows now."""
    moment = int(time.time() // 30).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(secret), moment, "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
