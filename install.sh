#!/usr/bin/env bash
# Builds ngoctl from this folder and installs it.
#
#   ./install.sh           install /usr/local/bin/ngoctl, a system user, and a hardened systemd service (as root)
#   ./install.sh --demo    build only, then play a day of gifts on a throw-away folder and open the desk
#   ./install.sh --build   build only, to dist/ngoctl
#
# For Debian 12. It finds Go 1.26, or lets an older Go (1.21 and up) fetch it, or installs that older Go from Debian's
# backports. On macOS it may work where Go is already there; nobody has tested it.
set -euo pipefail
cd "$(dirname "$0")"

readonly want=1.26 toolchain=go1.26.8
export CGO_ENABLED=0

say() { printf 'install: %s\n' "$*" >&2; }
die() {
	say "$1"
	[ $# -lt 2 ] || say "what to do: $2"
	exit 1
}
as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# at_least HAVE WANT: both as 1.26 or 1.26.8
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

go_version() { "$1" env GOVERSION 2>/dev/null | sed 's/^go//; s/[^0-9.].*//'; }

find_go() {
	local candidate have
	for candidate in go /usr/local/go/bin/go "$HOME/go/bin/go" /usr/lib/go-*/bin/go; do
		command -v "$candidate" >/dev/null || continue
		have=$(GOTOOLCHAIN=local go_version "$candidate") || continue
		if at_least "${have:-0}" "$want"; then
			go=$candidate
			return 0
		fi
		if at_least "${have:-0}" 1.21; then
			say "found Go $have, which fetches Go ${toolchain#go} by itself"
			export GOTOOLCHAIN=$toolchain
			go=$candidate
			return 0
		fi
	done
	return 1
}

# debian_go installs Go from backports, over the mirror that this machine already uses.
debian_go() {
	[ -r /etc/debian_version ] && command -v apt-get >/dev/null || return 1
	local mirror list=/etc/apt/sources.list.d/ngoctl-backports.list
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -m 1 -E '/debian/?$' || true)
	[ -n "$mirror" ] || mirror=$(grep -rhoE '(https?|mirror)[^ ]*/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 | tr -d ' ')
	[ -n "$mirror" ] || return 1
	say "installing Go from Debian's backports"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm-backports main" | as_root tee "$list" >/dev/null
	as_root apt-get update -qq
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -t bookworm-backports golang-go ca-certificates >/dev/null
}

build() {
	find_go || { debian_go && find_go; } ||
		die "Go $want is not here, and could not be installed" "install Go $want or later from https://go.dev/dl, then run this again"
	say "building (the first time takes a few minutes)"
	mkdir -p dist
	"$go" build -trimpath -ldflags='-s -w' -o dist/ngoctl ./cmd/ngoctl
	say "built dist/ngoctl: $(dist/ngoctl version)"
}

install_service() {
	[ "$(uname -s)" = Linux ] || die "only the build was done: the service is for Linux" "run dist/ngoctl by hand"
	as_root install -m 0755 dist/ngoctl /usr/local/bin/ngoctl
	if ! command -v systemctl >/dev/null; then
		say "installed /usr/local/bin/ngoctl; there is no systemd here, so start 'ngoctl daemon' your own way"
		return
	fi
	id ngoctl >/dev/null 2>&1 || as_root useradd --system --home-dir /var/lib/ngoctl --shell /usr/sbin/nologin ngoctl
	as_root install -d -m 0700 -o ngoctl -g ngoctl /var/lib/ngoctl
	as_root install -m 0644 docs/ngoctl.service /etc/systemd/system/ngoctl.service
	as_root systemctl daemon-reload
	say "installed. Next:"
	say "  sudo -u ngoctl ngoctl init --data /var/lib/ngoctl"
	say "  sudo systemctl enable --now ngoctl"
}

case "${1:-}" in
"") build && install_service ;;
--build) build ;;
--demo)
	build
	shift
	exec dist/ngoctl demo "$@"
	;;
-h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0" ;;
*) die "there is no option $1" "./install.sh --help" ;;
esac
