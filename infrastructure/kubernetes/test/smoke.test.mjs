// What `smoke` finds wrong with a shop, tried with one that answers over HTTP what each test wants.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";

const SMOKE = new URL("../smoke", import.meta.url).pathname;
const EDGE = readFileSync(new URL("../../nginx/nginx.conf.template", import.meta.url), "utf8");
const HEADERS = Object.fromEntries(
    [...EDGE.matchAll(/add_header ([A-Za-z-]+) (?:"([^"]+)"|([^$" ]+)) always/g)].map(([, name, a, b]) => [name, a ?? b]),
);
const HEALTH = { type: "application/json", body: '{"status":"ok"}' };
const WELL = {
    "/": { type: "text/html; charset=utf-8", body: '<body><div id="root"></div>' },
    "/api/products": { type: "application/json", body: '{"products":[]}' },
    "/api/authentication_health": HEALTH,
    "/api/products_health": HEALTH,
    "/api/orders_health": HEALTH,
};

// Asks a shop that answers well but for what is different; `first` is what its very first answer is like.
async function smoke(different = {}, first = {}) {
    let asked = 0;
    const server = createServer(({ url }, response) => {
        const { status = 200, type, body, headers = HEADERS } = { ...WELL[url], ...different[url], ...(asked++ ? {} : first) };
        response.writeHead(status, { ...headers, "content-type": type }).end(body);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const child = spawn(SMOKE, [`http://127.0.0.1:${server.address().port}`], { env: { ...process.env, SMOKE_TIMEOUT: first.status ? "30" : "1" } });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
    const [status] = await once(child, "close");
    server.close();
    return { status, said };
}

test("given a shop that is well when it is asked then nothing is wrong", async () => {
    const { status, said } = await smoke();
    assert.equal(status, 0, said);
    assert.equal(said.match(/^200 \//gm).length, 5);
});

for (const path of Object.keys(WELL)) {
    test(`given ${path} when it answers with an error then that is said`, async () => {
        const { status, said } = await smoke({ [path]: { status: 503 } });
        assert.equal(status, 1);
        assert.match(said, new RegExp(`${path} answers 503, not 200`));
    });

    test(`given ${path} when it is of another type and content then that is said`, async () => {
        const { status, said } = await smoke({ [path]: { type: "text/plain", body: "hello" } });
        assert.equal(status, 1);
        assert.match(said, new RegExp(`${path} is not (text/html|application/json)`));
        assert.match(said, new RegExp(`${path} has an answer without`));
    });
}

for (const [name, value] of Object.entries(HEADERS)) {
    test(`given an answer when ${name} is another one then that is said`, async () => {
        const { status, said } = await smoke({ "/api/products": { headers: { ...HEADERS, [name]: `${value}x` } } });
        assert.equal(status, 1);
        assert.ok(said.includes(`/api/products is sent without ${name}: ${value}`), said);
    });
}

test("given a shop that is not there yet when it is asked then it is asked again", async () => {
    const { status, said } = await smoke({}, { status: 503, headers: {} });
    assert.equal(status, 0, said);
});

test("given nobody when asked then that is said", async () => {
    const child = spawn(SMOKE, ["http://127.0.0.1:1"], { env: { ...process.env, SMOKE_TIMEOUT: "1" } });
    let said = "";
    child.stderr.on("data", (data) => (said += data));
    const [status] = await once(child, "close");
    assert.equal(status, 1);
    assert.match(said, /\/ answers nothing, not 200/);
});
