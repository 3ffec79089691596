//! The hosts of links: where an address leads, and how an international name is written on the wire.

use std::net::Ipv4Addr;

/// An address taken apart as far as the rules need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// What stands before the `:`; none for a relative one.
    pub(super) scheme: Option<&'a str>,
    /// The host, if there is an authority, without user and port; may be empty.
    pub(super) host: Option<&'a str>,
}

impl<'a> Address<'a> {
    /// Reads an address.
    pub(super) fn parse(url: &'a str) -> Self {
        let scheme_end = url.bytes().position(|byte| !byte.is_ascii_alphanumeric() && !b"+-.".contains(&byte));
        let scheme = scheme_end
            .filter(|end| *end > 0 && url.as_bytes()[*end] == b':' && url.as_bytes()[0].is_ascii_alphabetic());
        let rest = scheme.map_or(url, |end| &url[end + 1..]);
        let host = rest.strip_prefix("//").map(|rest| {
            let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
            let host = authority.rsplit('@').next().unwrap_or_default();
            if host.starts_with('[') {
                return host.split_inclusive(']').next().unwrap_or_default();
            }
            host.split(':').next().unwrap_or_default()
        });
        Self { scheme: scheme.map(|end| &url[..end]), host }
    }

    /// Returns whether it is an `http` or `https` address.
    pub(super) fn is_web(&self) -> bool {
        self.scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
    }
}

/// Tells whether a host is reached only from the writer's own machine or network.
pub(super) fn is_private(host: &str) -> bool {
    if let Some(six) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let six: Result<std::net::Ipv6Addr, _> = six.parse();
        return six.is_ok_and(|six| {
            six.is_loopback() || six.is_unspecified() || six.is_unique_local() || six.is_unicast_link_local()
        });
    }
    if let Ok(four) = host.parse::<Ipv4Addr>() {
        return four.is_loopback() || four.is_private() || four.is_link_local() || four.is_unspecified();
    }
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let last = host.rsplit('.').next().unwrap_or_default();
    ["localhost", "local", "internal", "lan", "intranet", "invalid", "localdomain"].contains(&last)
        || host.ends_with(".home.arpa")
}

/// Returns a host as it is read: `xn--` labels decoded, lowercase.
pub(super) fn readable(host: &str) -> String {
    let labels = host.split('.').map(|label| {
        let lower = label.to_lowercase();
        lower.strip_prefix("xn--").and_then(decode).unwrap_or(lower)
    });
    labels.collect::<Vec<_>>().join(".")
}

/// Returns a host as it is looked up: labels beyond ASCII encoded, lowercase.
pub(super) fn encoded(host: &str) -> String {
    let labels = host.split('.').map(|label| {
        let lower = label.to_lowercase();
        if lower.is_ascii() { lower } else { encode(&lower).map_or(lower, |code| format!("xn--{code}")) }
    });
    labels.collect::<Vec<_>>().join(".")
}

// Punycode, RFC 3492. Labels have at most 63 bytes, so nothing here grows.
const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const LONGEST: usize = 63;

fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > ((BASE - T_MIN) * T_MAX) / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + 38)
}

fn threshold(k: u32, bias: u32) -> u32 {
    k.saturating_sub(bias).clamp(T_MIN, T_MAX)
}

fn decode(code: &str) -> Option<String> {
    if code.len() > LONGEST || !code.is_ascii() {
        return None;
    }
    let (basic, rest) = code.rsplit_once('-').unwrap_or(("", code));
    let mut out: Vec<char> = basic.chars().collect();
    let (mut n, mut i, mut bias) = (128u32, 0u32, 72u32);
    let mut digits = rest.bytes().peekable();
    while digits.peek().is_some() {
        let (old, mut weight, mut k) = (i, 1u32, BASE);
        loop {
            let digit = match digits.next()? {
                byte @ b'a'..=b'z' => u32::from(byte - b'a'),
                byte @ b'0'..=b'9' => u32::from(byte - b'0') + 26,
                _ => return None,
            };
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let t = threshold(k, bias);
            if digit < t {
                break;
            }
            weight = weight.checked_mul(BASE - t)?;
            k += BASE;
        }
        let points = u32::try_from(out.len()).ok()? + 1;
        bias = adapt(i - old, points, old == 0);
        n = n.checked_add(i / points)?;
        i %= points;
        out.insert(i as usize, char::from_u32(n)?);
        i += 1;
    }
    Some(out.into_iter().collect())
}

fn encode(label: &str) -> Option<String> {
    let points: Vec<u32> = label.chars().map(u32::from).collect();
    if points.len() > LONGEST {
        return None;
    }
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut done) = (128u32, 0u32, 72u32, basic);
    while (done as usize) < points.len() {
        let next = points.iter().copied().filter(|point| *point >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(done + 1)?)?;
        n = next;
        for &point in &points {
            if point < n {
                delta += 1;
            }
            if point == n {
                let (mut q, mut k) = (delta, BASE);
                loop {
                    let t = threshold(k, bias);
                    if q < t {
                        break;
                    }
                    out.push(digit(t + (q - t) % (BASE - t)));
                    q = (q - t) / (BASE - t);
                    k += BASE;
                }
                out.push(digit(q));
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done += 1;
            }
        }
        delta += 1;
        n += 1;
    }
    Some(out)
}

fn digit(value: u32) -> char {
    char::from_digit(value.wrapping_sub(26), 10)
        .filter(|_| value >= 26)
        .unwrap_or_else(|| char::from(b'a' + u8::try_from(value).expect("a digit is below 36")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(url: &str, scheme: Option<&str>, host: Option<&str>) {
        assert_eq!(Address::parse(url), Address { scheme, host }, "{url}");
    }

    #[test]
    fn addresses_are_taken_apart() {
        check("https://acme.example/a?b#c", Some("https"), Some("acme.example"));
        check("HTTP://user:pw@acme.example:8080", Some("HTTP"), Some("acme.example"));
        check("mailto:a@b.c", Some("mailto"), None);
        check("//acme.example/a", None, Some("acme.example"));
        check("posts/a:b", None, None);
        check("#top", None, None);
        check("http://", Some("http"), Some(""));
        check("http://[::1]:80/x", Some("http"), Some("[::1]"));
        check("", None, None);
        check("é:x", None, None);
    }

    #[test]
    fn private_hosts_are_known() {
        for host in ["localhost", "127.0.0.1", "10.1.2.3", "192.168.0.1", "[::1]", "printer.local", "wiki.internal."] {
            assert!(is_private(host), "{host}");
        }
        for host in ["acme.example", "8.8.8.8", "[2001:db8::1]", "local.example"] {
            assert!(!is_private(host), "{host}");
        }
    }

    #[track_caller]
    fn check_name(read: &str, wire: &str) {
        assert_eq!(encoded(read), wire);
        assert_eq!(readable(wire), read);
    }

    #[test]
    fn international_names_go_both_ways() {
        check_name("bücher.example", "xn--bcher-kva.example");
        check_name("аррӏе.com", "xn--80ak6aa92e.com");
        check_name("例え.テスト", "xn--r8jz45g.xn--zckzah");
        check_name("acme.example", "acme.example");
    }

    #[test]
    fn what_is_no_punycode_stays() {
        assert_eq!(readable("xn--\u{e9}.com"), "xn--\u{e9}.com");
        assert_eq!(readable("xn--99999999.com"), "xn--99999999.com");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn what_is_encoded_is_read_back(label in "[a-zà-ÿа-я一-龥]{1,12}") {
            let label = label.to_lowercase();
            prop_assert_eq!(readable(&encoded(&label)), label);
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,40}") {
            let address = Address::parse(&text);
            let host = address.host.unwrap_or(&text);
            is_private(host);
            encoded(&readable(host));
            readable(&format!("xn--{host}"));
        }
    }
}
