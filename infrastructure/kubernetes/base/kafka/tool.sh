# Runs one of Kafka's tools with the credentials of the broker, for Compose too:
#
#   bash /etc/shop/tool.sh kafka-consumer-groups --describe --all-groups
set -eu

tool=$1
shift
password=$(sed -n 's/^ *password="\(.*\)"$/\1/p' "${KAFKA_OPTS#*=}")
protocol=SASL_PLAINTEXT
if [[ -n ${KAFKA_SSL_TRUSTSTORE_LOCATION:-} ]]; then protocol=SASL_SSL; fi
umask 077
cat >/tmp/client.properties <<END
security.protocol=$protocol
ssl.truststore.type=PEM
ssl.truststore.location=${KAFKA_SSL_TRUSTSTORE_LOCATION:-}
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" password="$password";
END
export KAFKA_OPTS='' KAFKA_HEAP_OPTS=-Xmx96m
exec "/opt/kafka/bin/$tool.sh" --bootstrap-server kafka:9092 --command-config /tmp/client.properties "$@"
