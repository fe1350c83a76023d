# Sourced by the scripts at the top: sets JAVA_HOME and PATH to a JDK of release 25 or later that has the vector
# module, or says in one line what to install and exits with 8. The one place that knows where JDKs are kept.

# jdk_release DIR: prints the feature release of the JDK in DIR; fails where there is none that can be used.
jdk_release() {
  local version
  [ -x "$1/bin/javac" ] && [ -x "$1/bin/java" ] && [ -f "$1/release" ] || return 1
  grep -q '^MODULES=' "$1/release" && ! grep -q 'jdk\.incubator\.vector' "$1/release" && return 1
  version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
  [ -n "$version" ] && echo "$version"
}

# find_jdk: prints the first JDK that can be used. What the user chose wins; of what merely lies around, 25 itself does.
find_jdk() {
  local dir java release wanted
  java=$(command -v java) && java=$(readlink -f "$java") || java=
  for dir in "${JAVA_HOME:-}" "${java%/bin/java}"; do
    release=$(jdk_release "$dir") && [ "$release" -ge 25 ] && echo "$dir" && return 0
  done
  for wanted in '-eq 25' '-gt 25'; do
    for dir in /usr/lib/jvm/* "${SDKMAN_DIR:-$HOME/.sdkman}"/candidates/java/* \
      /Library/Java/JavaVirtualMachines/*/Contents/Home; do
      # shellcheck disable=SC2086 # two words on purpose
      release=$(jdk_release "$dir") && [ "$release" $wanted ] && echo "$dir" && return 0
    done
  done
  return 1
}

if ! JAVA_HOME=$(find_jdk); then
  echo "lanewise: no JDK 25 in JAVA_HOME, PATH, /usr/lib/jvm or ~/.sdkman: install one (apt-get install temurin-25-jdk, sdk install java 25-tem, or https://adoptium.net) or set JAVA_HOME" >&2
  exit 8
fi
export JAVA_HOME PATH="$JAVA_HOME/bin:$PATH"

# need_maven: says in one line what to install where Maven is missing.
need_maven() {
  command -v mvn >/dev/null && return 0
  echo "lanewise: Maven (mvn) is needed to build and is not in PATH: install it (apt-get install maven, sdk install maven, or https://maven.apache.org)" >&2
  exit 8
}

# maven ARGS: one quiet-mannered Maven for all scripts: no prompts, no noise of its own libraries on JDK 25, no colour
# codes (some of its versions send two whatever they are told). Everything on stdout; the exit code is Maven's.
maven() {
  MAVEN_OPTS="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}" \
    mvn -B -ntp -Dstyle.color=never "$@" </dev/null 2>&1 |
    awk '{ gsub(/\033\[[0-9;]*m/, ""); print; fflush() }'
  return "${PIPESTATUS[0]}"
}
