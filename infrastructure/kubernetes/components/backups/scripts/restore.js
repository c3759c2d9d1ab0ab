// Puts every database back as the folder RESTORE_FROM of the bucket has it. What is there now is lost. Nobody may
// write meanwhile.

const { createInterface } = require('node:readline');
const { createGunzip } = require('node:zlib');
const bucket = require(`${process.env.SCRIPTS}/bucket.js`);
const databases = require(`${process.env.SCRIPTS}/databases.js`);

const BATCH = 1000;

/** The lines of an object in the bucket; one that breaks off is an error. */
async function* lines(name) {
  const packed = await bucket.get(name);
  const text = packed.pipe(createGunzip());
  packed.on('error', (error) => text.destroy(error));
  const reader = createInterface({ input: text, crlfDelay: Infinity });
  const broken = new Promise((_, reject) => text.on('error', reject));
  broken.catch(() => {});
  const pieces = reader[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await Promise.race([pieces.next(), broken]);
    if (done) return;
    yield value;
  }
}

async function insert(shop, collection, documents, counts) {
  if (documents.length === 0) return;
  await shop.getCollection(collection).insertMany(documents, { writeConcern: { w: 'majority' } });
  counts[collection] = (counts[collection] ?? 0) + documents.length;
}

/** Empties a database and fills it; gives how many documents each collection has then. */
async function fill(shop, name) {
  await shop.dropDatabase({ w: 'majority' });
  const counts = {};
  let [current, waiting] = [undefined, []];
  for await (const line of lines(name)) {
    const { collection, document } = EJSON.parse(line, { relaxed: false });
    if (collection !== current || waiting.length === BATCH) {
      await insert(shop, current, waiting, counts);
      [current, waiting] = [collection, []];
    }
    waiting.push(document);
  }
  await insert(shop, current, waiting, counts);
  return counts;
}

const filled = (counts) => JSON.stringify(Object.entries(counts).filter(([, count]) => count > 0).sort());

async function restore(folder) {
  if (!folder) throw new Error('RESTORE_FROM must be the folder of a backup, such as 2026-11-25T03-00-00.');
  let contents = '';
  for await (const piece of await bucket.get(`${folder}/contents.json`)) contents += piece;
  for (const [name, counts] of Object.entries(JSON.parse(contents))) {
    const mongo = await new Mongo(databases.uri(name));
    const restored = await fill(mongo.getDB('shop'), `${folder}/${name}.gz`);
    if (filled(restored) !== filled(counts)) {
      throw new Error(`${name} should have ${filled(counts)}, and has ${filled(restored)}.`);
    }
    print(`Restored ${name}: ${JSON.stringify(restored)}`);
  }
  print(`Everything is as it was at ${folder}.`);
}

restore(process.env.RESTORE_FROM);
