# shellcheck shell=bash
# The account the agent runs as, and where its configuration, its data and its keys are.

ETC=/etc/lianke
DATA=/var/lib/lianke
# Apart from the data on purpose: whoever copies or backs up the outbox has ciphertext only, and a
# destroyed key erases what it sealed in every copy.
KEYS=/var/lib/lianke-keys
# Networks are fetched by root and only read by the agent, so that nothing it runs can change them.
MODELS=/var/lib/lianke-models

# An account that people sign in with, or that runs something else, must not become the agent's.
refuse_login_account() {
  local shell
  shell=$(getent passwd "$ACCOUNT" | cut -d: -f7) || return 0
  case $shell in
    '' | */nologin | */false) ;;
    *) refuse 2 "the account $ACCOUNT can sign in ($shell)" "name another with --user" ;;
  esac
}

ensure_account() {
  staged && return
  getent group "$ACCOUNT" >/dev/null ||
    act "make the system group $ACCOUNT" groupadd --system "$ACCOUNT"
  getent passwd "$ACCOUNT" >/dev/null ||
    act "make the system account $ACCOUNT, without a shell" useradd --system --gid "$ACCOUNT" \
      --no-create-home --home-dir "$DATA" --shell /usr/sbin/nologin "$ACCOUNT"
}

# as_account COMMAND...: with the account's rights and nothing of root's.
as_account() {
  if staged; then
    "$@"
  else
    setpriv --reuid="$ACCOUNT" --regid="$ACCOUNT" --init-groups --reset-env -- "$@"
  fi
}

ensure_places() {
  ensure_folder "$ROOT$ETC" 0750 "root:$ACCOUNT"
  ensure_folder "$ROOT$ETC/secrets" 0750 "root:$ACCOUNT"
  ensure_folder "$ROOT$DATA" 0700 "$ACCOUNT:$ACCOUNT"
  ensure_folder "$ROOT$KEYS" 0700 "$ACCOUNT:$ACCOUNT"
  [[ $CAMERA == no ]] || ensure_folder "$ROOT$MODELS" 0755 root:root
}

require_config() {
  [[ -z $CONFIG || -r $CONFIG ]] || refuse 2 "$CONFIG cannot be read" "name a file with --config"
}

# Refused here, where somebody is looking, rather than by an agent that cannot start.
require_toml() {
  [[ -z $CONFIG || -z $PYTHON ]] || "$PYTHON" -I -c '
import sys, tomllib
try:
    tomllib.load(open(sys.argv[1], "rb"))
except ValueError as error:
    sys.exit(f"{sys.argv[1]}: {error}")' "$CONFIG" ||
    refuse 2 "$CONFIG is not TOML (see above)" "mend it and run the same command again"
}

# What the shop has set is the shop's: an agent.toml that is there keeps its bytes.
ensure_config() {
  local path="$ROOT$ETC/agent.toml" rights=(0640 "root:$ACCOUNT")
  if [[ -e $path ]]; then
    has_rights "$path" "${rights[@]}" ||
      act "give $path its rights (${rights[*]})" give_rights "$path" "${rights[@]}"
    [[ -z $CONFIG ]] || cmp --silent -- "$CONFIG" "$path" ||
      note "$path is kept as it is; it differs from $CONFIG"
  elif [[ -n $CONFIG ]]; then
    act "write $path from $CONFIG" write_config "$path" "${rights[@]}"
  else
    note "there is no $path yet; the agent waits for one (see --config)"
  fi
}

write_config() { write_file "$@" <"$CONFIG"; }
