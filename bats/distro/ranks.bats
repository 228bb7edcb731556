#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# contrib/systemd: which line counts where several could. It is what systemd does with
# its own settings, so TasksMax= says the same as X-IoasidsMax= in these files, and
# pids.max what is to be found in ioasids.max.

load ../helpers
load units

PATHS=({/etc,/run}/systemd/system{,.attached} /usr/local/lib/systemd/system)

# says FILE N
says() {
	mkdir -p "${1%/*}"
	printf '[Service]\nX-IoasidsMax=%s\nTasksMax=%s\n' "$2" "$2" >"$1"
}

# agrees UNIT: it has the limit that systemd's own setting says
agrees() {
	is "$TENANTS/$1/ioasids.max" "$(<"$TENANTS/$1/pids.max")"
}

# pick WORD...: one of them
pick() {
	local n=$((RANDOM % $#))
	shift $n
	picked=$1
}

# scatter NAME: over the places where systemd looks for the instance i of the template
# NAME-a-b, eight files with few names; some say nothing, and some hide others.
scatter() {
	local n path place
	for n in {1..8}; do
		pick "${PATHS[@]}"
		path=$picked
		pick "$1"-{,a-,a-b}@{,i}.service.d "$1"-{,a-}.service.d
		place=$path/$picked
		pick {a,b,c,d}.conf
		mkdir -p "$place"
		case $((RANDOM % 5)) in
		0) ln -sf /dev/null "$place/$picked" ;;
		1) : >"$place/$picked" ;;
		*) says "$place/$picked" $((10000 + n)) ;;
		esac
	done
}

@test "of many lines the one counts that counts for systemd: random places, from a printed seed" {
	local n units=()
	RANDOM=${SEED:=$$}
	echo "# SEED=$SEED" >&3
	for n in {1..20}; do
		scatter "tenant$n"
		service "tenant$n-a-b@" "TasksMax=$((20000 + n))" "X-IoasidsMax=$((20000 + n))"
		units+=("tenant$n-a-b@i.service")
	done
	systemctl daemon-reload
	systemctl start "${units[@]}"
	for unit in "${units[@]}"; do
		agrees "$unit"
	done
	# That it is not always the unit's own.
	[ "$(grep -L '^200' "$TENANTS"/tenant*/ioasids.max | wc -l)" -gt 5 ]
	systemctl daemon-reload
	for unit in "${units[@]}"; do
		agrees "$unit"
	done
}

@test "a line in the unit's own file counts, and one in a drop-in before it" {
	service tenant X-IoasidsMax=3
	systemctl daemon-reload
	systemctl start tenant.service
	is "$TENANTS/tenant.service/ioasids.max" 3
	limits tenant.service 4
	is "$TENANTS/tenant.service/ioasids.max" 4
}

@test "a line without a value takes back those before it" {
	service tenant X-IoasidsMax=3
	limits tenant.service ''
	systemctl start tenant.service
	is "$TENANTS/tenant.service/ioasids.max" max
}

@test "a line outside of its section does not count, and the journal says so" {
	service tenant
	limits tenant.service 3
	echo X-IoasidsMax=4 >"$SYSTEM/tenant.service.d/outside.conf"
	systemctl daemon-reload
	systemctl start tenant.service
	is "$TENANTS/tenant.service/ioasids.max" 3
	journal | grep -F 'outside.conf:1: Assignment outside of section. Ignoring.'
	printf '%s\n' '[Install]' X-IoasidsMax=4 '[Slice]' X-IoasidsMax=5 >"$SYSTEM/tenant.service.d/outside.conf"
	systemctl daemon-reload
	is "$TENANTS/tenant.service/ioasids.max" 3
}

@test "a line for all services ranks below any other" {
	service tenant
	service tenant-a
	mkdir -p "$SYSTEM/service.d"
	says "$SYSTEM/service.d/limit.conf" 10001
	says /usr/local/lib/systemd/system/tenant-.service.d/limit.conf 10002
	systemctl daemon-reload
	systemctl start tenant.service tenant-a.service
	is "$TENANTS/tenant.service/ioasids.max" 10001
	agrees tenant.service
	is "$TENANTS/tenant-a.service/ioasids.max" 10002
	agrees tenant-a.service
}

@test "a line for slices by a prefix of their name is for each of them" {
	service tenant Slice=tenants-a.slice
	limits tenants-.slice 3
	systemctl start tenant.service
	until_limit "$TENANTS/tenants-a.slice" 3
	is "$TENANTS/ioasids.max" max
	limits tenants-.slice 4
	is "$TENANTS/tenants-a.slice/ioasids.max" 4
}

@test "a line for all slices is for each but the root" {
	service tenant Slice=tenants-a.slice
	limits slice 10001 tenants-a.slice 3
	systemctl start tenant.service
	until_limit "$TENANTS" 10001
	is "$TENANTS/tenants-a.slice/ioasids.max" 3
	systemctl start ioasids-limit@-.slice.service
	[ -z "$(systemctl --failed --no-legend)" ]
}

@test "a line for scopes by a prefix of their name is for each of them" {
	limits tenant-.scope 3
	scope tenant-a
	until_limit "$TENANTS/tenant-a.scope" 3
}
