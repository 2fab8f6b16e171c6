#!/usr/bin/env bash
# Apollo's keys beside etcd's, on this machine, in turn: the same members, operations in flight, lengths and durability
# (both sync their log before they answer). 'bench kv' measures the bare Aeron Cluster echo in the same run.
#
#   perf/peers/etcd.sh [--members "1 3"] [--in-flight "64 1000"] [--reads "0 1"] [--value 128] [--seconds 5] [--rounds 3]
#                      [--connections 8] [--dir DIR]
#
# Needs Debian's etcd-server (or any 'etcd' on the PATH) and, once, the network for Maven: the load is a Java gRPC client
# (jetcd) in perf/peers/etcd-load. Medians of the rounds. Ends what it started, also on Ctrl-C.
set -euo pipefail

members_list="1 3" in_flight_list="64 1000" reads_list="0 1" value=128 seconds=5 rounds=3 connections=8 dir=
while [ $# -gt 0 ]; do
  case $1 in
    --members) members_list=$2 ;;
    --in-flight) in_flight_list=$2 ;;
    --reads) reads_list=$2 ;;
    --value) value=$2 ;;
    --seconds) seconds=$2 ;;
    --rounds) rounds=$2 ;;
    --connections) connections=$2 ;;
    --dir) dir=$2 ;;
    -h | --help) sed -n '2,/^set/p' "$0" | sed 's/^# \{0,1\}//; /^set/d'; exit 0 ;;
    *) echo "etcd.sh: unknown option $1: see --help" >&2; exit 2 ;;
  esac
  shift 2 || { echo "etcd.sh: an option lacks its value" >&2; exit 2; }
done

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
home=$(cd "$here/../.." && pwd -P)
apollo=${APOLLO:-$home/apollo}
load=$here/etcd-load

command -v etcd >/dev/null || {
  echo "etcd.sh: there is no etcd on the PATH: install it ('apt-get install etcd-server') and run this again" >&2
  exit 3
}
if [ ! -e "$load/target/etcd-load-0.1.0-SNAPSHOT.jar" ]; then
  (cd "$load" && mvn -q package) || {
    echo "etcd.sh: the load on etcd could not be built: see above; Maven needs the network once" >&2
    exit 3
  }
fi

mkdir -p "${dir:-/var/tmp}"
work=$(mktemp -d "${dir:-/var/tmp}/apollo-etcd-XXXXXX")
pids=()
finish() {
  for pid in "${pids[@]+"${pids[@]}"}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]+"${pids[@]}"}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

endpoints=
start_etcd() { # members
  local i cluster= base=$((21000 + $$ % 1000 * 8))
  endpoints=
  for ((i = 0; i < $1; i++)); do
    cluster=$cluster${cluster:+,}m$i=http://127.0.0.1:$((base + 2 * i + 1))
    endpoints=$endpoints${endpoints:+,}http://127.0.0.1:$((base + 2 * i))
  done
  for ((i = 0; i < $1; i++)); do
    etcd --name "m$i" --data-dir "$work/etcd-$i" --log-level error \
      --listen-client-urls "http://127.0.0.1:$((base + 2 * i))" \
      --advertise-client-urls "http://127.0.0.1:$((base + 2 * i))" \
      --listen-peer-urls "http://127.0.0.1:$((base + 2 * i + 1))" \
      --initial-advertise-peer-urls "http://127.0.0.1:$((base + 2 * i + 1))" \
      --initial-cluster "$cluster" --initial-cluster-state new >"$work/etcd-$i.log" 2>&1 &
    pids+=($!)
  done
}

stop_etcd() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  pids=()
  rm -rf "$work"/etcd-*
}

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
run_etcd() { # in flight, share of gets
  "$java" -XX:+UseParallelGC -cp "$load/target/etcd-load-0.1.0-SNAPSHOT.jar:$load/target/lib/*" \
    org.apollofs.peers.etcd.EtcdLoad "$endpoints" "$1" "$1" "$value" "$2" "$seconds" "$seconds" "$connections" \
    2>>"$work/load.log" || { tail -5 "$work/load.log" >&2; exit 1; }
}

# The first number of a key after a section's name, in indented JSON.
field() { # section, key
  awk -v section="\"$1\"" -v key="\"$2\"" \
    'index($0, section) { inside = 1 } inside && index($0, key) { gsub(/[^0-9.eE+-]/, "", $NF); print $NF; exit }'
}
median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

printf '%-9s %-9s %-5s %12s %12s %12s %9s %9s %12s %12s\n' \
  members in-flight op etcd/s apollo/s echo/s x-etcd of-echo etcd-p99-us apollo-p99-us
for members in $members_list; do
  start_etcd "$members"
  for in_flight in $in_flight_list; do
    for reads in $reads_list; do
      for ((round = 1; round <= rounds; round++)); do
        etcd=$(run_etcd "$in_flight" "$reads")
        printf '%s\n' "$etcd" >>"$work/etcd.json"
        ours=$("$apollo" bench kv --members "$members" --clients "$in_flight" --value "$value" --read-ratio "$reads" \
          --sync 1 --seconds "$seconds" --rounds 1 --json 2>>"$work/bench.log") ||
          { tail -5 "$work/bench.log" >&2; exit 1; }
        sed 's/.*"operationsPerSecond": \([0-9.]*\),.*/\1/' <<<"$etcd" >>"$work/a"
        sed 's/.*"p99Us": \([0-9.]*\),.*/\1/' <<<"$etcd" >>"$work/b"
        field apollo operationsPerSecond <<<"$ours" >>"$work/c"
        field echo operationsPerSecond <<<"$ours" >>"$work/d"
        field apollo p99Us <<<"$ours" >>"$work/e"
      done
      a=$(median <"$work/a") b=$(median <"$work/b") c=$(median <"$work/c") d=$(median <"$work/d") e=$(median <"$work/e")
      rm -f "$work"/[a-e]
      awk -v m="$members" -v f="$in_flight" -v r="$reads" -v a="$a" -v b="$b" -v c="$c" -v d="$d" -v e="$e" 'BEGIN {
        op = r == 0 ? "put" : r == 1 ? "get" : r
        printf "%-9s %-9s %-5s %12.0f %12.0f %12.0f %9.2f %9.2f %12.0f %12.0f\n", m, f, op, a, c, d, c / a, c / d, b, e }'
    done
  done
  stop_etcd
done
