#!/bin/sh
# Makes the secrets that are missing in .secrets/, and touches none that is there. Readable for all because each
# container's own user has to read them; the folder around them is closed.
set -eu
cd "$(dirname "$0")/../.."
umask 077
mkdir -p .secrets
for name in hub keycloak-admin demo-users grafana-admin; do
    if ! test -e ".secrets/$name"; then
        openssl rand -hex 32 > ".secrets/$name"
        chmod 0444 ".secrets/$name"
        echo "made .secrets/$name"
    fi
done
