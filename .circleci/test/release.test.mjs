// Tests `build`, `promote` and `sign-in` with stubs for the programs that reach a registry. Each stub records its calls,
// and fails when FAILS matches the call.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const OWN = ["setup", "backup", "authentication", "products", "orders", "gateway", "edge"];
const digestOf = (image) => `sha256:${image.charCodeAt(0).toString(16).repeat(32)}`;
const STAGING = "europe-west1-docker.pkg.dev/fleetmarket-staging/fleetmarket";
const PRODUCTION = "europe-west1-docker.pkg.dev/fleetmarket-production/fleetmarket";
const METADATA = Object.fromEntries(OWN.map((image) => [image, { "containerimage.digest": digestOf(image) }]));

const PREAMBLE = `#!/usr/bin/env bash
call="$(basename "$0") $*"
printf '%s\\n' "$call" >>"$CALLS"
if [[ -n \${FAILS:-} && $call =~ $FAILS ]]; then echo 'stub failed' >&2; exit 1; fi
`;
const STUBS = {
    git: "echo v1.4.0-3-g5d1f0e2",
    docker: `while (($#)); do
    case $1 in
        --metadata-file) printf '%s' '${JSON.stringify(METADATA)}' >"$2" ;;
        inspect)
            [[ $2 != */fleetmarket/* || $2 =~ \${TAGGED:-^$} ]] || { echo "ERROR: $2: not found"; exit 1; }
            printf 'sha256:%s\\n' "$(printf 'ab%.0s' {1..32})"
            ;;
        login) cat >/dev/null ;;
    esac
    shift
done`,
    circleci: "echo new-token",
    gcloud: `[[ $* != *print-access-token* ]] || echo access-token
for word in "$@"; do
    [[ $word != --credential-source-file=* ]] || stat --format="%n %a $(<"\${word#*=}")" "\${word#*=}" >>"$CALLS"
done`,
};

const folder = mkdtempSync(join(tmpdir(), "release-"));
after(() => rmSync(folder, { recursive: true }));
for (const [name, lines] of Object.entries(STUBS)) {
    writeFileSync(join(folder, name), `${PREAMBLE}${lines}\n`);
    chmodSync(join(folder, name), 0o755);
}

async function run(script, { registry = STAGING, files = {}, argument, ...variables } = {}) {
    const scratch = mkdtempSync(join(folder, "run-"));
    const release = join(scratch, "release");
    mkdirSync(release);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(release, name), content);
    writeFileSync(join(scratch, "calls"), "");
    const child = spawn(new URL(`../${script}`, import.meta.url).pathname, [argument ?? release], {
        env: {
            PATH: `${folder}:${process.env.PATH}`,
            HOME: scratch,
            TMPDIR: scratch,
            CALLS: join(scratch, "calls"),
            CIRCLE_SHA1: "c0ffee",
            CIRCLE_PROJECT_ID: "2222",
            CIRCLE_ORGANIZATION_ID: "1111",
            DEPLOYMENT: JSON.stringify({ registry, workload_identity_provider: "projects/1/providers/circleci", deployer: "d@x", image_pusher: "p@x" }),
            ...variables,
        },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
    const [status] = await once(child, "close");
    const read = (path) => (existsSync(path) ? readFileSync(path, "utf8") : "");
    const [digests, registryOf, version, bases] = ["digests", "registry", "version", "base-images"].map((name) => read(join(release, name)).trim());
    return { status, output, calls: read(join(scratch, "calls")).trim().split("\n"), digests, registry: registryOf, version, bases };
}

const containing = (calls, text) => calls.filter((call) => call.includes(text));

test("given a commit when it is built then each image is built once and pushed by digest", async () => {
    const { status, output, calls, digests, registry } = await run("build");
    assert.equal(status, 0, output);
    const [bake, ...more] = containing(calls, "buildx bake");
    assert.equal(more.length, 0);
    for (const image of OWN) assert.ok(bake.includes(`name=${STAGING}/${image},push=true,push-by-digest=true`), bake);
    assert.ok(bake.includes("--sbom=true") && bake.includes("--provenance=mode=max"), bake);
    assert.equal(registry, STAGING);
    const lines = digests.split("\n");
    assert.deepEqual(lines.slice(0, OWN.length), OWN.map((image) => `${image}=${digestOf(image)}`));
    assert.deepEqual(lines.slice(OWN.length).map((line) => line.split("=")[0]), ["mongo", "kafka"]);
});

test("given base images when a commit is built then both architectures are built from their digests", async () => {
    const { calls, bases } = await run("build");
    const [bake] = containing(calls, "buildx bake");
    assert.ok(bake.includes("*.platform=linux/amd64,linux/arm64"), bake);
    assert.deepEqual(bases.split("\n").map((line) => line.split("=")[0]), ["RUST", "NODE", "NGINX", "STATIC"]);
    for (const base of bases.split("\n")) {
        assert.match(base, /^[A-Z]+=[\w./-]+:[\w.-]+@sha256:(ab){32}$/);
        assert.ok(bake.includes(`*.args.${base}`), bake);
    }
});

test("given a commit after a release when it is built then its images are tagged with its version after all are signed", async () => {
    const { calls, version } = await run("build");
    assert.equal(version, "1.4.0-3-g5d1f0e2");
    const tags = OWN.map((image) => calls.findIndex((call) => call.endsWith(`tag ${STAGING}/${image}@${digestOf(image)} ${version}`)));
    assert.ok(Math.min(...tags) > calls.findLastIndex((call) => call.includes("cosign")), calls.join("\n"));
});

test("given the nightly build when it is built then its version has the date", async () => {
    const { version } = await run("build", { NIGHTLY: "true" });
    assert.match(version, /^1\.4\.0-3-g5d1f0e2-20\d{6}$/);
});

test("given a commit that was built and tagged when it is built again then it has a version of its own", async () => {
    const { status, output, calls, version } = await run("build", { TAGGED: "setup:1.4.0-3-g5d1f0e2(-2)?$" });
    assert.equal(status, 0, output);
    assert.equal(version, "1.4.0-3-g5d1f0e2-3");
    assert.equal(containing(calls, ` ${version}`).length, OWN.length);
});

test("given a long build when its images are scanned then the sign-in was renewed", async () => {
    const { calls } = await run("build");
    const [baked, renewed, scanned] = ["buildx bake", "docker login", "grype"].map((text) => calls.findIndex((call) => call.includes(text)));
    assert.ok(baked < renewed && renewed < scanned, calls.join("\n"));
});

test("given images without vulnerabilities when they are built then all are scanned before any is signed", async () => {
    const { calls } = await run("build");
    const scans = calls.map((call, index) => (call.includes("anchore/grype") ? index : -1)).filter((index) => index >= 0);
    const signatures = calls.map((call, index) => (call.includes("cosign") ? index : -1)).filter((index) => index >= 0);
    assert.equal(scans.length, 2 * OWN.length + 1);
    assert.equal(signatures.length, OWN.length);
    assert.ok(Math.max(...scans) < Math.min(...signatures));
    for (const image of OWN) assert.equal(containing(calls, `sign --yes ${STAGING}/${image}@${digestOf(image)}`).length, 1);
});

test("given an image with a vulnerability when it is built then no image is signed", async () => {
    for (const vulnerable of ["grype.* dir:", `grype.*/orders@`]) {
        const { status, calls } = await run("build", { FAILS: vulnerable });
        assert.notEqual(status, 0);
        assert.deepEqual(containing(calls, "cosign"), []);
    }
});

test("given a failed build when it ends then nothing is scanned", async () => {
    const { status, calls } = await run("build", { FAILS: "bake" });
    assert.notEqual(status, 0);
    assert.deepEqual(containing(calls, "grype"), []);
});

const RELEASE = {
    version: "1.4.0\n",
    registry: `${STAGING}\n`,
    digests: [...OWN, "mongo", "kafka"].map((image) => `${image}=${digestOf(image)}\n`).join(""),
};

test("given a release when it is promoted then each image is copied by digest after its signature is verified", async () => {
    const { status, output, calls } = await run("promote", { registry: PRODUCTION, files: RELEASE });
    assert.equal(status, 0, output);
    assert.equal(containing(calls, "oras").length, OWN.length);
    for (const image of OWN) {
        const from = `${STAGING}/${image}@${digestOf(image)}`;
        const verified = calls.findIndex((call) => call.includes("verify") && call.endsWith(from));
        const copied = calls.findIndex((call) => call.endsWith(`copy --recursive ${from} ${PRODUCTION}/${image}:1.4.0`));
        assert.ok(0 <= verified && verified < copied, calls.join("\n"));
        assert.ok(calls[verified].includes("https://oidc.circleci.com/org/1111") && calls[verified].includes("projects/2222/"));
    }
});

test("given an image with a foreign signature when it is promoted then it is not copied", async () => {
    const { status, calls } = await run("promote", { registry: PRODUCTION, files: RELEASE, FAILS: "verify.*/setup@" });
    assert.notEqual(status, 0);
    assert.deepEqual(containing(calls, "oras"), []);
});

test("given a job when it signs in then a new token is in a file that only its user can read", async () => {
    const { status, output, calls } = await run("sign-in", { argument: "deployer" });
    assert.equal(status, 0, output);
    assert.ok(calls.includes('circleci run oidc get --claims {"aud": "1111"}'), calls.join("\n"));
    assert.ok(containing(calls, "create-cred-config projects/1/providers/circleci --service-account=d@x").length === 1, calls.join("\n"));
    assert.equal(containing(calls, "/token 600 new-token").length, 1, calls.join("\n"));
    assert.deepEqual(containing(calls, "docker"), []);
    assert.deepEqual(calls.filter((call) => /^gcloud.*new-token/.test(call)), [], "the token is on a command line");
});

test("given the image pusher when it signs in then docker is logged in", async () => {
    const { calls } = await run("sign-in", { argument: "image_pusher" });
    assert.equal(containing(calls, "docker login").length, 1);
    assert.ok(containing(calls, "docker login")[0].endsWith("https://europe-west1-docker.pkg.dev"));
});

test("given a job without a context when a script runs then it reports the missing variable", async () => {
    for (const script of ["build", "promote", "sign-in"]) {
        const { status, output } = await run(script, { DEPLOYMENT: "", argument: script === "sign-in" ? "deployer" : undefined });
        assert.notEqual(status, 0);
        assert.match(output, /DEPLOYMENT: is not set; the CircleCI context of the environment sets it/);
    }
});
