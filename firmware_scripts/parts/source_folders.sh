# shellcheck shell=bash
# The folders that agent.toml itself names: [till] and [[prints]], out of which the agent moves
# files, and those that a [[journal]] stands in, in which it only reads. Root alone writes that file.

# configured_folders FILE: a line "move FOLDER" or "read FOLDER" for each, the moved ones first.
configured_folders() {
  "$PYTHON" -I -c '
import sys, tomllib
from pathlib import PurePosixPath
with open(sys.argv[1], "rb") as file:
    config = tomllib.load(file)
moved = [config.get("till", {}).get("folder")]
moved += [each.get("folder") for each in config.get("prints", [])]
journals = [each.get("file") for each in config.get("journal", [])]
read = [str(PurePosixPath(each).parent) for each in journals if each]
for verb, folders in (("move", moved), ("read", read)):
    for folder in folders:
        if folder:
            print(verb, folder.replace("\n", "\t"))' "$1"
}

# The configuration in force: the shop's own, or the one that is about to become it.
configuration_in_force() {
  local path="$ROOT$ETC/agent.toml"
  if [[ -e $path ]]; then printf '%s' "$path"; else printf '%s' "$CONFIG"; fi
}

# fit_to_open VERB FOLDER: whether it may stand in the unit; says why not.
fit_to_open() {
  if [[ $2 != /* ]] || unfit_for_unit "$2"; then
    note "$2 in agent.toml is no plain absolute path; the service is not let in"
  elif [[ $1 == move ]] && closed_to_agent "$2"; then
    note "$2 in agent.toml is not opened: the agent may not write there; choose another folder"
  elif [[ $2 == /tmp/* || $2 == /var/tmp/* ]]; then
    note "$2 in agent.toml cannot be seen by the service; choose another folder"
  else
    return 0
  fi
  return 1
}

# Written anew by every run, so that it says what agent.toml says.
ensure_source_folders() {
  local toml folders lines='' line verb folder
  toml=$(configuration_in_force)
  [[ -n $toml && -r $toml && -n $PYTHON ]] || return 0
  # The agent says itself what is wrong with it; an upgrade goes on.
  if ! folders=$(configured_folders "$toml" 2>/dev/null); then
    note "$toml is not as it should be; the folders that it names are left as they were"
    return 0
  fi
  while read -r verb folder; do
    [[ $folder != /* ]] || folder=$(realpath --canonicalize-missing -- "$folder")
    if [[ -z $folder ]] || ! fit_to_open "$verb" "$folder"; then continue; fi
    if [[ $verb == move ]]; then line=$(open_folder "$folder"); else line=$(show_folder "$folder"); fi
    [[ -z $line ]] || lines+=${lines:+$'\n'}$line
    check_rights "$verb" "$folder"
  done <<<"$folders"
  if [[ -n $lines ]]; then
    ensure_drop_in 15-source-folders.conf \
      "$(folders_drop_in "from agent.toml; run it again after a change" "$lines")"
  else
    ensure_no_drop_in 15-source-folders.conf
  fi
}
