#!/usr/bin/env bash
# Runs Tidemark's tests. Needs the .NET SDK; PostgreSQL, pgbouncer, spin and Node.js are installed when this runs as root with apt-get.
#
#   ./test.sh                      all test projects
#   ./test.sh Architecture         test projects whose name contains this word (several words: any of them)
#   ./test.sh --no-build           use what a Release build has made before
#
# TIDEMARK_TEST_POSTGRES=<connection string>  use this server instead of throw-away ones (tests that restart a server are skipped)
# TIDEMARK_APPROVE=1                          accept the present public API as the approved one
# TIDEMARK_TEST_SECONDS=<seconds>             how long the whole run may take; 880 by default
# CI=true                                     a missing requirement is a failure, not a reason to skip
#
# The last line is "N passed, N failed, N skipped". The exit code is not zero when a test failed or none ran.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
# Build servers would outlive this run.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

readonly configuration=Release
readonly seconds_max=${TIDEMARK_TEST_SECONDS:-880}
readonly results=TestResults

build=yes
words=()
for argument in "$@"; do
  case $argument in
    --no-build) build=no ;;
    -*) echo "Unknown option '$argument'. See the head of test.sh." >&2; exit 2 ;;
    *) words+=("$argument") ;;
  esac
done

finish() { # passed failed skipped
  echo
  echo "$1 passed, $2 failed, $3 skipped"
  if (($2 > 0 || $1 + $2 == 0)); then exit 1; fi
  exit 0
}

fail_early() {
  echo "$1" >&2
  finish 0 1 0
}

has() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

has_postgres() {
  [ -n "${TIDEMARK_TEST_POSTGRES:-}" ] || has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

# Prints the Debian packages that are missing.
missing_packages() {
  has_postgres || echo postgresql
  has pgbouncer || echo pgbouncer
  has spin || echo spin
  has node || echo nodejs
  has gcc || printf '%s\n' gcc libc6-dev
}

# Installs packages without starting their services: the tests start servers of their own.
install_packages() {
  local policy=/usr/sbin/policy-rc.d made_policy=no code=0
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && made_policy=yes
  fi
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  fi
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    -o Dpkg::Options::=--force-confold "$@"; } </dev/null >"$results/apt-get.log" 2>&1 || code=$?
  [ "$made_policy" = no ] || rm -f "$policy"
  return "$code"
}

ensure_requirements() {
  local missing
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then return; fi

  if [ "$(id -u)" = 0 ] && has apt-get; then
    echo "Installing ${missing[*]} (without starting services) ..."
    install_packages "${missing[@]}" && return
    tail -n 5 "$results/apt-get.log" >&2
  fi
  echo "Missing: ${missing[*]}. Tests that need them are skipped (with CI=true: fail)." >&2
  echo "To install them on Debian or Ubuntu: sudo apt-get install ${missing[*]}" >&2
}

# Prints the test projects of the solution that match a word, or all of them.
test_projects() {
  local project word
  while read -r project; do
    if ((${#words[@]} == 0)); then echo "$project"; continue; fi
    for word in "${words[@]}"; do
      if [[ "$(basename "$project")" == *"$word"* ]]; then echo "$project"; break; fi
    done
  done < <(grep -o 'tests/[^"]*Tests\.csproj' Tidemark.slnx)
}

build_projects() {
  local target
  if ((${#words[@]} == 0)); then
    dotnet build Tidemark.slnx --configuration "$configuration" --verbosity quiet </dev/null
    return
  fi
  for target in "${projects[@]}"; do
    dotnet build "$target" --configuration "$configuration" --verbosity quiet </dev/null || return
  done
}

# Prints one number from the summary element of an xunit report; nothing when the report is not there or not whole.
count() { # report attribute
  [ -s "$1" ] && grep -q '</assemblies>' "$1" || return
  grep -o '<assembly [^>]*>' "$1" | head -n 1 | grep -o " $2=\"[0-9]*\"" | tr -dc '0-9'
}

passed=0 failed=0 skipped=0
run_project() { # project file
  local name folder report seconds code=0
  name=$(basename "$1" .csproj)
  folder=$(dirname "$1")/bin/$configuration/net10.0
  report=$PWD/$results/$name.xml
  seconds=$((seconds_max - SECONDS))
  echo "== $name"
  if ((seconds < 10)); then
    echo "No time left: the whole run is bounded to $seconds_max s." >&2
    failed=$((failed + 1))
    return
  fi
  timeout --kill-after=10 "$seconds" "$folder/$name" -noLogo -noColor -xml "$report" </dev/null || code=$?

  local p f s e
  p=$(count "$report" passed) f=$(count "$report" failed) s=$(count "$report" skipped) e=$(count "$report" errors)
  if [ -z "$p$f$s$e" ]; then
    echo "$name ended with code $code and without a report (124: it took more than $seconds s)." >&2
    failed=$((failed + 1))
    return
  fi
  # A crash after the last test, or an error in a fixture's clean-up, is a failure as well.
  if ((code != 0 && f + e == 0)); then f=1; fi
  passed=$((passed + p)) failed=$((failed + f + e)) skipped=$((skipped + s))
}

mkdir -p "$results"
rm -f "$results"/*.xml
has dotnet || fail_early "The .NET SDK (10.0) was not found. See https://dot.net/download"
mapfile -t projects < <(test_projects)
((${#projects[@]} > 0)) || fail_early "No test project of Tidemark.slnx matches: ${words[*]}"
ensure_requirements
if [ "$build" = yes ]; then
  echo "== build ($configuration)"
  build_projects || fail_early "The build failed."
fi
for project in "${projects[@]}"; do
  run_project "$project"
done
finish "$passed" "$failed" "$skipped"
