//! The examples of the RFCs.
use base64ct::{Base64UrlUnpadded, Encoding};

use super::*;

fn bytes(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

/// `key.verifies` for the text of a whole token.
fn verifies(key: &VerifyingKey, token: &str) -> bool {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    key.verifies(signed.as_bytes(), &bytes(signature))
}

fn key(algorithm: Algorithm, public: Public) -> VerifyingKey {
    VerifyingKey::public("example", algorithm, public).unwrap()
}

#[test]
fn rfc_7515_appendix_a_2_rs256() {
    let n = concat!(
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR",
        "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB",
        "dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia",
        "GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
    );
    let token = concat!(
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y",
        "b290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O",
        "8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L0",
        "7Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6",
        "LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    );
    let public = || Public::Rsa {
        n: bytes(n),
        e: bytes("AQAB"),
    };
    assert!(verifies(&key(Algorithm::Rs256, public()), token));
    assert!(
        !verifies(&key(Algorithm::Ps256, public()), token),
        "a key has one algorithm"
    );
}

#[test]
fn rfc_7515_appendix_a_3_es256() {
    let public = Public::Ec {
        x: bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
        y: bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
    };
    let token = concat!(
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y",
        "b290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    );
    assert!(verifies(&key(Algorithm::Es256, public), token));
}

#[test]
fn rfc_8037_appendix_a_4_eddsa() {
    let public = Public::Ed {
        x: bytes("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
    };
    let token = concat!(
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dW",
        "bhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
    assert!(verifies(&key(Algorithm::EdDsa, public), token));
}

/// RFC 4231 has no key of 32 bytes; this was computed apart from this code, with Python's `hmac`.
#[test]
fn hs256_is_hmac_sha_256() {
    let secret: [u8; 32] = std::array::from_fn(|index| u8::try_from(index).unwrap());
    let key = VerifyingKey::mac("example", signature::mac(&secret));
    let tag = bytes("DAvi-x91kdoD67U6HmrS9MiXAj9QZinjS-qb5AWWuCQ");
    assert!(key.verifies(b"header.payload", &tag));
    assert!(!key.verifies(b"header.payload", &tag[..31]));
    assert!(!key.verifies(b"header.payload", b""));
}

#[test]
fn keys_of_another_kind_length_or_strength_are_none() {
    let ed = |len| Public::Ed { x: vec![1; len] };
    let rsa = |len, e: &[u8]| Public::Rsa {
        n: vec![0xc5; len],
        e: e.to_vec(),
    };
    for (name, algorithm, public) in [
        ("31 bytes", Algorithm::EdDsa, ed(31)),
        ("Ed25519 as HMAC", Algorithm::Hs256, ed(32)),
        ("Ed25519 as P-256", Algorithm::Es256, ed(32)),
        (
            "P-256, short",
            Algorithm::Es256,
            Public::Ec {
                x: vec![1; 32],
                y: vec![1; 31],
            },
        ),
        (
            "P-256, off the curve",
            Algorithm::Es256,
            Public::Ec {
                x: vec![1; 32],
                y: vec![1; 32],
            },
        ),
        ("RSA with 2040 bits", Algorithm::Rs256, rsa(255, &[1, 0, 1])),
        ("RSA with 8200 bits", Algorithm::Ps256, rsa(1025, &[1, 0, 1])),
        ("RSA with exponent 1", Algorithm::Rs256, rsa(256, &[1])),
        ("RSA with exponent 0", Algorithm::Rs256, rsa(256, &[0])),
        ("RSA with an even exponent", Algorithm::Rs256, rsa(256, &[4])),
        ("RSA without an exponent", Algorithm::Rs256, rsa(256, &[])),
        (
            "RSA with an endless exponent",
            Algorithm::Rs256,
            rsa(256, &[1; 6]),
        ),
    ] {
        assert!(VerifyingKey::public("k", algorithm, public).is_none(), "{name}");
    }
    for id in ["", &"k".repeat(257)] {
        assert!(VerifyingKey::public(id, Algorithm::EdDsa, ed(32)).is_none());
    }
}
