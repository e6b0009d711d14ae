//! Reads forwarding headers from the right, where the nearest proxy wrote.
//!
//! What stands further left was written by whoever connected to that proxy, in the end the client. So the reader goes
//! from right to left and nothing on the left can change how the right is read: not a comma, not an open quote.
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The elements of one header field line, from right to left, without the space around them.
///
/// Commas within a quoted string (RFC 9110 section 5.6.4) do not part elements; `X-Forwarded-For` has none.
pub(super) fn elements_from_right(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        let (element, left) = match last_comma(text) {
            Some(at) => (text.get(at.saturating_add(1)..), text.get(..at)),
            None => (Some(text), None),
        };
        rest = left;
        element.map(<[u8]>::trim_ascii)
    })
}

/// Where the last comma outside a quoted string stands, the quotes counted from the right.
fn last_comma(text: &[u8]) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in text.iter().enumerate().rev() {
        match byte {
            b'"' if !(quoted && is_escaped(text, at)) => quoted = !quoted,
            b',' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Whether an odd number of backslashes stands before `at`.
fn is_escaped(text: &[u8], at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 1
}

/// The address in one `Forwarded` element (RFC 7239 section 4): its one `for` parameter.
///
/// `unknown`, obfuscated identifiers, a repeated or missing `for`, and anything malformed give none.
pub(super) fn forwarded_for(element: &[u8]) -> Option<IpAddr> {
    let mut found = None;
    let mut rest = element;
    loop {
        rest = behind_empty_pairs(rest);
        if rest.is_empty() {
            return found;
        }
        let (name, after) = token(rest)?;
        let after = after.strip_prefix(b"=")?;
        let (value, after) = value(after)?;
        if name.eq_ignore_ascii_case(b"for") {
            if found.is_some() {
                return None;
            }
            found = Some(node(&value)?);
        }
        rest = after.trim_ascii_start();
        if !rest.is_empty() && !rest.starts_with(b";") {
            return None;
        }
    }
}

/// What follows the semicolons: the grammar allows a pair to be empty, as behind the last one.
fn behind_empty_pairs(text: &[u8]) -> &[u8] {
    let empty = text.iter().take_while(|b| matches!(b, b';' | b' ' | b'\t'));
    text.get(empty.count()..).unwrap_or_default()
}

/// A token (RFC 9110 section 5.6.2) and what follows it.
fn token(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = text.iter().take_while(|&&b| is_token_byte(b)).count();
    let (token, rest) = text.split_at_checked(len)?;
    (!token.is_empty()).then_some((token, rest))
}

fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

/// A token or a quoted string, unescaped, and what follows it.
fn value(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let Some(mut rest) = text.strip_prefix(b"\"") else {
        // Some proxies write addresses with a port, or bare IPv6, without the quotes that RFC 7239 asks for.
        let len = text
            .iter()
            .take_while(|&&b| is_token_byte(b) || matches!(b, b':' | b'[' | b']'))
            .count();
        let (bare, rest) = text.split_at_checked(len)?;
        return (!bare.is_empty()).then(|| (bare.to_vec(), rest));
    };
    let mut unescaped = Vec::with_capacity(rest.len().min(64));
    loop {
        rest = match rest {
            [b'"', after @ ..] => return Some((unescaped, after)),
            [b'\\', b, after @ ..] | [b, after @ ..] if *b != b'"' || rest.starts_with(b"\\") => {
                unescaped.push(*b);
                after
            }
            _ => return None,
        };
    }
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
///
/// IPv6 zones are dropped; the unspecified address is nobody's and refused.
pub(super) fn node(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim_ascii();
    let ip = parse_node(text)?.to_canonical();
    (!ip.is_unspecified()).then_some(ip)
}

fn parse_node(text: &str) -> Option<IpAddr> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(ip);
    }
    if let Ok(socket) = text.parse::<SocketAddr>() {
        return Some(socket.ip());
    }
    let inner = text
        .strip_prefix('[')
        .and_then(|t| t.strip_suffix(']'))
        .unwrap_or(text);
    let (ip, _zone) = inner.split_once('%').unwrap_or((inner, ""));
    ip.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

/// An address behind which a port always stands, IPv6 without brackets, as `CloudFront-Viewer-Address` writes it.
pub(super) fn node_with_port(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim_ascii();
    let (ip, port) = text.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    node(ip.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(line: &str) -> Vec<String> {
        elements_from_right(line.as_bytes())
            .map(|e| String::from_utf8_lossy(e).into_owned())
            .collect()
    }

    fn ip(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn elements_come_from_the_right_and_quoted_commas_stay() {
        assert_eq!(elements("a, b ,c"), ["c", "b", "a"]);
        assert_eq!(elements(r#"for="a,b", for=c"#), ["for=c", r#"for="a,b""#]);
        assert_eq!(elements(r#"for="a\",b", for=c"#), ["for=c", r#"for="a\",b""#]);
        assert_eq!(elements(""), [""]);
        assert_eq!(elements(",,"), ["", "", ""]);
    }

    #[test]
    fn an_open_quote_on_the_left_does_not_swallow_what_a_proxy_appended() {
        for left in ["for=\"", "for=6.6.6.6;x=\"", "\"\\", "for=\"\\\""] {
            let line = format!("{left}, for=192.0.2.7");
            assert_eq!(elements(&line).first().unwrap(), "for=192.0.2.7", "{left}");
        }
    }

    #[test]
    fn the_examples_of_rfc_7239_are_read() {
        let cases = [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", ip("192.0.2.60")),
            ("For=\"[2001:db8:cafe::17]:4711\"", ip("2001:db8:cafe::17")),
            ("FOR=192.0.2.43", ip("192.0.2.43")),
            ("for=\"192.0.2.43:47011\"", ip("192.0.2.43")),
            ("proto=https;for=\"[::ffff:192.0.2.1]\"", ip("192.0.2.1")),
            ("for=\"\\1\\9\\2.0.2.1\"", ip("192.0.2.1")),
            ("for=\"_gazonk\"", None),
            ("for=unknown", None),
            ("by=203.0.113.43", None),
            ("for=192.0.2.1;for=192.0.2.2", None),
            ("for=", None),
            ("for", None),
            ("=192.0.2.1", None),
            ("for=192.0.2.1;", ip("192.0.2.1")),
            (";proto=https;;for=192.0.2.1", ip("192.0.2.1")),
            (";", None),
            ("for=\"192.0.2.1", None),
            ("for=\"192.0.2.1\"x", None),
            ("for=192.0.2.1 192.0.2.2", None),
            ("for=0.0.0.0", None),
            ("", None),
        ];
        for (element, want) in cases {
            assert_eq!(forwarded_for(element.as_bytes()), want, "{element}");
        }
    }

    #[test]
    fn addresses_are_read_in_every_customary_form() {
        let cases = [
            ("192.0.2.1", ip("192.0.2.1")),
            ("192.0.2.1:443", ip("192.0.2.1")),
            ("2001:db8::1", ip("2001:db8::1")),
            ("[2001:db8::1]", ip("2001:db8::1")),
            ("[2001:db8::1]:443", ip("2001:db8::1")),
            ("fe80::1%eth0", ip("fe80::1")),
            ("::ffff:192.0.2.1", ip("192.0.2.1")),
            ("::ffff:c000:0201", ip("192.0.2.1")),
            ("::", None),
            ("0.0.0.0", None),
            ("192.0.2.256", None),
            ("192.0.2.1.", None),
            ("0300.0.2.1", None),
            ("1", None),
            ("unknown", None),
            ("192.0.2.1\r\nx: y", None),
            ("\u{661}92.0.2.1", None),
        ];
        for (text, want) in cases {
            assert_eq!(node(text.as_bytes()), want, "{text}");
        }
        assert_eq!(node(b"\xff\xfe"), None);
    }

    #[test]
    fn the_port_behind_an_unbracketed_address_is_cut() {
        assert_eq!(node_with_port(b"192.0.2.1:443"), ip("192.0.2.1"));
        assert_eq!(node_with_port(b"2001:db8::1:443"), ip("2001:db8::1"));
        assert_eq!(node_with_port(b"192.0.2.1"), None);
        assert_eq!(node_with_port(b"192.0.2.1:99999"), None);
    }
}
