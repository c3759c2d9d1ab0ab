# Runs kafka-consumer-groups.sh with the credentials of the broker: bash /etc/shop/consumer-groups.sh --describe --all-groups
set -eu

password=$(sed -n 's/^ *password="\(.*\)"$/\1/p' /run/secrets/kafka/kafka-jaas.conf)
umask 077
cat >/tmp/client.properties <<END
security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" password="$password";
END
export KAFKA_HEAP_OPTS=-Xmx96m
exec /opt/kafka/bin/kafka-consumer-groups.sh --bootstrap-server "$HOSTNAME.kafka:9092" \
    --command-config /tmp/client.properties "$@"
