# shellcheck shell=bash
# Succeeds if this member serves reads: it is the primary, or a secondary that has caught up.
#
#   bash /etc/mongo/ready.sh PORT            an unencrypted connection
#   bash /etc/mongo/ready.sh PORT CA_FILE    TLS; the member's certificate must be valid for 127.0.0.1
#
# mongosh needs more than a CPU second for each question. So this sends the command `hello` as a message of MongoDB's wire
# protocol: OP_MSG (2013) with the document {hello: 1, $db: "admin"}, and looks for a field that is true in the response.
set -eu

send_hello() {
    printf '\x34\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x1f\0\0\0\x10hello\0\1\0\0\0\2$db\0\6\0\0\0admin\0\0'
}

# Ends before the probe's timeout, which would leave dd behind.
serves_reads() {
    timeout 4 dd bs=64k count=1 status=none | LC_ALL=C tr '\0\1' 01 | grep -qaE '(isWritablePrimary|secondary)01'
}

if (($# == 1)); then
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    send_hello >&3
    serves_reads <&3
else
    # With -no_ign_eof it ends with this script, even if that is killed.
    coproc exec openssl s_client -quiet -no_ign_eof -verify_quiet -verify_return_error -verify_ip 127.0.0.1 -CAfile "$2" \
        -connect "127.0.0.1:$1"
    exec 3<&"${COPROC[0]}" 4>&"${COPROC[1]}"
    client=$!
    send_hello >&4
    outcome=0
    serves_reads <&3 || outcome=1
    # mongod is process 1 of the container, and does not wait for a process that this script leaves.
    kill "$client" 2>/dev/null || true
    wait
    exit $outcome
fi
