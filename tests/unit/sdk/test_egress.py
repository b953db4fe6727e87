"""One spelling of each host; hosts of the manifest alone; no address but public ones, unless the person named it."""

from __future__ import annotations

import pytest

from gainful.sdk.egress import (
    Egress,
    EgressRefused,
    EgressUnreachable,
    HostPatternInvalid,
    Target,
    follow,
    parse,
    system_resolver,
)

PUBLIC = "93.184.215.14"
EGRESS = Egress(
    hosts=frozenset({"api.example.org", "*.example.net", "api.example.com:8443"}),
    methods=frozenset({"GET", "POST"}),
    private_ok=frozenset({"http://127.0.0.1:8080", "https://gitlab.corp.example.org", "http://[::1]:8080"}),
)
# Every host stands in the allow-list by some reading; it is the spelling that must not get through.
EVERYTHING = Egress(
    hosts=frozenset({"localhost", "api.example.org", "*.example.org", "*.example.net"}),
    private_ok=frozenset({"https://127.0.0.1", "https://[::1]", "http://127.0.0.1", "https://169.254.169.254"}),
)

ODD = [
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0x7F.1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.0.0.1./",
    "https://127.000.000.001/",
    "https://127.0.0.1.../",
    "https://1.2.3.4.5/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]:443/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::1%25lo]/",
    "https://[::1%lo]/",
    "https://[::1/",
    "https://[127.0.0.1]/",
    "https://::1/",
    "https://api.example.org./",
    "https://.api.example.org/",
    "https://api..example.org/",
    "https://api.example.org@127.0.0.1/",
    "https://user:secret@api.example.org/",
    "https://127.0.0.1\\@api.example.org/",
    "https://api.example.org\\@127.0.0.1/",
    "https:\\\\api.example.org/",
    "https://api.example.org%2f@127.0.0.1/",
    "https://api%2eexample%2eorg/",
    "https://127%2e0%2e0%2e1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://аpi.example.org/",  # a Cyrillic letter first
    "https://\u212aey.example.org/",  # the sign for kelvin becomes a k in small letters
    "https://ﬁ.example.org/",
    "https://ex\u00adample.example.org/",
    "https://api.example.org\u200b/",
    "https://api.example.org\t/",
    "https://api.example.org/\r\nHost: other",
    "https://api.example.org/a b",
    " https://api.example.org/",
    "https://api.example.org:0/",
    "https://api.example.org:65536/",
    "https://api.example.org:-1/",
    "https://api.example.org:４４３/",
    "https://api.example.org:443:80/",
    "https://-api.example.org/",
    "https://api_.example.org/",
    f"https://{'a' * 64}.example.org/",
    f"https://{'a.' * 130}example.org/",
    "https:/api.example.org/",
    "https:api.example.org",
    "//api.example.org/",
    "/etc/passwd",
    "",
    "file:///etc/passwd",
    "ftp://api.example.org/",
    "gopher://api.example.org/_x",
    "data:text/plain,x",
    "javascript:alert(1)",
    "unix:///var/run/docker.sock",
    "http+unix://api.example.org/",
    "https://api.example.org/" + "a" * 9000,
]


@pytest.mark.parametrize("url", ODD)
def test_an_odd_spelling_is_refused(url: str) -> None:
    with pytest.raises(EgressRefused, match="plain address"):
        EVERYTHING.target("GET", url)


def test_neither_password_nor_token_is_repeated() -> None:
    with pytest.raises(EgressRefused) as caught:
        parse("https://user:secret@api.example.org/?key=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://api.example.org", Target("https", "api.example.org", 443, "/")),
        ("HTTPS://API.Example.ORG:443/A?b=C#d", Target("https", "api.example.org", 443, "/A?b=C")),
        ("https://api.example.org?q=1@2:3", Target("https", "api.example.org", 443, "/?q=1@2:3")),
        ("https://a.b.example.net/é", Target("https", "a.b.example.net", 443, "/%C3%A9")),
        ("https://xn--bcher-kva.example.net/%2F", Target("https", "xn--bcher-kva.example.net", 443, "/%2F")),
        ("https://api.example.com:8443/", Target("https", "api.example.com", 8443, "/")),
        ("http://127.0.0.1:8080/x", Target("http", "127.0.0.1", 8080, "/x")),
        ("http://[::1]:8080/x", Target("http", "::1", 8080, "/x")),
    ],
)
def test_a_plain_address_of_the_manifest_is_taken_apart(url: str, target: Target) -> None:
    assert EGRESS.target("GET", url) == target


def test_an_address_is_put_together_again() -> None:
    assert parse("http://[::1]:8080/x?y").url == "http://[::1]:8080/x?y"
    assert parse("https://api.example.org:443").origin == "https://api.example.org"


@pytest.mark.parametrize(
    ("method", "url", "why"),
    [
        ("GET", "https://example.net/", "not among the hosts"),
        ("GET", "https://evilexample.net/", "not among the hosts"),
        ("GET", "https://api.example.org.evil.example/", "not among the hosts"),
        ("GET", "https://sub.api.example.org/", "not among the hosts"),
        ("GET", "https://api.example.org:8443/", "not among the hosts"),
        ("GET", "https://api.example.com/", "not among the hosts"),
        ("GET", "https://localhost/", "not among the hosts"),
        ("GET", "https://127.0.0.1:8080/", "not among the hosts"),
        ("GET", "http://127.0.0.1:8081/", "not among the hosts"),
        ("GET", "http://gitlab.corp.example.org/", "not among the hosts"),
        ("GET", "http://api.example.org:443/", "without TLS"),
        ("DELETE", "https://api.example.org/", "'DELETE' is not among those allowed: GET, POST"),
        ("get", "https://api.example.org/", "not among those allowed"),
    ],
)
def test_what_the_manifest_does_not_name_is_refused(method: str, url: str, why: str) -> None:
    with pytest.raises(EgressRefused, match=why):
        EGRESS.target(method, url)


def test_nothing_is_allowed_by_default() -> None:
    with pytest.raises(EgressRefused):
        Egress().target("GET", "https://api.example.org/")


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        [PUBLIC, "10.0.0.1"],
        [PUBLIC, "::1"],
        ["::ffff:127.0.0.1"],
        ["::ffff:a9fe:a9fe"],
        ["64:ff9b::a9fe:a9fe"],
        ["2002:7f00:1::"],
        ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
        ["169.254.169.254"],
        ["fd00:ec2::254"],
        ["100.64.0.1"],
        ["0.0.0.0"],
        ["224.0.0.1"],
        ["255.255.255.255"],
        ["fe80::1"],
        ["2606:4700::1%lo"],
        ["168.63.129.16"],
        ["not an address"],
        ["0x7f000001"],
    ],
)
def test_one_address_that_is_not_public_is_enough(answer: list[str]) -> None:
    target = EGRESS.target("GET", "https://api.example.org/")
    with pytest.raises(EgressRefused, match="not an address of the public internet"):
        EGRESS.addresses(target, lambda *_: answer)


@pytest.mark.parametrize("answer", [[PUBLIC], [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"], [PUBLIC, PUBLIC]])
def test_public_addresses_are_given_once_each(answer: list[str]) -> None:
    target = EGRESS.target("GET", "https://api.example.org/")
    assert EGRESS.addresses(target, lambda *_: answer) == list(dict.fromkeys(answer))


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.7.7", "172.20.0.1", "127.0.0.1", "fd12::1", "100.100.1.1"])
def test_a_server_that_the_person_named_may_be_at_home(address: str) -> None:
    target = EGRESS.target("GET", "https://gitlab.corp.example.org/api")
    assert EGRESS.addresses(target, lambda *_: [address]) == [address]


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "0.0.0.0", "224.1.1.1", "fe80::1"]
)
def test_even_such_a_server_is_never_at_the_clouds_metadata(address: str) -> None:
    with pytest.raises(EgressRefused):
        EGRESS.addresses(EGRESS.target("GET", "https://gitlab.corp.example.org/api"), lambda *_: [address])


def test_metadata_cannot_even_be_named() -> None:
    target = EVERYTHING.target("GET", "https://169.254.169.254/latest/meta-data")
    with pytest.raises(EgressRefused):
        EVERYTHING.addresses(target, system_resolver)


def test_no_name_server_is_asked_for_an_address() -> None:
    def asked(*_: object) -> list[str]:
        raise AssertionError

    assert EGRESS.addresses(parse("http://127.0.0.1:8080/"), asked) == ["127.0.0.1"]


def test_a_host_without_an_address_is_not_reachable() -> None:
    with pytest.raises(EgressUnreachable, match="has no address"):
        EGRESS.addresses(EGRESS.target("GET", "https://api.example.org/"), lambda *_: [])


def test_the_system_knows_its_own_name() -> None:
    assert set(system_resolver("localhost", 80)) <= {"127.0.0.1", "::1"}
    with pytest.raises(EgressUnreachable, match="cannot be resolved"):
        system_resolver("nowhere.invalid", 80)


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "*.org",
        "*.",
        "Api.example.org",
        "https://api.example.org",
        "api.example.org/",
        "api.*.org",
        "10.0.0.1",
        "api.example.org:0",
        "api.example.org:http",
        "*.*.example.org",
        "a@example.org",
        "[::1]",
        "0x7f",
        "api.example.org.",
    ],
)
def test_a_pattern_that_cannot_be_meant_is_an_error(pattern: str) -> None:
    with pytest.raises(HostPatternInvalid):
        Egress(hosts=frozenset({pattern}))


@pytest.mark.parametrize(
    "origin", ["gitlab.example.org", "https://gitlab.example.org/", "https://GITLAB.example.org", "*"]
)
def test_a_server_of_ones_own_is_named_as_an_origin(origin: str) -> None:
    with pytest.raises(HostPatternInvalid):
        Egress(private_ok=frozenset({origin}))


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", "https://api.example.org/b"),
        ("c?d", "https://api.example.org/a/c?d"),
        ("//127.0.0.1/", "https://127.0.0.1/"),
        ("http://x.example.net", "http://x.example.net"),
    ],
)
def test_redirects_are_read_as_browsers_do(location: str, url: str) -> None:
    assert follow(parse("https://api.example.org/a/b"), location) == url


def test_a_redirect_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(EgressRefused):
        follow(parse("https://api.example.org/"), "https://[::1")
