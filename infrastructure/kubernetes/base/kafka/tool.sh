# shellcheck shell=bash
# Runs one of Kafka's tools with the credentials of the broker, for Compose too:
#
#   bash /etc/shop/tool.sh kafka-consumer-groups --describe --all-groups
set -eu

if (($# == 0)); then
    echo 'usage: bash /etc/shop/tool.sh TOOL [OPTION...], with a tool of /opt/kafka/bin such as kafka-topics' >&2
    exit 2
fi
tool=$1
shift
password=$(sed -n 's/^ *password="\(.*\)"$/\1/p' "${KAFKA_OPTS#*=}")
protocol=SASL_PLAINTEXT
if [[ -n ${KAFKA_SSL_TRUSTSTORE_LOCATION:-} ]]; then protocol=SASL_SSL; fi
export KAFKA_OPTS='' KAFKA_HEAP_OPTS=-Xmx96m PATH="$PATH:/opt/kafka/bin"
exec "$tool.sh" --bootstrap-server kafka:9092 --command-config /dev/fd/3 "$@" 3<<END
security.protocol=$protocol
ssl.truststore.type=PEM
ssl.truststore.location=${KAFKA_SSL_TRUSTSTORE_LOCATION:-}
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" password="$password";
END
