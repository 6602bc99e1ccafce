# shellcheck shell=bash
# Releases: PREFIX/releases/<id> is one virtual environment, PREFIX/current points at that in use.
#
# A release is named by all it was made from (wheel, extras, constraint, Python), so what stands is
# never written over: another wheel of the same version stands beside it, and going back is moving
# one link. The file lianke-release in it is written last; a release without it was cut off and is
# swept away. A virtual environment knows its own path: it is built in place and never moved.

HALF_BUILT=

find_wheel() {
  local folder found=()
  if [[ -z $WHEEL ]]; then
    for folder in ${WHEELHOUSE:+"$WHEELHOUSE"} "$HERE" "$HERE/../dist"; do
      mapfile -t found < <(find "$folder" -maxdepth 1 -name 'lianke-*.whl' 2>/dev/null)
      [[ ${#found[@]} -eq 0 ]] || break
    done
    [[ ${#found[@]} -ne 0 ]] || refuse 6 "there is no lianke-*.whl to install" \
      "build one (python -m build --wheel) and name it with --wheel"
    [[ ${#found[@]} -eq 1 ]] || refuse 6 "${#found[@]} wheels lie in $folder" \
      "name the one that is meant with --wheel"
    WHEEL=${found[0]}
  fi
}

# require_wheel: afterwards WHEEL and VERSION are set.
require_wheel() {
  find_wheel
  [[ -r $WHEEL ]] || refuse 6 "$WHEEL cannot be read" "name a wheel with --wheel"
  [[ ${WHEEL##*/} =~ ^lianke-([0-9][0-9A-Za-z.+!_]*)-[^/]+\.whl$ ]] ||
    refuse 6 "${WHEEL##*/} is not a wheel of lianke" "name a lianke-<version>-*.whl with --wheel"
  VERSION=${BASH_REMATCH[1]}
}

require_whole_wheel() {
  [[ -z $PYTHON ]] || "$PYTHON" -I -m zipfile --test "$WHEEL" >/dev/null 2>&1 ||
    refuse 6 "$WHEEL is damaged or cut short" "copy it again and compare its sha256sum"
}

# name_release: afterwards RELEASE (its id) is set.
name_release() {
  local digest
  if [[ -z $PYTHON ]]; then
    RELEASE=$VERSION-to-be-named
    return
  fi
  PYTHON_VERSION=$(python_version)
  WHEEL_SHA256=$(sha256sum <"$WHEEL" | cut -d' ' -f1)
  digest=$({
    printf '%s\n' "$WHEEL_SHA256" "$EXTRAS" "$PYTHON_VERSION"
    [[ -z $CONSTRAINT ]] || cat -- "$CONSTRAINT"
  } | sha256sum)
  RELEASE=$VERSION-${digest:0:8}
}

# The folder itself is held, so that no lock file can be left behind. Children inherit the hold: an
# orphaned pip of a killed run keeps the next run out until it has ended.
lock_prefix() {
  rehearsing && return
  local held
  exec {held}<"$BASE"
  flock --nonblock "$held" || refuse 7 "another install into $BASE has not ended yet" \
    "wait for it, then run the same command again"
}

sweep_cut_off_releases() {
  local folder
  for folder in "$BASE"/releases/*/; do
    [[ ! -d $folder || -e $folder/lianke-release ]] ||
      act "sweep away ${folder%/}, which an earlier run left half built" rm -rf -- "${folder%/}"
  done
}

pip_options() {
  printf '%s\n' --quiet --no-input --no-cache-dir --disable-pip-version-check
  # A shop box has no compiler, and building a source package would run its code as root.
  printf '%s\n' --only-binary :all:
  [[ -z $WHEELHOUSE ]] || printf '%s\n' --no-index --find-links "$WHEELHOUSE"
  [[ -z $CONSTRAINT ]] || printf '%s\n' --constraint "$CONSTRAINT"
}

build_release() {
  local folder=$1 options
  HALF_BUILT=$folder
  mapfile -t options < <(pip_options)
  "$PYTHON" -I -m venv -- "$folder"
  "$folder/bin/python" -m pip install "${options[@]}" -- "${WHEEL}[$EXTRAS]"
  # With the account's rights: it proves that the agent can read and start what root has laid down.
  as_account "$folder/bin/lianke-agent" --help >/dev/null
  # The files before the mark that calls them whole, on the disk too.
  sync --file-system -- "$folder"
  printf '%s\n' "version=$VERSION" "wheel=${WHEEL##*/}" "wheel_sha256=$WHEEL_SHA256" \
    "extras=$EXTRAS" "python=$PYTHON_VERSION" | write_file "$folder/lianke-release" 0644 root:root
  HALF_BUILT=
}

# A build that failed, on a full disk for one, gives its room back at once: the till needs it.
drop_half_built() { [[ -z $HALF_BUILT ]] || rm -rf -- "$HALF_BUILT"; }

# Measured on x86-64: a release takes 160 MB, with the vision networks' libraries 490 MB. Twice that
# must be free, because the till and the outbox write to the same disk.
require_room() {
  local folder=$BASE/releases free_mb needed_mb=320
  [[ $CAMERA == no ]] || needed_mb=980
  while [[ ! -d $folder ]]; do folder=$(dirname -- "$folder"); done
  free_mb=$(df --output=avail --block-size=1MB -- "$folder" | tail -n 1 | tr -d " ")
  ((free_mb >= needed_mb)) || refuse 4 "$folder has $free_mb MB free and needs $needed_mb" \
    "make room, or remove a former release from $BASE/releases"
}

ensure_release() {
  [[ ! -e $BASE/releases/$RELEASE/lianke-release ]] || return 0
  require_room
  act "build the release $RELEASE from ${WHEEL##*/} [$EXTRAS]" \
    build_release "$BASE/releases/$RELEASE"
}

# ensure_current: afterwards FORMER is the release that was left, or empty.
ensure_current() {
  local target
  FORMER=
  target=$(readlink -- "$BASE/current") || target=
  [[ $target != "releases/$RELEASE" ]] || return 0
  FORMER=${target#releases/}
  expect_restart
  act "switch $BASE/current to $RELEASE${FORMER:+ (from $FORMER)}" switch_release
}

# A rename replaces the link in one step: there is always a current release.
switch_release() {
  ln -sfn -- "releases/$RELEASE" "$BASE/current.new"
  mv -fT -- "$BASE/current.new" "$BASE/current"
}
