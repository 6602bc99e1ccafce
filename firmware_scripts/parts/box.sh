# shellcheck shell=bash
# Is this a box the agent can live on? Looks only, but installs a Debian package that is missing.

OLDEST_PYTHON=3.11

require_debian() {
  local file="$ROOT/etc/os-release" kin
  staged && [[ ! -e $file ]] && file=/etc/os-release
  # shellcheck source=/dev/null
  kin=$(. "$file" 2>/dev/null && printf '%s %s' "${ID:-}" "${ID_LIKE:-}") || kin=unknown
  case " $kin " in
    *" debian "* | *" ubuntu "*) ;;
    *) refuse 4 "this box is neither Debian nor Ubuntu (it says: ${kin% })" \
      "install on Debian 12 or later, or Ubuntu 24.04 or later" ;;
  esac
}

require_architecture() {
  case $(uname -m) in
    x86_64 | aarch64) ;;
    *) refuse 4 "the agent is built for x86-64 and arm64, and this box is $(uname -m)" \
      "use a 64-bit box with a 64-bit system" ;;
  esac
}

require_systemd() {
  staged || rehearsing && return
  command -v systemctl >/dev/null ||
    refuse 4 "systemctl is missing: the agent is a systemd service" "apt-get install systemd"
  [[ $START == no || -d /run/systemd/system ]] || refuse 4 "systemd does not run this box" \
    "boot it with systemd, or prepare an image with --no-start"
}

require_root() {
  staged || rehearsing || [[ $EUID -eq 0 ]] || refuse 3 "only root can install a service" \
    "run it again with sudo, or see what it would do with --dry-run"
}

# new_enough INTERPRETER: as far as the interpreter itself says.
new_enough() {
  "$1" -I -c "import sys; sys.exit(sys.version_info < (${OLDEST_PYTHON/./, }))" 2>/dev/null
}

# The system's own interpreter, never one on PATH: the unit hides /home and /root from the agent,
# and with them every interpreter that lives there.
find_python() {
  local candidate
  if [[ -n $PYTHON ]]; then
    new_enough "$PYTHON" || refuse 5 "$PYTHON is not a Python of $OLDEST_PYTHON or later" \
      "name another with --python, or leave the option out"
    return
  fi
  for candidate in /usr/bin/python3{,.14,.13,.12,.11}; do
    if new_enough "$candidate"; then
      PYTHON=$candidate
      return
    fi
  done
}

# A box without a line may have the package in its cache, a fresh image has no package lists yet:
# try with what there is, and fetch the lists only then.
apt_install() {
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get)
  "${apt[@]}" install --yes --no-install-recommends "$@" ||
    { "${apt[@]}" update && "${apt[@]}" install --yes --no-install-recommends "$@"; } ||
    refuse 5 "apt-get could not install $*" "apt-get update && apt-get install $*"
}

has_venv() { "$1" -I -c 'import ensurepip, venv' 2>/dev/null; }

# Debian keeps ensurepip in a package of its own, per interpreter.
require_venv() {
  has_venv "$PYTHON" && return
  [[ $PYTHON == /usr/bin/python3* ]] || refuse 5 "$PYTHON cannot make virtual environments" \
    "give it its venv and ensurepip modules, or leave --python out"
  act "install ${PYTHON##*/}-venv with apt-get" apt_install "${PYTHON##*/}-venv"
}

require_visible_python() {
  local home
  staged && return
  home=$(realpath -- "$("$PYTHON" -I -c 'import sys; print(sys.base_prefix)')")
  case $home/ in
    /home/* | /root/* | /tmp/*) refuse 5 "$PYTHON lives in $home, which the service cannot see" \
      "leave --python out, or name an interpreter outside /home, /root and /tmp" ;;
  esac
}

# require_python: afterwards PYTHON is set; in a rehearsal on a box without Python it stays empty.
require_python() {
  local package=python3-venv
  find_python
  if [[ -z $PYTHON ]]; then
    # Ubuntu 22.04: its python3 is 3.10, and 3.11 stands beside it.
    [[ -x /usr/bin/python3 ]] && package=python$OLDEST_PYTHON-venv
    act "install $package with apt-get" apt_install "$package"
    rehearsing && return
    find_python
    [[ -n $PYTHON ]] || refuse 5 "this system's python3 is older than $OLDEST_PYTHON" \
      "upgrade to Debian 12 or Ubuntu 24.04, or name an interpreter with --python"
  fi
  require_visible_python
  require_venv
}

python_version() { "$PYTHON" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }
