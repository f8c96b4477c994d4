# Ends every process, network namespace and mount of the test process whose directory is $1, and
# removes the directory.
directory=$1
for namespace in /run/netns/underpin-"${directory##*/}".*; do
  [[ -e $namespace ]] || continue
  name=${namespace##*/}
  for process in $(ip netns pids "$name"); do
    kill -KILL "$process" 2>/dev/null
  done
  ip netns delete "$name"
done
while read -r _ target _; do
  # The table writes a space as \040.
  printf -v target %b "$target"
  [[ $target == "$directory"/* ]] && umount --lazy "$target"
done < <(tac /proc/self/mounts)
rm -rf "$directory"
true
