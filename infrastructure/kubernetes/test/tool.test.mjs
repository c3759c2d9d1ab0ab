// Tests tool.sh, which runs Kafka's tools in a pod or a container, against real brokers. The libraries contain the program
// of kafka-configs, but not Kafka's start script of that name, so the test has one.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { certificate } from "./certificates.mjs";
import { freePort, run, start } from "./processes.mjs";

const TOOL = new URL("../base/kafka/tool.sh", import.meta.url).pathname;
const CLUSTER = "fleetmarket-kafka-000A";
const PASSWORD = "a-password";
const DESCRIBE = ["--describe", "--entity-type", "brokers", "--entity-name", "1", "--all"];

const folder = mkdtempSync(join(tmpdir(), "tool-"));
after(() => rmSync(folder, { recursive: true }));

function write(name, content, mode = 0o644) {
    const path = join(folder, name);
    writeFileSync(path, content, { mode });
    return path;
}

const java = (hosts) => ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", `-Djdk.net.hosts.file=${hosts}`, "-cp", `${process.env.KAFKA}/*`];
const jaas = (password) => `KafkaServer {
    org.apache.kafka.common.security.plain.PlainLoginModule required
    username="broker"
    password="${password}"
    user_broker="${PASSWORD}";
};
`;

/**
 * Starts a broker with the name `kafka`, on an address of its own, because port 9092 of 127.0.0.1 can be in use. Returns
 * the environment of its pod.
 */
async function startBroker(name, host, protocol, settings, environment = {}) {
    const hosts = write(`${name}-hosts`, `${host} kafka\n`);
    const users = write(`${name}-jaas.conf`, jaas(PASSWORD));
    const controller = await freePort();
    const properties = write(`${name}.properties`, `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=CLIENT://kafka:9092,CONTROLLER://127.0.0.1:${controller}
listener.security.protocol.map=CLIENT:${protocol},CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
log.dirs=${join(folder, `${name}-log`)}
${settings}`);
    const formatted = await run("java", [...java(hosts), "kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER, "--config", properties]);
    assert.equal(formatted.code, 0, formatted.output);
    const login = `-Djava.security.auth.login.config=${users}`;
    const server = await start("java", [...java(hosts), login, "kafka.Kafka", properties], { port: 9092, host });
    const bin = join(folder, `${name}-bin`);
    mkdirSync(bin);
    write(`${name}-bin/kafka-configs.sh`, `#!/bin/sh\nexec java '${java(hosts).join("' '")}' kafka.admin.ConfigCommand "$@"\n`, 0o755);
    return { stop: server.stop, environment: { PATH: `${bin}:${process.env.PATH}`, KAFKA_OPTS: login, ...environment } };
}

const tool = (environment, ...options) => run("bash", [TOOL, ...options], environment);

describe("a broker without TLS", () => {
    let broker;
    before(async () => (broker = await startBroker("plain", "127.80.0.1", "SASL_PLAINTEXT", "")));
    after(() => broker?.stop());

    test("given the password of the broker when a tool is run then it has the broker's rights", async () => {
        const { code, output } = await tool(broker.environment, "kafka-configs", ...DESCRIBE);
        assert.equal(code, 0, output);
        assert.match(output, /All configs for broker 1 are:\n *\S+=/);
    });

    test("given another password when a tool is run then it fails with the reason", async () => {
        const KAFKA_OPTS = `-Djava.security.auth.login.config=${write("other.conf", jaas("another"))}`;
        const { code, output } = await tool({ ...broker.environment, KAFKA_OPTS }, "kafka-configs", ...DESCRIBE);
        assert.notEqual(code, 0);
        assert.match(output, /Authentication failed/);
    });

    test("given an option with a space when a tool is run then it stays one option", async () => {
        const { code, output } = await tool(broker.environment, "kafka-configs", "--describe", "--entity-type", "a type");
        assert.notEqual(code, 0);
        assert.match(output, /a type/);
    });
});

describe("a broker with TLS", () => {
    let broker;
    before(async () => {
        const { authority, combined } = certificate(folder, "tls", "DNS:kafka");
        const settings = `ssl.keystore.type=PEM
ssl.keystore.location=${combined}
ssl.truststore.type=PEM
ssl.truststore.location=${authority}
`;
        broker = await startBroker("tls", "127.80.0.2", "SASL_SSL", settings, { KAFKA_SSL_TRUSTSTORE_LOCATION: authority });
    });
    after(() => broker?.stop());

    test("given its authority when a tool is run then it connects with TLS", async () => {
        const { code, output } = await tool(broker.environment, "kafka-configs", ...DESCRIBE);
        assert.equal(code, 0, output);
        assert.match(output, /All configs for broker 1 are:\n *\S+=/);
    });

    test("given another authority when a tool is run then it fails with the reason", async () => {
        const { authority } = certificate(folder, "other", "DNS:kafka");
        const environment = { ...broker.environment, KAFKA_SSL_TRUSTSTORE_LOCATION: authority };
        const { code, output } = await tool(environment, "kafka-configs", ...DESCRIBE);
        assert.notEqual(code, 0);
        assert.match(output, /SSL handshake failed/);
    });
});

describe("without a broker", () => {
    test("given no tool when it is run then it prints its usage", async () => {
        const { code, output } = await tool({ KAFKA_OPTS: "" });
        assert.equal(code, 2);
        assert.match(output, /usage: bash \/etc\/shop\/tool\.sh TOOL/);
    });

    test("given an unknown tool when it is run then it fails and names it", async () => {
        const KAFKA_OPTS = `-Djava.security.auth.login.config=${write("none.conf", jaas(PASSWORD))}`;
        const { code, output } = await tool({ KAFKA_OPTS }, "kafka-nothing");
        assert.equal(code, 127, output);
        assert.match(output, /kafka-nothing\.sh/);
    });
});
