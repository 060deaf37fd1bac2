# Runs one command and ends it when whoever started this guard is gone.
#
#   sh -c <this text> guard FOLDER SIGNAL COMMAND [ARGUMENT...]
#
# Standard input is a pipe that nobody writes to. Its end of file means: the starter has died (also by kill -9, which no
# exit handler survives). Then the command gets SIGNAL, five seconds later KILL, and FOLDER (if not empty) is removed.
# While the starter lives, it decides about the folder itself. The first line on standard output is the command's pid.
# The exit code is the command's own (128 + n after signal n).
folder=$1
signal=$2
shift 2
exec 3<&0

sh -c 'echo "$$"; exec "$@"' guarded "$@" </dev/null 3<&- &
child=$!

(
  read -r _ <&3
  [ -z "$folder" ] || : >"$folder/orphaned"
  kill -s "$signal" "$child"
  sleep 5
  kill -s KILL "$child"
) >/dev/null 2>&1 &
watcher=$!

wait "$child"
code=$?
kill -s KILL "$watcher" 2>/dev/null
if [ -n "$folder" ] && [ -e "$folder/orphaned" ]; then
  rm -rf -- "$folder"
fi
exit "$code"
