import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { openBucket } from './bucket.mjs';
import { NAMES, evaluate, mongosh, run, startDatabases } from './databases.mjs';

const SCRIPTS = join(dirname(fileURLToPath(import.meta.url)), '..', 'scripts');
let databases;
let bucket;

before(async () => {
  [databases, bucket] = [await startDatabases(), await openBucket()];
});
after(async () => {
  bucket?.close();
  await databases?.stop();
});

function script(name, environment = {}) {
  return run(mongosh, ['--nodb', '--quiet', '--norc', '--file', join(SCRIPTS, `${name}.js`)], {
    ...databases.environment, SCRIPTS, BUCKET: 'a-bucket', STORAGE_URL: bucket.url, METADATA_URL: bucket.url, ...environment,
  });
}

/** The server's hashes of all collections of a database. */
const hashes = (name) =>
  evaluate(databases.ports[name], `print(JSON.stringify(db.getSiblingDB('shop').runCommand({ dbHash: 1 }).collections))`);

const EVERY_TYPE = `db.getSiblingDB('shop').every_type.insertMany([
  { _id: 1, whole: Int32(1), long: Long('9007199254740993'), double: Double(1), money: Decimal128('29.990'), nothing: null },
  { _id: ObjectId('6b04de38cdb387f4c27b5569'), at: ISODate('2026-11-25T03:00:00.123Z'), bytes: BinData(0, 'AAEC'), list: [1, { a: /x/i }] },
  { _id: 'text', text: 'é\\u2028\\n"', stamp: Timestamp(1, 2), not: NaN, min: MinKey(), date: new Date(-1) }])`;

test('given a backup and later changes when it is restored then every byte is as before', async () => {
  for (const name of NAMES) {
    await evaluate(databases.ports[name], EVERY_TYPE);
    await evaluate(databases.ports[name], `for (let n = 0; n < 2500; n += 500)
      db.getSiblingDB('shop').many.insertMany([...Array(500).keys()].map((m) => ({ _id: n + m, name: '${name}' })))`);
  }
  const before = await Promise.all(NAMES.map(hashes));
  const backup = await script('backup');
  assert.equal(backup.code, 0, backup.output);
  const folder = backup.output.match(/backup (\S+) is complete/)[1];
  for (const name of NAMES) {
    await evaluate(databases.ports[name], `const shop = db.getSiblingDB('shop');
      shop.many.deleteMany({ _id: { $gt: 10 } }); shop.every_type.updateOne({ _id: 1 }, { $set: { whole: 2 } }); shop.later.insertOne({})`);
  }
  const restored = await script('restore', { RESTORE_FROM: folder });
  assert.equal(restored.code, 0, restored.output);
  assert.deepEqual(await Promise.all(NAMES.map(hashes)), before);
});

test('given concurrent transactions when a backup is made then it is one snapshot', async () => {
  const port = databases.ports.products;
  await evaluate(port, `const shop = db.getSiblingDB('shop'); shop.a_first.insertOne({ _id: 0, n: 0 }); shop.z_last.insertOne({ _id: 0, n: 0 });
    for (let n = 0; n < 30; n++) shop.filler.insertMany([...Array(1000).keys()].map((m) => ({ n, m })))`);
  const busy = evaluate(port, `const session = db.getMongo().startSession(); const shop = session.getDatabase('shop');
    for (const end = Date.now() + 15000; Date.now() < end;) { session.startTransaction();
      shop.a_first.updateOne({ _id: 0 }, { $inc: { n: 1 } }); shop.z_last.updateOne({ _id: 0 }, { $inc: { n: 1 } }); session.commitTransaction(); }`);
  const backup = await script('backup');
  assert.equal(backup.code, 0, backup.output);
  await busy;
  const restored = await script('restore', { RESTORE_FROM: backup.output.match(/backup (\S+) is complete/)[1] });
  assert.equal(restored.code, 0, restored.output);
  const [first, last] = JSON.parse(await evaluate(port, `const shop = db.getSiblingDB('shop');
    print(JSON.stringify([shop.a_first.findOne().n, shop.z_last.findOne().n]))`));
  assert.ok(first > 0);
  assert.equal(first, last);
});

test('given a bucket that rejects an upload when a backup is made then it fails without contents.json', async () => {
  const count = bucket.objects.size;
  bucket.rejects = 'products.gz';
  const backup = await script('backup');
  bucket.rejects = undefined;
  assert.notEqual(backup.code, 0);
  assert.match(backup.output, /products\.gz in the bucket a-bucket: 403/);
  assert.equal(bucket.objects.size, count + 1);
});

test('given a damaged or missing backup when it is restored then the error is reported', async () => {
  const folder = [...bucket.objects.keys()].find((name) => name.endsWith('/contents.json')).split('/')[0];
  const original = bucket.objects.get(`${folder}/orders.gz`);
  bucket.objects.set(`${folder}/orders.gz`, original.subarray(0, original.length / 2));
  const damaged = await script('restore', { RESTORE_FROM: folder });
  bucket.objects.set(`${folder}/orders.gz`, original);
  assert.notEqual(damaged.code, 0);
  assert.match(damaged.output, /unexpected end of file|expected/);
  const missing = await script('restore', { RESTORE_FROM: '2000-01-01T00-00-00' });
  assert.notEqual(missing.code, 0);
  assert.match(missing.output, /2000-01-01T00-00-00\/contents\.json in the bucket a-bucket: 404/);
  const unnamed = await script('restore');
  assert.match(unnamed.output, /RESTORE_FROM must be/);
});
