// Real MongoDB servers.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { freePort, start } from "./processes.mjs";

const { MongoClient } = createRequire(join(process.env.DRIVER, "/"))("mongodb");

/** Starts a server with further options; its data is in a new folder inside this one. */
export async function startMongod(folder, ...options) {
    const port = await freePort();
    const data = join(folder, `${port}`);
    mkdirSync(data);
    const server = await start(
        process.env.MONGOD,
        ["--dbpath", data, "--port", port, "--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", ...options],
        { port },
    );
    return { port, process: server, stop: server.stop };
}

/** Sends a command to one server; returns its response. */
export async function command(port, document) {
    const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
    try {
        return await client.db("admin").command(document);
    } finally {
        await client.close();
    }
}

/** Makes servers one replica set, and waits until the first one is the primary and the others serve reads. */
export async function initiate(name, [primary, ...secondaries]) {
    const members = [primary, ...secondaries].map((port, _id) => ({ _id, host: `127.0.0.1:${port}`, priority: _id ? 0 : 1 }));
    await command(primary, { replSetInitiate: { _id: name, members } });
    while (!(await command(primary, { hello: 1 })).isWritablePrimary);
    for (const port of secondaries) while (!(await command(port, { hello: 1 })).secondary);
}
