//! Finds one cookie in the `Cookie` fields of a request.
//!
//! Browsers protect `__Host-` names; a server that reads names more loosely than browsers do takes that protection away
//! (case folding, Unicode whitespace, `$Version`, quoted strings, commas: each has been a bypass). So a name counts only
//! byte for byte, after spaces and tabs, up to the first `=`; pairs end at `;` and nowhere else (RFC 6265 section 4.2.1).
use palisade_core::Headers;

/// The most bytes that the `Cookie` fields of one request may have together.
const MAX_COOKIE_BYTES: usize = 8 * 1024;

/// Why a request's cookies are not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Repeated,
    TooLong,
}

/// The value of the cookie `name`, or nothing where no field has it.
///
/// HTTP/2 splits cookies over several fields (RFC 9113 section 8.2.3), so they are read as one list. A name that occurs
/// twice is a fault even with one value: which of two was meant cannot be known.
pub(crate) fn find<'h>(headers: &'h impl Headers, name: &str) -> Result<Option<&'h [u8]>, Fault> {
    let (mut found, mut total) = (None, 0_usize);
    for line in headers.values("cookie") {
        // The two bytes are the separator that joins the fields; they make empty fields count as well.
        total = total.saturating_add(line.len()).saturating_add(2);
        if total > MAX_COOKIE_BYTES {
            return Err(Fault::TooLong);
        }
        for pair in line.split(|byte| *byte == b';') {
            let value = value_of(pair, name.as_bytes());
            if value.is_some() && found.is_some() {
                return Err(Fault::Repeated);
            }
            found = found.or(value);
        }
    }
    Ok(found)
}

/// What follows `name=` in the pair.
fn value_of<'a>(pair: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let spaces = pair
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    pair.get(spaces..)?.strip_prefix(name)?.strip_prefix(b"=")
}

#[cfg(test)]
mod tests;
