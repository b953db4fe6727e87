"""No address that Python or IANA call special is taken for a public one, in whatever it is wrapped."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from hypothesis import given, settings
from hypothesis import strategies as st

from gainful.sdk.address import Address, is_own, is_public, unwrapped

BLOCKS: list[IPv4Network | IPv6Network] = [
    *map(IPv4Network, ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12")),
    *map(
        IPv4Network, ("192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4")
    ),
    *map(IPv6Network, ("::/128", "::1/128", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64")),
    *map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10")),
    *map(IPv6Network, ("fec0::/10", "ff00::/8")),
]


@st.composite
def addresses(draw: st.DrawFn) -> Address:
    """Any address; half of them in, at the edge of, or just beside a special block."""
    if draw(st.booleans()):
        return draw(st.ip_addresses())
    block = draw(st.sampled_from(BLOCKS))
    size = block.num_addresses
    offset = draw(st.one_of(st.integers(0, size - 1), st.sampled_from([-1, 0, size - 1, size])))
    number = int(block.network_address) + offset
    kind = IPv4Address if block.version == 4 else IPv6Address
    return kind(min(max(number, 0), 2**block.max_prefixlen - 1))


def special(address: Address) -> bool:
    """What Python says of the address, and of the IPv4 one within."""
    within = [address]
    if isinstance(address, IPv6Address):
        teredo = address.teredo or (None, None)
        within += [inner for inner in (address.ipv4_mapped, address.sixtofour, *teredo) if inner is not None]
        if address in IPv6Network("64:ff9b::/96"):
            return special(IPv4Address(int(address) & 0xFFFFFFFF))
        if address.ipv4_mapped is not None:
            return special(address.ipv4_mapped)
    return any(
        not a.is_global or a.is_private or a.is_loopback or a.is_link_local or a.is_multicast or a.is_unspecified
        for a in within
    ) or any(a.is_reserved for a in within)


@settings(max_examples=3000, deadline=None)
@given(addresses())
def test_a_public_address_is_special_to_nobody(address: Address) -> None:
    if is_public(address):
        assert not special(address)
        assert not is_own(address)


@settings(max_examples=1000, deadline=None)
@given(st.ip_addresses(v=4))
def test_ordinary_addresses_are_public(address: IPv4Address) -> None:
    beyond = [IPv4Network(block) for block in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")]
    extra = any(address in block for block in beyond)
    if not special(address) and not extra:
        assert is_public(address)


@settings(max_examples=1000, deadline=None)
@given(addresses())
def test_a_wrapper_changes_nothing(address: Address) -> None:
    if isinstance(address, IPv4Address):
        for wrapped in (f"::ffff:{address}", f"64:ff9b::{address}"):
            assert unwrapped(ip_address(wrapped)) == address
            assert is_public(ip_address(wrapped)) == is_public(address)
            assert is_own(ip_address(wrapped)) == is_own(address)
        assert not is_public(IPv6Address(f"2002:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}::"))
        assert not is_public(IPv6Address(f"::{address}"))


@settings(max_examples=1000, deadline=None)
@given(addresses())
def test_what_may_be_ones_own_is_private_and_never_shared_by_a_link(address: Address) -> None:
    if is_own(address):
        meant = unwrapped(address)
        assert not meant.is_global
        assert not (meant.is_link_local or meant.is_multicast or meant.is_unspecified)
