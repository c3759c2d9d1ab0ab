// Real servers, and the programs that tests call.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Runs a program; returns its exit code and everything that it printed. */
export async function run(command, options, environment = {}) {
    const child = spawn(command, options, { env: { ...process.env, ...environment } });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const [code] = await once(child, "close");
    return { code, output };
}

export async function freePort() {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    await once(server, "close");
    return port;
}

/** Starts a server, and waits until it listens; rejects if it ends before. */
export async function start(command, options, { port, host = "127.0.0.1", ...environment }) {
    const server = spawn(command, options, { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "inherit"] });
    let log = "";
    server.stdout.on("data", (chunk) => (log += chunk));
    const ended = once(server, "close").then(([code]) => {
        throw new Error(`${command} has ended with ${code}\n${log}`);
    });
    ended.catch(() => {});
    server.stop = () => server.kill("SIGKILL") && ended.catch(() => {});
    await Promise.race([listens(port, host), ended]);
    return server;
}

async function listens(port, host) {
    const connects = () =>
        new Promise((resolve) => {
            const socket = connect(port, host, () => resolve(Boolean(socket.destroy())));
            socket.on("error", () => setTimeout(resolve, 50, false));
        });
    while (!(await connects()));
}
