# shellcheck shell=bash
# The folders that the till software drops its files into. They are the shop's: their owner, rights
# and content are never changed here. The drop-in only lifts the unit's own protection off them.

# require_till_folders: TILL_FOLDERS become absolute paths that are safe to open for writing.
require_till_folders() {
  local index folder
  for index in "${!TILL_FOLDERS[@]}"; do
    folder=$(realpath --canonicalize-missing -- "${TILL_FOLDERS[index]}")
    # Each of these means something to the unit file's grammar.
    [[ $folder != *[\"\\:]* && $folder != *[[:cntrl:]]* ]] ||
      refuse 2 "the till folder $folder has a quote, colon, backslash or control character" \
        "give it a plainer name"
    case $folder in
      / | /bin | /home | /lib* | /media | /mnt | /opt | /root | /run | /sbin | /srv | /var | \
        /boot | /boot/* | /dev | /dev/* | /etc | /etc/* | /proc | /proc/* | /sys | /sys/* | \
        /tmp | /tmp/* | /usr | /usr/* | /var/lib | /var/tmp | /var/tmp/* | \
        "$PREFIX" | "$PREFIX"/* | "$DATA"*)
        refuse 2 "$folder is not a till folder: the agent may not write there" \
          "name the one folder that the till software writes into" ;;
    esac
    TILL_FOLDERS[index]=$folder
  done
}

# Under these the unit shows empty folders instead (ProtectHome=).
hidden_from_service() { [[ $1 == /home/* || $1 == /root/* || $1 == /run/user/* ]]; }

# The leading "-" lets the agent start while the folder is missing: sync and the tablets go on, and
# the doctor says what is wrong. "%" would begin a specifier.
till_drop_in() {
  local folder home=no
  printf '%s\n' "# Written by install.sh --till-folder; run it again to change the list." \
    "[Unit]" "# A share on the network is mounted by then." "After=remote-fs.target" "" "[Service]"
  for folder in "${TILL_FOLDERS[@]}"; do
    if hidden_from_service "$folder"; then
      home=yes
      printf 'BindPaths="-%s"\n' "${folder//%/%%}"
    else
      printf 'ReadWritePaths="-%s"\n' "${folder//%/%%}"
    fi
  done
  [[ $home == no ]] || printf '%s\n' "# Homes stay hidden but for the folders bound above." \
    "ProtectHome=tmpfs"
}

# From inside the folder, because that is how the service meets it: a closed home above it does not
# matter to a folder that is bound into view.
account_may_move_files() {
  (cd -- "$1" && as_account test -r . -a -w . -a -x .) 2>/dev/null
}

check_till_rights() {
  local folder
  staged || rehearsing && return
  for folder in "${TILL_FOLDERS[@]}"; do
    if [[ ! -d $folder ]]; then
      note "$folder is not there yet; the agent waits for it"
    elif ! account_may_move_files "$folder"; then
      note "$ACCOUNT may not read and move files in $folder; let it, with the package acl:"
      say "      setfacl -m u:$ACCOUNT:rwX -m d:u:$ACCOUNT:rwX $(printf %q "$folder")"
    fi
  done
}

ensure_till_folders() {
  [[ ${#TILL_FOLDERS[@]} -gt 0 ]] || return 0
  ensure_drop_in 10-till-folders.conf "$(till_drop_in)"
  check_till_rights
}
