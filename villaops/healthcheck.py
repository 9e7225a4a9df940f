"""`python -m villaops.healthcheck`: does the server in this container answer? For HEALTHCHECK."""

import http.client
import os
import sys


def main() -> int:
    port = int(os.environ.get("GRANIAN_PORT") or 8000)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/health", headers={"Host": _host()})
        return 0 if connection.getresponse().status == 200 else 1
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        connection.close()


def _host() -> str:
    """A name that ALLOWED_HOSTS allows: "*" and ".example.com" stand for any below them."""
    first = (os.environ.get("ALLOWED_HOSTS") or "localhost").split(",")[0].strip()
    return "localhost" if first == "*" else first.removeprefix(".")


if __name__ == "__main__":
    sys.exit(main())
