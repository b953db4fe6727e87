"""Which network addresses belong to the public internet: a positive list for IPv6, IANA's special blocks for IPv4.

Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries; RFC 6052 (NAT64). Python's own `is_global` changes its
answers between minor versions, and lets some of these through.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_SPECIAL_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local; the clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "168.63.129.16/32",  # Azure answers its machines here; not registered, and not public
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: leads to any IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")

_OWN = tuple(
    IPv4Network(block) for block in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
_OWN_V6 = (IPv6Network("::1/128"), IPv6Network("fc00::/7"))
_METADATA = frozenset(map(ip_address, ("100.100.100.200", "fd00:ec2::254", "fd20:ce::254")))
"""Where clouds other than by link-local tell a machine its secrets: Alibaba, AWS and Google by IPv6."""


def unwrapped(address: Address) -> Address:
    """The address that is really meant: the IPv4 one within an IPv4-mapped or NAT64 address."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(address.packed[-4:])
    return address


def is_public(address: Address) -> bool:
    """Whether the address is one of the public internet, and no special one."""
    meant = unwrapped(address)
    if isinstance(meant, IPv4Address):
        return not any(meant in block for block in _SPECIAL_V4)
    return meant in _GLOBAL_V6 and not any(meant in block for block in _SPECIAL_V6)


def is_own(address: Address) -> bool:
    """Whether it lies in this machine's or a company's own network; never link-local, multicast or metadata."""
    meant = unwrapped(address)
    if meant in _METADATA:
        return False
    return any(meant in block for block in (_OWN if isinstance(meant, IPv4Address) else _OWN_V6))
