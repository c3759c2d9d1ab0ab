# Starts a member of a replica set.
set -eu

# mongod takes a key file from nobody but its own user, which a Secret cannot give it.
install -m 0400 /run/secrets/mongo/keyfile /run/mongo/keyfile

# The first member brings the user with which the set is made. The others get it from there: what is not
# empty cannot join.
case $HOSTNAME in
*-0)
    export MONGO_INITDB_ROOT_USERNAME=root
    export MONGO_INITDB_ROOT_PASSWORD_FILE=/run/secrets/mongo/root-password
    ;;
esac

exec docker-entrypoint.sh "$@"
