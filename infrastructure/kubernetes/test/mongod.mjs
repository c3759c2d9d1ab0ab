// Real MongoDB servers.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { freePort, run, start } from "./processes.mjs";

export const mongosh = process.env.MONGOSH ?? "mongosh";

/** Starts a server with further options; its data is in a new folder inside this one. */
export async function startMongod(folder, ...options) {
    const port = await freePort();
    const data = join(folder, `${port}`);
    mkdirSync(data);
    const server = await start(
        process.env.MONGOD ?? "mongod",
        ["--dbpath", data, "--port", port, "--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", ...options],
        { port },
    );
    return { port, process: server, stop: server.stop };
}

/** Evaluates a script; returns its output. */
export async function evaluate(port, script, user = "") {
    const address = `mongodb://${user}127.0.0.1:${port}/?directConnection=true&serverSelectionTimeoutMS=30000`;
    const { code, output } = await run(mongosh, [address, "--quiet", "--norc", "--eval", script]);
    if (code !== 0) throw new Error(output);
    return output.trim();
}

/** Makes servers one replica set, and waits until the first one is the primary and the others serve reads. */
export function initiate(name, ports, then = "") {
    const members = ports.map((port, _id) => ({ _id, host: `127.0.0.1:${port}`, priority: _id === 0 ? 1 : 0 }));
    return evaluate(
        ports[0],
        `rs.initiate(${JSON.stringify({ _id: name, members })});
        const wait = (met) => { while (!met()) sleep(50); };
        wait(() => db.hello().isWritablePrimary);
        for (const port of ${JSON.stringify(ports.slice(1))}) {
            const other = new Mongo("mongodb://127.0.0.1:" + port + "/?directConnection=true").getDB("admin");
            wait(() => other.hello().secondary);
        }
        ${then}`,
    );
}
