# Succeeds if this member serves reads: it is the primary, or a secondary that has caught up.
#
# mongosh needs more than a CPU second for each question. So this sends the command `hello` as a message of MongoDB's wire
# protocol: OP_MSG (2013) with the document {hello: 1, $db: "admin"}, and looks for a field that is true in the response.
set -eu

exec 3<>/dev/tcp/127.0.0.1/27017
printf '\x34\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x1f\0\0\0\x10hello\0\1\0\0\0\2$db\0\6\0\0\0admin\0\0' >&3
dd bs=64k count=1 status=none <&3 | LC_ALL=C tr '\0\1' 01 | grep -qaE '(isWritablePrimary|secondary)01'
