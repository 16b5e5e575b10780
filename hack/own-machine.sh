#!/usr/bin/env bash
# own-machine.sh COMMAND [ARGUMENT...]: as root, runs a command on a machine of its own as it were: processes, mounts and network are
# namespaces, and a Docker daemon there has the images of the one outside. Tests that enter the machine by `nsenter` need it where process 1
# may not be entered, and nothing that they do is seen outside. The network leads nowhere.
set -euo pipefail
dir=$(mktemp -d)
cleanup() { umount --lazy "$dir/exec/netns/default" 2>/dev/null || true; rm -rf "$dir"; }
trap cleanup EXIT
docker image ls --format '{{.Repository}}:{{.Tag}}' | grep -v '<none>' | xargs -r docker save -o "$dir/images.tar"

unshare --mount --pid --net --uts --ipc --fork --mount-proc --propagation private bash -c '
  set -euo pipefail
  dir=$1; shift
  # A /run without the sockets of the machine; /sys as this network has it, with the control groups of the machine.
  mount -t tmpfs -o mode=755 tmpfs /run; mkdir /run/groups /run/lock; mount --rbind /sys/fs/cgroup /run/groups
  mount -t sysfs sysfs /sys; mount --rbind /run/groups /sys/fs/cgroup; umount --lazy /run/groups
  mount --make-rshared /
  hostname own-machine
  ip link set lo up
  ip link add eth0 type veth peer name wire; ip link set wire up; ip link set eth0 up
  ip addr add 192.168.77.2/24 dev eth0; ip route add default via 192.168.77.1
  ip addr add fd00:77::2/64 dev eth0 nodad; ip route add default via fd00:77::1
  echo 1 > /proc/sys/net/ipv4/ip_forward
  dockerd --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/pid" > "$dir/dockerd.log" 2>&1 &
  for _ in $(seq 60); do docker info > /dev/null 2>&1 && break; sleep 0.5; done
  docker info > /dev/null 2>&1 || { echo "dockerd did not start:" >&2; tail -n 5 "$dir/dockerd.log" >&2; exit 1; }
  [ ! -s "$dir/images.tar" ] || docker load --quiet --input "$dir/images.tar" > /dev/null
  rm -f "$dir/images.tar"
  status=0; "$@" || status=$?
  kill %1; wait %1 || true
  exit "$status"' own-machine "$dir" "$@"
