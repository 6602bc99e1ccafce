#!/usr/bin/env bash
# Installs the in-store agent on a Debian or Ubuntu box as an unprivileged systemd service.
# Safe to run again at any time: it looks, changes what differs, and says what it changed. Whatever
# cut it off (a power cut, kill -9, a lost line), the same command goes on from there.
# The parts beside it hold the steps; upgrade and roll-back build on the same parts and places.

set -euo pipefail
# What root lays down must be readable to the agent's account, whatever root's own umask is.
umask 022
# `su` without a dash leaves the system's own programs out of PATH; ranges such as a-z mean ASCII.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH LC_ALL=C.UTF-8
# A development machine's settings must not leak into the box's environment.
unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX PIP_USER PIP_ROOT

SCRIPT=${0##*/}
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'TEXT'
Usage: install.sh [options]

Installs the Lianke in-store agent from a wheel, as the systemd service lianke-agent.

  --wheel FILE        the lianke-*.whl to install; without it, the only one in the wheelhouse,
                      beside this script, or in ../dist
  --config FILE       becomes /etc/lianke/agent.toml if there is none; an existing one is kept
  --till-folder DIR   a folder the till software writes into; the agent may move files in it.
                      Repeat it for more; the folders named replace the list of an earlier run.
                      Those of [till], [[prints]] and [[journal]] in agent.toml need not be named
  --camera            a box with a camera: installs the vision networks' libraries too and opens
                      /dev/video*; remembered by later runs
  --wheelhouse DIR    take every package from this folder and nothing from a network
  --constraint FILE   the versions of the packages to install (pip's constraints format)
  --python PROGRAM    the interpreter to build on; by default the system's own, 3.11 or later
  --prefix DIR        where releases are kept (default /opt/lianke)
  --user NAME         the account the agent runs as (default lianke)
  --no-start          change everything, start or restart nothing
  --dry-run           say every step and take none; needs no root
  --root DIR          lay everything out under DIR instead of /, as the caller, without accounts,
                      owners and systemd: to look at, or to test; not to be moved elsewhere
  --help              this text

Exit codes
  0  done, or nothing to do        5  no fitting Python, and apt-get could not install one
  1  a step failed                 6  no wheel, more than one, or a damaged one
  2  a wrong option or value       7  another install has not ended yet
  3  not root                      8  installed, but the agent does not stay up
  4  not a box for the agent (system, processor, systemd, room on the disk)

Run it again after any failure: what is done stays done, and it goes on from there.
TEXT
}

ACCOUNT=
CAMERA=no
CONFIG=
CONSTRAINT=
DRY_RUN=no
PREFIX=
PYTHON=
ROOT=
START=yes
TILL_FOLDERS=()
WHEEL=
WHEELHOUSE=

# shellcheck source=parts/actions.sh
. "$HERE/parts/actions.sh"
# shellcheck source=parts/box.sh
. "$HERE/parts/box.sh"
# shellcheck source=parts/places.sh
. "$HERE/parts/places.sh"
# shellcheck source=parts/release.sh
. "$HERE/parts/release.sh"
# shellcheck source=parts/service.sh
. "$HERE/parts/service.sh"
# shellcheck source=parts/source_folders.sh
. "$HERE/parts/source_folders.sh"
# shellcheck source=parts/till_folders.sh
. "$HERE/parts/till_folders.sh"

# take OPTION [VALUE]: sets one option that has a value.
take() {
  [[ $1 =~ ^--(wheel|config|till-folder|wheelhouse|constraint|python|prefix|user|root)$ ]] ||
    refuse 2 "there is no option $1" "see $SCRIPT --help"
  [[ -n ${2:-} && $2 != --* ]] || refuse 2 "$1 wants a value" "see $SCRIPT --help"
  case $1 in
    --wheel) WHEEL=$2 ;;
    --config) CONFIG=$2 ;;
    --till-folder) TILL_FOLDERS+=("$2") ;;
    --wheelhouse) WHEELHOUSE=$2 ;;
    --constraint) CONSTRAINT=$2 ;;
    --python) PYTHON=$2 ;;
    --prefix) PREFIX=${2%/} ;;
    --user) ACCOUNT=$2 ;;
    --root) ROOT=$(realpath --canonicalize-missing -- "$2") ;;
  esac
}

read_options() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --help) usage && exit 0 ;;
      --camera) CAMERA=yes ;;
      --no-start) START=no ;;
      --dry-run) DRY_RUN=yes ;;
      --*=*) take "${1%%=*}" "${1#*=}" ;;
      --*) take "$1" "${2:-}" && shift ;;
      *) refuse 2 "$1 is not an option" "see $SCRIPT --help" ;;
    esac
    shift
  done
}

check_options() {
  [[ $ACCOUNT =~ ^[a-z_][a-z0-9_-]{0,31}$ ]] ||
    refuse 2 "$ACCOUNT is not an account's name" "use a-z, 0-9, _ and -"
  # The prefix stands in the unit and in the first line of every program of a release.
  [[ $PREFIX =~ ^(/[A-Za-z0-9._-]+)+$ && $PREFIX != *..* ]] ||
    refuse 2 "--prefix $PREFIX is not a plain absolute path" "use A-Z, a-z, 0-9, . _ - and /"
  case $PREFIX/ in
    /home/* | /root/* | /run/* | /tmp/* | /var/tmp/*)
      refuse 2 "the service cannot see $PREFIX" "choose a folder such as /opt/lianke" ;;
  esac
  [[ -z $CONSTRAINT || -r $CONSTRAINT ]] ||
    refuse 2 "$CONSTRAINT cannot be read" "name a file with --constraint"
  [[ -z $WHEELHOUSE || -d $WHEELHOUSE ]] ||
    refuse 2 "$WHEELHOUSE is not a folder" "name a folder with --wheelhouse"
  require_config
  require_till_folders
}

check_box() {
  require_debian
  require_architecture
  require_systemd
  require_root
  staged || refuse_login_account
  require_wheel
  require_python
  require_whole_wheel
  require_toml
}

install_agent() {
  [[ $EUID -eq 0 || ! -d $ROOT$ETC ]] || staged ||
    note "without root $ETC cannot be looked into; its steps are said whether needed or not"
  ensure_account
  ensure_folder "$BASE" 0755 root:root
  lock_prefix
  ensure_folder "$BASE/releases" 0755 root:root
  ensure_places
  ensure_config
  sweep_cut_off_releases
  ensure_release
  ensure_unit
  ensure_till_folders
  ensure_source_folders
  ensure_camera
  ensure_current
  ensure_enabled
  ensure_reloaded
  ensure_running
}

report() {
  if [[ $CHANGES -eq 0 ]]; then
    say "nothing to change: $RELEASE is installed in $BASE"
  elif rehearsing; then
    say "steps that would be taken: $CHANGES; nothing was changed"
  else
    say "done: $RELEASE is installed in $BASE; steps taken: $CHANGES"
    staged || [[ $CAMERA == no ]] ||
      say "next: sudo $PREFIX/current/bin/lianke-agent models pull --folder $MODELS"
    staged || say "next: sudo -u $ACCOUNT $PREFIX/current/bin/lianke-agent doctor" \
      "--config $ETC/agent.toml"
  fi
}

at_exit() {
  drop_half_built
  close_script "$1"
}

main() {
  read_options "$@"
  remember_choices
  remember_camera
  check_options
  BASE=$ROOT$PREFIX
  EXTRAS=agent
  [[ $CAMERA == no ]] || EXTRAS=agent,vision
  check_box
  name_release
  install_agent
  report
}

trap 'at_exit $?' EXIT
trap 'exit 1' HUP INT TERM
main "$@"
