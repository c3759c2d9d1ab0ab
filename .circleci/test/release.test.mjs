// What `build`, `promote` and `sign-in` decide, tried with stand-ins for the programs that reach a registry: they write
// down what they are called with, and fail where they are told to.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const OWN = ["setup", "authentication", "products", "orders", "gateway", "edge"];
const digestOf = (image) => `sha256:${image.charCodeAt(0).toString(16).repeat(32)}`;
const STAGING = "europe-west1-docker.pkg.dev/fleetmarket-staging/fleetmarket";
const PRODUCTION = "europe-west1-docker.pkg.dev/fleetmarket-production/fleetmarket";
const METADATA = Object.fromEntries(OWN.map((image) => [image, { "containerimage.digest": digestOf(image) }]));

const BEGINNING = `#!/usr/bin/env bash
call="$(basename "$0") $*"
printf '%s\\n' "$call" >>"$CALLS"
if [[ -n \${FAILS:-} && $call =~ $FAILS ]]; then echo 'told to fail' >&2; exit 1; fi
`;
const STAND_INS = {
    docker: `while (($#)); do
    case $1 in
        --metadata-file) printf '%s' '${JSON.stringify(METADATA)}' >"$2" ;;
        imagetools) printf 'sha256:%s\\n' "$(printf 'ab%.0s' {1..32})" ;;
        login) cat >/dev/null ;;
    esac
    shift
done`,
    circleci: "echo token-for-sigstore",
    gcloud: `[[ $* != *print-access-token* ]] || echo access-token
for word in "$@"; do [[ $word != --credential-source-file=* ]] || stat --format=%a "\${word#*=}" >>"$CALLS"; done`,
};

const folder = mkdtempSync(join(tmpdir(), "release-"));
after(() => rmSync(folder, { recursive: true }));
for (const [name, lines] of Object.entries(STAND_INS)) {
    writeFileSync(join(folder, name), `${BEGINNING}${lines}\n`);
    chmodSync(join(folder, name), 0o755);
}

async function call(script, { registry = STAGING, files = {}, argument, ...variables } = {}) {
    const run = mkdtempSync(join(folder, "run-"));
    const release = join(run, "release");
    mkdirSync(release);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(release, name), content);
    writeFileSync(join(run, "calls"), "");
    const child = spawn(new URL(`../${script}`, import.meta.url).pathname, [argument ?? release], {
        env: {
            PATH: `${folder}:${process.env.PATH}`,
            HOME: run,
            TMPDIR: run,
            CALLS: join(run, "calls"),
            CIRCLE_SHA1: "c0ffee",
            CIRCLE_PROJECT_ID: "2222",
            CIRCLE_ORGANIZATION_ID: "1111",
            CIRCLE_OIDC_TOKEN_V2: "token-of-this-job",
            DEPLOYMENT: JSON.stringify({ registry, workload_identity_provider: "projects/1/providers/circleci", deployer: "d@x", image_pusher: "p@x" }),
            ...variables,
        },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
    const [status] = await once(child, "close");
    const read = (path) => (existsSync(path) ? readFileSync(path, "utf8") : "");
    return { status, said, calls: read(join(run, "calls")).trim().split("\n"), digests: read(join(release, "digests")), registry: read(join(release, "registry")) };
}

const containing = (calls, part) => calls.filter((call) => call.includes(part));

test("given a commit when it is built then each image is built once and pushed by its digest", async () => {
    const { status, said, calls, digests, registry } = await call("build");
    assert.equal(status, 0, said);
    const [bake, ...more] = containing(calls, "buildx bake");
    assert.equal(more.length, 0);
    for (const image of OWN) assert.ok(bake.includes(`name=${STAGING}/${image},push=true,push-by-digest=true`), bake);
    assert.ok(bake.includes("--sbom=true") && bake.includes("--provenance=mode=max"), bake);
    assert.equal(registry.trim(), STAGING);
    const lines = digests.trim().split("\n");
    assert.deepEqual(lines.slice(0, 6), OWN.map((image) => `${image}=${digestOf(image)}`));
    assert.deepEqual(lines.slice(6).map((line) => line.split("=")[0]), ["mongo", "kafka"]);
});

test("given images when nothing is wrong with them then each is scanned before any is signed", async () => {
    const { calls } = await call("build");
    const scans = calls.map((call, at) => (call.includes("anchore/grype") ? at : -1)).filter((at) => at >= 0);
    const signatures = calls.map((call, at) => (call.includes("cosign") ? at : -1)).filter((at) => at >= 0);
    assert.equal(scans.length, OWN.length + 1);
    assert.equal(signatures.length, OWN.length);
    assert.ok(Math.max(...scans) < Math.min(...signatures));
    for (const image of OWN) assert.equal(containing(calls, `sign --yes ${STAGING}/${image}@${digestOf(image)}`).length, 1);
});

test("given images when one has a weakness then none is signed", async () => {
    for (const weak of ["grype.* dir:", `grype.*/orders@`]) {
        const { status, calls } = await call("build", { FAILS: weak });
        assert.notEqual(status, 0);
        assert.deepEqual(containing(calls, "cosign"), []);
    }
});

test("given a build when it fails then nothing is scanned", async () => {
    const { status, calls } = await call("build", { FAILS: "bake" });
    assert.notEqual(status, 0);
    assert.deepEqual(containing(calls, "grype"), []);
});

const RELEASE = {
    registry: `${STAGING}\n`,
    digests: [...OWN, "mongo", "kafka"].map((image) => `${image}=${digestOf(image)}\n`).join(""),
};

test("given a release when it is promoted then each image is copied as it is after its signature was checked", async () => {
    const { status, said, calls } = await call("promote", { registry: PRODUCTION, files: RELEASE });
    assert.equal(status, 0, said);
    assert.equal(containing(calls, "oras").length, OWN.length);
    for (const image of OWN) {
        const from = `${STAGING}/${image}@${digestOf(image)}`;
        const checked = calls.findIndex((call) => call.includes("verify") && call.endsWith(from));
        const copied = calls.findIndex((call) => call.endsWith(`copy --recursive ${from} ${PRODUCTION}/${image}`));
        assert.ok(0 <= checked && checked < copied, calls.join("\n"));
        assert.ok(calls[checked].includes("https://oidc.circleci.com/org/1111") && calls[checked].includes("projects/2222/"));
    }
});

test("given a release when a signature is not this project's then that image is not copied", async () => {
    const { status, calls } = await call("promote", { registry: PRODUCTION, files: RELEASE, FAILS: "verify.*/setup@" });
    assert.notEqual(status, 0);
    assert.deepEqual(containing(calls, "oras"), []);
});

test("given a job when it signs in then its token is in a file of its own and nobody else's to read", async () => {
    const { status, said, calls } = await call("sign-in", { argument: "deployer" });
    assert.equal(status, 0, said);
    assert.ok(containing(calls, "create-cred-config projects/1/providers/circleci --service-account=d@x").length === 1, calls.join("\n"));
    assert.ok(calls.includes("600"));
    assert.deepEqual(containing(calls, "docker"), []);
    assert.ok(!calls.join("\n").includes("token-of-this-job"), "no token on a command line");
});

test("given the image pusher when it signs in then docker is too", async () => {
    const { calls } = await call("sign-in", { argument: "image_pusher" });
    assert.equal(containing(calls, "docker login").length, 1);
    assert.ok(containing(calls, "docker login")[0].endsWith("https://europe-west1-docker.pkg.dev"));
});

test("given a job when it has no context then that is said", async () => {
    for (const script of ["build", "promote", "sign-in"]) {
        const { status, said } = await call(script, { DEPLOYMENT: "", argument: script === "sign-in" ? "deployer" : undefined });
        assert.notEqual(status, 0);
        assert.match(said, /the context of the environment has to set it/);
    }
});
