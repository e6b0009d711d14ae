//! The scanner against a table of bypasses and against a naive model.
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const NAME: &str = "__Host-id";

fn found(lines: &[&[u8]]) -> Result<Option<Vec<u8>>, Fault> {
    let headers: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
    find(&headers.as_slice(), NAME).map(|value| value.map(<[u8]>::to_vec))
}

/// The model: text, split and compared in the most obvious way.
fn model(lines: &[Vec<u8>]) -> Result<Option<Vec<u8>>, Fault> {
    let joined = lines.join(&b"; "[..]);
    if joined.len().saturating_add(2) > MAX_COOKIE_BYTES {
        return Err(Fault::TooLong);
    }
    let mut values = Vec::new();
    for pair in joined.split(|byte| *byte == b';') {
        let latin: String = pair.iter().map(|byte| char::from(*byte)).collect();
        if let Some((name, value)) = latin.trim_start_matches([' ', '\t']).split_once('=')
            && name == NAME
        {
            values.push(
                value
                    .chars()
                    .map(|c| u8::try_from(u32::from(c)).unwrap())
                    .collect(),
            );
        }
    }
    if values.len() > 1 {
        Err(Fault::Repeated)
    } else {
        Ok(values.pop())
    }
}

type Case = (
    &'static str,
    &'static [&'static [u8]],
    Result<Option<&'static [u8]>, Fault>,
);

const V: Result<Option<&[u8]>, Fault> = Ok(Some(b"v"));

const CASES: &[Case] = &[
    ("no field", &[], Ok(None)),
    ("empty field", &[b""], Ok(None)),
    ("alone", &[b"__Host-id=v"], V),
    ("among others", &[b"a=1; __Host-id=v; b=2"], V),
    ("no space after the semicolon", &[b"a=1;__Host-id=v"], V),
    ("several spaces and a tab", &[b"a=1; \t  __Host-id=v"], V),
    (
        "several fields, as HTTP/2 sends them",
        &[b"a=1", b"__Host-id=v", b"b=2"],
        V,
    ),
    ("empty value", &[b"__Host-id="], Ok(Some(b""))),
    (
        "quoted value is kept as it is",
        &[b"__Host-id=\"v\""],
        Ok(Some(b"\"v\"")),
    ),
    (
        "equals signs in the value",
        &[b"__Host-id=a=b="],
        Ok(Some(b"a=b=")),
    ),
    ("non-UTF-8 in another cookie", &[b"a=\xff\xfe; __Host-id=v"], V),
    ("non-UTF-8 in the value", &[b"__Host-id=\xff"], Ok(Some(b"\xff"))),
    ("other case", &[b"__host-id=v; __HOST-ID=v"], Ok(None)),
    ("longer name", &[b"__Host-idx=v"], Ok(None)),
    ("longer prefix", &[b"x__Host-id=v"], Ok(None)),
    ("shorter name", &[b"__Host-i=v"], Ok(None)),
    ("no equals sign", &[b"__Host-id"], Ok(None)),
    ("space before the equals sign", &[b"__Host-id =v"], Ok(None)),
    ("nameless cookie", &[b"=__Host-id=v"], Ok(None)),
    ("comma instead of semicolon", &[b"a=1, __Host-id=v"], Ok(None)),
    (
        "legacy version attribute",
        &[b"$Version=1, __Host-id=v"],
        Ok(None),
    ),
    (
        "Unicode space before the name",
        &[b"\xe2\x80\x80__Host-id=v"],
        Ok(None),
    ),
    ("no-break space before the name", &[b"\xa0__Host-id=v"], Ok(None)),
    ("line feed before the name", &[b"a=1;\n__Host-id=v"], Ok(None)),
    ("quotes do not hide a semicolon", &[b"a=\"x; __Host-id=v; y\""], V),
    ("twice", &[b"__Host-id=v; __Host-id=w"], Err(Fault::Repeated)),
    (
        "twice the same",
        &[b"__Host-id=v; __Host-id=v"],
        Err(Fault::Repeated),
    ),
    (
        "twice over two fields",
        &[b"__Host-id=v", b"__Host-id=w"],
        Err(Fault::Repeated),
    ),
];

#[test]
fn only_the_exact_name_counts() {
    for (name, lines, want) in CASES {
        let found = found(lines);
        assert_eq!(
            found.as_ref().map(Option::as_deref),
            want.as_ref().map(|want| *want),
            "{name}"
        );
    }
}

#[test]
fn pairs_end_where_split_ends_them_at_any_distance() {
    for length in 0..70 {
        for at in 0..=length {
            let mut line = vec![b'a'; length];
            if let Some(byte) = line.get_mut(at) {
                *byte = b';';
            }
            let want: Vec<_> = line.split(|byte| *byte == b';').collect();
            assert_eq!(pairs(&line).collect::<Vec<_>>(), want, "{at} of {length}");
        }
    }
}

#[test]
fn the_bytes_of_all_fields_together_are_bounded() {
    let fits = [b"__Host-id=".to_vec(), vec![b'v'; MAX_COOKIE_BYTES - 12]].concat();
    assert!(found(&[&fits]).is_ok());
    assert_eq!(found(&[&[&fits[..], b"v"].concat()]), Err(Fault::TooLong));
    assert_eq!(found(&[&fits, b""]), Err(Fault::TooLong), "spread over fields");
    assert_eq!(found(&vec![&b""[..]; 5_000]), Err(Fault::TooLong), "empty fields");
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "__Host-id",
        "__host-id",
        "=",
        ";",
        "; ",
        " ",
        "\t",
        "\"",
        ",",
        "a=b",
        "__Host-id=x",
    ];
    prop_oneof![
        8 => proptest::sample::select(known.map(|text| text.as_bytes().to_vec()).to_vec()),
        2 => vec(any::<u8>(), 0..4),
        1 => (4_000_usize..4_200).prop_map(|len| vec![b'z'; len]),
    ]
}

proptest! {
    #[test]
    fn the_scanner_finds_what_the_model_finds(lines in vec(vec(piece(), 0..8).prop_map(|p| p.concat()), 0..4)) {
        let borrowed: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        let (ours, model) = (found(&borrowed), model(&lines));
        // Both faults at once: either is an answer.
        if ours != model {
            prop_assert!(ours.is_err() && model == Err(Fault::TooLong), "{ours:?} {model:?}");
        }
    }
}
