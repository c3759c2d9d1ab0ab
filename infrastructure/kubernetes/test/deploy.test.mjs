// Tests `deploy` with stubs for the programs that reach a cluster. Each stub records its calls, and fails when FAILS
// matches the call. RENDERS enables the real kustomize.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";

const DEPLOY = new URL("../deploy", import.meta.url).pathname;
const EDGE = readFileSync(new URL("../../nginx/nginx.conf.template", import.meta.url), "utf8");
const KUBECTL = execFileSync("sh", ["-c", "command -v kubectl"], { encoding: "utf8" }).trim();
const IMAGES = ["setup", "backup", "authentication", "products", "orders", "gateway", "edge", "mongo", "kafka"];
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
    backups_recipient: "age1test",
};

const PREAMBLE = `#!/usr/bin/env bash
call="$(basename "$0") $*"
printf '%s\\n' "$call" >>"$CALLS"
if [[ -n \${FAILS:-} && $call =~ $FAILS ]]; then echo 'stub failed' >&2; exit "\${STATUS:-1}"; fi
`;

const STUBS = {
    gcloud: "",
    "sign-in": "",
    kubectl: `case "$call" in
    *' kustomize '*) [[ -z \${RENDERS:-} ]] || exec ${KUBECTL} "$@" ;;
    *' apply '*) cp "\${@: -1}" "$MANIFESTS"; cat "$APPLIED"; [[ -z \${REJECTS:-} ]] ;;
    *' get namespace '*) echo namespace/fleetmarket ;;
    *' get job/setup '*) printf '%s' "\${SETUP-exists SuccessCriteriaMet Complete}" ;;
    *' get deployment/orders '*) echo 3 ;;
    *' get '*metadata.generation*) grep -c ' apply ' "$CALLS" || true ;;
    *' get deployments,statefulsets '*) printf '%s\\n' deployment.apps/gateway deployment.apps/orders statefulset.apps/kafka ;;
    *' rollout history '*) printf 'REVISION  CHANGE-CAUSE\\n6  <none>\\n7  <none>\\n\\n' ;;
    *'condition=failed'*) [[ -n \${SETUP_FAILS:-} ]] || exec tail -f /dev/null ;;
    *'condition=complete'*) [[ -z \${SETUP_FAILS:-} ]] || exec tail -f /dev/null ;;
esac`,
    // A healthy shop.
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
for (const [name, lines] of Object.entries(STUBS)) {
    writeFileSync(join(folder, name), `${PREAMBLE}${lines}\n`);
    chmodSync(join(folder, name), 0o755);
}
const headers = [...EDGE.matchAll(/add_header ([A-Za-z-]+) (?:"([^"]+)"|([^$" ]+)) always/g)];
writeFileSync(join(folder, "headers"), headers.map(([, name, a, b]) => `${name}: ${a ?? b}\r\n`).join(""));

async function deploy({ environment = "staging", digests = IMAGES, applied = APPLIED, ...variables } = {}) {
    const scratch = mkdtempSync(join(folder, "run-"));
    writeFileSync(join(scratch, "digests"), digests.map((image) => `${image}=${digestOf(image)}\n`).join(""));
    writeFileSync(join(scratch, "applied"), applied.map((line) => `${line}\n`).join(""));
    writeFileSync(join(scratch, "calls"), "");
    const child = spawn(DEPLOY, [environment, join(scratch, "digests")], {
        env: {
            PATH: `${folder}:${process.env.PATH}`,
            HOME: process.env.HOME,
            DEPLOYMENT: JSON.stringify(DEPLOYMENT),
            CALLS: join(scratch, "calls"),
            APPLIED: join(scratch, "applied"),
            MANIFESTS: join(scratch, "manifests"),
            HEADERS: join(folder, "headers"),
            ...variables,
        },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
    const status = await new Promise((resolve) => child.on("close", resolve));
    const calls = readFileSync(join(scratch, "calls"), "utf8").trim().split("\n");
    const manifests = existsSync(join(scratch, "manifests")) ? readFileSync(join(scratch, "manifests"), "utf8") : "";
    return { status, output, calls, manifests };
}

const APPLIED = [
    "configmap/gateway-abc created",
    "deployment.apps/gateway configured",
    "deployment.apps/orders unchanged",
    "deployment.apps/page created",
    "statefulset.apps/kafka configured",
];
const rollbacks = (calls) => calls.filter((call) => call.includes("rollout undo"));
// In the stub, `apply` increments the generations of all workloads but deployment/orders.
const ROLLBACKS_OF_CHANGED = ["deployment/gateway", "statefulset/kafka"].map(
    (workload) => `kubectl --namespace fleetmarket rollout undo ${workload} --to-revision=7`,
);
const isApplied = (calls) => calls.some((call) => call.startsWith("kubectl apply"));

describe("deploy", { concurrency: 4 }, () => {
    test("given digests when every step succeeds then the steps run in order and nothing is rolled back", async () => {
        const { status, output, calls } = await deploy();
        assert.equal(status, 0, output);
        const steps = ["get-credentials fleetmarket", "delete job/setup", "kubectl diff", "kubectl apply", "condition=complete",
            "rollout status deployment/gateway", "rollout status deployment/orders", "rollout status deployment/page",
            "rollout status statefulset/kafka", "https://shop.test/", "https://shop.test/api/orders_health"];
        const positions = steps.map((step) => calls.findIndex((call) => call.includes(step)));
        assert.ok(positions.every((position, index) => position > (positions[index - 1] ?? -1)), `${steps}\n${positions}\n${calls.join("\n")}`);
        assert.deepEqual(rollbacks(calls), []);
        assert.match(output, /deployed to staging/);
    });

    test("given digests when applied then every image has its digest and the settings are Terraform's", async () => {
        const { manifests } = await deploy({ RENDERS: "yes" });
        for (const image of ["setup", "authentication", "products", "orders", "gateway", "edge"])
            assert.ok(manifests.includes(`image: ${DEPLOYMENT.registry}/${image}@${digestOf(image)}\n`), image);
        for (const image of ["mongo", "kafka"]) assert.match(manifests, new RegExp(`image: docker.io/.*${image}:[0-9.]+@${digestOf(image)}\n`));
        assert.match(manifests, /host: shop\.test/);
        assert.match(manifests, /10\.99\.0\.0\/17/);
        assert.doesNotMatch(manifests, /example/);
    });

    test("given a deployment when it succeeds or fails then only the last set-up is deleted", async () => {
        for (const options of [{}, { FAILS: "rollout status" }]) {
            const { calls } = await deploy(options);
            assert.deepEqual(calls.filter((call) => / (delete|replace|scale) /.test(call)), ["kubectl --namespace fleetmarket delete job/setup"]);
        }
    });

    test("given no set-up when deploying then nothing is deleted", async () => {
        const { status, output, calls } = await deploy({ SETUP: "" });
        assert.equal(status, 0, output);
        assert.ok(!calls.some((call) => call.includes(" delete ")));
    });

    test("given a rollout when it times out then exactly the changed workloads are rolled back", async () => {
        const { status, output, calls } = await deploy({ FAILS: "status deployment/orders --timeout" });
        assert.equal(status, 1);
        assert.deepEqual(rollbacks(calls), ROLLBACKS_OF_CHANGED);
        assert.ok(!calls.some((call) => call.startsWith("curl")), "the smoke test must not run");
        assert.match(output, /a rollout timed out/);
    });

    test("given a shop when the smoke test fails then exactly the changed workloads are rolled back", async () => {
        const { status, output, calls } = await deploy({ FAILS: "^curl .*/api/products$" });
        assert.equal(status, 1);
        assert.deepEqual(rollbacks(calls), ROLLBACKS_OF_CHANGED);
        assert.match(output, /\/api\/products: no response, expected 200/);
    });

    test("given the set-up when it fails then exactly the changed workloads are rolled back and its log is shown", async () => {
        const { status, calls } = await deploy({ SETUP_FAILS: "yes" });
        assert.equal(status, 1);
        assert.deepEqual(rollbacks(calls), ROLLBACKS_OF_CHANGED);
        assert.ok(calls.some((call) => call.includes("logs --selector batch.kubernetes.io/job-name=setup")));
    });

    test("given a sign-in that ends when a deployment is rolled back then it is renewed before each wait and each rollback", async () => {
        const { calls } = await deploy({ FAILS: "status deployment/orders --timeout", DEPLOY_SIGN_IN: "sign-in deployer" });
        for (const step of ["condition=complete", "status deployment/orders", "undo deployment/gateway", "status deployment/gateway", "status statefulset/kafka"]) {
            const position = calls.findLastIndex((call) => call.includes(step));
            const before = calls.slice(0, position).findLast((call) => !/condition=|rollout undo|generation/.test(call));
            assert.equal(before, "sign-in deployer", `${step}\n${calls.join("\n")}`);
        }
    });

    test("given a sign-in when it cannot be renewed then it is reported and the changed workloads are rolled back", async () => {
        const { status, output, calls } = await deploy({ FAILS: "^sign-in|condition=complete", SETUP_FAILS: "yes", DEPLOY_SIGN_IN: "sign-in deployer" });
        assert.equal(status, 1);
        assert.deepEqual(rollbacks(calls), ROLLBACKS_OF_CHANGED);
        assert.match(output, /cannot renew the sign-in with DEPLOY_SIGN_IN=sign-in deployer/);
    });

    test("given an apply when a manifest is rejected then the workloads applied before it are rolled back", async () => {
        const { status, calls } = await deploy({ applied: ["deployment.apps/gateway configured"], REJECTS: "yes" });
        assert.equal(status, 1);
        assert.ok(!calls.some((call) => call.includes("condition=complete")));
        assert.deepEqual(rollbacks(calls), ["kubectl --namespace fleetmarket rollout undo deployment/gateway --to-revision=7"]);
    });

    test("given a workload when its rollback fails then the others are rolled back and it is reported", async () => {
        const { status, output, calls } = await deploy({ FAILS: "status deployment/orders|undo deployment/gateway" });
        assert.equal(status, 1);
        assert.deepEqual(rollbacks(calls), ROLLBACKS_OF_CHANGED);
        assert.match(output, /deployment\/gateway was not rolled back/);
    });

    test("given a cluster when it rejects the manifests then nothing is applied", async () => {
        const { status, calls } = await deploy({ FAILS: "kubectl diff", STATUS: "2" });
        assert.equal(status, 1);
        assert.ok(!isApplied(calls));
    });

    test("given a difference when it is shown then the deployment continues", async () => {
        const { status, output } = await deploy({ FAILS: "kubectl diff", STATUS: "1" });
        assert.equal(status, 0, output);
    });

    test("given the last set-up when it still runs or cannot be deleted then nothing is applied", async () => {
        for (const options of [{ SETUP: "exists " }, { FAILS: "delete job/setup" }]) {
            const { status, calls } = await deploy(options);
            assert.equal(status, 1);
            assert.ok(!isApplied(calls));
        }
    });

    test("given the current revisions when they cannot be read then nothing is applied", async () => {
        for (const call of ["get deployments", "rollout history", "metadata.generation"]) {
            const { status, calls } = await deploy({ FAILS: call });
            assert.equal(status, 1);
            assert.ok(!isApplied(calls), call);
        }
    });

    test("given an unknown environment when deploying then no program is called", async () => {
        const { status, output, calls } = await deploy({ environment: "elsewhere" });
        assert.equal(status, 1);
        assert.match(output, /unknown environment elsewhere/);
        assert.deepEqual(calls, [""]);
    });

    test("given digests when one is missing then no program is called", async () => {
        const { status, output, calls } = await deploy({ digests: IMAGES.filter((image) => image !== "orders") });
        assert.equal(status, 1);
        assert.match(output, /has no digest for the image orders/);
        assert.deepEqual(calls, [""]);
    });

    test("given Terraform's output when a value is missing then no program is called", async () => {
        const { status, output, calls } = await deploy({ DEPLOYMENT: JSON.stringify({ ...DEPLOYMENT, dns_zone: undefined }) });
        assert.equal(status, 1);
        assert.match(output, /has no dns_zone/);
        assert.deepEqual(calls, [""]);
    });
});
