// Tests `bootstrap` with a stub of gcloud, which records its calls and answers from files.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const BOOTSTRAP = new URL("../bootstrap", import.meta.url).pathname;

const STUB = `#!/usr/bin/env bash
printf '%s\\n' "$*" >>"$CALLS"
case "$*" in
    'projects describe '*) echo ACTIVE ;;
    'billing projects describe '*) echo "$BILLING" ;;
    'compute regions describe '*) printf '%s' "$REGION_QUOTAS" ;;
    'compute project-info describe '*) printf '%s' "$PROJECT_QUOTAS" ;;
    'resource-manager org-policies describe '*)
        [[ $POLICIES != unreadable ]] || { echo 'ERROR: permission denied' >&2; exit 1; }
        jq --arg name "$4" '.[$name] // {}' <<<"$POLICIES" ;;
    'storage buckets list '*) printf '%s' "$BUCKETS" ;;
esac
`;

const folder = mkdtempSync(join(tmpdir(), "bootstrap-"));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "gcloud"), STUB);
chmodSync(join(folder, "gcloud"), 0o755);

const quotas = (limits) =>
    JSON.stringify({ quotas: limits && Object.entries(limits).map(([metric, limit]) => ({ metric, limit, usage: 0 })) });
const REGION = { CPUS: 200, SSD_TOTAL_GB: 2048, IN_USE_ADDRESSES: 8, STATIC_ADDRESSES: 8 };

async function bootstrap({ billing = "True", region = REGION, policies = {}, bucket = "" } = {}) {
    const calls = join(mkdtempSync(join(folder, "run-")), "calls");
    writeFileSync(calls, "");
    const env = {
        PATH: `${folder}:${process.env.PATH}`,
        CALLS: calls,
        BILLING: billing,
        REGION_QUOTAS: quotas(region),
        // The project's addresses are global ones, of which the shop has none.
        PROJECT_QUOTAS: quotas({ CPUS_ALL_REGIONS: 200, ...(region && { STATIC_ADDRESSES: 0, IN_USE_ADDRESSES: 0 }) }),
        POLICIES: typeof policies === "string" ? policies : JSON.stringify(policies),
        BUCKETS: bucket,
    };
    const result = await new Promise((resolve) =>
        execFile(BOOTSTRAP, ["fleetmarket-test", "europe-west1"], { env }, (error, stdout, stderr) =>
            resolve({ status: error?.code ?? 0, output: stdout + stderr }),
        ),
    );
    return { ...result, calls: readFileSync(calls, "utf8").trim().split("\n") };
}

const created = (calls) => calls.filter((call) => call.startsWith("storage buckets create "));

test("given an empty project when prepared then the APIs are enabled and the bucket is created with versions", async () => {
    const { status, output, calls } = await bootstrap();
    assert.equal(status, 0, output);
    assert.match(calls.find((call) => call.startsWith("services enable")), / container\.googleapis\.com .*--project=fleetmarket-test$/);
    assert.match(created(calls)[0], /gs:\/\/fleetmarket-test-terraform .*--uniform-bucket-level-access --public-access-prevention/);
    assert.equal(calls.at(-1), "storage buckets update gs://fleetmarket-test-terraform --versioning");
    assert.match(output, /terraform init -backend-config=bucket=fleetmarket-test-terraform/);
    assert.doesNotMatch(output, /too low|can refuse|error/);
});

test("given a prepared project when it is prepared again then the bucket is kept", async () => {
    const { status, calls } = await bootstrap({ bucket: "fleetmarket-test-terraform" });
    assert.equal(status, 0);
    assert.deepEqual(created(calls), []);
});

test("given a project without billing when prepared then nothing is changed", async () => {
    const { status, output, calls } = await bootstrap({ billing: "False" });
    assert.equal(status, 1);
    assert.match(output, /error: the project fleetmarket-test has no billing/);
    assert.deepEqual(calls.filter((call) => / (enable|create|update) /.test(call)), []);
});

test("given the quotas of a trial when compared then each low one is an error and the bucket is still created", async () => {
    const { status, output, calls } = await bootstrap({ region: { ...REGION, CPUS: 8, SSD_TOTAL_GB: 250 } });
    assert.equal(status, 1);
    assert.match(output, /error: the quota CPUS in europe-west1 is 8, and the first day needs 16/);
    assert.match(output, /error: the quota SSD_TOTAL_GB in europe-west1 is 250, and the first day needs 440/);
    assert.equal(created(calls).length, 1);
});

test("given quotas when they suffice for the first day only then it is no error", async () => {
    const { status, output } = await bootstrap({ region: { ...REGION, SSD_TOTAL_GB: 500 } });
    assert.equal(status, 0);
    assert.match(output, /SSD_TOTAL_GB +500 +440 +1290 +enough for the first day/);
});

test("given no answer about a quota when compared then it is shown as unknown", async () => {
    const { status, output } = await bootstrap({ region: null });
    assert.equal(status, 0, output);
    assert.match(output, /SSD_TOTAL_GB +unknown +440/);
    assert.doesNotMatch(output, /jq: error/);
});

test("given policies when they restrict the shop then each is reported with what it must allow", async () => {
    const { status, output } = await bootstrap({
        policies: {
            "iam.disableServiceAccountCreation": { booleanPolicy: { enforced: true } },
            "gcp.resourceLocations": { listPolicy: { allowedValues: ["in:us-locations"] } },
            "compute.restrictCloudNATUsage": { listPolicy: { allValues: "ALLOW" } },
            "iam.disableWorkloadIdentityClusterCreation": { booleanPolicy: {} },
        },
    });
    assert.equal(status, 0);
    const reported = [...output.matchAll(/^ +(\S+) is set, and can refuse/gm)].map(([, name]) => name);
    assert.deepEqual(reported.toSorted(), ["gcp.resourceLocations", "iam.disableServiceAccountCreation"]);
});

test("given policies when they cannot be read then it is reported and the project is prepared", async () => {
    const { status, output } = await bootstrap({ policies: "unreadable" });
    assert.equal(status, 0);
    assert.match(output, /gcp\.resourceLocations cannot be read: ERROR: permission denied/);
});
