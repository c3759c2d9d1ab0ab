// Tests ready.sh, the readiness probe of a MongoDB member, against real servers in each state.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { certificate } from "./certificates.mjs";
import { command, initiate, startMongod } from "./mongod.mjs";
import { freePort, run } from "./processes.mjs";

const READY = new URL("../base/mongo/members/ready.sh", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "ready-"));
const servers = [];

async function mongod(...options) {
    const server = await startMongod(folder, ...options);
    servers.push(server);
    return server;
}

after(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true });
});

const ready = (...options) => run("bash", [READY, ...options]);

async function assertReady(...options) {
    const { code, output } = await ready(...options);
    assert.equal(code, 0, output);
}

async function assertNotReady(...options) {
    const { code, output } = await ready(...options);
    assert.notEqual(code, 0, output);
}

/** Linux lists the command lines of all processes there. */
const processes = () => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");

describe("a member without TLS", () => {
    test("given a standalone server when probed then it is ready", async () => {
        const { port } = await mongod();
        await assertReady(port);
    });

    test("given a port without a server when probed then it is not ready", async () => {
        await assertNotReady(await freePort());
    });

    test("given a server that does not answer when probed then it is not ready before the probe's timeout", async () => {
        const { port, process } = await mongod();
        process.kill("SIGSTOP");
        const begin = Date.now();
        await assertNotReady(port);
        assert.ok(Date.now() - begin < 5000);
    });

    test("given a replica set when it is initiated and a member recovers then only a member that serves reads is ready", async () => {
        const [first, second] = [await mongod("--replSet", "rs"), await mongod("--replSet", "rs")];
        await assertNotReady(first.port);
        await initiate("rs", [first.port, second.port]);
        await assertReady(first.port);
        await assertReady(second.port);
        await command(second.port, { replSetMaintenance: 1 });
        await assertNotReady(second.port);
        await assertReady(first.port);
    });
});

describe("a member that requires TLS", () => {
    let own, other, server;
    before(async () => {
        own = certificate(folder, "own", "IP:127.0.0.1");
        other = certificate(folder, "other", "DNS:elsewhere");
        server = await mongod(...tls(own));
    });

    const tls = ({ authority, combined }) =>
        ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", combined, "--tlsCAFile", authority, "--tlsAllowConnectionsWithoutCertificates"];

    test("given the authority when probed then it is ready", async () => {
        await assertReady(server.port, own.authority);
    });

    test("given no authority when probed then it is not ready", async () => {
        await assertNotReady(server.port);
    });

    test("given another authority when probed then it is not ready", async () => {
        await assertNotReady(server.port, other.authority);
    });

    test("given a certificate for another name when probed then it is not ready", async () => {
        const misnamed = await mongod(...tls(other));
        await assertNotReady(misnamed.port, other.authority);
    });

    test("given a member that is not initiated when probed then it is not ready", async () => {
        const member = await mongod("--replSet", "rs", ...tls(own));
        await assertNotReady(member.port, own.authority);
    });

    test("given a server that does not answer when probed then it is not ready, and no process is left", { timeout: 30_000 }, async () => {
        const frozen = await mongod(...tls(own));
        frozen.process.kill("SIGSTOP");
        await assertNotReady(frozen.port, own.authority);
        assert.deepEqual(processes().filter((line) => line.includes("s_client") && line.includes(`:${frozen.port}`)), []);
    });
});
