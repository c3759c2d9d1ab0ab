// Writes every database to a folder of the bucket, and contents.json last: a folder without it is not a complete backup.
// Each document is a line of Extended JSON, which preserves every type. Indexes are not stored: services create them.

const { Readable } = require('node:stream');
const { createGzip } = require('node:zlib');
const bucket = require(`${process.env.SCRIPTS}/bucket.js`);
const databases = require(`${process.env.SCRIPTS}/databases.js`);

// Otherwise a double such as 1.0 would be restored as an integer.
const RAW_TYPES = { promoteValues: false, promoteLongs: false, bsonRegExp: true };

/** All documents of one snapshot, one line each; sets `counts` to the number per collection. */
async function* lines(mongo, counts) {
  const snapshot = mongo.startSession({ snapshot: true }).getDatabase('shop');
  for (const collection of await mongo.getDB('shop').getCollectionNames()) {
    counts[collection] = 0;
    for await (const document of await snapshot.getCollection(collection).find({}, {}, RAW_TYPES)) {
      counts[collection] += 1;
      yield `${EJSON.stringify({ collection, document }, { relaxed: false })}\n`;
    }
  }
}

async function store(folder, name) {
  const mongo = await new Mongo(databases.uri(name));
  const counts = {};
  const text = Readable.from(lines(mongo, counts));
  const compressed = text.pipe(createGzip());
  text.on('error', (error) => compressed.destroy(error));
  await bucket.put(`${folder}/${name}.gz`, compressed);
  print(`stored ${name}: ${JSON.stringify(counts)}`);
  return counts;
}

async function backUp() {
  const folder = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const contents = {};
  for (const name of databases.NAMES) contents[name] = await store(folder, name);
  await bucket.put(`${folder}/contents.json`, Readable.from([JSON.stringify(contents)]));
  print(`backup ${folder} is complete`);
}

backUp();
