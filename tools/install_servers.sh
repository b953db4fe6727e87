#!/bin/sh
# Install what the tests need beside Python's packages, where that is possible without asking anybody: the mail server
# that they talk to, the sandbox that they try to leave, the proxy and the metrics of deployments, the database of teams,
# and the chat, calendar and identity servers that come from PyPI.
# The tests start their own private servers as needed; the system's own services are neither started nor left enabled.
#   PYTHON=python3.11 tools/install_servers.sh
set -eu
cd "$(dirname "$0")/.."

# --- from PyPI, in an environment of their own: what they need would get in the way of what Gainful needs ---

servers=.venv/servers
locked=requirements-servers.txt
if ! cmp -s "$locked" "$servers/.installed"; then
  echo "Installing Synapse, Radicale, Django OAuth Toolkit and Canaille for the tests into $servers: about a minute, once."
  # Ready-made files alone: a bare machine has neither a C nor a Rust compiler.
  if tools/make_venv.sh "${PYTHON:-python3}" "$servers" &&
    "$servers/bin/python" -m pip --disable-pip-version-check install --quiet --only-binary :all: --require-hashes -r "$locked"; then
    # A copy of what was installed: when the lock file changes, they differ.
    cp "$locked" "$servers/.installed"
  else
    echo "The chat, calendar and identity servers for the tests could not be installed." >&2
    [ -z "${CI:-}" ] || exit 1
  fi
fi

# --- from Debian ---

have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }
have_dovecot() { have dovecot; }
# Debian keeps the programs of each version apart, and the server's are in nobody's PATH.
have_postgresql() { ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; }
# lmtp is a package of its own, needed to deliver mail the way a mail server does; so is submission, to hand it in.
missing() {
  have_dovecot && [ -x /usr/lib/dovecot/imap ] && [ -x /usr/lib/dovecot/lmtp ] && [ -x /usr/lib/dovecot/submission ] ||
    printf '%s ' dovecot-imapd dovecot-lmtpd dovecot-submissiond
  [ -x /usr/bin/bwrap ] || printf '%s ' bubblewrap
  have haproxy || printf '%s ' haproxy
  have prometheus || printf '%s ' prometheus
  have_postgresql || printf '%s ' postgresql
  # An example in the pages signs what it sends as people do in a shell.
  have curl || printf '%s ' curl
  have openssl || printf '%s ' openssl
  # The console is tried in a real browser, which is steered by a program that wants a library of its compiler.
  have chromium || printf '%s ' chromium
  /sbin/ldconfig -p | grep -q 'libatomic\.so\.1' || printf '%s ' libatomic1
}
packages=$(missing)
[ -n "$packages" ] || exit 0

give_up() {
  echo "Some tests need more programs. Install them with: apt-get install $packages" >&2
  # In CI a missing program is a failure, not a reason to test less.
  [ -z "${CI:-}" ] || exit 1
  exit 0
}

command -v apt-get >/dev/null 2>&1 || give_up
as_root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null || give_up
  as_root="sudo -n"
fi

echo "Installing for the tests: $packages"
new_units=
have_dovecot || new_units="$new_units dovecot.service dovecot.socket"
have haproxy || new_units="$new_units haproxy.service"
# Its package brings a second service, which tells of the machine itself.
have prometheus || new_units="$new_units prometheus.service prometheus-node-exporter.service"
have_postgresql || new_units="$new_units postgresql.service"

# A policy that forbids starting services while the package is set up; removed again, and only if it is ours.
policy=/usr/sbin/policy-rc.d
ours=no
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
  ours=yes
fi
clean_up() { [ "$ours" = no ] || $as_root rm -f "$policy"; }
trap clean_up EXIT

log=$(mktemp)
# shellcheck disable=SC2086 # names of packages, one word each
if ! {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
} >"$log" 2>&1; then
  tail -n 5 "$log" >&2
  rm -f "$log"
  give_up
fi
rm -f "$log"

# Installing enables the units for the next boot; a machine that had no such service before keeps none running.
if [ -n "$new_units" ] && command -v systemctl >/dev/null 2>&1; then
  for unit in $new_units; do
    $as_root systemctl disable --quiet --now "$unit" 2>/dev/null || true
  done
fi
[ -z "$(missing)" ] || give_up
