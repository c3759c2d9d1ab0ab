// Replaces every database with the backup in the folder RESTORE_FROM of the bucket. Stop all writers first.

const { createInterface } = require('node:readline');
const { createGunzip } = require('node:zlib');
const bucket = require(`${process.env.SCRIPTS}/bucket.js`);
const databases = require(`${process.env.SCRIPTS}/databases.js`);

const BATCH = 1000;

/** The lines of a compressed object; throws if it is truncated. */
async function* lines(name) {
  const compressed = await bucket.get(name);
  const text = compressed.pipe(createGunzip());
  compressed.on('error', (error) => text.destroy(error));
  const reader = createInterface({ input: text, crlfDelay: Infinity });
  const failure = new Promise((_, reject) => text.on('error', reject));
  failure.catch(() => {});
  const iterator = reader[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await Promise.race([iterator.next(), failure]);
    if (done) return;
    yield value;
  }
}

async function insert(shop, collection, documents, counts) {
  if (documents.length === 0) return;
  await shop.getCollection(collection).insertMany(documents, { writeConcern: { w: 'majority' } });
  counts[collection] = (counts[collection] ?? 0) + documents.length;
}

/** Replaces the content of a database; returns the number of documents of each collection. */
async function refill(shop, name) {
  await shop.dropDatabase({ w: 'majority' });
  const counts = {};
  let [current, batch] = [undefined, []];
  for await (const line of lines(name)) {
    const { collection, document } = EJSON.parse(line, { relaxed: false });
    if (collection !== current || batch.length === BATCH) {
      await insert(shop, current, batch, counts);
      [current, batch] = [collection, []];
    }
    batch.push(document);
  }
  await insert(shop, current, batch, counts);
  return counts;
}

const summary = (counts) => JSON.stringify(Object.entries(counts).filter(([, count]) => count > 0).sort());

async function restore(folder) {
  if (!folder) throw new Error('RESTORE_FROM must be the folder of a backup, such as 2026-11-25T03-00-00');
  let contents = '';
  for await (const chunk of await bucket.get(`${folder}/contents.json`)) contents += chunk;
  for (const [name, counts] of Object.entries(JSON.parse(contents))) {
    const mongo = await new Mongo(databases.uri(name));
    const restored = await refill(mongo.getDB('shop'), `${folder}/${name}.gz`);
    if (summary(restored) !== summary(counts)) {
      throw new Error(`${name} has ${summary(restored)}, expected ${summary(counts)}`);
    }
    print(`restored ${name}: ${JSON.stringify(restored)}`);
  }
  print(`restored the backup ${folder}`);
}

restore(process.env.RESTORE_FROM);
