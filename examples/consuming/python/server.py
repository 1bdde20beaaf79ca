"""Hands out the token of a mounted Secret: GET /token."""
import base64
import datetime
import json
import os
import pathlib
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FILE = pathlib.Path(os.environ.get("TOKEN_DIRECTORY", "/var/run/voice"), "token")
LEAST_LIFE = datetime.timedelta(seconds=30)  # a token with less left would expire on its way

# A whole JWT that is signed by HS256; what is cut off anywhere is none.
TOKEN_FORM = re.compile(r"[\w-]+\.[\w-]+\.[\w-]{43}", re.ASCII)


def fresh_token():
    """Reads the token anew. What it raises does not repeat what was read."""
    token = FILE.read_text()
    if not TOKEN_FORM.fullmatch(token):
        raise ValueError("the file holds no whole token")
    try:
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        expires_at = datetime.datetime.fromtimestamp(claims["exp"], datetime.timezone.utc)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise ValueError("the token can't be read") from None
    if expires_at - datetime.datetime.now(datetime.timezone.utc) < LEAST_LIFE:
        raise ValueError("the token has less than 30 s left")
    return {"token": token, "expiresAt": expires_at.isoformat()}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/token":
            return self.answer(404, "text/plain", "not found\n")
        try:  # put your sign-in before this
            fresh = fresh_token()
        except (OSError, ValueError) as error:
            print("no token to hand out:", error, file=sys.stderr)
            return self.answer(503, "text/plain", "no fresh token at present\n")
        self.answer(200, "application/json", json.dumps(fresh))

    def answer(self, code, kind, text):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        if code == 503:
            self.send_header("Retry-After", "5")
        self.end_headers()
        self.wfile.write(text.encode())


host, _, port = os.environ.get("LISTEN", "0.0.0.0:8080").rpartition(":")
server = ThreadingHTTPServer((host, int(port)), Handler)
print(f"listening on {host}:{server.server_port}", file=sys.stderr, flush=True)
server.serve_forever()
