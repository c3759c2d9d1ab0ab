// Tests `smoke` against an HTTP server with the responses of each test.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { describe, test } from "node:test";

const SMOKE = new URL("../smoke", import.meta.url).pathname;
const EDGE = readFileSync(new URL("../../nginx/nginx.conf.template", import.meta.url), "utf8");
const HEADERS = Object.fromEntries(
    [...EDGE.matchAll(/add_header ([A-Za-z-]+) (?:"([^"]+)"|([^$" ]+)) always/g)].map(([, name, a, b]) => [name, a ?? b]),
);
const HEALTH = { type: "application/json", body: '{"status":"ok"}' };
const HEALTHY = {
    "/": { type: "text/html; charset=utf-8", body: '<body><div id="root"></div>' },
    "/api/products": { type: "application/json", body: '{"products":[]}' },
    "/api/authentication_health": HEALTH,
    "/api/products_health": HEALTH,
    "/api/orders_health": HEALTH,
};

// Runs `smoke` on a healthy shop with some other responses; `first` overrides the first response.
async function smoke(overrides = {}, first = {}, timeout = first.status ? "30" : "1") {
    let requests = 0;
    const server = createServer(({ url }, response) => {
        const { status = 200, type, body, headers = HEADERS } = { ...HEALTHY[url], ...overrides[url], ...(requests++ ? {} : first) };
        response.writeHead(status, { ...headers, "content-type": type }).end(body);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const child = spawn(SMOKE, [`http://127.0.0.1:${server.address().port}`], { env: { ...process.env, SMOKE_TIMEOUT: timeout } });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
    const [status] = await once(child, "close");
    server.close();
    return { status, output };
}

describe("smoke", { concurrency: 8 }, () => {
    test("given a healthy shop when tested then the smoke test passes", async () => {
        const { status, output } = await smoke();
        assert.equal(status, 0, output);
        assert.equal(output.match(/^200 \//gm).length, 5);
    });

    for (const path of Object.keys(HEALTHY)) {
        test(`given ${path} when it responds with an error then it is reported`, async () => {
            const { status, output } = await smoke({ [path]: { status: 503 } });
            assert.equal(status, 1);
            assert.match(output, new RegExp(`${path}: 503, expected 200`));
        });

        test(`given ${path} when it has another type and content then both are reported`, async () => {
            const { status, output } = await smoke({ [path]: { type: "text/plain", body: "hello" } });
            assert.equal(status, 1);
            assert.match(output, new RegExp(`${path}: the content type is not (text/html|application/json)`));
            assert.match(output, new RegExp(`${path}: the body does not match`));
        });
    }

    for (const [name, value] of Object.entries(HEADERS)) {
        test(`given a response when ${name} has another value then it is reported`, async () => {
            const { status, output } = await smoke({ "/api/products": { headers: { ...HEADERS, [name]: `${value}x` } } });
            assert.equal(status, 1);
            assert.ok(output.includes(`/api/products: missing header ${name}: ${value}`), output);
        });
    }

    test("given a shop that is not ready yet when tested then the request is retried", async () => {
        const { status, output } = await smoke({}, { status: 503, headers: {} });
        assert.equal(status, 0, output);
    });

    test("given a shop that is not ready when all requests fail then they share one deadline", async () => {
        const down = Object.fromEntries(Object.keys(HEALTHY).map((path) => [path, { status: 503 }]));
        const begin = Date.now();
        const { status, output } = await smoke(down, { status: 503, headers: {} }, "6");
        assert.equal(status, 1);
        assert.equal(output.match(/expected 200/g).length, 5, output);
        assert.ok(Date.now() - begin < 15_000, `after ${Date.now() - begin} ms`);
    });

    test("given no server when tested then the missing response is reported", async () => {
        const child = spawn(SMOKE, ["http://127.0.0.1:1"], { env: { ...process.env, SMOKE_TIMEOUT: "1" } });
        let output = "";
        child.stderr.on("data", (data) => (output += data));
        const [status] = await once(child, "close");
        assert.equal(status, 1);
        assert.match(output, /\/: no response, expected 200/);
    });
});
