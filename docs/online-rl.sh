#!/usr/bin/env bash
# Online reinforcement learning on one machine: a trainer publishes weights, rollout workers pick them up at once.
# Explained in docs/online-rl.md. Needs /dev/fuse, and takes about a minute; leaves nothing behind.
#
#   docs/online-rl.sh [STEPS]        (PROFILE: a profile file, such as one with smaller targets)
set -euo pipefail

steps=${1:-4}
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
work=$(mktemp -d)
site=$work/site
mnt=$work/mnt
mkdir "$mnt"

apollo() { "$home/apollo" "$@"; }

site_pid=
log_pid=
finish() {
  # The follower first, while the site still answers it.
  [ -z "$log_pid" ] || { kill "$log_pid" 2>/dev/null && wait "$log_pid" || true; }
  [ -z "$site_pid" ] || { kill "$site_pid" 2>/dev/null && wait "$site_pid" || true; }
  rm -rf "$work"
}
trap finish EXIT

# ---- the site -------------------------------------------------------------------------------------------------------

"$home/apollo" up --dir "$site" --mount "$mnt" --profile "${PROFILE:-embedded}" >"$work/up.log" 2>&1 &
site_pid=$!
until grep -q '^ready' "$work/up.log"; do
  kill -0 "$site_pid" 2>/dev/null || { cat "$work/up.log" >&2; exit 1; }
  sleep 0.2
done
grep "^site" "$work/up.log" || true

# ---- a rollout worker: follows the pointer, loads what it points to --------------------------------------------------

# The consumer's offset is kept in the namespace: a worker that is restarted goes on where it was.
mkfifo "$work/entries"
"$home/apollo" log --dir "$site" --prefix policy/latest --consumer rollout --follow --json >"$work/entries" &
log_pid=$!

react() {
  while read -r entry; do
    case $entry in *'"operation":"put"'*) ;; *) continue ;; esac
    # The mount and the key are the same bytes; the pointer may be newer than the entry, never older.
    step=$(cat "$mnt/policy/latest")
    sum=$(sha256sum <"$mnt/policy/$step/weights.bin")
    echo "$step ${sum%% *}"
  done
}
react <"$work/entries" >"$work/loaded" &

# ---- the trainer ----------------------------------------------------------------------------------------------------

# Writes the weights of a step under a name of its own: nobody looks there yet.
write_weights() {
  mkdir -p "$mnt/policy/$1.tmp"
  head -c 20000000 /dev/urandom >"$mnt/policy/$1.tmp/weights.bin"
  sha256sum <"$mnt/policy/$1.tmp/weights.bin" | cut -d' ' -f1 >>"$work/published"
}

# The first step: a rename makes the weights visible, a put with --absent makes the pointer.
write_weights step-1
mv "$mnt/policy/step-1.tmp" "$mnt/policy/step-1"
apollo kv put --dir "$site" policy/latest step-1 --absent

# The second: compare and set, so that of two trainers only one moves the pointer.
write_weights step-2
mv "$mnt/policy/step-2.tmp" "$mnt/policy/step-2"
apollo kv cas --dir "$site" policy/latest step-2 --expect step-1
if apollo kv cas --dir "$site" policy/latest step-2b --expect step-1 2>/dev/null; then
  echo "a second trainer got through" >&2
  exit 1
fi

# From then on: weights, pointer and the step that is not needed any more, in one transaction.
for ((i = 3; i <= steps; i++)); do
  write_weights "step-$i"
  apollo kv txn --dir "$site" <<JSON
{"when": [{"key": "policy/latest", "value": "step-$((i - 1))"}],
 "then": [{"rename": "policy/step-$i.tmp", "to": "policy/step-$i"},
          {"put": "policy/latest", "value": "step-$i"},
          {"remove": "policy/step-$((i - 2))"}]}
JSON
done

# ---- what the worker saw --------------------------------------------------------------------------------------------

last=$(tail -1 "$work/published")
deadline=$((SECONDS + 60))
until grep -q " $last\$" "$work/loaded"; do
  [ $SECONDS -lt $deadline ] || { echo "the worker did not load the last step:" >&2; cat "$work/loaded" >&2; exit 1; }
  sleep 0.2
done
echo "worker loaded:"
cat "$work/loaded"
# Everything it loaded was published whole.
while read -r step sum; do
  grep -q "^$sum\$" "$work/published" || { echo "torn weights: $step" >&2; exit 1; }
done <"$work/loaded"
echo "steps left on the mount: $(ls "$mnt/policy" | tr '\n' ' ')"
echo "changes of the pointer:"
apollo log --dir "$site" --prefix policy/latest
apollo log --dir "$site" --consumers
echo "done"
