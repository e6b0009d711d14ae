"""Verifies Palisade's tokens with PyJWT, and signs some for Palisade: check.py MINTED KEYS OUT"""
import base64
import json
import sys
import time

import cryptography
import jwt

ALGORITHMS = ["EdDSA", "ES256", "RS256", "PS256", "HS256"]
PEM = {"EdDSA": "ed", "ES256": "ec", "RS256": "rsa", "PS256": "rsa"}
REQUIRED = ["iss", "aud", "sub", "exp", "iat", "jti"]


def main(minted, keys, out):
    print(f"PyJWT {jwt.__version__}, cryptography {cryptography.__version__}, Python {sys.version.split()[0]}")
    with open(minted) as file:
        minted = json.load(file)
    secret = base64.urlsafe_b64decode(minted["secret"] + "=")
    public = {key["kid"]: jwt.PyJWK(key).key for key in minted["keys"]} | {"HS256": secret}
    assert sorted(token["alg"] for token in minted["tokens"]) == sorted(ALGORITHMS)
    theirs = []
    for token in minted["tokens"]:
        alg, text = token["alg"], token["token"]
        assert jwt.get_unverified_header(text) == {"alg": alg, "kid": alg, "typ": "at+jwt"}
        options = {"algorithms": [alg], "audience": minted["audience"], "issuer": minted["issuer"]}
        claims = jwt.decode(text, public[alg], options={"require": REQUIRED}, **options)
        assert claims["sub"] == "42" and claims["exp"] - claims["iat"] == 900, claims
        try:
            jwt.decode(text[:-8] + "AAAAAAAA", public[alg], **options)
        except jwt.InvalidSignatureError:
            pass
        else:
            raise AssertionError(f"{alg}: a changed signature was taken")
        theirs.append({"alg": alg, "token": sign(minted, keys, alg, secret)})
    with open(out, "w") as file:
        json.dump(theirs, file)


def sign(minted, keys, alg, secret):
    now = int(time.time())
    claims = {
        "iss": minted["issuer"],
        "aud": [minted["audience"], "another"],
        "sub": "42",
        "jti": f"python-{alg}",
        "iat": now,
        "exp": now + 600,
    }
    key = secret
    if alg in PEM:
        with open(f"{keys}/{PEM[alg]}.pem") as file:
            key = file.read()
    return jwt.encode(claims, key, algorithm=alg, headers={"kid": alg, "typ": "at+jwt"})


main(*sys.argv[1:])
