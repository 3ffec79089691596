use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns whether an address is one of the public internet.
///
/// What a post names is fetched by a machine that may reach more than its author: its own services, those of its network,
/// and its cloud's, which hand out credentials. So only what anybody could fetch is let through: IPv4 without the blocks of
/// the IANA's special registry, and of IPv6 the global unicast block without those in which an IPv4 address or a tunnel may hide.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => is_public_four(four),
        IpAddr::V6(six) => is_public_six(six),
    }
}

fn is_public_four(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        // This network, private networks, carriers' networks, this machine.
        [0 | 10 | 127, ..] | [100, 64..=127, ..] | [172, 16..=31, ..] | [192, 168, ..]
        // Link-local, with the metadata services of most clouds; Azure's has an address of its own.
        | [169, 254, ..] | [168, 63, 129, 16]
        // Protocol assignments, documentation, relays to IPv6, benchmarks.
        | [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _]
        // Multicast, reserved, broadcast.
        | [224..=255, ..]
    )
}

fn is_public_six(address: Ipv6Addr) -> bool {
    match address.segments() {
        // NAT64 by its well-known prefix, which is how networks without IPv4 reach it: what counts is whom it stands for.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            is_public_four(Ipv4Addr::new(a, b, c, d))
        }
        // Protocol assignments with Teredo and ORCHID, documentation, 6to4.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // ISATAP: an IPv4 address in the last half.
        [_, _, _, _, 0 | 0x200, 0x5efe, _, _] => false,
        // Everything else outside of this block is local, reserved, or holds an IPv4 address.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expect: bool) {
        assert_eq!(is_public(address.parse().expect("an address")), expect, "{address}");
    }

    #[test]
    fn hostile_addresses_are_refused() {
        for address in [
            // This machine, and nothing at all.
            "127.0.0.1",
            "127.0.0.53",
            "127.255.255.255",
            "0.0.0.0",
            "0.1.2.3",
            "::1",
            "::",
            // Private and carriers' networks.
            "10.0.0.1",
            "10.255.255.255",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "192.168.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "fc00::1",
            "fd12:3456:789a::1",
            "fec0::1",
            // Metadata services: most clouds, Alibaba, Oracle, Azure, Amazon over IPv6.
            "169.254.169.254",
            "169.254.170.2",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "fd00:ec2::254",
            // Link-local.
            "169.254.0.1",
            "169.254.255.255",
            "fe80::1",
            "febf::1",
            // Reserved, documentation, benchmarks, relays.
            "192.0.0.1",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "198.18.0.1",
            "198.19.255.255",
            "192.88.99.1",
            "2001:db8::1",
            "3fff::1",
            "3fff:fff::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "100::1",
            "5f00::1",
            // Multicast, reserved, broadcast.
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "ff02::1",
            "ff0e::1",
            "4000::1",
            // IPv4 inside of IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP.
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::8.8.8.8",
            "64:ff9b:1::10.0.0.1",
            "2002:7f00:1::1",
            "2002:a00:1::",
            "2002:a9fe:a9fe::",
            "2001::7f00:1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2600::5efe:7f00:1",
            "2600::200:5efe:a00:1",
        ] {
            check(address, false);
        }
    }

    #[test]
    fn public_addresses_are_let_through() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "126.255.255.255",
            "128.0.0.1",
            "168.63.129.15",
            "169.253.1.1",
            "172.15.1.1",
            "172.32.0.1",
            "185.199.108.133",
            "192.0.1.1",
            "192.167.1.1",
            "198.17.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "3ffe::1",
            "64:ff9b::8.8.8.8",
        ] {
            check(address, true);
        }
    }
}
