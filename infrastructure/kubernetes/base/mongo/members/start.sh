# shellcheck shell=bash
# Starts a member of the replica set.
set -eu

# mongod requires a key file that its own user owns, and files of a Secret belong to root.
install -m 0400 /run/secrets/mongo/keyfile /run/mongo/keyfile

# Only the first member creates the root user. The others replicate it, because only an empty member can join.
case $HOSTNAME in
*-0)
    export MONGO_INITDB_ROOT_USERNAME=root
    export MONGO_INITDB_ROOT_PASSWORD_FILE=/run/secrets/mongo/root-password
    ;;
esac

exec docker-entrypoint.sh "$@"
