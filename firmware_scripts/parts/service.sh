# shellcheck shell=bash
# The systemd unit, its drop-ins, and the running service.

UNIT=lianke-agent.service
UNITS=/etc/systemd/system
# In /run, so that a reboot, which restarts the agent anyway, forgets it. A file, and no comparison
# of times, because there are boxes whose clock wakes in 1970.
RESTART_DUE=/run/lianke-agent.restart-due
# How long a new start must hold before it is believed; less than RestartSec= in the unit.
SETTLE_S=6
RELOAD=no
RESTART=no

# Called before the change it is for: a run cut off in between restarts too often, never too seldom.
expect_restart() {
  RESTART=yes
  staged || rehearsing || touch -- "$RESTART_DUE"
}

restart_is_due() { [[ $RESTART == yes || -e $RESTART_DUE ]]; }

ensure_unit_file() {
  file_holds "$1" 0644 root:root "$2" && return
  expect_restart
  RELOAD=yes
  act "write $1" write_unit_file "$1" "$2"
}

write_unit_file() { printf '%s\n' "$2" | write_file "$1" 0644 root:root; }

rendered_unit() {
  sed -e "s|^User=.*|User=$ACCOUNT|" -e "s|^Group=.*|Group=$ACCOUNT|" \
    -e "s|/opt/lianke/|$PREFIX/|" -- "$HERE/systemd/$UNIT"
}

ensure_unit() {
  ensure_folder "$ROOT$UNITS" 0755 root:root
  ensure_unit_file "$ROOT$UNITS/$UNIT" "$(rendered_unit)"
  ensure_folder "$ROOT$UNITS/$UNIT.d" 0755 root:root
}

ensure_drop_in() { ensure_unit_file "$ROOT$UNITS/$UNIT.d/$1" "$2"; }

ensure_no_drop_in() {
  local path="$ROOT$UNITS/$UNIT.d/$1"
  [[ -e $path ]] || return 0
  expect_restart
  RELOAD=yes
  act "remove $path" rm -f -- "$path"
}

# A later run may leave out --user and --prefix; the installed unit knows them. Changing them would
# leave data behind that the new account cannot read.
remember_choices() {
  local unit="$ROOT$UNITS/$UNIT" account=lianke prefix=/opt/lianke
  if [[ -r $unit ]]; then
    account=$(sed -n 's/^User=//p' -- "$unit")
    prefix=$(sed -n 's|^ExecStart=\(.*\)/current/bin/.*|\1|p' -- "$unit")
    [[ ${ACCOUNT:=$account} == "$account" ]] ||
      refuse 2 "the agent on this box runs as $account" "leave --user out, or uninstall first"
    [[ ${PREFIX:=$prefix} == "$prefix" ]] ||
      refuse 2 "the agent on this box lives in $prefix" "leave --prefix out, or uninstall first"
  fi
  : "${ACCOUNT:=$account}" "${PREFIX:=$prefix}"
}

camera_drop_in() { printf '%s' "$ROOT$UNITS/$UNIT.d/20-camera.conf"; }

# A box told once that it has a camera keeps it: a later run without --camera must not take the
# networks away. The drop-in is the memory; removing it by hand is how the box forgets.
remember_camera() { [[ ! -e $(camera_drop_in) ]] || CAMERA=yes; }

ensure_camera() {
  [[ $CAMERA == no ]] ||
    ensure_drop_in 20-camera.conf "$(<"$HERE/systemd/lianke-agent.camera.conf")"
}

show() { systemctl show --property="$1" --value -- "$UNIT"; }

# Staged trees and images being prepared have no systemd to talk to; enabling needs none.
systemd_runs() { ! staged && [[ -d /run/systemd/system ]]; }

ensure_enabled() {
  staged || systemctl is-enabled --quiet -- "$UNIT" 2>/dev/null ||
    act "have the agent start at every boot" systemctl enable --quiet -- "$UNIT"
}

ensure_reloaded() {
  systemd_runs || return 0
  [[ $RELOAD == no && $(show NeedDaemonReload) != yes ]] ||
    act "have systemd read its units again" systemctl daemon-reload
}

ensure_running() {
  systemd_runs || return 0
  if [[ $START == no ]]; then
    ! restart_is_due ||
      note "not started (--no-start): systemctl restart $UNIT when it suits"
  elif [[ ! -e $ETC/agent.toml && ! ($DRY_RUN == yes && -n $CONFIG) ]]; then
    note "not started: write $ETC/agent.toml, then systemctl start $UNIT"
  elif restart_is_due || ! systemctl is-active --quiet -- "$UNIT"; then
    act "start the agent" restart_agent
  fi
}

restart_agent() {
  local second
  systemctl restart -- "$UNIT" || refuse_weak_start
  rm -f -- "$RESTART_DUE"
  for ((second = 0; second < SETTLE_S; second++)); do
    sleep 1
    systemctl is-active --quiet -- "$UNIT" || refuse_weak_start
  done
}

refuse_weak_start() {
  local next="read journalctl --unit $UNIT --lines 50, mend it, run the same command again"
  [[ -z $FORMER ]] || next+="
        or go back: ln -sfnT releases/$FORMER $PREFIX/current && systemctl restart $UNIT"
  refuse 8 "the agent was started and did not stay up" "$next"
}
