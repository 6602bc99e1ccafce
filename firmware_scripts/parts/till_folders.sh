# shellcheck shell=bash
# The folders that the till software drops its files into. They are the shop's: their owner, rights
# and content are never changed here. The drop-in only lifts the unit's own protection off them.

# Each of these means something to the unit file's grammar.
unfit_for_unit() { [[ $1 == *[\"\\:]* || $1 == *[[:cntrl:]]* ]]; }

# The system's own folders, and the agent's.
closed_to_agent() {
  case $1 in
    / | /bin | /home | /lib* | /media | /mnt | /opt | /root | /run | /sbin | /srv | /var | \
      /boot | /boot/* | /dev | /dev/* | /etc | /etc/* | /proc | /proc/* | /sys | /sys/* | \
      /tmp | /tmp/* | /usr | /usr/* | /var/lib | /var/tmp | /var/tmp/* | \
      "$PREFIX" | "$PREFIX"/* | "$DATA"*) return 0 ;;
  esac
  return 1
}

# require_till_folders: TILL_FOLDERS become absolute paths that are safe to open for writing.
require_till_folders() {
  local index folder
  for index in "${!TILL_FOLDERS[@]}"; do
    folder=$(realpath --canonicalize-missing -- "${TILL_FOLDERS[index]}")
    ! unfit_for_unit "$folder" ||
      refuse 2 "the till folder $folder has a quote, colon, backslash or control character" \
        "give it a plainer name"
    ! closed_to_agent "$folder" ||
      refuse 2 "$folder is not a till folder: the agent may not write there" \
        "name the one folder that the till software writes into"
    TILL_FOLDERS[index]=$folder
  done
}

# Under these the unit shows empty folders instead (ProtectHome=).
hidden_from_service() { [[ $1 == /home/* || $1 == /root/* || $1 == /run/user/* ]]; }

# open_folder FOLDER: the line that lets the agent move files in it. The leading "-" lets the agent
# start while the folder is missing: sync and the tablets go on, and the doctor says what is wrong.
# "%" would begin a specifier.
open_folder() {
  if hidden_from_service "$1"; then
    printf 'BindPaths="-%s"\n' "${1//%/%%}"
  else
    printf 'ReadWritePaths="-%s"\n' "${1//%/%%}"
  fi
}

# show_folder FOLDER: the line that lets the agent read in it; none where it may anyway.
show_folder() { ! hidden_from_service "$1" || printf 'BindReadOnlyPaths="-%s"\n' "${1//%/%%}"; }

# folders_drop_in WHENCE LINES: the file that lifts the unit's protection off some folders.
folders_drop_in() {
  printf '%s\n' "# Written by install.sh $1." "[Unit]" \
    "# A share on the network is mounted by then." "After=remote-fs.target" "" "[Service]" "$2"
  [[ $'\n'$2 != *$'\n'Bind* ]] || printf '%s\n' "# Homes stay hidden but for the folders bound above." \
    "ProtectHome=tmpfs"
}

# From inside the folder, because that is how the service meets it: a closed home above it does not
# matter to a folder that is bound into view.
account_may_move_files() {
  (cd -- "$1" && as_account test -r . -a -w . -a -x .) 2>/dev/null
}

account_may_read_files() { (cd -- "$1" && as_account test -r . -a -x .) 2>/dev/null; }

# check_rights move|read FOLDER: says what the shop has to do, and does nothing itself.
check_rights() {
  local rights=rwX does="read and move"
  staged || rehearsing && return
  [[ $1 == move ]] || rights=rX does=read
  if [[ ! -d $2 ]]; then
    note "$2 is not there yet; the agent waits for it"
  elif ! "account_may_$1_files" "$2"; then
    note "$ACCOUNT may not $does files in $2; let it, with the package acl:"
    say "      setfacl -m u:$ACCOUNT:$rights -m d:u:$ACCOUNT:$rights $(printf %q "$2")"
  fi
}

ensure_till_folders() {
  local folder lines=
  [[ ${#TILL_FOLDERS[@]} -gt 0 ]] || return 0
  for folder in "${TILL_FOLDERS[@]}"; do
    lines+=${lines:+$'\n'}$(open_folder "$folder")
  done
  ensure_drop_in 10-till-folders.conf \
    "$(folders_drop_in "--till-folder; run it again to change the list" "$lines")"
  for folder in "${TILL_FOLDERS[@]}"; do
    check_rights move "$folder"
  done
}
