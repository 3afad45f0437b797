"""A small OpenID Connect provider on 127.0.0.1, for tests: discovery, keys, authorize, token and userinfo."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlparse

PEOPLE = {"ann": "Ann Example", "bob": "Bob Sample"}
CLIENT, SECRET = "simile", "the client secret of the test"


class Provider:
    """It signs people in by a button with their name, and signs its tokens with RS256."""

    def __init__(self) -> None:
        from joserfc.jwk import RSAKey

        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.codes: dict[str, dict[str, str]] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()

    def secrets_toml(self, studio: str) -> str:
        """Return the settings of a studio at this address that signs people in here."""
        return (
            f'[auth]\nredirect_uri = "{studio}/oauth2callback"\ncookie_secret = "{secrets.token_hex(32)}"\n'
            f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
            f'server_metadata_url = "{self.issuer}/.well-known/openid-configuration"\n'
        )

    def discovery(self) -> dict[str, Any]:
        """Return what the provider says of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def allow(self, asked: dict[str, str]) -> str:
        """Return where the browser goes after somebody chose who they are."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str]) -> dict[str, Any] | None:
        """Return the tokens for a code, which holds once; None where the code or its proof is wrong."""
        from joserfc import jwt

        given = self.codes.pop(asked.get("code", ""), None)
        if given is None or given["redirect_uri"] != asked.get("redirect_uri"):
            return None
        proof = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(proof).rstrip(b"=").decode() != given["code_challenge"]:
            return None
        now = int(time.time())
        claims = self.claims(given["person"]) | {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 600, "nonce": given["nonce"],
        }  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return {"access_token": f"for {given['person']}", "token_type": "Bearer", "expires_in": 600, "id_token": signed}

    def claims(self, person: str) -> dict[str, str]:
        """Return what the provider knows of a person."""
        return {"sub": f"{person}-1", "name": PEOPLE[person], "email": f"{person}@example.org"}


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlparse(self.path)
            asked = {name: values[0] for name, values in parse_qs(place.query).items()}
            if place.path == "/.well-known/openid-configuration":
                self._json(provider.discovery())
            elif place.path == "/keys":
                self._json({"keys": [provider.key.as_dict(private=False)]})
            elif place.path == "/authorize":
                self._choose(asked)
            elif place.path == "/allow":
                self.send_response(302)
                self.send_header("Location", provider.allow(asked))
                self.end_headers()
            elif place.path == "/userinfo":
                self._json(provider.claims(self.headers["Authorization"].rpartition(" ")[2]))
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found = provider.token({name: values[0] for name, values in parse_qs(body).items()})
            own = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            known = self.headers.get("Authorization", "") in (f"Basic {own}", f"Basic {_quoted()}")
            self._json(found if found and known else {"error": "invalid_grant"}, 200 if found and known else 400)

        def _choose(self, asked: dict[str, str]) -> None:
            links = "".join(
                f'<p><a href="/allow?{html.escape(urlencode(asked | {"person": person}))}">{html.escape(name)}</a></p>'
                for person, name in PEOPLE.items()
            )
            self._send(f"<!doctype html><title>Who are you</title>{links}".encode(), "text/html")

        def _json(self, body: object, status: int = 200) -> None:
            self._send(json.dumps(body).encode(), "application/json", status)

        def _send(self, body: bytes, kind: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _quoted() -> str:
    """Return the client's name and secret as RFC 6749 has them: each quoted before they are joined."""
    from urllib.parse import quote_plus

    return base64.b64encode(f"{quote_plus(CLIENT)}:{quote_plus(SECRET)}".encode()).decode()
