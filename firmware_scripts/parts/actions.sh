# shellcheck shell=bash
# How every firmware script acts on a box: look first, act only on a difference, say each step as it
# is taken, count them. That is what makes a second run change nothing and a cut-off run resumable.
#
# The script that sources this sets SCRIPT (its name), DRY_RUN (yes or no) and ROOT (see staged).

CHANGES=0
STEP="look at the box"
REFUSED=no

say() { printf '%s\n' "$*"; }
note() { printf 'note: %s\n' "$*"; }

# refuse CODE REASON NEXT-STEP: ends the script politely, before or between steps.
refuse() {
  printf '%s: %s\n  next: %s\n' "$SCRIPT" "$2" "$3" >&2
  REFUSED=yes
  exit "$1"
}

rehearsing() { [[ $DRY_RUN == yes ]]; }

# Staged: every path lies under ROOT, and accounts, owners and systemd, which a folder has not, are
# left out. A staged tree shows what an install makes; it is not meant to be moved to another place.
staged() { [[ -n $ROOT ]]; }

# act STEP COMMAND...: the only door to a change. STEP is an imperative: "make the folder /x".
act() {
  STEP=$1
  shift
  CHANGES=$((CHANGES + 1))
  if rehearsing; then
    say "would $STEP"
  else
    say "$STEP"
    "$@"
  fi
}

# has_rights PATH MODE OWNER:GROUP: true when PATH has them (a staged tree has no owners).
has_rights() {
  if staged; then
    [[ $(stat -Lc '%04a' -- "$1") == "$2" ]]
  else
    [[ $(stat -Lc '%04a %U:%G' -- "$1") == "$2 $3" ]]
  fi
}

give_rights() {
  staged || chown -- "$3" "$1"
  chmod -- "$2" "$1"
}

# ensure_folder PATH MODE OWNER:GROUP
ensure_folder() {
  if [[ ! -d $1 ]]; then
    act "make the folder $1 ($2 $3)" make_folder "$@"
  elif ! has_rights "$@"; then
    act "give the folder $1 its rights ($2 $3)" give_rights "$@"
  fi
}

# Closed from its first moment, opened to its owner last.
make_folder() {
  mkdir -p -- "$(dirname -- "$1")"
  mkdir -m 0700 -- "$1"
  give_rights "$@"
}

# file_holds PATH MODE OWNER:GROUP TEXT
file_holds() {
  [[ -f $1 ]] && has_rights "$1" "$2" "$3" && printf '%s\n' "$4" | cmp --silent -- - "$1"
}

# write_file PATH MODE OWNER:GROUP: stdin becomes PATH, wholly or not at all. A run cut off leaves
# PATH.new at most, which nothing reads and the next run overwrites.
write_file() {
  rm -f -- "$1.new"
  (umask 077 && cat >"$1.new")
  give_rights "$1.new" "$2" "$3"
  sync -- "$1.new"
  mv -fT -- "$1.new" "$1"
}

# close_script STATUS, for `trap ... EXIT`: a failed step exits with 1, whatever the command that
# failed exits with, so that the documented codes mean what they say.
close_script() {
  [[ $1 -eq 0 || $REFUSED == yes ]] && return
  printf '%s: stopped while trying to %s (see above)\n  next: %s\n' "$SCRIPT" "$STEP" \
    "mend what is said above and run the same command again; it goes on from here" >&2
  exit 1
}
