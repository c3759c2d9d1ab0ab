// What `deploy` decides, tried with stand-ins for the programs that reach a cluster: they write down what they are
// called with, and fail where they are told to. kustomize is the real one.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const DEPLOY = new URL("../deploy", import.meta.url).pathname;
const EDGE = readFileSync(new URL("../../nginx/nginx.conf.template", import.meta.url), "utf8");
const KUBECTL = execFileSync("sh", ["-c", "command -v kubectl"], { encoding: "utf8" }).trim();
const IMAGES = ["setup", "authentication", "products", "orders", "gateway", "edge", "mongo", "kafka"];
const digestOf = (image) => `sha256:${String(IMAGES.indexOf(image) + 1).repeat(64)}`;

const DEPLOYMENT = {
    project_id: "fleetmarket-test",
    cluster: "fleetmarket",
    location: "europe-west1",
    registry: "europe-west1-docker.pkg.dev/fleetmarket-test/fleetmarket",
    domain: "shop.test",
    dns_zone: "shop-test",
    pod_range: "10.99.0.0/17",
    backups_bucket: "fleetmarket-test-backups",
};

// Every stand-in writes a line first, and fails where FAILS matches it.
const BEGINNING = `#!/usr/bin/env bash
call="$(basename "$0") $*"
printf '%s\\n' "$call" >>"$CALLS"
if [[ -n \${FAILS:-} && $call =~ $FAILS ]]; then echo 'told to fail' >&2; exit "\${STATUS:-1}"; fi
`;

const STAND_INS = {
    gcloud: "",
    kubectl: `case "$call" in
    *' kustomize '*) exec ${KUBECTL} "$@" ;;
    *' apply '*) ${KUBECTL} kustomize "\${@: -1}" >"$MANIFESTS"; cat "$APPLIED"; [[ -z \${REFUSES:-} ]] ;;
    *' get namespace '*) echo namespace/fleetmarket ;;
    *' get deployments,statefulsets '*) printf '%s\\n' deployment.apps/gateway deployment.apps/orders statefulset.apps/kafka ;;
    *' rollout history '*) printf 'REVISION  CHANGE-CAUSE\\n6  <none>\\n7  <none>\\n\\n' ;;
    *'condition=failed'*) [[ -n \${SETUP_FAILS:-} ]] || exec tail -f /dev/null ;;
    *'condition=complete'*) [[ -z \${SETUP_FAILS:-} ]] || exec tail -f /dev/null ;;
esac`,
    // Answers as a shop that is well does.
    curl: `while (($#)); do
    case $1 in --dump-header) headers=$2 ;; --output) body=$2 ;; esac
    address=$1
    shift
done
case $address in
    */api/products) type=application/json text='{"products":[]}' ;;
    *_health) type=application/json text='{"status":"ok"}' ;;
    *) type=text/html text='<div id="root">' ;;
esac
{ printf 'HTTP/2 200\\r\\ncontent-type: %s\\r\\n' "$type"; cat "$HEADERS"; } >"$headers"
printf '%s' "$text" >"$body"
printf 200`,
};

const folder = mkdtempSync(join(tmpdir(), "deploy-"));
after(() => rmSync(folder, { recursive: true }));
for (const [name, lines] of Object.entries(STAND_INS)) {
    writeFileSync(join(folder, name), `${BEGINNING}${lines}\n`);
    chmodSync(join(folder, name), 0o755);
}
const headers = [...EDGE.matchAll(/add_header ([A-Za-z-]+) (?:"([^"]+)"|([^$" ]+)) always/g)];
writeFileSync(join(folder, "headers"), headers.map(([, name, a, b]) => `${name}: ${a ?? b}\r\n`).join(""));

async function deploy({ environment = "staging", digests = IMAGES, applied = APPLIED, ...variables } = {}) {
    const run = mkdtempSync(join(folder, "run-"));
    writeFileSync(join(run, "digests"), digests.map((image) => `${image}=${digestOf(image)}\n`).join(""));
    writeFileSync(join(run, "applied"), applied.map((line) => `${line}\n`).join(""));
    writeFileSync(join(run, "calls"), "");
    const child = spawn(DEPLOY, [environment, join(run, "digests")], {
        env: {
            PATH: `${folder}:${process.env.PATH}`,
            HOME: process.env.HOME,
            DEPLOYMENT: JSON.stringify(DEPLOYMENT),
            CALLS: join(run, "calls"),
            APPLIED: join(run, "applied"),
            MANIFESTS: join(run, "manifests"),
            HEADERS: join(folder, "headers"),
            ...variables,
        },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
    const status = await new Promise((resolve) => child.on("close", resolve));
    const calls = readFileSync(join(run, "calls"), "utf8").trim().split("\n");
    const manifests = existsSync(join(run, "manifests")) ? readFileSync(join(run, "manifests"), "utf8") : "";
    return { status, said, calls, manifests };
}

const APPLIED = [
    "configmap/gateway-abc created",
    "deployment.apps/gateway configured",
    "deployment.apps/orders unchanged",
    "deployment.apps/page created",
    "statefulset.apps/kafka configured",
];
const undone = (calls) => calls.filter((call) => call.includes("rollout undo"));
const UNDO_OF_WHAT_CHANGED = ["deployment/gateway", "statefulset/kafka"].map(
    (workload) => `kubectl --namespace fleetmarket rollout undo ${workload} --to-revision=7`,
);
const isApplied = (calls) => calls.some((call) => call.startsWith("kubectl apply"));

test("given digests when all goes well then each step follows the other and nothing is undone", async () => {
    const { status, said, calls } = await deploy();
    assert.equal(status, 0, said);
    const steps = ["get-credentials fleetmarket", "kubectl diff", "--for=delete job/setup", "kubectl apply", "condition=complete",
        "rollout status deployment/gateway", "rollout status deployment/orders", "rollout status deployment/page",
        "rollout status statefulset/kafka", "https://shop.test/", "https://shop.test/api/orders_health"];
    const places = steps.map((step) => calls.findIndex((call) => call.includes(step)));
    assert.ok(places.every((place, at) => place > (places[at - 1] ?? -1)), `${steps}\n${places}\n${calls.join("\n")}`);
    assert.deepEqual(undone(calls), []);
    assert.match(said, /Deployed to staging/);
});

test("given digests when applied then every image is named by its own and the environment is Terraform's", async () => {
    const { manifests } = await deploy();
    for (const image of ["setup", "authentication", "products", "orders", "gateway", "edge"])
        assert.ok(manifests.includes(`image: ${DEPLOYMENT.registry}/${image}@${digestOf(image)}\n`), image);
    for (const image of ["mongo", "kafka"]) assert.match(manifests, new RegExp(`image: docker.io/.*${image}:[0-9.]+@${digestOf(image)}\n`));
    assert.match(manifests, /host: shop\.test/);
    assert.match(manifests, /10\.99\.0\.0\/17/);
    assert.doesNotMatch(manifests, /example/);
});

test("given a deployment when it is made then nothing is deleted", async () => {
    for (const options of [{}, { FAILS: "rollout status" }]) {
        const { calls } = await deploy(options);
        assert.deepEqual(calls.filter((call) => / (delete|replace|scale) /.test(call)), []);
    }
});

test("given a rollout when it does not end then exactly what changed is brought back", async () => {
    const { status, said, calls } = await deploy({ FAILS: "status deployment/orders --timeout" });
    assert.equal(status, 1);
    assert.deepEqual(undone(calls), UNDO_OF_WHAT_CHANGED);
    assert.ok(!calls.some((call) => call.startsWith("curl")), "a shop that is not rolled out is not asked");
    assert.match(said, /a rollout did not end in time/);
});

test("given a shop when it does not answer as it should then exactly what changed is brought back", async () => {
    const { status, said, calls } = await deploy({ FAILS: "^curl .*/api/products$" });
    assert.equal(status, 1);
    assert.deepEqual(undone(calls), UNDO_OF_WHAT_CHANGED);
    assert.match(said, /\/api\/products answers nothing, not 200/);
});

test("given the set-up when it fails then exactly what changed is brought back and its log is shown", async () => {
    const { status, calls } = await deploy({ SETUP_FAILS: "yes" });
    assert.equal(status, 1);
    assert.deepEqual(undone(calls), UNDO_OF_WHAT_CHANGED);
    assert.ok(calls.some((call) => call.includes("logs job/setup")));
});

test("given an apply when part of it is refused then what was applied until then is brought back", async () => {
    const { status, calls } = await deploy({ applied: ["deployment.apps/orders configured"], REFUSES: "yes" });
    assert.equal(status, 1);
    assert.ok(!calls.some((call) => call.includes("condition=complete")));
    assert.deepEqual(undone(calls), ["kubectl --namespace fleetmarket rollout undo deployment/orders --to-revision=7"]);
});

test("given a workload when it cannot be brought back then the others still are and it is named", async () => {
    const { status, said, calls } = await deploy({ FAILS: "status deployment/orders|undo deployment/gateway" });
    assert.equal(status, 1);
    assert.deepEqual(undone(calls), UNDO_OF_WHAT_CHANGED);
    assert.match(said, /deployment\/gateway was not brought back/);
});

test("given a cluster when it would refuse then nothing is applied", async () => {
    const { status, calls } = await deploy({ FAILS: "kubectl diff", STATUS: "2" });
    assert.equal(status, 1);
    assert.ok(!isApplied(calls));
});

test("given a difference when it is shown then that is no failure", async () => {
    const { status, said } = await deploy({ FAILS: "kubectl diff", STATUS: "1" });
    assert.equal(status, 0, said);
});

test("given the set-up of before when it does not go away then nothing is applied", async () => {
    const { status, calls } = await deploy({ FAILS: "for=delete" });
    assert.equal(status, 1);
    assert.ok(!isApplied(calls));
});

test("given versions of before when they cannot be read then nothing is applied", async () => {
    for (const call of ["get deployments", "rollout history"]) {
        const { status, calls } = await deploy({ FAILS: call });
        assert.equal(status, 1);
        assert.ok(!isApplied(calls), call);
    }
});

test("given an environment when there is none of that name then nothing is called", async () => {
    const { status, said, calls } = await deploy({ environment: "elsewhere" });
    assert.equal(status, 1);
    assert.match(said, /there is no environment elsewhere/);
    assert.deepEqual(calls, [""]);
});

test("given digests when one is missing then nothing is called", async () => {
    const { status, said, calls } = await deploy({ digests: IMAGES.filter((image) => image !== "orders") });
    assert.equal(status, 1);
    assert.match(said, /has no digest of the image orders/);
    assert.deepEqual(calls, [""]);
});

test("given Terraform's outputs when one is missing then nothing is called", async () => {
    const { status, said, calls } = await deploy({ DEPLOYMENT: JSON.stringify({ ...DEPLOYMENT, dns_zone: undefined }) });
    assert.equal(status, 1);
    assert.match(said, /have no dns_zone/);
    assert.deepEqual(calls, [""]);
});
