# Sourced by the launcher and the tools: where things are, and how to say what is missing. No command of its own.
# Sets: root (repository), state (git-ignored cache). Results go to stdout, progress to stderr.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
state="$root/.tandem"

say() { echo "tandem: $*" >&2; }

missing() { # what, how to get it
  echo "tandem: missing: $1" >&2
  echo "tandem: $2" >&2
  exit 1
}

# Prints the home of a JDK 25. Reads the `release` file instead of starting each candidate.
find_jdk() {
  local candidate
  for candidate in "${TANDEM_JAVA_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*25* /usr/lib/jvm/* /usr/java/* /opt/*jdk* /opt/java/* \
    "$HOME"/.sdkman/candidates/java/25* "$HOME"/.jdks/*25* "$HOME"/.asdf/installs/java/*25* \
    /Library/Java/JavaVirtualMachines/*25*/Contents/Home; do
    if [ -n "$candidate" ] && [ -x "$candidate/bin/javac" ] &&
      grep -q '^JAVA_VERSION="25[."]' "$candidate/release" 2>/dev/null; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

need_jdk() {
  jdk="$(find_jdk)" || missing "a JDK 25 (looked at TANDEM_JAVA_HOME, JAVA_HOME, /usr/lib/jvm, /opt, ~/.sdkman, ~/.jdks)" \
    "get one: apt-get install temurin-25-jdk (Adoptium's repository) or openjdk-25-jdk, or unpack a JDK 25 anywhere and set TANDEM_JAVA_HOME"
}

need_maven() {
  command -v mvn >/dev/null || missing "Maven 3.8 or later (mvn), needed to build" "get it: apt-get install maven"
}

need_python() {
  command -v python3 >/dev/null || missing "Python 3.11 or later (python3), needed for $1" \
    "get it: apt-get install python3 python3-venv"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    missing "Python 3.11 or later for $1 (found $(python3 --version 2>&1))" "get it: apt-get install python3 python3-venv"
}

# One tool at a time writes into the cache; the lock goes away with its process. A tool called by another shares its lock.
lock() {
  mkdir -p "$state"
  [ -z "${TANDEM_LOCKED:-}" ] || return 0
  export TANDEM_LOCKED=1
  exec 9>"$state/lock"
  if command -v flock >/dev/null; then
    flock -n 9 || { say "waiting for another build of this checkout"; flock 9; }
  fi
}

digest() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi | cut -d' ' -f1; }

# Digest of every pom: unchanged since the last good resolution means that Maven need not ask the network.
poms_digest() { (cd "$root" && cat pom.xml */pom.xml) | digest; }
maven_flags() {
  if [ -f "$state/poms" ] && [ "$(cat "$state/poms")" = "$(poms_digest)" ]; then echo "-o"; fi
}
