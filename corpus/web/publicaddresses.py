"""Decides whether an IP address is public: reachable by anyone, and outside this machine's network.

The standard library's ``is_global`` changed between versions of Python 3.11 and takes transition
addresses at face value. This module therefore names the special networks itself, from the
registries https://www.iana.org/assignments/iana-ipv4-special-registry and
…/iana-ipv6-special-registry. It also names the addresses that look public and serve a cloud's own
machines.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_SPECIAL_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, with the metadata service of clouds
        "161.26.0.0/16",  # services of IBM Cloud for its own machines
        "166.8.0.0/14",  # the same
        "168.63.129.16/32",  # the wire server of Azure, for its own machines
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "199.36.153.4/30",  # interfaces of Google Cloud for its own machines
        "199.36.153.8/30",  # the same
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_UNICAST_6 = IPv6Network("2000::/3")
"""All addresses that are assigned; loopback, private, link-local and multicast lie outside."""
_SPECIAL_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, with Teredo, which hides IPv4 addresses
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_FOUR_BYTES = 0xFFFF_FFFF


def address_of(text: str) -> Address | None:
    """Return the address that ``text`` writes in the usual form; None if it writes none.

    Decimal, octal, hexadecimal and shortened forms, which some resolvers accept, give None.
    """
    try:
        return ip_address(text)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Return whether the address is public; one with an IPv4 address inside counts as that one."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_4)
    inside = address.ipv4_mapped or address.sixtofour
    if inside is None and address in _NAT64:
        inside = IPv4Address(int(address) & _FOUR_BYTES)
    if inside is not None:
        return is_public(inside)
    return address in _UNICAST_6 and not any(address in network for network in _SPECIAL_6)
