#!/usr/bin/env bash
# Tortures Tidemark for longer than its tests do: gap torture, kill -9, restarts of the database, terminated sessions, 200 random faults
# over three nodes, 200 kills of remote consumers, of their server and of both on each store, a database that is away for a minute, and, in
# simulated time, 10,000 subscriptions that are made while everything fails.
# Everything runs on this machine, on loopback, with throw-away servers; nothing is left behind.
#
#   ./soak.sh          about 20 minutes: 5 for what lasts as long as it is told, the rest for the numbers of faults named above
#   ./soak.sh 60       about an hour and a quarter
#
# TIDEMARK_TEST_SEED=<n> repeats the choices of a run (each test prints its seed).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly minutes=${1:-5}
if ! [[ $minutes =~ ^[0-9]+(\.[0-9]+)?$ ]]; then
  echo "'$minutes' is no number of minutes. See the head of soak.sh." >&2
  exit 2
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
export TIDEMARK_SOAK_MINUTES=$minutes

readonly project=Tidemark.Cluster.Tests simulation=Tidemark.Simulation.Tests
echo "== build"
dotnet build "tests/$project" --configuration Release --verbosity quiet </dev/null
dotnet build "tests/$simulation" --configuration Release --verbosity quiet </dev/null
echo "== 10,000 subscriptions, each followed by an append, in simulated time"
TIDEMARK_RUNS=260 "tests/$simulation/bin/Release/net10.0/$simulation" -noLogo -noColor -showLiveOutput \
  -class '*DeliverySimulationTests' </dev/null
echo "== soak, about $minutes minutes"
exec "tests/$project/bin/Release/net10.0/$project" -noLogo -noColor -showLiveOutput -trait soak=yes </dev/null
