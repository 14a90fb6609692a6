#!/bin/sh
# Usage: run.sh [PORT]   Builds when needed, then serves FHIR R4 on 127.0.0.1:PORT (0 = any free port).
#        run.sh --build  Builds when needed, and no more.
# Nothing is written beside the sources. JAVA_OPTS adds JVM options, e.g. JAVA_OPTS=-Dplaceholders=true; MVN_OPTS adds Maven's;
# HAPI_CACHE says where to build (default: ${XDG_CACHE_HOME:-~/.cache}/hapi-server).
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
key=$(cat "$here/pom.xml" "$here/src/main/java/HapiServer.java" | sha256sum | cut -c1-12)
base=${HAPI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hapi-server}
out=$base/$key
if [ ! -f "$out/built" ]; then
    mkdir -p "$base"
    (
        flock 9
        if [ ! -f "$out/built" ]; then
            rm -rf "$out"
            mkdir -p "$out"
            cp -r "$here/pom.xml" "$here/src" "$out/"
            # shellcheck disable=SC2086
            mvn -B -q ${MVN_OPTS:-} -f "$out/pom.xml" package >"$out/build.log" 2>&1 || { cat "$out/build.log" >&2; exit 1; }
            touch "$out/built"
        fi
    ) 9>"$base/lock"
fi
[ "${1:-}" = --build ] && exit 0
# A short-lived server: compile fast rather than well, and trust the class files.
# shellcheck disable=SC2086
exec java -Xmx2g -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote \
    ${JAVA_OPTS:-} -cp "$out/target/hapi-server.jar:$out/target/lib/*" HapiServer "${1:-8080}"
